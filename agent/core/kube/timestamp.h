/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Times as objects of the API server have them: RFC 3339 in UTC, such as 2026-01-31T23:59:59Z. */
#include <stdbool.h>
#include <stdint.h>

/* Seconds since 1970; fractions are dropped. False: it is no such time, or not of the years 1970 to 2499. */
bool timestamp_parse(const char *text, int64_t *ret_s);
/* The same in nanoseconds; what is finer than these is dropped. */
bool timestamp_parse_ns(const char *text, uint64_t *ret_ns);
