// SPDX-License-Identifier: Apache-2.0
/*
 * websocket PATH TARGET: reads a WebSocket on a unix socket, and prints each message as it comes. Ends with 0 when the
 * server says that it goes away, else with 1 and a word about it.
 */
#include <err.h>

#include "../../io/websocket_client.h"

#define GOING_AWAY 1001

static unsigned int close_status(const struct websocket_frame *frame)
{
	return frame->length < 2 ? 0 : (unsigned int)((uint8_t)frame->data[0] << 8 | (uint8_t)frame->data[1]);
}

/* Until the server closes: the status that it gives. */
static unsigned int read_messages(int fd)
{
	struct websocket_frame frame;
	unsigned int status = 0;

	while (!status && websocket_receive(fd, &frame) == 0) {
		if (frame.kind == WEBSOCKET_TEXT) {
			fwrite(frame.data, 1, frame.length, stdout);
			fflush(stdout);
		} else if (frame.kind == WEBSOCKET_PING) {
			websocket_send(fd, WEBSOCKET_PONG, frame.data, frame.length);
		} else if (frame.kind == WEBSOCKET_CLOSE) {
			status = close_status(&frame);
		}
		free(frame.data);
	}
	return status;
}

int main(int argc, char **argv)
{
	unsigned int status;
	int fd, r;

	if (argc != 3)
		errx(2, "usage: websocket PATH TARGET");
	fd = websocket_connect(argv[1]);
	if (fd < 0)
		err(1, "%s", argv[1]);
	r = websocket_upgrade(fd, argv[2], "Host: localhost\r\n");
	if (r != 101)
		errx(1, "refused with %d", r);
	status = read_messages(fd);
	if (status != GOING_AWAY)
		errx(1, "ended with %u", status);
	return 0;
}
