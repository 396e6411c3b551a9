// SPDX-License-Identifier: Apache-2.0
#include "io/server/websockets_library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"

#define LIBRARY "libwebsockets.so.17"

/* dlsym() gives an object's address, which POSIX lets stand for a function's. */
static int find_all(void *handle, struct websockets_library *ret)
{
	const struct {
		const char *name;
		void *function;
	} rows[] = {
		{"lws_set_log_level", &ret->set_log_level},
		{"lws_create_context", &ret->create_context},
		{"lws_context_destroy", &ret->context_destroy},
		{"lws_context_user", &ret->context_user},
		{"lws_get_context", &ret->get_context},
		{"lws_get_vhost_by_name", &ret->get_vhost_by_name},
		{"lws_get_vhost_listen_port", &ret->get_vhost_listen_port},
		{"lws_service", &ret->service},
		{"lws_cancel_service", &ret->cancel_service},
		{"lws_hdr_total_length", &ret->hdr_total_length},
		{"lws_add_http_common_headers", &ret->add_http_common_headers},
		{"lws_finalize_http_header", &ret->finalize_http_header},
		{"lws_write", &ret->write},
		{"lws_http_transaction_completed", &ret->http_transaction_completed},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		void *found = dlsym(handle, rows[i].name);

		if (!found)
			return -1;
		memcpy(rows[i].function, &found, sizeof(found));
	}
	return 0;
}

static void say(int level, const char *line)
{
	size_t length = strcspn(line, "\n");

	log_write(level == LLL_ERR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "libwebsockets: %.*s", (int)length, line);
}

const struct websockets_library *websockets_library_load(char *ret_error, size_t size)
{
	static struct websockets_library library;
	static bool is_loaded;
	void *handle;

	if (is_loaded)
		return &library;
	handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!handle || find_all(handle, &library) < 0) {
		snprintf(ret_error, size, "cannot load %s: %s; install the package libwebsockets17", LIBRARY,
			 dlerror());
		return NULL;
	}
	library.set_log_level(LLL_ERR, say);
	is_loaded = true;
	return &library;
}
