// SPDX-License-Identifier: Apache-2.0
#include "io/file/shared_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* dlsym() gives an object's address, which POSIX lets stand for a function's. */
static bool find_function(void *handle, const struct library_function *function)
{
	void *found = dlsym(handle, function->name);

	if (found)
		memcpy(function->pointer, &found, sizeof(found));
	return found;
}

int shared_library_load(const char *file, const char *package, const struct library_function *functions, size_t count,
			char *ret_error, size_t size)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	bool is_whole = handle;

	for (size_t i = 0; i < count && is_whole; i++)
		is_whole = find_function(handle, &functions[i]);
	if (is_whole)
		return 0;
	snprintf(ret_error, size, "cannot load %s: %s; install the package %s", file, dlerror(), package);
	return -ENOENT;
}
