// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/function_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* Open addressing, at most half full. */
struct function_index {
	const struct btf *btf; /* not owned */
	uint32_t mask;
	uint32_t ids[]; /* mask + 1 of them; 0: free */
};

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint32_t hash(const char *name)
{
	uint32_t value = 2166136261u;

	for (; *name; name++)
		value = (value ^ (unsigned char)*name) * 16777619u;
	return value ^ value >> 16;
}

static const char *name_of(const struct btf *btf, uint32_t id)
{
	return btf__name_by_offset(btf, btf__type_by_id(btf, id)->name_off);
}

/* Where the name is, or belongs. */
static uint32_t place_of(const struct function_index *index, const char *name)
{
	uint32_t at = hash(name) & index->mask;

	while (index->ids[at] && strcmp(name_of(index->btf, index->ids[at]), name) != 0)
		at = (at + 1) & index->mask;
	return at;
}

struct function_index *function_index_new(const struct btf *btf)
{
	uint32_t count = btf__type_cnt(btf), functions = 0, size = 16;
	struct function_index *index;

	for (uint32_t id = 1; id < count; id++)
		functions += btf_is_func(btf__type_by_id(btf, id));
	while (size < 2 * functions)
		size *= 2;
	index = calloc(1, sizeof(*index) + size * sizeof(*index->ids));
	if (!index)
		return NULL;
	index->btf = btf;
	index->mask = size - 1;
	for (uint32_t id = 1; id < count; id++) {
		uint32_t at;

		if (!btf_is_func(btf__type_by_id(btf, id)))
			continue;
		at = place_of(index, name_of(btf, id));
		if (!index->ids[at])
			index->ids[at] = id;
	}
	return index;
}

struct function_index *function_index_free(struct function_index *index)
{
	free(index);
	return NULL;
}

uint32_t function_index_find(const struct function_index *index, const char *name)
{
	return index->ids[place_of(index, name)];
}
