// SPDX-License-Identifier: Apache-2.0
/* The part of http_server.c that knows of WebSockets. */
#include <string.h>

#include "base/util.h"
#include "core/http/http_head.h"
#include "io/server/http_session.h"

#define RECEIVED_MAX 64 /* bytes that a client may say, though there is nothing to say */

/* --- from a request to a WebSocket */

/* A page elsewhere may ask for one, and read what comes, unless we look. */
static bool is_page_elsewhere(const struct http_session *session)
{
	char origin[HTTP_HEADER_MAX], host[HTTP_HEADER_MAX];

	if (!session->server->is_for_browsers || http_library->hdr_total_length(session->wsi, WSI_TOKEN_ORIGIN) <= 0)
		return false;
	return !http_origin_is_host(http_session_header(session, WSI_TOKEN_ORIGIN, origin),
				    http_session_header(session, WSI_TOKEN_HOST, host));
}

struct arguments {
	char *text; /* owned: all of them, each with its NUL */
	const char *items[HTTP_ARGUMENTS_MAX];
	size_t count;
};

/* False if there are too many, or one is no text. */
static bool read_arguments(const struct http_session *session, struct arguments *ret)
{
	size_t at = 0;
	int length;

	while ((length = http_library->hdr_fragment_length(session->wsi, WSI_TOKEN_HTTP_URI_ARGS, (int)ret->count)) >
	       0) {
		char *item = ret->text + at;

		if (ret->count == HTTP_ARGUMENTS_MAX || at + (size_t)length + 1 > HTTP_REQUEST_HEADERS_MAX ||
		    http_library->hdr_copy_fragment(session->wsi, item, length + 1, WSI_TOKEN_HTTP_URI_ARGS,
						    (int)ret->count) != length ||
		    strnlen(item, (size_t)length) != (size_t)length)
			return false;
		item[length] = '\0';
		ret->items[ret->count++] = item;
		at += (size_t)length + 1;
	}
	return true;
}

/* From any thread. One call is enough until the server has looked. */
static void wake(void *context)
{
	struct http_server *server = context;

	if (!atomic_exchange(&server->is_woken, true))
		http_library->cancel_service(server->lws);
}

static int open_stream(struct http_session *session)
{
	const struct http_stream *stream = session->server->stream;
	_cleanup_free_ char *text = malloc(HTTP_REQUEST_HEADERS_MAX);
	struct arguments arguments = {.text = text};
	struct http_stream_request request = {.wake = wake, .wake_context = session->server};
	char error[HTTP_STREAM_ERROR_MAX] = "";
	unsigned int status;

	if (!text)
		return -1;
	if (!read_arguments(session, &arguments))
		return http_session_refuse(session, HTTP_STATUS_BAD_REQUEST,
					   "the query has too many arguments, or one that is no text");
	request.arguments = arguments.items;
	request.count = arguments.count;
	status = stream->open(stream->context, &request, &session->stream, error);
	return status ? http_session_refuse(session, status, error) : 0;
}

int websocket_confirm(struct http_session *session)
{
	const struct http_stream *stream = session->server->stream;
	char text[HTTP_HEADER_MAX];
	struct bytes path = http_session_header(session, WSI_TOKEN_GET_URI, text);

	if (http_session_is_from_elsewhere(session))
		return http_session_refuse(session, HTTP_STATUS_FORBIDDEN, HTTP_FROM_ELSEWHERE);
	if (is_page_elsewhere(session))
		return http_session_refuse(session, HTTP_STATUS_FORBIDDEN,
					   "a page of another origin may not read this");
	if (!stream || path.length != strlen(stream->path) || memcmp(path.data, stream->path, path.length) != 0)
		return http_session_refuse(session, HTTP_STATUS_NOT_FOUND, "there is no such WebSocket");
	return open_stream(session);
}

/* --- while it is one */

int websocket_begin(struct http_session *session)
{
	session->is_open = true;
	http_library->callback_on_writable(session->wsi);
	return 0;
}

int websocket_send(struct http_session *session)
{
	const struct http_stream *stream = session->server->stream;
	uint8_t *start = session->server->chunk + LWS_PRE;
	size_t length;

	if (!session->stream)
		return -1;
	length = stream->read(session->stream, (char *)start, HTTP_STREAM_MESSAGE_MAX);
	if (length > 0) {
		if (http_library->write(session->wsi, start, length, LWS_WRITE_TEXT) < 0)
			return -1;
		http_library->callback_on_writable(session->wsi);
		return 0;
	}
	if (!stream->is_over(session->stream))
		return 0;
	http_library->close_reason(session->wsi, LWS_CLOSE_STATUS_GOINGAWAY, NULL, 0);
	return -1;
}

int websocket_receive(struct http_session *session, size_t length)
{
	static unsigned char reason[] = "nothing is to be said here";

	session->received += length;
	if (session->received <= RECEIVED_MAX)
		return 0;
	http_library->close_reason(session->wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, reason, sizeof(reason) - 1);
	return -1;
}

void websocket_close(struct http_session *session)
{
	if (session->stream)
		session->server->stream->close(session->stream);
	session->stream = NULL;
}

void websocket_wake_all(struct http_server *server)
{
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (server->sessions[i] && server->sessions[i]->is_open)
			http_library->callback_on_writable(server->sessions[i]->wsi);
}

bool websocket_is_any(const struct http_server *server)
{
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (server->sessions[i] && server->sessions[i]->stream)
			return true;
	return false;
}
