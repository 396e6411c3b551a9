// SPDX-License-Identifier: Apache-2.0
#include "io/kube/client.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "io/file/read_file.h"
#include "io/kube/curl_library.h"
#include "io/kube/token_file.h"

#define MATERIAL_MAX (1 << 20)  /* bytes of a file of certificates; all that the Web trusts are 220 KB */
#define KEEPALIVE_S 15L         /* a peer that is gone without a word is found out after some of these */
#define UNACKNOWLEDGED_MS 30000 /* likewise, with data that the kernel would send again for 15 minutes */
#define SOCKETS_MAX 64          /* known to us; calls take no more than one each */

static const struct curl_library *curl; /* set before there is any client */

struct kube_call {
	struct kube_client *client;
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	struct kube_request request; /* its texts are not kept */
	char error[CURL_ERROR_SIZE];
	struct buffer body; /* of another status than 200; made when there is one */
	long status;        /* once the first byte of the body is there, and at the end */
	struct kube_call *previous, *next;
};

struct kube_client {
	struct kube_config config;
	CURLM *multi;
	int sockets[SOCKETS_MAX]; /* of its connections; from socket_count on they mean nothing */
	size_t socket_count;
	struct kube_call *calls;
	size_t call_count;
	struct token_file token;                                 /* of config.token.path */
	atomic_uint_least64_t answers[KUBE_CLIENT_STATUS_COUNT]; /* see struct kube_client_stats */
};

/* --- who we are */

/* NULL: a certificate says it, or nothing does. */
static const char *current_token(struct kube_client *client)
{
	if (!client->config.token.path)
		return client->config.token.data;
	return token_file_get(&client->token, client->config.token.path, clock_monotonic_ns());
}

static int add_header(struct kube_call *call, const char *name, const char *value)
{
	_cleanup_free_ char *header = NULL;
	struct curl_slist *grown;

	if (asprintf(&header, "%s: %s", name, value) < 0) {
		header = NULL;
		return -ENOMEM;
	}
	grown = curl->slist_append(call->headers, header);
	if (!grown)
		return -ENOMEM;
	call->headers = grown;
	return 0;
}

static int add_headers(struct kube_call *call)
{
	const char *token = current_token(call->client);
	int r = add_header(call, "Accept", "application/json");

	if (r == 0 && call->request.content_type)
		r = add_header(call, "Content-Type", call->request.content_type);
	if (r == 0 && token) {
		_cleanup_free_ char *bearer = NULL;

		if (asprintf(&bearer, "Bearer %s", token) < 0)
			return -ENOMEM;
		r = add_header(call, "Authorization", bearer);
	}
	return r;
}

/* What the file holds now, NUL-terminated; NULL: it cannot be read. */
static char *read_material(const char *path, size_t *ret_length)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *text = fd < 0 ? NULL : malloc(MATERIAL_MAX);
	ssize_t length = text ? read_file(fd, text, MATERIAL_MAX) : -1;

	if (length <= 0)
		return NULL;
	*ret_length = (size_t)length;
	return TAKE_PTR(text);
}

/*
 * A file's text instead of its path: libcurl takes no connection for a call whose material differs from that which the
 * connection was made with, and so what has changed takes a new one. With a path it would never see a difference.
 */
static CURLcode set_material(CURL *easy, const struct kube_material *material, CURLoption path, CURLoption data)
{
	_cleanup_free_ char *text = NULL;
	struct curl_blob blob = {.data = material->data, .flags = CURL_BLOB_COPY};

	if (!material->data && !material->path)
		return CURLE_OK;
	if (material->data) {
		blob.len = strlen(material->data);
		blob.flags = CURL_BLOB_NOCOPY;
	} else {
		blob.data = text = read_material(material->path, &blob.len);
		if (!text) /* libcurl says what is wrong with it */
			return curl->easy_setopt(easy, path, material->path);
	}
	return curl->easy_setopt(easy, data, &blob);
}

static CURLcode set_identity(struct kube_call *call)
{
	const struct kube_config *config = &call->client->config;
	CURLcode r = set_material(call->easy, &config->ca, CURLOPT_CAINFO, CURLOPT_CAINFO_BLOB);

	if (r == CURLE_OK)
		r = set_material(call->easy, &config->certificate, CURLOPT_SSLCERT, CURLOPT_SSLCERT_BLOB);
	if (r == CURLE_OK)
		r = set_material(call->easy, &config->key, CURLOPT_SSLKEY, CURLOPT_SSLKEY_BLOB);
	return r;
}

/* --- connections */

static int open_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
	struct kube_client *client = context;
	const unsigned int limit_ms = UNACKNOWLEDGED_MS;

	(void)purpose;
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, sizeof(limit_ms));
	if (client->socket_count < SOCKETS_MAX)
		client->sockets[client->socket_count++] = fd;
	return CURL_SOCKOPT_OK;
}

static int close_socket(void *context, curl_socket_t fd)
{
	struct kube_client *client = context;

	for (size_t i = 0; i < client->socket_count; i++)
		if (client->sockets[i] == fd)
			client->sockets[i] = client->sockets[--client->socket_count];
	return close(fd);
}

/* 0: it is not known. */
static unsigned int local_port(int fd)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return 0;
	if (address.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)&address)->sin6_port);
	return ntohs(((const struct sockaddr_in *)&address)->sin_port);
}

/*
 * Of HTTP/2 libcurl ends the stream alone and puts the next call on the same connection, dead or not: it is ended here,
 * for all of its calls. CURLINFO_ACTIVESOCKET does not tell which it was as long as there are others.
 */
static void give_up_connection(struct kube_call *call)
{
	const struct kube_client *client = call->client;
	long port = 0;

	curl->easy_getinfo(call->easy, CURLINFO_LOCAL_PORT, &port);
	for (size_t i = 0; port > 0 && i < client->socket_count; i++)
		if (local_port(client->sockets[i]) == port)
			shutdown(client->sockets[i], SHUT_RDWR);
}

/* --- calls */

static size_t take_data(char *bytes, size_t size, size_t count, void *context)
{
	struct kube_call *call = context;
	size_t length = size * count;

	if (!call->status)
		curl->easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
	if (call->status == 200 || call->status == 201) {
		if (call->request.data && call->request.data(call->request.context, bytes, length) < 0)
			return CURL_WRITEFUNC_ERROR;
		return length;
	}
	if (!call->body.data && buffer_init(&call->body, KUBE_CLIENT_BODY_MAX) < 0)
		return length;
	buffer_append(&call->body, bytes, MIN(length, buffer_room(&call->body)));
	return length;
}

static struct kube_call *free_call(struct kube_call *call)
{
	struct kube_client *client = call->client;

	if (call->easy) {
		curl->multi_remove_handle(client->multi, call->easy);
		curl->easy_cleanup(call->easy);
	}
	if (call->previous || call->next || client->calls == call) {
		*(call->previous ? &call->previous->next : &client->calls) = call->next;
		if (call->next)
			call->next->previous = call->previous;
		client->call_count--;
	}
	curl->slist_free_all(call->headers);
	curl->slist_free_all(call->connect_to);
	buffer_done(&call->body);
	free(call);
	return NULL;
}

static CURLcode set_transfer(struct kube_call *call)
{
	const struct kube_request *request = &call->request;
	long idle_s = request->idle_timeout_s ? request->idle_timeout_s : KUBE_CLIENT_IDLE_TIMEOUT_S;
	CURL *easy = call->easy;
	CURLcode r = CURLE_OK;

	/* Options whose values are constants cannot fail but for memory, which the rest would notice. */
	curl->easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl->easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
	curl->easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_data);
	curl->easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl->easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	curl->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl->easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name server that is silent does not hold up our end */
	curl->easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)KUBE_CLIENT_CONNECT_TIMEOUT_S);
	curl->easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl->easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, idle_s);
	if (!request->idle_timeout_s)
		curl->easy_setopt(easy, CURLOPT_TIMEOUT, (long)KUBE_CLIENT_ANSWER_TIMEOUT_S);
	curl->easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, open_socket);
	curl->easy_setopt(easy, CURLOPT_SOCKOPTDATA, call->client);
	curl->easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
	curl->easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, call->client);
	curl->easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl->easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_S);
	curl->easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_S);
	curl->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl->easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl->easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
	curl->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	if (request->body) {
		curl->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
		r = curl->easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, request->body);
	}
	return r;
}

/* The certificate must name somebody else than the host of the URL: the URL gets that name, and the connection the
 * host. */
static CURLcode set_url(struct kube_call *call)
{
	const struct kube_config *config = &call->client->config;
	_cleanup_free_ char *url = NULL, *connect_to = NULL;
	const char *authority = config->server + strlen("https://"), *colon;
	size_t length = strcspn(authority, "/");
	CURLcode r;

	if (!config->server_name) {
		if (asprintf(&url, "%s%s", config->server, call->request.path) < 0)
			return CURLE_OUT_OF_MEMORY;
		return curl->easy_setopt(call->easy, CURLOPT_URL, url);
	}
	colon = memrchr(authority, ':', length);
	if (colon && memchr(colon, ']', length - (size_t)(colon - authority)))
		colon = NULL; /* within [an IPv6 address] */
	if (asprintf(&url, "https://%s%s%s", config->server_name, authority + length, call->request.path) < 0 ||
	    asprintf(&connect_to, "::%.*s%s", (int)length, authority, colon ? "" : ":443") < 0)
		return CURLE_OUT_OF_MEMORY;
	call->connect_to = curl->slist_append(NULL, connect_to);
	if (!call->connect_to)
		return CURLE_OUT_OF_MEMORY;
	r = curl->easy_setopt(call->easy, CURLOPT_CONNECT_TO, call->connect_to);
	return r == CURLE_OK ? curl->easy_setopt(call->easy, CURLOPT_URL, url) : r;
}

static int errno_of(CURLcode code)
{
	return code == CURLE_OK ? 0 : code == CURLE_OUT_OF_MEMORY ? -ENOMEM : -EINVAL;
}

static int prepare(struct kube_call *call)
{
	int r = add_headers(call);

	if (r == 0)
		r = errno_of(set_transfer(call));
	if (r == 0)
		r = errno_of(set_identity(call));
	return r == 0 ? errno_of(set_url(call)) : r;
}

static void link_call(struct kube_client *client, struct kube_call *call)
{
	call->next = client->calls;
	if (call->next)
		call->next->previous = call;
	client->calls = call;
	client->call_count++;
}

static int start(void *context, const struct kube_request *request, struct kube_call **ret)
{
	struct kube_client *client = context;
	struct kube_call *call;
	int r;

	if (client->call_count == KUBE_CLIENT_CALLS_MAX)
		return -EBUSY;
	call = calloc(1, sizeof(*call));
	if (!call)
		return -ENOMEM;
	call->client = client;
	call->request = *request;
	link_call(client, call);
	call->easy = curl->easy_init();
	r = call->easy ? prepare(call) : -ENOMEM;
	if (r == 0 && curl->multi_add_handle(client->multi, call->easy) != CURLM_OK)
		r = -ENOMEM;
	if (r < 0) {
		free_call(call);
		return r;
	}
	*ret = call;
	return 0;
}

static void cancel(void *context, struct kube_call *call)
{
	(void)context;
	free_call(call);
}

/* --- answers */

static void count_answer(struct kube_client *client, const struct kube_result *result)
{
	size_t class = result->error ? 0 : (size_t)result->status / 100;

	atomic_fetch_add(&client->answers[class < KUBE_CLIENT_STATUS_COUNT ? class : 0], 1);
}

/* The answer is there, or will not come: tells of it, after which the call is gone. */
static void finish(struct kube_call *call, CURLcode code)
{
	curl_off_t retry_after_s = 0;
	struct kube_result result = {.body = "", .body_length = 0};
	char error[CURL_ERROR_SIZE];

	curl->easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &call->status);
	curl->easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
	result.status = (int)call->status;
	result.retry_after_s = (unsigned int)MIN(MAX(retry_after_s, 0), KUBE_CLIENT_RETRY_AFTER_MAX_S);
	if (code != CURLE_OK) {
		snprintf(error, sizeof(error), "%s", *call->error ? call->error : curl->easy_strerror(code));
		result.error = error;
	}
	if (code == CURLE_OPERATION_TIMEDOUT)
		give_up_connection(call);
	if (call->status == 401)
		token_file_expire(&call->client->token);
	count_answer(call->client, &result);
	if (call->body.data) {
		result.body = call->body.data;
		result.body_length = call->body.length;
	}
	call->request.done(call->request.context, &result);
	free_call(call);
}

/* Whether any call has ended. */
static bool dispatch(struct kube_client *client)
{
	const CURLMsg *message;
	bool has_ended = false;
	int left;

	while ((message = curl->multi_info_read(client->multi, &left))) {
		struct kube_call *call;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl->easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		finish(call, message->data.result);
		has_ended = true;
	}
	return has_ended;
}

void kube_client_run(struct kube_client *client, int timeout_ms)
{
	int running;

	curl->multi_perform(client->multi, &running);
	if (dispatch(client))
		return; /* what is due next is another moment now */
	curl->multi_poll(client->multi, NULL, 0, timeout_ms, NULL);
	curl->multi_perform(client->multi, &running);
	dispatch(client);
}

void kube_client_wake(struct kube_client *client)
{
	curl->multi_wakeup(client->multi);
}

/* --- the client */

struct kube_transport kube_client_transport(struct kube_client *client)
{
	return (struct kube_transport){.context = client, .start = start, .cancel = cancel};
}

int kube_client_new(struct kube_config *config, struct kube_client **ret, char *ret_error)
{
	struct kube_client *client;

	curl = curl_library_load(ret_error, KUBE_CONFIG_ERROR_MAX);
	client = curl ? calloc(1, sizeof(*client)) : NULL;
	if (!client) {
		kube_config_done(config);
		return curl ? -ENOMEM : -ENOENT;
	}
	client->config = *config;
	*config = (struct kube_config){0};
	client->multi = curl->multi_init();
	if (!client->multi) {
		kube_client_free(client);
		return -ENOMEM;
	}
	*ret = client;
	return 0;
}

void kube_client_read_stats(const struct kube_client *client, struct kube_client_stats *ret)
{
	for (size_t i = 0; i < KUBE_CLIENT_STATUS_COUNT; i++)
		ret->answers[i] = atomic_load(&client->answers[i]);
}

struct kube_client *kube_client_free(struct kube_client *client)
{
	if (!client)
		return NULL;
	while (client->calls)
		free_call(client->calls);
	if (client->multi)
		curl->multi_cleanup(client->multi);
	kube_config_done(&client->config);
	token_file_done(&client->token);
	free(client);
	return NULL;
}
