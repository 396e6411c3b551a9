/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names in policies that stand for numbers and are not those of events (core/encode/names.h). */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct number_name {
	const char *name;
	uint32_t number;
};

/* Each ends with a NULL name. */
extern const struct number_name parse_file_types[]; /* S_IFMT */
extern const struct number_name parse_namespaces[]; /* WIRE_NS_* */

/* Letters may be of either case. */
bool parse_name_find(const struct number_name *names, const char *name, size_t length, uint32_t *ret);
/* CAP_* by capabilities(7), in either case, or DAC_OVERRIDE without prefix. */
bool parse_capability_find(const char *name, size_t length, unsigned int *ret_bit);
