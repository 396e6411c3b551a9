/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * libwebsockets, loaded when somebody is to be served: with libssl and libcrypto, which it depends on, it would add
 * half as much again to the resident memory of an agent that nobody asks.
 */
#include <libwebsockets.h>

struct websockets_library {
	__typeof__(&lws_set_log_level) set_log_level;
	__typeof__(&lws_create_context) create_context;
	__typeof__(&lws_context_destroy) context_destroy;
	__typeof__(&lws_context_user) context_user;
	__typeof__(&lws_get_context) get_context;
	__typeof__(&lws_get_vhost_by_name) get_vhost_by_name;
	__typeof__(&lws_service) service;
	__typeof__(&lws_cancel_service) cancel_service;
	__typeof__(&lws_adopt_descriptor_vhost) adopt_descriptor_vhost;
	__typeof__(&lws_adopt_descriptor_vhost_via_info) adopt_descriptor_vhost_via_info;
	__typeof__(&lws_get_opaque_user_data) get_opaque_user_data;
	__typeof__(&lws_set_opaque_user_data) set_opaque_user_data;
	__typeof__(&lws_rx_flow_control) rx_flow_control;
	__typeof__(&lws_set_timer_usecs) set_timer_usecs;
	__typeof__(&lws_set_timeout) set_timeout;
	__typeof__(&lws_callback_on_writable) callback_on_writable;
	__typeof__(&lws_hdr_total_length) hdr_total_length;
	__typeof__(&lws_hdr_copy) hdr_copy;
	__typeof__(&lws_hdr_copy_fragment) hdr_copy_fragment;
	__typeof__(&lws_hdr_fragment_length) hdr_fragment_length;
	__typeof__(&lws_close_reason) close_reason;
	__typeof__(&lws_add_http_common_headers) add_http_common_headers;
	__typeof__(&lws_add_http_header_by_name) add_http_header_by_name;
	__typeof__(&lws_finalize_http_header) finalize_http_header;
	__typeof__(&lws_write) write;
	__typeof__(&lws_http_transaction_completed) http_transaction_completed;
};

/*
 * The library, loaded once for the life of the process, from any thread. NULL, with a text in
 * ret_error (of `size` bytes) that says what is missing.
 */
const struct websockets_library *websockets_library_load(char *ret_error, size_t size);
