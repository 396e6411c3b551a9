/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A machine that finds any of some strings in one pass (Aho and Corasick, "Efficient String Matching", 1975), in the
 * form that bpf/policy/substring.h runs: union substring_block of bpf/policy/interface.h. Bytes that all strings treat
 * alike share a class, so a row is short; where case is ignored, A and a are such, of ASCII's letters.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/policy/policy.h"
#include "policy/interface.h"

/* The blocks behind block 0, as if they began at block 0: whoever places them adds their place to all but the zeroes
 * of rows. */
struct substring_machine {
	union substring_block *blocks; /* owned */
	size_t count;
};

/*
 * 0, -ENOMEM, or -E2BIG: more than POLICY_SUBSTRINGS_MAX strings, or one of more than POLICY_SUBSTRING_MAX bytes, or
 * none that has any, or all byte values in them.
 */
int substring_machine_make(const struct policy_values *values, bool is_case_ignored, struct substring_machine *ret);
void substring_machine_done(struct substring_machine *machine); /* accepts a zeroed struct */

/* How many blocks a map needs for a machine of `count`, beside its successor, and with room for some more strings. */
size_t substring_capacity(size_t count);
/* How many each of the two has. */
size_t substring_half(size_t capacity);
