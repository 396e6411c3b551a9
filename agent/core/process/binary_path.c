// SPDX-License-Identifier: Apache-2.0
#include "core/process/binary_path.h"

#include <string.h>

/* Appends "/component" to what begins at `start`, or takes one off for "..". */
static void append_component(struct buffer *buffer, size_t start, const char *component, size_t length)
{
	if (length == 0 || (length == 1 && component[0] == '.'))
		return;
	if (length == 2 && memcmp(component, "..", 2) == 0) {
		while (buffer->length > start && buffer->data[buffer->length - 1] != '/')
			buffer->length--;
		if (buffer->length > start)
			buffer->length--;
		return;
	}
	buffer_append_byte(buffer, '/');
	buffer_append(buffer, component, length);
}

static void append_cleaned(struct buffer *buffer, size_t start, struct bytes path)
{
	size_t at = 0;

	while (at < path.length) {
		const char *slash = memchr(path.data + at, '/', path.length - at);
		size_t length = slash ? (size_t)(slash - path.data) - at : path.length - at;

		append_component(buffer, start, path.data + at, length);
		at += length + 1;
	}
}

void binary_path_append(struct buffer *buffer, struct bytes cwd, struct bytes filename)
{
	size_t start = buffer->length;

	if (cwd.length == 0 || filename.length == 0 || filename.data[0] == '/') {
		buffer_append(buffer, filename.data, filename.length);
		return;
	}
	append_cleaned(buffer, start, cwd);
	append_cleaned(buffer, start, filename);
	if (buffer->length == start)
		buffer_append_byte(buffer, '/');
}
