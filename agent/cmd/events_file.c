// SPDX-License-Identifier: Apache-2.0
#include "cmd/events_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/util.h"
#include "io/sink/line_reader.h"

/* 0, or -errno: of the output, else of reading. */
static int print_lines(struct events_printer *printer, struct line_reader *reader, const char *name)
{
	struct line line;
	int r;

	do {
		while (line_reader_take(reader, &line)) {
			r = events_printer_take(printer, &line, name, reader->number);
			if (r < 0)
				return r;
		}
		/* nothing more is there right now: show what there was, before waiting */
		r = events_printer_flush(printer);
		if (r == 0)
			r = line_reader_fill(reader);
	} while (r > 0);
	return r;
}

static int print_all(struct events_printer *printer, struct line_reader *reader, const char *name)
{
	int r = print_lines(printer, reader, name);

	if (r < 0 && !printer->write_error)
		fprintf(stderr, "trigon events: cannot read %s: %s\n", name ? name : "standard input", strerror(-r));
	line_reader_done(reader);
	return r;
}

/* A line_reader_source. */
static ssize_t read_gzip(void *context, char *data, size_t size)
{
	int code, length = gzread(context, data, (unsigned int)size);

	if (length > 0)
		return length;
	gzerror(context, &code);
	return code == Z_OK || code == Z_STREAM_END ? 0 : code == Z_ERRNO ? -errno : -EBADMSG;
}

/* zlib gives what is not compressed as it is, but waits for a chunk of it: no good for a pipe. */
static int print_regular(struct events_printer *printer, const char *path, int fd)
{
	gzFile file = gzdopen(dup(fd), "rb");
	struct line_reader reader;
	int r = file ? line_reader_init_source(&reader, read_gzip, file, EVENTS_LINE_MAX) : -ENOMEM;

	if (r < 0)
		fprintf(stderr, "trigon events: cannot read %s: %s\n", path, strerror(-r));
	else
		r = print_all(printer, &reader, path);
	if (file)
		gzclose(file);
	return r;
}

static int print_fd(struct events_printer *printer, const char *path, int fd)
{
	struct line_reader reader;
	int r = line_reader_init(&reader, fd, EVENTS_LINE_MAX);

	if (r < 0) {
		fprintf(stderr, "trigon events: cannot allocate memory\n");
		return r;
	}
	return print_all(printer, &reader, path);
}

int events_file_print(struct events_printer *printer, const char *path)
{
	_cleanup_close_ int fd = -1;
	struct stat status;

	if (strcmp(path, EVENTS_STANDARD_INPUT) == 0)
		return print_fd(printer, NULL, STDIN_FILENO);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0) {
		int r = -errno;

		fprintf(stderr, "trigon events: cannot read %s: %s\n", path, strerror(-r));
		return r;
	}
	return S_ISREG(status.st_mode) ? print_regular(printer, path, fd) : print_fd(printer, path, fd);
}
