/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How the encoder, which reads no files, learns what is at an address of a stack trace. */
#include "core/process/process.h"

struct symbol {
	struct bytes name;   /* of the function; empty: only the module is known */
	struct bytes module; /* the file that is mapped there; empty for the kernel */
	uint64_t offset;     /* of the address: in the function, where there is a module in that */
};

struct symbolizer {
	/* `pid` 0 is the kernel. False if nothing is known. The strings live until the next call. */
	bool (*find)(void *context, uint32_t pid, uint64_t address, struct symbol *ret);
	void *context;
};
