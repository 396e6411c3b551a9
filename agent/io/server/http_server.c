// SPDX-License-Identifier: Apache-2.0
#include "io/server/http_server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/util.h"
#include "core/encode/json.h"
#include "core/http/http_head.h"
#include "io/server/http_session.h"

#define FDS_OF_ITS_OWN 4    /* what it listens on, what wakes it, and some room */
#define END_STREAMS_MS 2000 /* for streams to be read to their end */
#define END_STREAMS_STEP_US 100000
#define ACCEPT_AGAIN_US 100000 /* when a connection could not be accepted, which would wake us again at once */
#define API_PREFIX "/v1/"      /* errors below are JSON */

_Atomic(const struct websockets_library *) http_library;

/* --- answers */

static bool is_route(const struct http_route *route, const char *path)
{
	size_t length = strlen(route->path);

	return route->has_below ? strncmp(route->path, path, length) == 0 : strcmp(route->path, path) == 0;
}

static const struct http_route *find_route(const struct http_server *server, const char *path, void **ret_context)
{
	for (size_t i = 0; i < server->count; i++) {
		const struct http_routes *routes = &server->routes[i];

		for (size_t j = 0; j < routes->count; j++) {
			if (!is_route(&routes->items[j], path))
				continue;
			*ret_context = routes->context;
			return &routes->items[j];
		}
	}
	return NULL;
}

static bool is_json(const char *path)
{
	return strncmp(path, API_PREFIX, strlen(API_PREFIX)) == 0;
}

/* As text, or as JSON below API_PREFIX. */
static const char *append_error(struct buffer *body, const char *path, const char *text)
{
	if (!is_json(path)) {
		buffer_append_cstring(body, text);
		buffer_append_byte(body, '\n');
		return "text/plain";
	}
	json_open(body, '{');
	json_key(body, "error");
	json_string(body, (struct bytes){text, strlen(text)});
	json_close(body, '}');
	buffer_append_byte(body, '\n');
	return "application/json";
}

struct answer {
	unsigned int status;
	const char *type;
	const struct http_header *headers;
	struct buffer body; /* owned */
	const void *bytes;  /* in place of it */
	size_t length;
};

static void answer_error(struct answer *answer, const char *path, unsigned int status, const char *text)
{
	answer->status = status;
	answer->headers = NULL;
	answer->bytes = NULL;
	buffer_reset(&answer->body);
	answer->type = append_error(&answer->body, path, text);
}

static void answer_not_found(const struct http_server *server, struct answer *answer, const char *path)
{
	answer_error(answer, path, HTTP_STATUS_NOT_FOUND, "not found");
	if (is_json(path))
		return;
	buffer_reset(&answer->body);
	buffer_append_literal(&answer->body, "not found; there are:\n");
	for (size_t i = 0; i < server->count; i++) {
		for (size_t j = 0; j < server->routes[i].count; j++) {
			buffer_append_cstring(&answer->body, server->routes[i].items[j].path);
			buffer_append_byte(&answer->body, '\n');
		}
	}
}

static void answer_route(const struct http_route *route, void *context, struct answer *answer, const char *path)
{
	answer->type = route->type;
	answer->headers = route->headers;
	answer->status = HTTP_STATUS_OK;
	if (!route->answer) {
		answer->bytes = route->bytes;
		answer->length = route->length;
		return;
	}
	answer->status =
		route->answer(context, path + (route->has_below ? strlen(route->path) : strlen(path)), &answer->body);
	if (answer->body.is_full)
		answer_error(answer, path, HTTP_STATUS_INTERNAL_SERVER_ERROR, "the answer would be too long");
}

/* Appends headers to what stands at *at. */
static int add_headers(struct lws *wsi, const struct answer *answer, size_t length, uint8_t **at, uint8_t *end)
{
	const struct http_header *header = answer->headers;

	if (http_library->add_http_common_headers(wsi, answer->status, answer->type, length, at, end))
		return -1;
	for (; header && header->name; header++)
		if (http_library->add_http_header_by_name(wsi, (const unsigned char *)header->name,
							  (const unsigned char *)header->value,
							  (int)strlen(header->value), at, end))
			return -1;
	return http_library->finalize_http_header(wsi, at, end);
}

static void forget_answer(struct http_session *session)
{
	session->server->waiting_bytes -= session->body ? session->length : 0;
	free(session->body);
	session->body = NULL;
	session->bytes = NULL;
	session->length = session->sent = 0;
}

/* Non-zero: hang up. */
static int end_answer(const struct http_session *session)
{
	return session->is_refused || http_library->http_transaction_completed(session->wsi) ? -1 : 0;
}

/* What remains of the body is sent as the client takes it. */
static void keep_body(struct http_session *session, struct answer *answer, size_t length)
{
	session->length = length;
	session->bytes = answer->bytes;
	if (!answer->bytes) {
		session->bytes = session->body = TAKE_PTR(answer->body.data);
		session->server->waiting_bytes += length;
	}
	http_library->callback_on_writable(session->wsi);
}

/* 1: all of it, 0: headers, and the body, which is taken over, later; negative: hang up. */
static int send_answer(struct http_session *session, struct answer *answer, bool has_body)
{
	struct http_server *server = session->server;
	uint8_t *start = server->chunk + LWS_PRE, *at = start, *end = start + HTTP_CHUNK_MAX;
	const void *bytes = answer->bytes ? answer->bytes : answer->body.data;
	size_t length = answer->bytes ? answer->length : answer->body.length;
	bool is_whole;

	if (add_headers(session->wsi, answer, length, &at, end))
		return -1;
	is_whole = !has_body || length <= (size_t)(end - at);
	if (is_whole && has_body) {
		memcpy(at, bytes, length);
		at += length;
	}
	if (http_library->write(session->wsi, start, (size_t)(at - start),
				is_whole ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
		return -1;
	if (!is_whole)
		keep_body(session, answer, length);
	return is_whole;
}

/* Non-zero: hang up. */
static int send_more(struct http_session *session)
{
	uint8_t *start = session->server->chunk + LWS_PRE;
	size_t length = MIN(session->length - session->sent, (size_t)HTTP_CHUNK_MAX);
	bool is_last = session->sent + length == session->length;

	if (!session->bytes)
		return 0;
	memcpy(start, session->bytes + session->sent, length);
	http_library->set_timeout(session->wsi, PENDING_TIMEOUT_HTTP_CONTENT, HTTP_TIMEOUT_S);
	if (http_library->write(session->wsi, start, length, is_last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
		return -1;
	session->sent += length;
	if (!is_last) {
		http_library->callback_on_writable(session->wsi);
		return 0;
	}
	forget_answer(session);
	return end_answer(session);
}

/* --- requests */

struct bytes http_session_header(const struct http_session *session, enum lws_token_indexes token,
				 char text[HTTP_HEADER_MAX])
{
	int length = http_library->hdr_copy(session->wsi, text, HTTP_HEADER_MAX, token);

	return (struct bytes){text, length > 0 ? (size_t)length : 0};
}

bool http_session_is_from_elsewhere(const struct http_session *session)
{
	char text[HTTP_HEADER_MAX];

	return session->server->is_for_browsers &&
	       !http_host_is_plain(http_session_header(session, WSI_TOKEN_HOST, text));
}

static void make_answer(struct http_session *session, const char *path, struct answer *answer)
{
	struct http_server *server = session->server;
	char error[HTTP_STREAM_ERROR_MAX];
	const struct http_route *route;
	void *context;

	if (http_session_is_from_elsewhere(session)) {
		answer_error(answer, path, HTTP_STATUS_FORBIDDEN, HTTP_FROM_ELSEWHERE);
		return;
	}
	if (session->is_refused) {
		answer_error(answer, path, HTTP_STATUS_METHOD_NOT_ALLOWED, "only GET and HEAD");
		return;
	}
	if (server->stream && strcmp(server->stream->path, path) == 0) {
		unsigned int status = websocket_explain(session, error);

		answer_error(answer, path, status, error);
		return;
	}
	route = find_route(server, path, &context);
	if (route)
		answer_route(route, context, answer, path);
	else
		answer_not_found(server, answer, path);
	if (answer->body.length > HTTP_CHUNK_MAX && server->waiting_bytes + answer->body.length > HTTP_WAITING_MAX)
		answer_error(answer, path, HTTP_STATUS_SERVICE_UNAVAILABLE, "too many answers wait for their clients");
}

/* Non-zero: hang up. */
static int answer_request(struct http_session *session, const char *path)
{
	bool is_get = http_library->hdr_total_length(session->wsi, WSI_TOKEN_GET_URI) > 0;
	bool is_head = http_library->hdr_total_length(session->wsi, WSI_TOKEN_HEAD_URI) > 0;
	struct answer answer = {0};
	int r = -1;

	if (buffer_init(&answer.body, HTTP_BODY_MAX) == 0) {
		/* other methods may come with a body, which nobody wants to read */
		session->is_refused = !is_get && !is_head;
		make_answer(session, path, &answer);
		r = send_answer(session, &answer, !is_head);
	}
	buffer_done(&answer.body);
	return r > 0 ? end_answer(session) : r;
}

int http_session_refuse(struct http_session *session, unsigned int status, const char *text)
{
	struct answer answer = {0};
	int r = -1;

	if (buffer_init(&answer.body, HTTP_CHUNK_MAX / 2) == 0) {
		answer_error(&answer, API_PREFIX, status, text);
		r = send_answer(session, &answer, true);
	}
	buffer_done(&answer.body);
	return r;
}

/* --- connections */

/* Where it is; of NULL: where there is room. NULL: nowhere. */
static struct http_session **find_session(struct http_server *server, const struct http_session *session)
{
	for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++)
		if (server->sessions[i] == session)
			return &server->sessions[i];
	return NULL;
}

static struct http_session *begin_session(struct http_server *server)
{
	struct http_session **place = find_session(server, NULL);

	if (!place)
		return NULL;
	*place = calloc(1, sizeof(**place));
	if (!*place)
		return NULL;
	(*place)->server = server;
	server->connections++;
	return *place;
}

static void end_session(struct http_session *session)
{
	struct http_server *server = session->server;

	websocket_close(session);
	forget_answer(session);
	*find_session(server, session) = NULL;
	free(session);
	server->connections--;
	if (server->accepting)
		http_library->rx_flow_control(server->accepting, 1);
}

/* Takes in one that waits. Without room they go on waiting; so they do for a moment when the kernel gives none. */
static void accept_connection(struct http_server *server)
{
	struct lws_adopt_desc adopted = {
		.vh = server->vhost,
		.type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP,
	};
	struct http_session *session;
	int fd = accept4(server->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		http_library->rx_flow_control(server->accepting, 0);
		http_library->set_timer_usecs(server->accepting, ACCEPT_AGAIN_US);
		return;
	}
	session = begin_session(server);
	if (!session) {
		close(fd);
		return;
	}
	adopted.fd.sockfd = fd;
	adopted.opaque = session;
	/* if it does not take the connection, it has closed it, and may have told us so */
	if (!http_library->adopt_descriptor_vhost_via_info(&adopted) && find_session(server, session))
		end_session(session);
	if (server->connections == HTTP_CONNECTIONS_MAX)
		http_library->rx_flow_control(server->accepting, 0);
}

static int handle_listener(struct http_server *server, enum lws_callback_reasons reason)
{
	switch (reason) {
	case LWS_CALLBACK_RAW_RX_FILE:
		accept_connection(server);
		return 0;
	case LWS_CALLBACK_TIMER:
		if (server->connections < HTTP_CONNECTIONS_MAX)
			http_library->rx_flow_control(server->accepting, 1);
		return 0;
	case LWS_CALLBACK_RAW_CLOSE_FILE:
		server->accepting = NULL;
		return 0;
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		atomic_store(&server->is_woken, false);
		websocket_wake_all(server);
		return 0;
	default:
		return 0;
	}
}

static int handle(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct http_server *server = http_library->context_user(http_library->get_context(wsi));
	struct http_session *session = wsi ? http_library->get_opaque_user_data(wsi) : NULL;

	(void)user;
	if (!session)
		return handle_listener(server, reason);
	session->wsi = wsi;
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return answer_request(session, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return send_more(session);
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return websocket_confirm(session);
	case LWS_CALLBACK_ESTABLISHED:
		return websocket_begin(session);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return websocket_send(session);
	case LWS_CALLBACK_RECEIVE:
		return websocket_receive(session, length);
	case LWS_CALLBACK_WSI_DESTROY:
		http_library->set_opaque_user_data(wsi, NULL);
		end_session(session);
		return 0;
	default:
		return 0;
	}
}

/* --- the thread */

static int make_context(struct http_server *server)
{
	const struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN_SERVER,
		.protocols = server->protocols,
		.server_string = "trigon",
		.user = server,
		.gid = -1,
		.uid = -1,
		.fd_limit_per_thread = HTTP_CONNECTIONS_MAX + FDS_OF_ITS_OWN,
		.retry_and_idle_policy = &server->idle,
		.max_http_header_data2 = HTTP_REQUEST_HEADERS_MAX,
		.keepalive_timeout = HTTP_TIMEOUT_S,
		.timeout_secs = HTTP_TIMEOUT_S,
		.timeout_secs_ah_idle = HTTP_TIMEOUT_S,
	};
	struct lws_context *lws;
	int fd;

	server->chunk = malloc(LWS_PRE + HTTP_CHUNK_MAX);
	if (!server->chunk)
		return -ENOMEM;
	server->protocols[0] = (struct lws_protocols){.name = "http", .callback = handle};
	lws = http_library->create_context(&info);
	if (!lws)
		return -ENOMEM;
	server->lws = lws;
	server->vhost = http_library->get_vhost_by_name(lws, "default");
	fd = server->vhost ? fcntl(server->listener.fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (fd < 0)
		return -ENOMEM;
	server->accepting = http_library->adopt_descriptor_vhost(server->vhost, LWS_ADOPT_RAW_FILE_DESC,
								 (lws_sock_file_fd_type){.filefd = fd}, "http", NULL);
	return server->accepting ? 0 : -ENOMEM;
}

static int start_library(struct http_server *server, char *ret_error)
{
	const struct websockets_library *loaded = websockets_library_load(ret_error, HTTP_ERROR_MAX);
	int r;

	if (!loaded)
		return -ELIBACC;
	http_library = loaded;
	r = make_context(server);
	if (r < 0)
		snprintf(ret_error, HTTP_ERROR_MAX, "%s", strerror(-r));
	return r;
}

/* False if it is to end without one. */
static bool wait_for_connection(const struct http_server *server)
{
	struct pollfd polled[] = {
		{.fd = server->listener.fd, .events = POLLIN},
		{.fd = server->stop_fd, .events = POLLIN},
	};

	while (poll(polled, ARRAY_SIZE(polled), -1) < 0)
		if (errno != EINTR)
			return false;
	return !polled[1].revents;
}

/* What is over is sent, if the client takes it in time. */
static void end_streams(struct http_server *server)
{
	uint64_t deadline_ns = clock_monotonic_ns() + END_STREAMS_MS * CLOCK_NS_PER_MS;

	websocket_wake_all(server);
	while (server->accepting && websocket_is_any(server) && clock_monotonic_ns() < deadline_ns) {
		http_library->set_timer_usecs(server->accepting, END_STREAMS_STEP_US);
		if (http_library->service(server->lws, 0) < 0)
			return;
	}
}

static void *run(void *context)
{
	struct http_server *server = context;
	char error[HTTP_ERROR_MAX];

	if (!server->lws) {
		if (!wait_for_connection(server))
			return NULL;
		if (start_library(server, error) < 0) {
			log_error("%s: %s; nothing is answered there", server->name, error);
			listener_close(&server->listener);
			return NULL;
		}
	}
	while (!atomic_load(&server->is_ending) && http_library->service(server->lws, 0) >= 0)
		;
	end_streams(server);
	return NULL;
}

/* --- making it */

static int parse_address(const struct http_server_options *options, struct server_address *ret, char *ret_error)
{
	int r = options->path ? server_address_of_path(options->path, ret)
			      : server_address_of_host(options->address, ret);

	if (r < 0 && options->path)
		snprintf(ret_error, HTTP_ERROR_MAX, "the name of a socket has at most %zu bytes",
			 sizeof(ret->path) - 1);
	else if (r < 0)
		snprintf(ret_error, HTTP_ERROR_MAX,
			 "\"%s\" is no address; write HOST:PORT, or :PORT for all of this machine's addresses",
			 options->address);
	return r;
}

static int listen_at(struct http_server *server, const struct http_server_options *options, char *ret_error)
{
	struct server_address address;
	int r = parse_address(options, &address, ret_error);

	if (r < 0)
		return r;
	r = listener_open(&address, HTTP_CONNECTIONS_MAX, &server->listener);
	if (r == -EADDRINUSE)
		snprintf(ret_error, HTTP_ERROR_MAX, "another %s answers on %s already",
			 options->path ? "agent" : "program", options->path ? options->path : options->address);
	else if (r < 0)
		snprintf(ret_error, HTTP_ERROR_MAX, "cannot listen on %s: %s",
			 options->path ? options->path : options->address, strerror(-r));
	return r;
}

static int start(struct http_server *server, const struct http_server_options *options, char *ret_error)
{
	int r = listen_at(server, options, ret_error);

	if (r < 0)
		return r;
	server->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (server->stop_fd < 0)
		return -errno;
	if (!options->path) {
		r = start_library(server, ret_error);
		if (r < 0)
			return r;
	}
	r = thread_start(&server->thread, run, server);
	server->has_thread = r == 0;
	return r;
}

static struct http_server *server_new(const struct http_server_options *options)
{
	struct http_server *server = calloc(1, sizeof(*server));

	assert(options->count <= HTTP_ROUTES_MAX);
	if (!server)
		return NULL;
	server->listener = (struct listener)LISTENER_NONE;
	server->stop_fd = -1;
	memcpy(server->routes, options->routes, options->count * sizeof(*options->routes));
	server->count = options->count;
	server->stream = options->stream;
	server->name = options->name;
	server->is_for_browsers = options->is_for_browsers;
	server->idle = (lws_retry_bo_t){
		.secs_since_valid_ping = options->stream_ping_s ? options->stream_ping_s : HTTP_STREAM_PING_S,
		.secs_since_valid_hangup = options->stream_hangup_s ? options->stream_hangup_s : HTTP_STREAM_HANGUP_S,
	};
	return server;
}

int http_server_open(const struct http_server_options *options, struct http_server **ret, char *ret_error)
{
	struct http_server *server = server_new(options);
	int r;

	*ret_error = '\0';
	r = server ? start(server, options, ret_error) : -ENOMEM;
	if (r < 0) {
		if (!*ret_error)
			snprintf(ret_error, HTTP_ERROR_MAX, "%s", strerror(-r));
		http_server_close(server);
		return r;
	}
	*ret = server;
	return 0;
}

unsigned int http_server_port(const struct http_server *server)
{
	return listener_port(&server->listener);
}

/* The thread looks at is_ending before it waits, so one of the two wakes it. */
static void end_thread(struct http_server *server)
{
	const uint64_t one = 1;
	struct lws_context *lws;

	atomic_store(&server->is_ending, true);
	if (!server->has_thread)
		return;
	if (write(server->stop_fd, &one, sizeof(one)) < 0)
		log_debug("cannot wake the thread of %s: %s", server->name, strerror(errno));
	lws = server->lws;
	if (lws)
		http_library->cancel_service(lws);
	pthread_join(server->thread, NULL);
}

struct http_server *http_server_close(struct http_server *server)
{
	if (!server)
		return NULL;
	end_thread(server);
	if (server->lws)
		http_library->context_destroy(server->lws);
	listener_close(&server->listener);
	util_closep(&server->stop_fd);
	free(server->chunk);
	free(server);
	return NULL;
}
