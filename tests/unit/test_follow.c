// SPDX-License-Identifier: Apache-2.0
#include "core/policy/follow.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "test.h"

/* A policy of HOOKS hooks with one filter each; the strings are separated by blanks. */
#define HOOKS 70

struct sample {
	struct policy_string strings[HOOKS][4];
	struct policy_binary_filter filters[HOOKS];
	struct plan_hook hooks[HOOKS];
	struct plan plan;
	struct follow_map map;
	int reused[HOOKS];
	bool is_same_code[HOOKS];
};

static void set_values(struct sample *sample, size_t hook, const char *text)
{
	struct policy_values *values = &sample->filters[hook].values;

	*values = (struct policy_values){.kind = VALUES_STRINGS, .strings = sample->strings[hook]};
	while (*text) {
		size_t length = strcspn(text, " ");

		values->strings[values->count++] = (struct policy_string){(char *)text, (uint32_t)length};
		text += length + (text[length] == ' ');
	}
}

/* Hooks of new code. */
static void make(struct sample *sample, size_t count, const char *const *values)
{
	*sample = (struct sample){.plan = {.hooks = sample->hooks, .hook_count = count}};
	for (size_t i = 0; i < count; i++) {
		set_values(sample, i, values[i]);
		sample->hooks[i].follow_count = 1;
		sample->hooks[i].follows[0] = &sample->filters[i];
		sample->reused[i] = -1;
	}
}

static int assign(struct follow_bits *bits, const struct sample *old, struct sample *new,
		  const struct policy_binary_filter **ret_filter)
{
	return follow_assign(bits, old ? &old->plan : NULL, old ? &old->map : NULL, &new->plan, new->reused,
			     new->is_same_code, &new->map, ret_filter);
}

static int assign_well(struct follow_bits *bits, const struct sample *old, struct sample *new)
{
	const struct policy_binary_filter *filter = NULL;
	int r = assign(bits, old, new, &filter);

	CHECK(!filter);
	return r;
}

static void test_new_bits(void)
{
	static struct sample first, second;
	struct follow_bits bits = {0};

	make(&first, 2, (const char *const[]){"/a", "/a"});
	make(&second, 1, (const char *const[]){"/a"});
	CHECK_EQ(assign_well(&bits, NULL, &first), 0);
	CHECK_EQ(assign_well(&bits, NULL, &second), 0);
	CHECK_EQ(follow_find(&first.map, &first.filters[0]), 0);
	CHECK_EQ(follow_find(&first.map, &first.filters[1]), 1);
	CHECK_EQ(follow_find(&second.map, &second.filters[0]), 2); /* of another policy, loaded at another time */
	CHECK_EQ(follow_find(&second.map, &first.filters[0]), -ENOENT);
	CHECK_EQ(first.map.renewed, 3);
	/* a bit that is free again is the next one's, and begins anew */
	follow_release(&bits, &first.map);
	make(&first, 1, (const char *const[]){"/b"});
	CHECK_EQ(assign_well(&bits, NULL, &first), 0);
	CHECK_EQ(follow_find(&first.map, &first.filters[0]), 0);
	CHECK_EQ(first.map.renewed, 1);
}

static void test_shared_filter(void)
{
	static struct sample sample;
	struct follow_bits bits = {0};

	/* hooks of a list have one filter */
	make(&sample, 3, (const char *const[]){"/a", "/b", "/c"});
	sample.hooks[1].follows[0] = sample.hooks[2].follows[0] = &sample.filters[0];
	CHECK_EQ(assign_well(&bits, NULL, &sample), 0);
	CHECK_EQ(sample.map.count, 1);
}

static void check_change(const char *before, const char *after, bool is_same_code, int bit, uint64_t renewed)
{
	static struct sample other, old, new;
	struct follow_bits bits = {0};

	make(&other, 1, (const char *const[]){"/x"});
	make(&old, 1, &before);
	make(&new, 1, &after);
	CHECK_EQ(assign_well(&bits, NULL, &other), 0);
	CHECK_EQ(assign_well(&bits, NULL, &old), 0);
	new.reused[0] = 0;
	new.is_same_code[0] = is_same_code;
	CHECK_EQ(assign_well(&bits, &old, &new), 0);
	CHECK_EQ(new.is_same_code[0], is_same_code);
	CHECK_EQ(follow_find(&new.map, &new.filters[0]), bit);
	CHECK_EQ(new.map.renewed, renewed);
	/* what the two generations share stays when one of them goes */
	follow_use(&bits, &new.map);
	follow_release(&bits, &old.map);
	CHECK(bits.bits[bit].values == &new.filters[0].values);
	CHECK_EQ(follow_active(&bits), 1u << bit);
}

static void test_changes(void)
{
	check_change("/a /b", "/a /b", true, 1, 0);
	check_change("/a", "/b /a", true, 1, 0); /* more values */
	check_change("/a /b", "/a", true, 1, 2); /* fewer */
	check_change("/a", "/b", true, 1, 2);
	check_change("/a /b", "/b /a", false, 1, 0); /* other code, the same values */
	check_change("/a /b", "/a /b /c", false, 2, 4);
	check_change("/a /bc", "/a /b", false, 2, 4);
}

/* Two hooks that had one filter get two: the code of both has one bit in it, which can be that of one of them only. */
static void test_split(void)
{
	static struct sample old, new;
	struct follow_bits bits = {0};

	make(&old, 2, (const char *const[]){"/a", ""});
	old.hooks[1].follows[0] = &old.filters[0];
	make(&new, 2, (const char *const[]){"/a", "/b"});
	CHECK_EQ(assign_well(&bits, NULL, &old), 0);
	for (int i = 0; i < 2; i++) {
		new.reused[i] = i;
		new.is_same_code[i] = true;
	}
	CHECK_EQ(assign_well(&bits, &old, &new), 0);
	CHECK(new.is_same_code[0]);
	CHECK(!new.is_same_code[1]);
	CHECK_EQ(follow_find(&new.map, &new.filters[0]), 0);
	CHECK_EQ(follow_find(&new.map, &new.filters[1]), 1);
	CHECK_EQ(new.map.renewed, 2);
}

static void test_too_many(void)
{
	static struct sample sample;
	const struct policy_binary_filter *filter = NULL;
	const char *values[HOOKS];
	struct follow_bits bits = {0};

	for (size_t i = 0; i < HOOKS; i++)
		values[i] = "/a";
	make(&sample, FOLLOW_FILTERS_MAX, values);
	CHECK_EQ(assign_well(&bits, NULL, &sample), 0);
	follow_release(&bits, &sample.map);
	make(&sample, FOLLOW_FILTERS_MAX + 1, values);
	CHECK_EQ(assign(&bits, NULL, &sample, &filter), -ENOSPC);
	CHECK(filter == &sample.filters[FOLLOW_FILTERS_MAX]);
	follow_release(&bits, &sample.map);
	for (size_t i = 0; i < FOLLOW_FILTERS_MAX; i++)
		CHECK_EQ(bits.bits[i].users, 0);
}

static void test_binaries(void)
{
	static struct sample sample;
	_cleanup_free_ struct follow_binary *binaries = NULL;
	struct follow_bits bits = {0};
	size_t count = 9;

	make(&sample, 3, (const char *const[]){"/b /a", "/c", "/b /ab"});
	CHECK_EQ(assign_well(&bits, NULL, &sample), 0);
	CHECK_EQ(follow_binaries(&bits, &binaries, &count), 0); /* none in effect yet */
	CHECK_EQ(count, 0);
	free(TAKE_PTR(binaries));
	follow_use(&bits, &sample.map);
	CHECK_EQ(follow_binaries(&bits, &binaries, &count), 0);
	CHECK_EQ(count, 4);
	if (count == 4) {
		CHECK_BYTES(binaries[0].path->bytes, binaries[0].path->length, "/a");
		CHECK_BYTES(binaries[1].path->bytes, binaries[1].path->length, "/ab");
		CHECK_BYTES(binaries[2].path->bytes, binaries[2].path->length, "/b");
		CHECK_EQ(binaries[0].bits, 1);
		CHECK_EQ(binaries[1].bits, 4);
		CHECK_EQ(binaries[2].bits, 5);
		CHECK_EQ(binaries[3].bits, 2);
	}
}

static void check_binaries_bound(size_t count, int result)
{
	static struct policy_string strings[FOLLOW_BINARIES_MAX + 1];
	static char names[FOLLOW_BINARIES_MAX + 1][8];
	static struct sample sample;
	struct follow_binary *binaries = NULL;
	struct follow_bits bits = {0};
	size_t found;

	make(&sample, 1, (const char *const[]){""});
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof(names[i]), "/%zu", i);
		strings[i] = (struct policy_string){names[i], (uint32_t)strlen(names[i])};
	}
	sample.filters[0].values.strings = strings;
	sample.filters[0].values.count = count;
	CHECK_EQ(assign_well(&bits, NULL, &sample), 0);
	follow_use(&bits, &sample.map);
	CHECK_EQ(follow_binaries(&bits, &binaries, &found), result);
	free(binaries);
}

static void test_many_binaries(void)
{
	check_binaries_bound(FOLLOW_BINARIES_MAX, 0);
	check_binaries_bound(FOLLOW_BINARIES_MAX + 1, -E2BIG);
}

int main(void)
{
	RUN(test_new_bits);
	RUN(test_shared_filter);
	RUN(test_changes);
	RUN(test_split);
	RUN(test_too_many);
	RUN(test_binaries);
	RUN(test_many_binaries);
	return test_end();
}
