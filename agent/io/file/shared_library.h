/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Libraries that are loaded when they are needed, because they take memory that most agents can do without. */
#include <stddef.h>

struct library_function {
	const char *name;
	void *pointer; /* to the function pointer that is to be filled in */
};

/*
 * Loads `file`, for as long as the process lives, and fills all pointers in. 0, or -ENOENT with the reason and
 * `package`, Debian's name of what is to be installed, in ret_error; some pointers may be filled in then.
 */
int shared_library_load(const char *file, const char *package, const struct library_function *functions, size_t count,
			char *ret_error, size_t size);
