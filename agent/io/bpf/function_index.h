/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Functions of BTF by name. libbpf walks over all types for each look-up, which is a matter of milliseconds: too much
 * for lists of thousands.
 */
#include <bpf/btf.h>
#include <stdint.h>

struct function_index;

/* NULL: no memory. The types must outlive it. */
struct function_index *function_index_new(const struct btf *btf);
struct function_index *function_index_free(struct function_index *index); /* accepts and returns NULL */
/* The first type of that name; 0: there is none. */
uint32_t function_index_find(const struct function_index *index, const char *name);
