// SPDX-License-Identifier: Apache-2.0
#include "io/sink/line_reader.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

#define READ_SIZE 65536

int line_reader_init(struct line_reader *reader, int fd, size_t line_max)
{
	size_t capacity = line_max + READ_SIZE;
	char *data = malloc(capacity);

	if (!data)
		return -ENOMEM;
	*reader = (struct line_reader){.fd = fd, .data = data, .line_max = line_max, .capacity = capacity};
	return 0;
}

int line_reader_init_source(struct line_reader *reader, line_reader_source *source, void *context, size_t line_max)
{
	int r = line_reader_init(reader, -1, line_max);

	if (r < 0)
		return r;
	reader->source = source;
	reader->context = context;
	return 0;
}

void line_reader_done(struct line_reader *reader)
{
	free(reader->data);
	*reader = (struct line_reader){0};
}

/* The next newline, or the end of input, as a length from `start`; false when neither is there yet. */
static bool find_end(const struct line_reader *reader, size_t *ret_length, size_t *ret_taken)
{
	size_t available = reader->end - reader->start;
	const char *newline = memchr(reader->data + reader->start, '\n', available);

	if (newline) {
		*ret_length = (size_t)(newline - reader->data) - reader->start;
		*ret_taken = *ret_length + 1;
	} else {
		*ret_length = *ret_taken = available;
	}
	return newline || (reader->is_at_end && available);
}

bool line_reader_take(struct line_reader *reader, struct line *ret_line)
{
	size_t length, taken;
	bool is_whole;

	do {
		bool was_skipping = reader->is_skipping;

		is_whole = find_end(reader, &length, &taken);
		if (!is_whole && length <= reader->line_max && !was_skipping)
			return false;
		*ret_line = (struct line){reader->data + reader->start, MIN(length, reader->line_max),
					  length > reader->line_max};
		reader->start += taken;
		reader->is_skipping = !is_whole;
		if (!was_skipping) {
			reader->number++;
			return true;
		}
	} while (is_whole);
	return false;
}

static ssize_t read_fd(int fd, char *data, size_t size)
{
	ssize_t length;

	do
		length = read(fd, data, size);
	while (length < 0 && errno == EINTR);
	return length < 0 ? -errno : length;
}

int line_reader_fill(struct line_reader *reader)
{
	ssize_t length;
	size_t room;

	if (reader->is_at_end)
		return 0;
	memmove(reader->data, reader->data + reader->start, reader->end - reader->start);
	reader->end -= reader->start;
	reader->start = 0;
	room = reader->capacity - reader->end;
	length = reader->source ? reader->source(reader->context, reader->data + reader->end, room)
				: read_fd(reader->fd, reader->data + reader->end, room);
	if (length < 0)
		return (int)length;
	reader->end += (size_t)length;
	reader->is_at_end = length == 0;
	return length > 0 || reader->end > 0;
}
