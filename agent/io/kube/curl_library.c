// SPDX-License-Identifier: Apache-2.0
#include "io/kube/curl_library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"

#define LIBRARY "libcurl.so.4"

/* dlsym() gives an object's address, which POSIX lets stand for a function's. */
static int find_all(void *handle, struct curl_library *ret)
{
	const struct {
		const char *name;
		void *function;
	} rows[] = {
		{"curl_global_init", &ret->global_init},
		{"curl_easy_init", &ret->easy_init},
		{"curl_easy_setopt", &ret->easy_setopt},
		{"curl_easy_getinfo", &ret->easy_getinfo},
		{"curl_easy_cleanup", &ret->easy_cleanup},
		{"curl_easy_strerror", &ret->easy_strerror},
		{"curl_slist_append", &ret->slist_append},
		{"curl_slist_free_all", &ret->slist_free_all},
		{"curl_multi_init", &ret->multi_init},
		{"curl_multi_cleanup", &ret->multi_cleanup},
		{"curl_multi_add_handle", &ret->multi_add_handle},
		{"curl_multi_remove_handle", &ret->multi_remove_handle},
		{"curl_multi_perform", &ret->multi_perform},
		{"curl_multi_poll", &ret->multi_poll},
		{"curl_multi_wakeup", &ret->multi_wakeup},
		{"curl_multi_info_read", &ret->multi_info_read},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		void *found = dlsym(handle, rows[i].name);

		if (!found)
			return -1;
		memcpy(rows[i].function, &found, sizeof(found));
	}
	return 0;
}

const struct curl_library *curl_library_load(char *ret_error, size_t size)
{
	static struct curl_library library;
	static bool is_loaded;
	void *handle;

	if (is_loaded)
		return &library;
	handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!handle || find_all(handle, &library) < 0) {
		snprintf(ret_error, size, "cannot load %s: %s; install the package libcurl4", LIBRARY, dlerror());
		return NULL;
	}
	if (library.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		snprintf(ret_error, size, "%s cannot be initialised", LIBRARY);
		return NULL;
	}
	is_loaded = true;
	return &library;
}
