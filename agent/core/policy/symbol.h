/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* How the functions of this machine's system calls begin: __x64_sys_read() (linux/syscalls.h, asm/syscall_wrapper.h).
 */
#if defined(__aarch64__)
#define SYSCALL_PREFIX "__arm64_"
#else
#define SYSCALL_PREFIX "__x64_"
#endif
