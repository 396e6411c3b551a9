// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/embedded.h"

/* The assembler reads the file; 16 bytes of alignment because libelf reads structs in place. */
#define EMBED(symbol) \
	__asm__(".pushsection .rodata\n.balign 16\n.global " #symbol "_begin\n" #symbol \
		"_begin:\n.incbin \"" BPF_OBJECT_DIR "/" #symbol ".bpf.o\"\n.global " #symbol "_end\n" #symbol \
		"_end:\n.byte 0\n.popsection\n"); \
	extern const unsigned char symbol##_begin[], symbol##_end[]; \
	const struct embedded_object embedded_##symbol = {#symbol, symbol##_begin, symbol##_end}

EMBED(process_btf);
EMBED(process_raw);
EMBED(policy_btf);
EMBED(policy_raw);
EMBED(process_state_raw);
EMBED(scope_raw);
