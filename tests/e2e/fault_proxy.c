// SPDX-License-Identifier: Apache-2.0
/*
 * An API server that misbehaves on command: stands between an agent and the real one, with a certificate of its own.
 *
 *   fault_proxy serve SOCKET PORT CERTIFICATE KEY SERVER_PORT CA
 *   fault_proxy tell SOCKET WATCHES OTHERS   the fault for either sort of request from now on (faults[] below)
 *   fault_proxy count SOCKET                 prints how many watches and others it has met since
 *
 * HTTP/1.1, one request a connection, which ends with the answer; so an answer is passed on without a look at it. Each
 * request is a line on standard output: what was done with it, its method and path.
 *
 * `tell` breaks off all that is under way, but for faults that are for answers under way: of these, it sees to it that
 * the next bytes of each are met by it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/util.h"

#define CONNECTIONS_MAX 64
#define HEAD_MAX (32 << 10)
#define PIECE_MAX (16 << 10) /* of an answer; a TLS record */
#define DRIP_MS 2            /* between two bytes */
#define LINGER_S 2           /* for a client to read what it is told before the end */
#define BINARY_REPEATS 16    /* of all values of a byte */

enum sort {
	SORT_WATCH,
	SORT_OTHER,
	SORT_COUNT,
};

/* --- the faults */

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n"
#define JSON "Content-Type: application/json\r\n"
#define STATUS(code, reason) \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"" reason \
	"\",\"code\":" code "}\n"

struct fault {
	const char *name;
	bool is_for_bodies;           /* answers are passed on until it meets one, also those under way */
	const char *head;             /* of the answer given instead; NULL: none, the connection ends */
	const char *body[SORT_COUNT]; /* NULL: bytes of all values */
};

static const struct fault faults[] = {
	{.name = "pass", .is_for_bodies = true},
	{.name = "cut", .is_for_bodies = true}, /* ends in the middle of the next piece */
	{.name = "hang", .is_for_bodies = true},
	{.name = "drip", .is_for_bodies = true},
	{.name = "close"},
	{.name = "429",
	 .head = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nConnection: close\r\n" JSON,
	 .body = {STATUS("429", "slow down"), STATUS("429", "slow down")}},
	{.name = "500",
	 .head = "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\n" JSON,
	 .body = {STATUS("500", "no etcd"), STATUS("500", "no etcd")}},
	{.name = "gone", /* to a watch within the stream, as the real one does */
	 .head = OK JSON,
	 .body = {"{\"type\":\"ERROR\",\"object\":" STATUS("410", "too old resource version") "}\n",
		  STATUS("410", "too old resource version")}},
	{.name = "binary", .head = OK JSON},
	{.name = "html",
	 .head = OK "Content-Type: text/html\r\n",
	 .body = {"<html><body>Back soon</body></html>\n", "<html><body>Back soon</body></html>\n"}},
	{.name = "cut-json", /* complete, as far as HTTP can tell */
	 .head = OK JSON,
	 .body = {"{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a",
		  "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"metadata\":{\"name\":"
		  "\"a"}},
	{.name = "short", /* more is promised than sent */
	 .head = OK JSON "Content-Length: 100000\r\n",
	 .body = {"{\"type\":\"BOOKMARK\",\"object\":{}}\n",
		  "{\"kind\":\"List\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}\n"}},
	{.name = "object", /* JSON, but neither an event nor a list */
	 .head = OK JSON,
	 .body = {"{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}\n",
		  "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"1\"}}\n"}},
};

static const struct fault *find_fault(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++)
		if (strcmp(faults[i].name, name) == 0)
			return &faults[i];
	return NULL;
}

static bool is_fault(const struct fault *fault, const char *name)
{
	return strcmp(fault->name, name) == 0;
}

/* --- what threads share */

struct connection {
	bool is_used;
	enum sort sort;
	int fds[2]; /* client's and server's; -1: none */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_changed = PTHREAD_COND_INITIALIZER;
static const struct fault *current[SORT_COUNT] = {faults, faults};
static unsigned int met[SORT_COUNT];
static unsigned int changes; /* of `current` */
static struct connection connections[CONNECTIONS_MAX];
static SSL_CTX *as_server, *as_client;
static struct sockaddr_in server_address = {.sin_family = AF_INET};

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("fault_proxy: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

static struct connection *take_connection(int fd)
{
	struct connection *taken = NULL;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < CONNECTIONS_MAX && !taken; i++)
		if (!connections[i].is_used)
			taken = &connections[i];
	if (taken)
		*taken = (struct connection){.is_used = true, .sort = SORT_COUNT, .fds = {fd, -1}};
	pthread_mutex_unlock(&lock);
	return taken;
}

static void give_connection_back(struct connection *connection)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < ARRAY_SIZE(connection->fds); i++)
		if (connection->fds[i] >= 0)
			close(connection->fds[i]);
	connection->is_used = false;
	pthread_mutex_unlock(&lock);
}

static const struct fault *fault_of(enum sort sort)
{
	const struct fault *fault;

	pthread_mutex_lock(&lock);
	fault = current[sort];
	pthread_mutex_unlock(&lock);
	return fault;
}

static void count_met(enum sort sort)
{
	pthread_mutex_lock(&lock);
	met[sort]++;
	pthread_mutex_unlock(&lock);
}

static void wait_while_hanging(enum sort sort)
{
	unsigned int since;

	pthread_mutex_lock(&lock);
	since = changes;
	while (is_fault(current[sort], "hang") && since == changes)
		pthread_cond_wait(&has_changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void tell(const struct fault *watches, const struct fault *others)
{
	const struct fault *told[SORT_COUNT] = {watches, others};

	pthread_mutex_lock(&lock);
	memcpy(current, told, sizeof(current));
	memset(met, 0, sizeof(met));
	changes++;
	pthread_cond_broadcast(&has_changed);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *connection = &connections[i];

		if (!connection->is_used || connection->sort == SORT_COUNT || told[connection->sort]->is_for_bodies)
			continue;
		/* its thread finds it ended */
		for (size_t side = 0; side < ARRAY_SIZE(connection->fds); side++)
			if (connection->fds[side] >= 0)
				shutdown(connection->fds[side], SHUT_RDWR);
	}
	pthread_mutex_unlock(&lock);
}

/* --- one request */

/* Reads to the end of the head, which the bytes behind it may follow. Its length, 0 on failure. */
static size_t read_head(SSL *client, char *head)
{
	size_t length = 0;

	while (length < HEAD_MAX - 1) {
		int got = SSL_read(client, head + length, (int)(HEAD_MAX - 1 - length));

		if (got <= 0 && SSL_get_error(client, got) == SSL_ERROR_WANT_READ)
			continue;
		if (got <= 0)
			return 0;
		length += (size_t)got;
		head[length] = '\0';
		if (strstr(head, "\r\n\r\n"))
			return length;
	}
	return 0;
}

static void write_line(const char *head, const char *fault)
{
	printf("%-8s %.*s\n", fault, (int)strcspn(head, "\r"), head);
	fflush(stdout);
}

/* The client may still be sending, and a connection that is closed on it takes back what it was told. */
static void linger(SSL *client, int fd)
{
	struct timeval limit = {.tv_sec = LINGER_S};
	char rest[1024];

	SSL_shutdown(client);
	shutdown(fd, SHUT_WR);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	while (recv(fd, rest, sizeof(rest), 0) > 0)
		;
}

static void answer(SSL *client, int fd, const struct fault *fault, enum sort sort)
{
	unsigned char bytes[256];

	if (!fault->head)
		return;
	SSL_write(client, fault->head, (int)strlen(fault->head));
	SSL_write(client, "\r\n", 2);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(255 - i);
	if (fault->body[sort])
		SSL_write(client, fault->body[sort], (int)strlen(fault->body[sort]));
	for (int i = 0; !fault->body[sort] && i < BINARY_REPEATS; i++)
		SSL_write(client, bytes, sizeof(bytes));
	linger(client, fd);
}

static void drip(SSL *to, const char *bytes, int length, enum sort sort)
{
	for (int i = 0; i < length; i++) {
		if (SSL_write(to, bytes + i, 1) <= 0)
			return;
		if (is_fault(fault_of(sort), "drip"))
			usleep(DRIP_MS * 1000);
	}
}

/* A piece of the real answer's body. False: that was the end. */
static bool hand_body_on(SSL *client, const char *bytes, int length, enum sort sort)
{
	const struct fault *fault = fault_of(sort);

	if (!is_fault(fault, "pass"))
		count_met(sort);
	if (is_fault(fault, "cut")) {
		SSL_write(client, bytes, length / 2);
		return false;
	}
	if (is_fault(fault, "drip")) {
		drip(client, bytes, length, sort);
		return true;
	}
	wait_while_hanging(sort);
	return SSL_write(client, bytes, length) == length;
}

/* A piece of the real answer. *in_body: its head has been handed on. */
static bool hand_on(SSL *client, const char *bytes, int length, enum sort sort, bool *in_body)
{
	const char *end = *in_body ? bytes : memmem(bytes, (size_t)length, "\r\n\r\n", 4);
	int head = *in_body ? 0 : end ? (int)(end - bytes) + 4 : length;

	if (head) {
		if (is_fault(fault_of(sort), "hang"))
			count_met(sort);
		wait_while_hanging(sort);
		if (SSL_write(client, bytes, head) != head)
			return false;
	}
	*in_body = end;
	return head == length || hand_body_on(client, bytes + head, length - head, sort);
}

/* Both directions, until either side ends. */
static void relay(SSL *client, SSL *server, const struct connection *connection)
{
	struct pollfd fds[2] = {{.fd = connection->fds[0], .events = POLLIN},
				{.fd = connection->fds[1], .events = POLLIN}};
	char piece[PIECE_MAX];
	bool in_body = false;

	for (;;) {
		bool is_pending = SSL_pending(client) || SSL_pending(server);
		int got;

		if (poll(fds, 2, is_pending ? 0 : -1) < 0)
			return;
		for (int side = 0; side < 2; side++) {
			SSL *from = side ? server : client;

			if (!fds[side].revents && !SSL_pending(from))
				continue;
			got = SSL_read(from, piece, sizeof(piece));
			if (got <= 0 && SSL_get_error(from, got) == SSL_ERROR_WANT_READ)
				continue; /* of TLS itself */
			if (got <= 0)
				return;
			if (side ? !hand_on(client, piece, got, connection->sort, &in_body)
				 : SSL_write(server, piece, got) <= 0)
				return;
		}
	}
}

static SSL *connect_server(struct connection *connection)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	SSL *ssl;

	if (fd < 0)
		return NULL;
	pthread_mutex_lock(&lock);
	connection->fds[1] = fd;
	pthread_mutex_unlock(&lock);
	if (connect(fd, (const struct sockaddr *)&server_address, sizeof(server_address)) < 0)
		return NULL;
	ssl = SSL_new(as_client);
	if (ssl && SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

/* The real server is asked to end the connection, too. */
static void pass_on(SSL *client, struct connection *connection, const char *head, size_t length)
{
	static const char ends[] = "\r\nConnection: close";
	size_t line = strcspn(head, "\r");
	SSL *server = connect_server(connection);

	if (!server)
		return;
	SSL_write(server, head, (int)line);
	SSL_write(server, ends, sizeof(ends) - 1);
	SSL_write(server, head + line, (int)(length - line));
	relay(client, server, connection);
	SSL_free(server);
}

static void serve_request(SSL *client, struct connection *connection)
{
	_cleanup_free_ char *head = malloc(HEAD_MAX);
	size_t length = head ? read_head(client, head) : 0;
	const struct fault *fault;

	if (!length)
		return;
	pthread_mutex_lock(&lock);
	connection->sort = strstr(head, "watch=true") ? SORT_WATCH : SORT_OTHER;
	fault = current[connection->sort];
	pthread_mutex_unlock(&lock);
	write_line(head, fault->name);
	if (!fault->is_for_bodies || is_fault(fault, "pass"))
		count_met(connection->sort);
	if (fault->is_for_bodies)
		pass_on(client, connection, head, length);
	else
		answer(client, connection->fds[0], fault, connection->sort);
}

static void *serve_connection(void *context)
{
	struct connection *connection = context;
	SSL *client = SSL_new(as_server);

	if (client && SSL_set_fd(client, connection->fds[0]) == 1 && SSL_accept(client) == 1)
		serve_request(client, connection);
	SSL_free(client);
	give_connection_back(connection);
	ERR_clear_error();
	return NULL;
}

/* --- commands */

static void answer_order(int fd)
{
	char order[128] = "", watches[32], others[32], text[64];
	ssize_t got = recv(fd, order, sizeof(order) - 1, 0);

	if (got > 0 && strcmp(order, "count") == 0) {
		pthread_mutex_lock(&lock);
		snprintf(text, sizeof(text), "%u %u\n", met[SORT_WATCH], met[SORT_OTHER]);
		pthread_mutex_unlock(&lock);
	} else if (got > 0 && sscanf(order, "tell %31s %31s", watches, others) == 2 && find_fault(watches) &&
		   find_fault(others)) {
		tell(find_fault(watches), find_fault(others));
		snprintf(text, sizeof(text), "ok\n");
	} else {
		snprintf(text, sizeof(text), "?\n");
	}
	send(fd, text, strlen(text), MSG_NOSIGNAL);
	close(fd);
}

static void accept_connection(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct connection *connection = fd < 0 ? NULL : take_connection(fd);
	pthread_t thread;

	if (!connection) {
		close(fd);
		return;
	}
	if (pthread_create(&thread, NULL, serve_connection, connection) != 0)
		give_connection_back(connection);
	else
		pthread_detach(thread);
}

static struct sockaddr_un socket_address(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path))
		die("%s: too long a path for a socket", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	return address;
}

static int listen_at(const struct sockaddr *address, socklen_t size)
{
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, address, size) < 0 || listen(fd, CONNECTIONS_MAX) < 0)
		die("cannot listen: %s", strerror(errno));
	return fd;
}

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

/* Tickets of TLS and the like are no reason to wait for more. */
static void make_contexts(const char *certificate, const char *key, const char *ca)
{
	as_server = SSL_CTX_new(TLS_server_method());
	as_client = SSL_CTX_new(TLS_client_method());
	if (!as_server || !as_client || SSL_CTX_use_certificate_file(as_server, certificate, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_use_PrivateKey_file(as_server, key, SSL_FILETYPE_PEM) != 1 ||
	    SSL_CTX_load_verify_locations(as_client, ca, NULL) != 1)
		die("no TLS with %s, %s, %s: %s", certificate, key, ca, ERR_reason_error_string(ERR_get_error()));
	SSL_CTX_clear_mode(as_server, SSL_MODE_AUTO_RETRY);
	SSL_CTX_clear_mode(as_client, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_verify(as_client, SSL_VERIFY_PEER, NULL);
}

static void serve(const char *path, char *const *arguments)
{
	const struct sockaddr_un control = socket_address(path);
	const struct sockaddr_in port = loopback(arguments[0]);
	struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};

	signal(SIGPIPE, SIG_IGN);
	server_address = loopback(arguments[3]);
	make_contexts(arguments[1], arguments[2], arguments[4]);
	fds[0].fd = listen_at((const struct sockaddr *)&port, sizeof(port));
	unlink(path);
	fds[1].fd = listen_at((const struct sockaddr *)&control, sizeof(control));
	while (poll(fds, 2, -1) >= 0) {
		if (fds[0].revents)
			accept_connection(fds[0].fd);
		if (fds[1].revents)
			answer_order(accept4(fds[1].fd, NULL, NULL, SOCK_CLOEXEC));
	}
}

static void order(const char *path, const char *text)
{
	const struct sockaddr_un address = socket_address(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char reply[64] = "";

	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		die("%s: %s", path, strerror(errno));
	if (send(fd, text, strlen(text), 0) < 0 || recv(fd, reply, sizeof(reply) - 1, 0) <= 0 || *reply == '?')
		die("%s: is not understood", text);
	if (strcmp(reply, "ok\n") != 0)
		fputs(reply, stdout);
}

int main(int argc, char **argv)
{
	char text[128];

	if (argc == 8 && strcmp(argv[1], "serve") == 0) {
		serve(argv[2], argv + 3);
	} else if (argc == 5 && strcmp(argv[1], "tell") == 0) {
		snprintf(text, sizeof(text), "tell %s %s", argv[3], argv[4]);
		order(argv[2], text);
	} else if (argc == 3 && strcmp(argv[1], "count") == 0) {
		order(argv[2], "count");
	} else {
		die("see the head of fault_proxy.c");
	}
	return 0;
}
