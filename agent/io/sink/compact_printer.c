// SPDX-License-Identifier: Apache-2.0
#include "io/sink/compact_printer.h"

#include <errno.h>

#include "base/util.h"
#include "io/sink/json_view.h"

bool compact_color_is_wanted(enum compact_color color, FILE *out)
{
	const char *terminal = getenv("TERM"), *no_color = getenv("NO_COLOR");

	if (color != COMPACT_COLOR_AUTO)
		return color == COMPACT_COLOR_ALWAYS;
	return isatty(fileno(out)) && !(no_color && no_color[0]) && terminal && strcmp(terminal, "dumb") != 0;
}

int compact_printer_init(struct compact_printer *printer, size_t line_max, struct compact_style style)
{
	*printer = (struct compact_printer){.style = style};
	return buffer_init(&printer->buffer, COMPACT_LENGTH_MAX(line_max));
}

void compact_printer_done(struct compact_printer *printer)
{
	buffer_done(&printer->buffer);
}

static int write_made(const struct compact_printer *printer, FILE *out)
{
	const struct buffer *buffer = &printer->buffer;

	if (fwrite(buffer->data, 1, buffer->length, out) != buffer->length)
		return errno ? -errno : -EIO;
	return 0;
}

int compact_printer_print_view(struct compact_printer *printer, FILE *out, const struct compact_view *view)
{
	struct buffer *buffer = &printer->buffer;

	buffer_reset(buffer);
	compact_append(buffer, view, &printer->style);
	if (buffer->is_full)
		return -E2BIG;
	return write_made(printer, out);
}

int compact_printer_make(struct compact_printer *printer, const char *line, size_t length)
{
	char error[JSON_VIEW_ERROR_MAX];
	struct json_view parsed;
	int r = json_view_parse(&parsed, line, length, error);

	buffer_reset(&printer->buffer);
	if (r == 0)
		compact_append(&printer->buffer, &parsed.view, &printer->style);
	json_view_done(&parsed);
	return r == 0 && printer->buffer.is_full ? -E2BIG : r;
}

int compact_printer_print(struct compact_printer *printer, FILE *out, const char *line, size_t length)
{
	int r = compact_printer_make(printer, line, length);

	return r < 0 ? r : write_made(printer, out);
}
