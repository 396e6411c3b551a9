// SPDX-License-Identifier: Apache-2.0
#include "io/server/stream_client.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "io/server/server_address.h"
#include "io/server/websockets_library.h"

#define CHUNK_SIZE (64 * 1024) /* that libwebsockets reads at a time */
#define CAPACITY (2 * CHUNK_SIZE + STREAM_CLIENT_LINE_MAX)
#define WAKE_US 1000000

enum stream_state {
	STREAM_CONNECTING,
	STREAM_OPEN,
	STREAM_CLOSED,
};

struct stream_client {
	struct server_address address;
	struct lws_protocols protocols[2]; /* the second ends the list */
	struct lws_context *lws;
	enum stream_state state;
	bool has_begun; /* it was taken up, and may have ended since */
	bool is_broken;
	char *data; /* owned, CAPACITY bytes */
	size_t start, end;
	uint64_t connect_s, silence_s;
	uint64_t heard_ns;                   /* when the last bytes came */
	char error[STREAM_CLIENT_ERROR_MAX]; /* why it was not taken up */
};

static const struct websockets_library *library; /* set by the first stream, then the same for all */

/* --- what libwebsockets calls */

/* Non-zero: hang up. */
static int receive(struct stream_client *stream, const char *data, size_t length)
{
	stream->heard_ns = clock_monotonic_ns();
	if (length > CAPACITY - stream->end) {
		stream->is_broken = true;
		return -1;
	}
	memcpy(stream->data + stream->end, data, length);
	stream->end += length;
	return 0;
}

static void fail(struct stream_client *stream, const char *reason, size_t length)
{
	stream->state = STREAM_CLOSED;
	snprintf(stream->error, sizeof(stream->error), "%.*s", (int)length, reason);
}

static int handle(struct lws *wsi, enum lws_callback_reasons reason, void *session, void *in, size_t length)
{
	struct stream_client *stream = library->context_user(library->get_context(wsi));

	(void)session;
	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		stream->state = STREAM_OPEN;
		stream->has_begun = true;
		stream->heard_ns = clock_monotonic_ns();
		library->set_timer_usecs(wsi, WAKE_US);
		return 0;
	case LWS_CALLBACK_TIMER:
		library->set_timer_usecs(wsi, WAKE_US);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return receive(stream, in, length);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		fail(stream, in ? in : "", in ? length : 0);
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		stream->state = STREAM_CLOSED;
		return 0;
	default:
		return 0;
	}
}

/* --- making it */

static int make_context(struct stream_client *stream)
{
	const struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = stream->protocols,
		.user = stream,
		.gid = -1,
		.uid = -1,
		.pt_serv_buf_size = CHUNK_SIZE,
		.timeout_secs = (unsigned int)stream->connect_s,
		.fd_limit_per_thread = 8,
	};

	stream->protocols[0] = (struct lws_protocols){
		.name = "events",
		.callback = handle,
		.rx_buffer_size = CHUNK_SIZE,
	};
	unsetenv("http_proxy"); /* libwebsockets would go there, also for an address of this machine */
	stream->lws = library->create_context(&info);
	return stream->lws ? 0 : -ENOMEM;
}

/* Calls handle() before it returns, if it fails at once. */
static void begin(struct stream_client *stream, const char *target)
{
	const struct server_address *address = &stream->address;
	char path[sizeof(address->path) + 1], host[SERVER_HOST_MAX + 16];
	bool is_ipv6 = strchr(address->host, ':');
	struct lws_client_connect_info info = {
		.context = stream->lws,
		.address = path,
		.port = address->port,
		.path = target,
		.host = host,
		.local_protocol_name = stream->protocols[0].name,
		.ietf_version_or_minus_one = -1,
	};

	if (address->is_path) {
		snprintf(path, sizeof(path), "+%s", address->path);
		snprintf(host, sizeof(host), "localhost");
	} else {
		info.address = *address->host ? address->host : "localhost";
		snprintf(host, sizeof(host), is_ipv6 ? "[%s]:%u" : "%s:%u", info.address, address->port);
	}
	if (!library->client_connect_via_info(&info))
		stream->state = STREAM_CLOSED;
}

static int connect_to(struct stream_client *stream, const char *target, char *ret_error)
{
	uint64_t deadline_ns = clock_monotonic_ns() + stream->connect_s * CLOCK_NS_PER_SECOND;

	begin(stream, target);
	while (stream->state == STREAM_CONNECTING && clock_monotonic_ns() < deadline_ns)
		library->service(stream->lws, 0);
	if (stream->has_begun)
		return 0;
	snprintf(ret_error, STREAM_CLIENT_ERROR_MAX, "%s", *stream->error ? stream->error : "it does not answer");
	return -ECONNREFUSED;
}

int stream_client_open(const struct stream_client_options *options, struct stream_client **ret,
		       char ret_error[static STREAM_CLIENT_ERROR_MAX])
{
	struct stream_client *stream = calloc(1, sizeof(*stream));
	int r;

	*ret_error = '\0';
	if (!stream)
		return -ENOMEM;
	stream->connect_s = options->connect_s ? options->connect_s : STREAM_CLIENT_CONNECT_S;
	stream->silence_s = options->silence_s ? options->silence_s : STREAM_CLIENT_SILENCE_S;
	r = server_address_parse(options->address, &stream->address);
	if (r >= 0) {
		library = websockets_library_load(ret_error, STREAM_CLIENT_ERROR_MAX);
		r = library ? 0 : -ELIBACC;
	}
	if (r >= 0) {
		stream->data = malloc(CAPACITY);
		r = stream->data ? make_context(stream) : -ENOMEM;
	}
	if (r >= 0)
		r = connect_to(stream, options->target, ret_error);
	if (r < 0) {
		if (!*ret_error)
			snprintf(ret_error, STREAM_CLIENT_ERROR_MAX, "%s", strerror(-r));
		stream_client_close(stream);
		return r;
	}
	*ret = stream;
	return 0;
}

struct stream_client *stream_client_close(struct stream_client *stream)
{
	if (!stream)
		return NULL;
	if (stream->lws)
		library->context_destroy(stream->lws);
	free(stream->data);
	free(stream);
	return NULL;
}

/* --- lines */

bool stream_client_take(struct stream_client *stream, struct line *ret_line)
{
	const char *start = stream->data + stream->start;
	const char *newline = memchr(start, '\n', stream->end - stream->start);

	if (!newline)
		return false;
	*ret_line = (struct line){.data = start, .length = (size_t)(newline - start)};
	stream->start += ret_line->length + 1;
	return true;
}

int stream_client_fill(struct stream_client *stream)
{
	memmove(stream->data, stream->data + stream->start, stream->end - stream->start);
	stream->end -= stream->start;
	stream->start = 0;
	if (stream->is_broken || stream->end > STREAM_CLIENT_LINE_MAX)
		return -EBADMSG;
	if (stream->state != STREAM_OPEN)
		return 0;
	library->service(stream->lws, 0);
	return clock_monotonic_ns() - stream->heard_ns < stream->silence_s * CLOCK_NS_PER_SECOND ? 1 : -ETIMEDOUT;
}
