/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the tests of file_sink share: a folder, a clock, and what was said on standard error. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/clock.h"
#include "base/util.h"
#include "io/sink/file_sink.h"
#include "folder.h"
#include "said.h"

#define TEXT_MAX (1 << 20)

static char folder[] = "/tmp/trigon-sink-XXXXXX";
static char path[128];       /* the log of the present test */
static char text[TEXT_MAX];  /* what text_read() found */
static uint64_t tick_now_ns; /* a clock of our own: each tick() is a second later */

static inline struct file_sink *sink_open(const char *target)
{
	const struct file_sink_options options = {.path = target, .mode = 0644, .flag = "--export-filename"};
	struct file_sink *sink = NULL;

	CHECK_EQ(file_sink_open(&options, &sink), 0);
	return sink;
}

static inline int sink_open_error(const char *target)
{
	const struct file_sink_options options = {.path = target, .mode = 0644, .flag = "--export-filename"};
	struct file_sink *sink = NULL;
	int r = file_sink_open(&options, &sink);

	CHECK(!sink);
	return r;
}

static inline void append(struct file_sink *sink, const char *line)
{
	file_sink_append(sink, line, strlen(line));
}

static inline void append_numbered(struct file_sink *sink, int first, int count)
{
	char line[1024];

	for (int i = first; i < first + count; i++) {
		snprintf(line, sizeof(line), "%06d%500s\n", i, "x");
		append(sink, line);
	}
}

static inline void tick(struct file_sink *sink)
{
	tick_now_ns += CLOCK_NS_PER_SECOND;
	file_sink_tick(sink, tick_now_ns);
}

static inline struct file_sink_stats stats(const struct file_sink *sink)
{
	struct file_sink_stats result;

	file_sink_get_stats(sink, &result);
	return result;
}

/* Reads into `text` what is there, NUL-terminated. */
static inline const char *text_read_fd(int fd)
{
	size_t length = 0;
	ssize_t n;

	while (length < TEXT_MAX - 1 && (n = read(fd, text + length, TEXT_MAX - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	return text;
}

static inline const char *text_read(const char *file)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? "(no such file)" : text_read_fd(fd);
}

static inline void file_write(const char *file, const char *content)
{
	_cleanup_close_ int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
}

/* Lines of append_numbered() in `at`, each whole, counting up from `next`; the number after the last, or -1. */
static inline int check_numbered(const char *at, int next)
{
	while (*at) {
		const char *end = strchr(at, '\n');

		if (!end || end - at != 506 || strtol(at, NULL, 10) != next) {
			printf("torn or out of order at line %d: %.20s\n", next, at);
			return -1;
		}
		next++;
		at = end + 1;
	}
	return next;
}

static inline void begin(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	said_reset();
}

static inline int count_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int fds_before;

/* Before the first test: a folder, and standard error where said() finds it. */
static inline bool sink_tests_begin(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (!mkdtemp(folder) || !said_begin())
		return false;
	fds_before = count_fds();
	return true;
}

/* After the last: the exit code. */
static inline int sink_tests_end(void)
{
	test_is_ok = count_fds() == fds_before;
	printf("%s no fd is left open\n", test_is_ok ? "ok" : "FAIL");
	test_is_ok ? test_passed++ : test_failed++;
	said_end();
	folder_remove(folder);
	return test_end();
}
