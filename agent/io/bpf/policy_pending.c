// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/policy_pending.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "policy/interface.h"

/* What is in a map. */
struct pending_records {
	size_t count;     /* of threads that live, or of all */
	size_t gone;      /* of threads that do not, and removed */
	bool has_earlier; /* some have the number of an earlier generation */
};

/* NULL: the hook has none. */
static const struct loaded_map *find_map(const struct plan_hook *plan, const struct loaded_hook *hook)
{
	for (size_t i = 0; i < hook->map_count; i++)
		if (plan->maps[i].kind == PLAN_MAP_PENDING)
			return &hook->maps[i];
	return NULL;
}

/* True also where that cannot be found out. */
static bool has_thread(const char *procfs, uint32_t tid)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%u", procfs, tid);
	if (access(path, F_OK) == 0 || errno != ENOENT)
		return true;
	snprintf(path, sizeof(path), "%s/1", procfs); /* is it /proc at all? */
	return access(path, F_OK) < 0;
}

static bool is_of_hook(const struct plan_hook *plan, const struct loaded_hook *hook, uint32_t number)
{
	return number >= hook->number && number - hook->number < plan_hook_function_count(plan);
}

/* Goes over the records; with `procfs`, those that no thread comes back for go. */
static struct pending_records look_at(const struct plan_hook *plan, const struct loaded_hook *hook,
				      const struct loaded_map *map, const char *procfs)
{
	struct pending_records records = {0};
	union {
		struct wire_hook hook;
		char bytes[PENDING_RECORD_MAX];
	} record;
	uint64_t key, next;
	int r = bpf_map_get_next_key(map->fd, NULL, &next);

	/* twice as many at most: what is removed meanwhile makes the walk begin anew */
	for (size_t i = 0; i < 2 * map->capacity && r >= 0; i++) {
		key = next;
		r = bpf_map_get_next_key(map->fd, &key, &next);
		if (bpf_map_lookup_elem(map->fd, &key, &record) < 0)
			continue; /* it has just returned */
		if (procfs && !has_thread(procfs, record.hook.tid)) {
			records.gone += bpf_map_delete_elem(map->fd, &key) == 0;
			continue;
		}
		records.count++;
		records.has_earlier |= !is_of_hook(plan, hook, record.hook.hook);
	}
	return records;
}

static void count_lost(const struct policy_engine *engine, uint32_t slot, uint64_t lost)
{
	struct wire_policy_counters *counters = (struct wire_policy_counters *)engine->counters.memory + slot;

	__atomic_fetch_add(&counters->lost, lost, __ATOMIC_RELAXED);
}

static void withdraw_earlier(const struct policy_engine *engine, struct loaded_hook *hook)
{
	while (hook->earlier_count)
		hook_table_withdraw(engine->hooks, hook->earlier[--hook->earlier_count], clock_monotonic_ns());
}

static struct pending_records check_hook(const struct policy_engine *engine, const struct loaded_policy *loaded,
					 size_t index)
{
	const struct plan_hook *plan = &loaded->plan.hooks[index];
	struct loaded_hook *hook = &loaded->hooks[index];
	const struct loaded_map *map = find_map(plan, hook);
	struct pending_records records = {0};

	if (!map)
		return records;
	records = look_at(plan, hook, map, engine->processes.procfs);
	if (records.gone)
		count_lost(engine, loaded->slot, records.gone);
	if (!records.has_earlier)
		withdraw_earlier(engine, hook);
	return records;
}

void policy_pending_check(const struct policy_engine *engine, struct loaded_policy *loaded)
{
	for (size_t i = 0; i < loaded->plan.hook_count; i++)
		check_hook(engine, loaded, i);
}

int policy_pending_share(const struct policy_engine *engine, struct loaded_policy *old, size_t index,
			 const struct plan_hook *to, size_t *ret_capacity)
{
	const struct plan_hook *from = &old->plan.hooks[index];
	const struct loaded_hook *hook = &old->hooks[index];
	const struct loaded_map *map = find_map(from, hook);
	struct pending_records records;
	int fd;

	if (!map || !plan_hook_is_same_return(from, to))
		return -ENOENT;
	records = check_hook(engine, old, index);
	if (records.count >= map->capacity || hook->earlier_count == ARRAY_SIZE(hook->earlier))
		return -ENOENT;
	fd = fcntl(map->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -ENOENT;
	*ret_capacity = map->capacity;
	return fd;
}

void policy_pending_hand_over(struct loaded_policy *old, size_t index, struct loaded_hook *to)
{
	struct loaded_hook *from = &old->hooks[index];

	memcpy(to->earlier, from->earlier, sizeof(to->earlier));
	to->earlier_count = from->earlier_count;
	to->earlier[to->earlier_count++] = from->number;
	from->earlier_count = 0;
	from->number = 0;
	old->plan.hooks[index].info = NULL; /* the table's, for as long as the number is there */
	from->is_pending_shared = true;
	to->is_pending_shared = false;
}

void policy_pending_drop(const struct policy_engine *engine, const struct loaded_policy *owner, size_t index)
{
	const struct plan_hook *plan = &owner->plan.hooks[index];
	struct loaded_hook *hook = &owner->hooks[index];
	const struct loaded_map *map = find_map(plan, hook);

	if (map && !hook->is_pending_shared)
		count_lost(engine, owner->slot, look_at(plan, hook, map, NULL).count);
	withdraw_earlier(engine, hook);
}
