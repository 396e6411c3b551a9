// SPDX-License-Identifier: Apache-2.0
#include "io/server/http_client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/util.h"
#include "core/http/http_head.h"
#include "io/server/server_address.h"

#define REQUEST_MAX 32768

struct client {
	int fd;
	uint64_t deadline_ns;
	struct buffer received;
};

/* 0, or -ETIMEDOUT. */
static int wait_for(int fd, short events, uint64_t deadline_ns)
{
	for (;;) {
		uint64_t now_ns = clock_monotonic_ns();
		struct pollfd polled = {.fd = fd, .events = events};
		int count;

		if (now_ns >= deadline_ns)
			return -ETIMEDOUT;
		count = poll(&polled, 1, (int)((deadline_ns - now_ns) / CLOCK_NS_PER_MS) + 1);
		if (count > 0)
			return 0;
		if (count < 0 && errno != EINTR)
			return -errno;
	}
}

/* A server_address_user. A unix socket whose queue is full says EAGAIN, and nothing tells when there is room. */
static int connect_to(void *context, int fd, const struct sockaddr *address, socklen_t length)
{
	const struct client *client = context;
	int error = 0, r;
	socklen_t size = sizeof(error);

	if (connect(fd, address, length) == 0)
		return 0;
	if (errno == EAGAIN)
		return -ETIMEDOUT;
	if (errno != EINPROGRESS)
		return -errno;
	r = wait_for(fd, POLLOUT, client->deadline_ns);
	if (r < 0)
		return r;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? -errno : -error;
}

static int send_request(struct client *client, const char *target)
{
	char request[REQUEST_MAX];
	int length = snprintf(request, sizeof(request),
			      "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", target);
	size_t sent = 0;

	if (length >= (int)sizeof(request))
		return -EINVAL;
	while (sent < (size_t)length) {
		ssize_t count = send(client->fd, request + sent, (size_t)length - sent, MSG_NOSIGNAL);
		int r = 0;

		if (count >= 0)
			sent += (size_t)count;
		else if (errno == EAGAIN)
			r = wait_for(client->fd, POLLOUT, client->deadline_ns);
		else if (errno != EINTR)
			r = -errno;
		if (r < 0)
			return r;
	}
	return 0;
}

/* What has come: 0; -EPROTO at the end. */
static int receive_more(struct client *client)
{
	struct buffer *received = &client->received;

	for (;;) {
		ssize_t count = recv(client->fd, received->data + received->length, buffer_room(received), 0);
		int r = 0;

		if (count > 0) {
			received->length += (size_t)count;
			return 0;
		}
		if (count == 0)
			return buffer_room(received) ? -EPROTO : -EMSGSIZE;
		if (errno == EAGAIN)
			r = wait_for(client->fd, POLLIN, client->deadline_ns);
		else if (errno != EINTR)
			r = -errno;
		if (r < 0)
			return r;
	}
}

static int receive_answer(struct client *client, struct http_response *ret)
{
	struct bytes text;
	int r;

	do {
		r = receive_more(client);
		text = (struct bytes){client->received.data, client->received.length};
		if (r >= 0)
			r = http_response_parse(text, ret);
	} while (r == -EAGAIN);
	if (r < 0)
		return r;
	if (ret->body_length > HTTP_CLIENT_BODY_MAX)
		return -EMSGSIZE;
	while (r >= 0 && client->received.length < ret->head_length + ret->body_length)
		r = receive_more(client);
	return r;
}

static int copy_body(const struct client *client, const struct http_response *response, struct http_client_answer *ret)
{
	char *body = malloc(response->body_length + 1);

	if (!body)
		return -ENOMEM;
	memcpy(body, client->received.data + response->head_length, response->body_length);
	body[response->body_length] = '\0';
	*ret = (struct http_client_answer){response->status, body, response->body_length};
	return 0;
}

static int get(struct client *client, const char *target, struct http_client_answer *ret)
{
	struct http_response response;
	int r = send_request(client, target);

	if (r >= 0)
		r = receive_answer(client, &response);
	return r < 0 ? r : copy_body(client, &response, ret);
}

int http_client_get(const char *address, const char *target, struct http_client_answer *ret)
{
	struct client client = {
		.fd = -1,
		.deadline_ns = clock_monotonic_ns() + HTTP_CLIENT_TIMEOUT_MS * CLOCK_NS_PER_MS,
	};
	struct server_address parsed;
	int r = server_address_parse(address, &parsed);

	if (r < 0)
		return r;
	r = client.fd = server_address_socket(&parsed, SOCK_NONBLOCK, connect_to, &client);
	if (r < 0)
		return r;
	r = buffer_init(&client.received, HTTP_HEAD_MAX + HTTP_CLIENT_BODY_MAX);
	if (r >= 0)
		r = get(&client, target, ret);
	buffer_done(&client.received);
	close(client.fd);
	return r;
}

void http_client_answer_done(struct http_client_answer *answer)
{
	free(answer->body);
	*answer = (struct http_client_answer){0};
}
