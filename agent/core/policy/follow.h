/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Filters with followChildren: each has one of the 64 bits that a process inherits (bpf/process_state.bpf.c). Which
 * filter has which, over changes of policies; and which bits a binary stands for.
 *
 * A bit belongs to a filter of a policy. Its next generation goes on with it, so that descendants go on being
 * followed: where the filter's code goes on, which has the bit in it, and where its values are the same. A filter that
 * has lost a value begins anew ("renewed"): nobody knows any more which of its values a descendant's ancestor matched.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/plan.h"

enum {
	FOLLOW_FILTERS_MAX = 64,    /* on a node; FOLLOW_BITS of bpf/policy/interface.h */
	FOLLOW_BINARIES_MAX = 1024, /* different ones, of all filters together */
};

/* The node's bits. */
struct follow_bits {
	struct {
		unsigned users;                     /* generations of policies that have it */
		const struct policy_values *values; /* not owned; NULL: none in effect yet */
	} bits[FOLLOW_FILTERS_MAX];
};

/* The bits of one generation of a policy. */
struct follow_map {
	size_t count;
	struct {
		const struct policy_binary_filter *filter; /* not owned */
		uint8_t bit;
	} entries[FOLLOW_FILTERS_MAX];
	uint64_t renewed; /* bits whose meaning begins with this generation */
};

/* The filter's bit, or -ENOENT. */
int follow_find(const struct follow_map *map, const struct policy_binary_filter *filter);

/*
 * Gives all filters of a new generation their bits. `reused` and `is_same_code`: for each of its hooks the old one that
 * it takes the place of (-1: none), and whether it goes on with that one's code; which is taken back where the bits
 * don't allow it. `old` is NULL, or has the bits in `old_map`. 0; or -ENOSPC, with the filter that there is no bit for.
 * follow_release() also after that.
 */
int follow_assign(struct follow_bits *bits, const struct plan *old, const struct follow_map *old_map,
		  const struct plan *new, const int *reused, bool *is_same_code, struct follow_map *ret,
		  const struct policy_binary_filter **ret_filter);
/* From now on the bits stand for this generation's values. */
void follow_use(struct follow_bits *bits, const struct follow_map *map);
/* The generation has no bits any more. Those that no other has are free, and stand for nothing. */
void follow_release(struct follow_bits *bits, struct follow_map *map);

/* A binary and the bits of the filters that have it. */
struct follow_binary {
	const struct policy_string *path; /* not owned */
	uint64_t bits;
};

/* All binaries of all bits, sorted by path; *ret is the caller's to free. 0, -ENOMEM; -E2BIG: there are too many. */
int follow_binaries(const struct follow_bits *bits, struct follow_binary **ret, size_t *ret_count);
/* Bits that are somebody's. */
uint64_t follow_active(const struct follow_bits *bits);
