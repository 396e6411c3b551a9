// SPDX-License-Identifier: Apache-2.0
#include "io/server/http_server.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/thread.h"
#include "base/util.h"
#include "io/server/websockets_library.h"

#define HEADERS_MAX 1024
#define FDS_OF_ITS_OWN 2 /* what it listens on, and what wakes it */
#define HOST_MAX 64      /* an address with an IPv6 zone is shorter */

static const struct websockets_library *library; /* set by the first server, then the same for all */

struct http_server {
	const struct http_route *routes;
	size_t count;
	void *context;
	struct lws_protocols protocols[2]; /* the second ends the list */
	struct lws_context *lws;
	struct buffer body;
	uint8_t *answer; /* headers and body, behind the room that lws_write() wants; owned */
	unsigned int port;
	atomic_bool is_ending;
	bool has_thread;
	pthread_t thread;
};

struct address {
	char host[HOST_MAX]; /* "": all */
	int port;
};

/* --- answers */

static const struct http_route *find_route(const struct http_server *server, const char *path, size_t length)
{
	for (size_t i = 0; i < server->count; i++) {
		if (strlen(server->routes[i].path) == length && memcmp(server->routes[i].path, path, length) == 0)
			return &server->routes[i];
	}
	return NULL;
}

static unsigned int make_body(struct http_server *server, const struct http_route *route)
{
	unsigned int status;

	buffer_reset(&server->body);
	if (!route) {
		buffer_append_literal(&server->body, "not found; there are:\n");
		for (size_t i = 0; i < server->count; i++) {
			buffer_append_cstring(&server->body, server->routes[i].path);
			buffer_append_byte(&server->body, '\n');
		}
		return HTTP_STATUS_NOT_FOUND;
	}
	status = route->answer(server->context, &server->body);
	if (!server->body.is_full)
		return status;
	buffer_reset(&server->body);
	buffer_append_literal(&server->body, "the answer would be too long\n");
	return HTTP_STATUS_INTERNAL_SERVER_ERROR;
}

/* What lws cannot send at once it keeps, and sends on. Non-zero: hang up. */
static int send_answer(struct http_server *server, struct lws *wsi, unsigned int status, const char *type,
		       bool has_body)
{
	uint8_t *start = server->answer + LWS_PRE, *at = start, *end = start + HEADERS_MAX;

	if (library->add_http_common_headers(wsi, status, type, server->body.length, &at, end) ||
	    library->finalize_http_header(wsi, &at, end))
		return -1;
	if (has_body) {
		memcpy(at, server->body.data, server->body.length);
		at += server->body.length;
	}
	if (library->write(wsi, start, (size_t)(at - start), LWS_WRITE_HTTP_FINAL) < 0)
		return -1;
	return library->http_transaction_completed(wsi) ? -1 : 0;
}

/* Other methods may come with a body, which nobody wants to read: such a connection ends. */
static int refuse_method(struct http_server *server, struct lws *wsi)
{
	buffer_reset(&server->body);
	buffer_append_literal(&server->body, "only GET and HEAD\n");
	send_answer(server, wsi, HTTP_STATUS_METHOD_NOT_ALLOWED, "text/plain", true);
	return -1;
}

static int answer_request(struct http_server *server, struct lws *wsi, const char *path, size_t length)
{
	bool is_get = library->hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
	const struct http_route *route;

	if (!is_get && library->hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) <= 0)
		return refuse_method(server, wsi);
	route = find_route(server, path, length);
	return send_answer(server, wsi, make_body(server, route), route ? route->type : "text/plain", is_get);
}

static struct http_server *server_of(struct lws *wsi)
{
	return library->context_user(library->get_context(wsi));
}

static int handle(struct lws *wsi, enum lws_callback_reasons reason, void *session, void *in, size_t length)
{
	(void)session;
	switch (reason) {
	case LWS_CALLBACK_HTTP:
		return answer_request(server_of(wsi), wsi, in, length);
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: /* would become a WebSocket */
		return -1;
	default:
		return 0;
	}
}

static void *run(void *context)
{
	struct http_server *server = context;

	while (!atomic_load(&server->is_ending) && library->service(server->lws, 0) >= 0)
		;
	return NULL;
}

/* --- making it */

static int parse_address(const char *text, struct address *ret)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	unsigned long port;
	char *end;

	if (!colon || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > UINT16_MAX)
		return -EINVAL;
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	} else if (memchr(text, ':', length)) {
		return -EINVAL;
	}
	if (length >= sizeof(ret->host))
		return -EINVAL;
	snprintf(ret->host, sizeof(ret->host), "%.*s", (int)length, text);
	ret->port = (int)port;
	return 0;
}

/* All addresses are served by an IPv6 socket, if the kernel has such. */
static bool wants_ipv6(const struct address *address)
{
	_cleanup_close_ int fd = -1;

	if (*address->host)
		return strchr(address->host, ':');
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd >= 0;
}

static int make_context(struct http_server *server, const struct address *address)
{
	const struct lws_context_creation_info info = {
		.iface = *address->host ? address->host : NULL,
		.port = address->port,
		.protocols = server->protocols,
		.server_string = "trigon",
		.user = server,
		.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
			   (wants_ipv6(address) ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
		.gid = -1,
		.uid = -1,
		.fd_limit_per_thread = HTTP_CONNECTIONS_MAX + FDS_OF_ITS_OWN,
		.keepalive_timeout = HTTP_TIMEOUT_S,
		.timeout_secs = HTTP_TIMEOUT_S,
		.timeout_secs_ah_idle = HTTP_TIMEOUT_S,
	};
	struct lws_vhost *vhost;

	server->protocols[0] = (struct lws_protocols){.name = "http", .callback = handle};
	server->lws = library->create_context(&info);
	if (!server->lws)
		return -EADDRNOTAVAIL;
	vhost = library->get_vhost_by_name(server->lws, "default");
	server->port = vhost ? (unsigned int)library->get_vhost_listen_port(vhost) : 0;
	return 0;
}

static int start(struct http_server *server, const char *address_text, char *ret_error)
{
	struct address address;
	int r = parse_address(address_text, &address);

	if (r < 0) {
		snprintf(ret_error, HTTP_ERROR_MAX,
			 "\"%s\" is no address; write HOST:PORT, or :PORT for all of this machine's addresses",
			 address_text);
		return r;
	}
	library = websockets_library_load(ret_error, HTTP_ERROR_MAX);
	if (!library)
		return -ELIBACC;
	server->answer = malloc(LWS_PRE + HEADERS_MAX + HTTP_BODY_MAX);
	r = server->answer ? buffer_init(&server->body, HTTP_BODY_MAX) : -ENOMEM;
	if (r == 0)
		r = make_context(server, &address);
	if (r == -EADDRNOTAVAIL)
		snprintf(ret_error, HTTP_ERROR_MAX,
			 "cannot listen on %s: another program does already, or it is no address of this machine",
			 address_text);
	if (r == 0)
		r = thread_start(&server->thread, run, server);
	server->has_thread = r == 0;
	return r;
}

int http_server_open(const struct http_server_options *options, struct http_server **ret, char *ret_error)
{
	struct http_server *server = calloc(1, sizeof(*server));
	int r;

	*ret_error = '\0';
	if (server) {
		server->routes = options->routes;
		server->count = options->count;
		server->context = options->context;
	}
	r = server ? start(server, options->address, ret_error) : -ENOMEM;
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
	return server->port;
}

struct http_server *http_server_close(struct http_server *server)
{
	if (!server)
		return NULL;
	atomic_store(&server->is_ending, true);
	if (server->has_thread) {
		library->cancel_service(server->lws);
		pthread_join(server->thread, NULL);
	}
	if (server->lws)
		library->context_destroy(server->lws);
	buffer_done(&server->body);
	free(server->answer);
	free(server);
	return NULL;
}
