// SPDX-License-Identifier: Apache-2.0
#include "core/process/arguments.h"

/* The length of the string at the start of `argv`, without its NUL. */
static size_t first_length(struct bytes argv)
{
	const char *end = argv.length ? memchr(argv.data, '\0', argv.length) : NULL;

	return end ? (size_t)(end - argv.data) : argv.length;
}

static struct bytes after_first(struct bytes argv, size_t length)
{
	size_t taken = length < argv.length ? length + 1 : length; /* its NUL too */

	return (struct bytes){argv.data + taken, argv.length - taken};
}

void arguments_append(struct buffer *buffer, struct bytes argv)
{
	size_t start = buffer->length;

	argv = after_first(argv, first_length(argv));
	while (argv.length && !buffer->is_full) {
		size_t length = first_length(argv);
		bool is_quoted = length && memchr(argv.data, ' ', length);

		if (is_quoted || buffer->length > start)
			buffer_append_byte(buffer, ' ');
		if (is_quoted)
			buffer_append_byte(buffer, '"');
		buffer_append(buffer, argv.data, length);
		if (is_quoted)
			buffer_append_byte(buffer, '"');
		argv = after_first(argv, length);
	}
}
