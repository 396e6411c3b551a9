/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Lines of /proc/kallsyms and /proc/PID/maps. */
#include "core/process/process.h"

/* `ADDRESS TYPE NAME[\t[MODULE]]`. False for what is not a function, or not a line. */
bool proc_line_kernel_function(struct bytes line, uint64_t *ret_address, struct bytes *ret_name);

struct proc_mapping {
	uint64_t start, end; /* addresses */
	uint64_t offset;     /* in the file */
	uint32_t device_major, device_minor;
	uint64_t inode;    /* 0: no file */
	struct bytes path; /* with " (deleted)" where that is so; or "[vdso]"; empty: none */
};

/* `START-END PERMISSIONS OFFSET MAJOR:MINOR INODE PATH`. False for what is not executable, or not a line. */
bool proc_line_mapping(struct bytes line, struct proc_mapping *ret);
