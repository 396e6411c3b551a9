// SPDX-License-Identifier: Apache-2.0
#include "io/server/websockets_library.h"

#include <pthread.h>
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
		{"lws_service", &ret->service},
		{"lws_cancel_service", &ret->cancel_service},
		{"lws_adopt_descriptor_vhost", &ret->adopt_descriptor_vhost},
		{"lws_adopt_descriptor_vhost_via_info", &ret->adopt_descriptor_vhost_via_info},
		{"lws_get_opaque_user_data", &ret->get_opaque_user_data},
		{"lws_set_opaque_user_data", &ret->set_opaque_user_data},
		{"lws_rx_flow_control", &ret->rx_flow_control},
		{"lws_set_timer_usecs", &ret->set_timer_usecs},
		{"lws_set_timeout", &ret->set_timeout},
		{"lws_callback_on_writable", &ret->callback_on_writable},
		{"lws_hdr_total_length", &ret->hdr_total_length},
		{"lws_hdr_copy", &ret->hdr_copy},
		{"lws_hdr_copy_fragment", &ret->hdr_copy_fragment},
		{"lws_hdr_fragment_length", &ret->hdr_fragment_length},
		{"lws_close_reason", &ret->close_reason},
		{"lws_add_http_common_headers", &ret->add_http_common_headers},
		{"lws_add_http_header_by_name", &ret->add_http_header_by_name},
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
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static struct websockets_library library;
	static bool is_loaded;
	bool is_good;

	pthread_mutex_lock(&mutex);
	if (!is_loaded && load(&library, ret_error, size) == 0) {
		library.set_log_level(LLL_ERR, say);
		is_loaded = true;
	}
	is_good = is_loaded;
	pthread_mutex_unlock(&mutex);
	return is_good ? &library : NULL;
}
