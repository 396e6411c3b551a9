/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The least of a WebSocket client that tests need, byte by byte: it can also do what none should. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WEBSOCKET_LIMIT_S 30 /* for whatever the server is to say */

enum {
	WEBSOCKET_TEXT = 1,
	WEBSOCKET_CLOSE = 8,
	WEBSOCKET_PING = 9,
	WEBSOCKET_PONG = 10,
};

static int websocket_connect(const char *path)
{
	const struct timeval limit = {.tv_sec = WEBSOCKET_LIMIT_S};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Goes on after SIGSTOP and SIGCONT, which a socket with a time-out does not by itself. */
static int websocket_receive_all(int fd, void *data, size_t length)
{
	size_t at = 0;

	while (at < length) {
		ssize_t count = recv(fd, (char *)data + at, length - at, 0);

		if (count > 0)
			at += (size_t)count;
		else if (count == 0 || errno != EINTR)
			return -EPIPE;
	}
	return 0;
}

/* Sends the request, and reads the head of the answer: its status, or -EPIPE. */
static int websocket_upgrade(int fd, const char *target, const char *headers)
{
	char text[32768];
	size_t at = 0;
	int length = snprintf(text, sizeof(text),
			      "GET %s HTTP/1.1\r\n%sUpgrade: websocket\r\nConnection: Upgrade\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
			      target, headers);

	if (send(fd, text, (size_t)length, MSG_NOSIGNAL) != length)
		return -EPIPE;
	while (at < sizeof(text) - 1 && recv(fd, text + at, 1, 0) == 1) {
		text[++at] = '\0';
		if (at >= 4 && memcmp(text + at - 4, "\r\n\r\n", 4) == 0)
			return (int)strtol(text + strlen("HTTP/1.1 "), NULL, 10);
	}
	return -EPIPE;
}

struct websocket_frame {
	unsigned int kind; /* WEBSOCKET_* */
	char *data;        /* owned, NUL-terminated */
	size_t length;
};

/* 0, or -EPIPE when the server hung up. */
static int websocket_receive(int fd, struct websocket_frame *ret)
{
	uint8_t head[2], longer[8] = {0};
	uint64_t length;
	size_t count;

	if (websocket_receive_all(fd, head, sizeof(head)) < 0)
		return -EPIPE;
	length = head[1] & 0x7f;
	count = length == 127 ? 8 : length == 126 ? 2 : 0;
	if (websocket_receive_all(fd, longer, count) < 0)
		return -EPIPE;
	for (size_t i = 0; i < count; i++)
		length = (i ? length << 8 : 0) | longer[i];
	*ret = (struct websocket_frame){.kind = head[0] & 0xf, .length = length, .data = malloc(length + 1)};
	if (!ret->data || websocket_receive_all(fd, ret->data, length) < 0) {
		free(ret->data);
		return -EPIPE;
	}
	ret->data[length] = '\0';
	return 0;
}

/* At most 125 bytes, masked as a client must. */
static int websocket_send(int fd, unsigned int kind, const void *data, size_t length)
{
	uint8_t frame[6 + 125] = {(uint8_t)(0x80 | kind), (uint8_t)(0x80 | length)}; /* a mask of zeros */

	memcpy(frame + 6, data, length);
	return send(fd, frame, 6 + length, MSG_NOSIGNAL) == (ssize_t)(6 + length) ? 0 : -EPIPE;
}
