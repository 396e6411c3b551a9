// SPDX-License-Identifier: Apache-2.0
#include "io/server/websockets_library.h"

#include <stdbool.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "io/file/shared_library.h"

#define LIBRARY "libwebsockets.so.17"
#define PACKAGE "libwebsockets17"

static int load(struct websockets_library *ret, char *ret_error, size_t size)
{
	const struct library_function functions[] = {
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

	return shared_library_load(LIBRARY, PACKAGE, functions, ARRAY_SIZE(functions), ret_error, size);
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

	if (is_loaded)
		return &library;
	if (load(&library, ret_error, size) < 0)
		return NULL;
	library.set_log_level(LLL_ERR, say);
	is_loaded = true;
	return &library;
}
