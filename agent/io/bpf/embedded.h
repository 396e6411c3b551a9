/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The compiled BPF objects, part of this very binary. */
#include <stddef.h>

struct embedded_object {
	const char *name;
	const unsigned char *begin, *end;
};

extern const struct embedded_object embedded_process_btf; /* BTF-typed programs */
extern const struct embedded_object embedded_process_raw; /* raw tracepoints */
extern const struct embedded_object embedded_policy_btf;  /* pieces for programs whose kernel pointers are typed */
extern const struct embedded_object embedded_policy_raw;  /* pieces for others */
extern const struct embedded_object embedded_process_state_raw;
extern const struct embedded_object embedded_scope_raw;
