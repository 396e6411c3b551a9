// SPDX-License-Identifier: Apache-2.0
#include "core/policy/follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "policy/interface.h"

_Static_assert((int)FOLLOW_FILTERS_MAX == FOLLOW_BITS, "one bit for each filter");

/* --- values */

static int compare_strings(const struct policy_string *a, const struct policy_string *b)
{
	int order = memcmp(a->bytes, b->bytes, MIN(a->length, b->length));

	return order ? order : (a->length > b->length) - (a->length < b->length);
}

static bool has_value(const struct policy_values *values, const struct policy_string *value)
{
	for (size_t i = 0; i < values->count; i++)
		if (compare_strings(&values->strings[i], value) == 0)
			return true;
	return false;
}

/* Are all values of `a` in `b`? */
static bool is_part(const struct policy_values *a, const struct policy_values *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (!has_value(b, &a->strings[i]))
			return false;
	return true;
}

static bool is_same_set(const struct policy_values *a, const struct policy_values *b)
{
	return is_part(a, b) && is_part(b, a);
}

/* --- bits of a generation */

int follow_find(const struct follow_map *map, const struct policy_binary_filter *filter)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->entries[i].filter == filter)
			return map->entries[i].bit;
	return -ENOENT;
}

static bool has_bit(const struct follow_map *map, int bit)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->entries[i].bit == bit)
			return true;
	return false;
}

static void add(struct follow_bits *bits, struct follow_map *map, const struct policy_binary_filter *filter, int bit)
{
	map->entries[map->count].filter = filter;
	map->entries[map->count++].bit = (uint8_t)bit;
	bits->bits[bit].users++;
}

/* Has the filter go on with an old one's bit; false if one of them is somebody else's already. */
static bool go_on(struct follow_bits *bits, struct follow_map *map, const struct policy_binary_filter *filter,
		  const struct policy_binary_filter *old, int bit)
{
	int has = follow_find(map, filter);

	if (has >= 0)
		return has == bit;
	if (bit < 0 || has_bit(map, bit) || map->count == FOLLOW_FILTERS_MAX)
		return false;
	add(bits, map, filter, bit);
	if (!is_part(&old->values, &filter->values))
		map->renewed |= 1ull << bit;
	return true;
}

/* Where the code goes on, so do its bits. */
static bool keep_hook(struct follow_bits *bits, const struct plan_hook *old, const struct follow_map *old_map,
		      const struct plan_hook *new, struct follow_map *map)
{
	if (old->follow_count != new->follow_count)
		return false;
	for (size_t i = 0; i < new->follow_count; i++)
		if (!go_on(bits, map, new->follows[i], old->follows[i], follow_find(old_map, old->follows[i])))
			return false;
	return true;
}

/* A filter with other code: the bit of an old one of the same values, or a new one. */
static int give(struct follow_bits *bits, const struct follow_map *old_map, struct follow_map *map,
		const struct policy_binary_filter *filter)
{
	if (follow_find(map, filter) >= 0)
		return 0;
	for (size_t i = 0; old_map && i < old_map->count; i++) {
		const struct policy_binary_filter *old = old_map->entries[i].filter;

		if (is_same_set(&old->values, &filter->values) &&
		    go_on(bits, map, filter, old, old_map->entries[i].bit))
			return 0;
	}
	for (int bit = 0; bit < FOLLOW_FILTERS_MAX && map->count < FOLLOW_FILTERS_MAX; bit++) {
		if (bits->bits[bit].users)
			continue;
		add(bits, map, filter, bit);
		map->renewed |= 1ull << bit;
		return 0;
	}
	return -ENOSPC;
}

int follow_assign(struct follow_bits *bits, const struct plan *old, const struct follow_map *old_map,
		  const struct plan *new, const int *reused, bool *is_same_code, struct follow_map *ret,
		  const struct policy_binary_filter **ret_filter)
{
	*ret = (struct follow_map){0};
	for (size_t i = 0; old && i < new->hook_count; i++)
		if (is_same_code[i])
			is_same_code[i] = keep_hook(bits, &old->hooks[reused[i]], old_map, &new->hooks[i], ret);
	for (size_t i = 0; i < new->hook_count; i++) {
		for (size_t j = 0; j < new->hooks[i].follow_count; j++) {
			int r = give(bits, old_map, ret, new->hooks[i].follows[j]);

			if (r < 0) {
				*ret_filter = new->hooks[i].follows[j];
				return r;
			}
		}
	}
	return 0;
}

void follow_use(struct follow_bits *bits, const struct follow_map *map)
{
	for (size_t i = 0; i < map->count; i++)
		bits->bits[map->entries[i].bit].values = &map->entries[i].filter->values;
}

void follow_release(struct follow_bits *bits, struct follow_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		int bit = map->entries[i].bit;

		if (--bits->bits[bit].users == 0)
			bits->bits[bit].values = NULL;
	}
	*map = (struct follow_map){0};
}

uint64_t follow_active(const struct follow_bits *bits)
{
	uint64_t active = 0;

	for (int bit = 0; bit < FOLLOW_FILTERS_MAX; bit++)
		if (bits->bits[bit].values)
			active |= 1ull << bit;
	return active;
}

/* --- binaries */

static int compare_binaries(const void *a, const void *b)
{
	return compare_strings(((const struct follow_binary *)a)->path, ((const struct follow_binary *)b)->path);
}

/* Sorted, and each path once. */
static size_t merge(struct follow_binary *binaries, size_t count)
{
	size_t kept = 0;

	qsort(binaries, count, sizeof(*binaries), compare_binaries);
	for (size_t i = 0; i < count; i++) {
		if (kept && compare_strings(binaries[kept - 1].path, binaries[i].path) == 0)
			binaries[kept - 1].bits |= binaries[i].bits;
		else
			binaries[kept++] = binaries[i];
	}
	return kept;
}

int follow_binaries(const struct follow_bits *bits, struct follow_binary **ret, size_t *ret_count)
{
	_cleanup_free_ struct follow_binary *binaries = NULL;
	size_t count = 0, total = 0;

	for (int bit = 0; bit < FOLLOW_FILTERS_MAX; bit++)
		total += bits->bits[bit].values ? bits->bits[bit].values->count : 0;
	binaries = calloc(total + 1, sizeof(*binaries));
	if (!binaries)
		return -ENOMEM;
	for (int bit = 0; bit < FOLLOW_FILTERS_MAX; bit++) {
		const struct policy_values *values = bits->bits[bit].values;

		for (size_t i = 0; values && i < values->count; i++)
			binaries[count++] = (struct follow_binary){&values->strings[i], 1ull << bit};
	}
	count = merge(binaries, count);
	if (count > FOLLOW_BINARIES_MAX)
		return -E2BIG;
	*ret = TAKE_PTR(binaries);
	*ret_count = count;
	return 0;
}
