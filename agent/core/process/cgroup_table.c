// SPDX-License-Identifier: Apache-2.0
#include "core/process/cgroup_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/process/container_id.h"

static struct cgroup **bucket_of(struct cgroup_table *table, uint64_t id)
{
	return &table->buckets[(id * 0x9e3779b97f4a7c15ull) >> 54]; /* Fibonacci hashing to 10 bits */
}

static void unlink_cgroup(struct cgroup_table *table, struct cgroup *cgroup)
{
	struct cgroup **link = bucket_of(table, cgroup->id);

	while (*link != cgroup)
		link = &(*link)->hash_next;
	*link = cgroup->hash_next;
	*(cgroup->older ? &cgroup->older->newer : &table->oldest) = cgroup->newer;
	*(cgroup->newer ? &cgroup->newer->older : &table->newest) = cgroup->older;
	table->count--;
	free(cgroup);
}

void cgroup_table_done(struct cgroup_table *table)
{
	while (table->oldest)
		unlink_cgroup(table, table->oldest);
}

const struct cgroup *cgroup_table_find(const struct cgroup_table *table, uint64_t id)
{
	const struct cgroup *cgroup = *bucket_of((struct cgroup_table *)table, id);

	while (cgroup && cgroup->id != id)
		cgroup = cgroup->hash_next;
	return cgroup;
}

int cgroup_table_add(struct cgroup_table *table, uint64_t id, struct bytes path, bool is_cut, uint64_t *ret_evicted_id)
{
	const struct cgroup *known = cgroup_table_find(table, id);
	struct cgroup *cgroup = calloc(1, sizeof(*cgroup) + path.length);
	struct cgroup **bucket = bucket_of(table, id);

	if (!cgroup)
		return -ENOMEM;
	*ret_evicted_id = 0;
	if (known) {
		unlink_cgroup(table, (struct cgroup *)known);
	} else if (table->count >= CGROUP_TABLE_MAX) {
		*ret_evicted_id = table->oldest->id;
		table->evicted++;
		unlink_cgroup(table, table->oldest);
	}
	cgroup->id = id;
	cgroup->path_length = path.length;
	if (path.length)
		memcpy(cgroup->path, path.data, path.length);
	cgroup->is_cut = is_cut;
	if (!is_cut)
		container_id_from_cgroup(path, cgroup->docker, &cgroup->pod_uid);
	cgroup->hash_next = *bucket;
	*bucket = cgroup;
	cgroup->older = table->newest;
	*(table->newest ? &table->newest->newer : &table->oldest) = cgroup;
	table->newest = cgroup;
	table->count++;
	return 0;
}

struct bytes cgroup_name(const struct cgroup *cgroup)
{
	const char *slash = memrchr(cgroup->path, '/', cgroup->path_length);
	size_t start = slash ? (size_t)(slash - cgroup->path) + 1 : 0;

	if (start == cgroup->path_length) /* the root */
		start = 0;
	return (struct bytes){cgroup->path + start, cgroup->path_length - start};
}
