// SPDX-License-Identifier: Apache-2.0
#include "io/kube/curl_library.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"
#include "io/file/shared_library.h"

#define LIBRARY "libcurl.so.4"
#define PACKAGE "libcurl4"

static int load(struct curl_library *ret, char *ret_error, size_t size)
{
	const struct library_function functions[] = {
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

	return shared_library_load(LIBRARY, PACKAGE, functions, ARRAY_SIZE(functions), ret_error, size);
}

const struct curl_library *curl_library_load(char *ret_error, size_t size)
{
	static struct curl_library library;
	static bool is_loaded;

	if (is_loaded)
		return &library;
	/* Its LDAP and RTMP bring a second TLS library, which nobody uses here: it is not to set itself up. */
	setenv("GNUTLS_NO_IMPLICIT_INIT", "1", false);
	if (load(&library, ret_error, size) < 0)
		return NULL;
	if (library.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		snprintf(ret_error, size, "%s cannot be initialised", LIBRARY);
		return NULL;
	}
	is_loaded = true;
	return &library;
}
