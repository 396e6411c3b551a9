/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The functions of an ELF file, 64 bits and this machine's byte order. The file is anybody's: nothing
 * in it is trusted, and what is read of it is bounded.
 */
#include "core/symbols/symbol_table.h"

#define ELF_SEGMENTS_MAX 16 /* executable ones that count */
#define ELF_FUNCTIONS_MAX 131072
#define ELF_NAMES_MAX (16u << 20) /* bytes of the file's string table */

struct elf_source {
	/* All `size` bytes at the offset: 0, or -errno. */
	int (*read)(void *context, uint64_t offset, void *data, size_t size);
	void *context;
};

struct elf_segment {
	uint64_t offset, size; /* in the file */
	uint64_t address;
};

struct elf_symbols {
	size_t segment_count;
	struct elf_segment segments[ELF_SEGMENTS_MAX];
	struct symbol_table *table; /* owned */
};

/* 0, -ENOEXEC: no such file, -ENOENT: it has no symbols, -E2BIG, -ENOMEM, or the source's error. */
int elf_symbols_load(const struct elf_source *source, struct elf_symbols *ret);
void elf_symbols_done(struct elf_symbols *symbols); /* accepts a zeroed struct */
/* What is at that place of the file. */
bool elf_symbols_find(const struct elf_symbols *symbols, uint64_t file_offset, struct bytes *ret_name);
