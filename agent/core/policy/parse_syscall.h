/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Numbers of system calls by name, for lists that an argument of type syscall64 is looked up in; and the reverse. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum syscall_abi {
	SYSCALL_X64,
	SYSCALL_I386, /* with the mark of 32-bit calls, bit 31 */
	SYSCALL_ARM64,
};

/* The 64-bit one of the machine this is compiled for. */
enum syscall_abi syscall_abi_here(void);
/* `name` without sys_. False: there is none in this ABI. */
bool syscall_number(const char *name, enum syscall_abi abi, uint64_t *ret);
/* All numbers, one call each, from *at = 0. False: that was the last. */
bool syscall_number_next(enum syscall_abi abi, size_t *at, uint64_t *ret);
/* The name of a call by the number that syscall64 reads: of this machine's ABI, or with the mark of 32-bit calls. NULL:
 * there is none. */
const char *syscall_name(uint32_t number);
