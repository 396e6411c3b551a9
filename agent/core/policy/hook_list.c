// SPDX-License-Identifier: Apache-2.0
#include "core/policy/hook_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/policy/pattern.h"
#include "core/policy/symbol.h"

void hook_list_done(struct hook_list *list)
{
	for (size_t i = 0; list->names && i < MIN(list->count, (size_t)POLICY_HOOKS_MAX); i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct hook_list){0};
}

static int add(struct hook_list *list, const char *name)
{
	if (list->count < POLICY_HOOKS_MAX) {
		list->names[list->count] = strdup(name);
		if (!list->names[list->count])
			return -ENOMEM;
	}
	list->count++;
	return 0;
}

/* --- generators */

struct search {
	struct hook_list *list;
	struct pattern pattern;
};

static int visit_syscall(void *data, const char *name)
{
	struct search *search = data;

	return strncmp(name, SYSCALL_PREFIX "sys_", strlen(SYSCALL_PREFIX "sys_")) == 0 ? add(search->list, name) : 0;
}

static int visit_traceable(void *data, const char *name)
{
	struct search *search = data;

	return pattern_matches(&search->pattern, name) ? add(search->list, name) : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Several functions may have one name. */
static void sort_names(struct hook_list *list)
{
	size_t count = 0;

	qsort(list->names, list->count, sizeof(*list->names), compare_names);
	for (size_t i = 0; i < list->count; i++) {
		if (count && strcmp(list->names[count - 1], list->names[i]) == 0)
			free(list->names[i]);
		else
			list->names[count++] = list->names[i];
	}
	list->count = count;
}

static int generate(const struct policy_hook *hook, const struct kernel_view *kernel, struct hook_list *list)
{
	struct search search = {.list = list};
	char why[PATTERN_WHY_MAX];
	int r;

	if (hook->generator == HOOK_ALL_SYSCALLS)
		return kernel->each_function(kernel->context, visit_syscall, &search);
	r = pattern_compile(hook->pattern, &search.pattern, why); /* the parser has done so, too */
	if (r < 0)
		return r;
	r = kernel->each_traceable(kernel->context, visit_traceable, &search);
	pattern_done(&search.pattern);
	return r;
}

int hook_list_find(const struct policy_hook *hook, const struct kernel_view *kernel, struct hook_list *ret)
{
	struct hook_list list = {.names = calloc(POLICY_HOOKS_MAX, sizeof(*list.names))};
	int r = list.names ? 0 : -ENOMEM;

	if (r == 0 && hook->generator != HOOK_NOT_GENERATED)
		r = generate(hook, kernel, &list);
	for (size_t i = 0; r == 0 && i < hook->function_count; i++)
		r = add(&list, hook->functions[i]);
	if (r < 0) {
		hook_list_done(&list);
		return r;
	}
	if (hook->generator != HOOK_NOT_GENERATED && list.count <= POLICY_HOOKS_MAX)
		sort_names(&list);
	*ret = list;
	return 0;
}

/* --- what ftrace can trace */

struct wanted {
	const char *name;
	size_t index, found;
};

struct wanted_set {
	struct wanted *items;
	size_t count;
};

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : (left->index > right->index) - (left->index < right->index);
}

static int compare_name(const void *name, const void *wanted)
{
	return strcmp(name, ((const struct wanted *)wanted)->name);
}

static int visit_wanted(void *data, const char *name)
{
	const struct wanted_set *set = data;
	struct wanted *wanted = bsearch(name, set->items, set->count, sizeof(*set->items), compare_name);

	/* of a symbol that is wanted twice, the first one */
	while (wanted && wanted > set->items && strcmp(wanted[-1].name, name) == 0)
		wanted--;
	if (wanted)
		wanted->found++;
	return 0;
}

int hook_list_mark_traceable(char *const *symbols, size_t count, const struct kernel_view *kernel, bool *is_unique)
{
	struct wanted_set set = {.items = calloc(count + 1, sizeof(*set.items)), .count = count};
	int r;

	if (!set.items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		set.items[i] = (struct wanted){.name = symbols[i], .index = i};
	qsort(set.items, count, sizeof(*set.items), compare_wanted);
	r = kernel->each_traceable(kernel->context, visit_wanted, &set);
	for (size_t i = 0; i < count; i++)
		is_unique[set.items[i].index] = r == 0 && set.items[i].found == 1;
	free(set.items);
	return r;
}
