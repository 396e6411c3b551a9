// SPDX-License-Identifier: Apache-2.0
/* What stack traces are looked up in: an ELF file of anybody's, and lines of /proc. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/symbols/elf_symbols.h"
#include "core/symbols/proc_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static int read_input(void *context, uint64_t offset, void *data, size_t size)
{
	const struct input *input = context;

	if (offset > input->size || size > input->size - offset)
		return -EIO;
	memcpy(data, input->data + offset, size);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct elf_symbols symbols = {0};
	struct bytes line = {(const char *)data, size}, name;
	struct proc_mapping mapping;
	uint64_t address;

	if (elf_symbols_load(&(struct elf_source){read_input, &input}, &symbols) >= 0) {
		for (uint64_t at = 0; at < size + 4096; at += 16)
			if (elf_symbols_find(&symbols, at, &name) && name.length > SYMBOL_NAME_MAX)
				__builtin_trap();
		elf_symbols_done(&symbols);
	}
	if (proc_line_kernel_function(line, &address, &name) && name.length > size)
		__builtin_trap();
	if (proc_line_mapping(line, &mapping) && mapping.path.length > size)
		__builtin_trap();
	return 0;
}
