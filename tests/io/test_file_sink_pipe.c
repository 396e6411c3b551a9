// SPDX-License-Identifier: Apache-2.0
/* The JSON log writer against slow and vanishing readers of pipes, sockets and FIFOs, and as standard output. */
#include <sys/socket.h>
#include <sys/stat.h>

#include "sink_test.h"

/* Puts `fd` in the place of standard output, returns what was there. */
static int stdout_replace(int fd)
{
	int saved;

	fflush(stdout);
	saved = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(fd, STDOUT_FILENO);
	return saved;
}

static void stdout_restore(int saved)
{
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
}

/* A reader that takes nothing until the batch is over-full, then everything. Either end is made by the caller. */
static void slow_reader(int reader, int writer)
{
	struct file_sink_stats stalled, at_end;
	struct file_sink *sink;
	uint64_t began;
	int saved, next;

	saved = stdout_replace(writer);
	close(writer);
	sink = sink_open("-");
	began = clock_monotonic_ns();
	append_numbered(sink, 0, 2000);
	file_sink_flush(sink);
	began = clock_monotonic_ns() - began;
	stalled = stats(sink);
	tick(sink);
	text_read_fd(reader); /* non-blocking: what is there now */
	next = (int)strlen(text);
	tick(sink);
	file_sink_flush(sink);
	text_read_fd(reader);
	for (int i = 0; i < 20 && stats(sink).lines_pending; i++) {
		_cleanup_free_ char *first = strdup(text);

		file_sink_flush(sink);
		text_read_fd(reader);
		memmove(text + strlen(first), text, strlen(text) + 1);
		memcpy(text, first, strlen(first));
	}
	tick(sink);
	tick(sink);
	append(sink, "end\n");
	file_sink_close(sink, &at_end);
	stdout_restore(saved);
	CHECK(next > 0);
	CHECK(began < 1000 * CLOCK_NS_PER_MS); /* one wait of 100 ms, not one per line */
	CHECK_EQ(stalled.trouble, FILE_SINK_CAUSE_SLOW_READER);
	CHECK(stalled.lines_lost[FILE_SINK_CAUSE_SLOW_READER] > 0);
	CHECK_EQ(said("too slow"), 1);
	CHECK_EQ(said("works again"), 1);
	CHECK_EQ(at_end.trouble, FILE_SINK_CAUSE_NONE);
	CHECK_EQ(at_end.lines_written + at_end.lines_lost[FILE_SINK_CAUSE_SLOW_READER], 2001);
}

static void test_slow_pipe(void)
{
	int ends[2];

	begin("slow-pipe");
	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	slow_reader(ends[0], ends[1]);
	text_read_fd(ends[0]);
	CHECK_STR(text, "end\n");
	close(ends[0]);
}

static void test_slow_socket(void)
{
	int ends[2];

	begin("slow-socket");
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	slow_reader(ends[0], ends[1]);
	text_read_fd(ends[0]);
	CHECK_STR(text, "end\n");
	close(ends[0]);
}

/* What comes out of a pipe that is read in small pieces is whole and in order, and standard output stays blocking. */
static void test_pipe_is_whole(void)
{
	struct file_sink *sink;
	size_t length = 0;
	int ends[2], saved, flags;

	begin("whole-pipe");
	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	fcntl(ends[1], F_SETPIPE_SZ, 4096);
	saved = stdout_replace(ends[1]);
	flags = fcntl(STDOUT_FILENO, F_GETFL);
	sink = sink_open("-");
	append_numbered(sink, 0, 200);
	for (int i = 0; i < 1000 && stats(sink).lines_pending; i++) {
		ssize_t n;

		file_sink_flush(sink);
		n = read(ends[0], text + length, 1000);
		length += n > 0 ? (size_t)n : 0;
	}
	file_sink_close(sink, NULL);
	flags = flags == fcntl(STDOUT_FILENO, F_GETFL);
	stdout_restore(saved);
	for (ssize_t n; (n = read(ends[0], text + length, 4096)) > 0;)
		length += (size_t)n;
	text[length] = '\0';
	CHECK(flags);
	CHECK_EQ(check_numbered(text, 0), 200);
	close(ends[0]);
	close(ends[1]);
}

static void test_closed_pipe(void)
{
	struct file_sink_stats at_end;
	struct file_sink *sink;
	int ends[2], saved;

	begin("closed-pipe");
	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	saved = stdout_replace(ends[1]);
	close(ends[1]);
	sink = sink_open("-");
	append(sink, "one\n");
	file_sink_flush(sink);
	close(ends[0]);
	append(sink, "two\n");
	append(sink, "three\n");
	file_sink_flush(sink);
	append(sink, "four\n");
	tick(sink);
	file_sink_flush(sink);
	file_sink_close(sink, &at_end);
	stdout_restore(saved);
	CHECK_EQ(at_end.lines_written, 1);
	CHECK_EQ(at_end.lines_lost[FILE_SINK_CAUSE_CLOSED_PIPE], 3);
	CHECK_EQ(said("cannot write standard output: Broken pipe"), 1);
	CHECK_EQ(said("3 lines could not be written"), 1);
	CHECK_EQ(said("level="), 2);
}

static void test_fifo(void)
{
	struct file_sink *sink;
	int reader;

	begin("fifo");
	CHECK(mkfifo(path, 0600) == 0);
	sink = sink_open(path); /* does not wait for a reader */
	append(sink, "one\n");
	file_sink_flush(sink);
	tick(sink);
	CHECK_EQ(stats(sink).lines_pending, 1);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	tick(sink);
	text_read_fd(reader);
	CHECK_STR(text, "one\n");
	close(reader);
	append(sink, "two\n");
	file_sink_flush(sink);
	CHECK_EQ(stats(sink).trouble, FILE_SINK_CAUSE_CLOSED_PIPE);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	tick(sink);
	text_read_fd(reader);
	CHECK_STR(text, "two\n");
	CHECK_EQ(said("works again; 0 lines"), 2);
	file_sink_close(sink, NULL);
	close(reader);
}

/* The reader leaves in mid-line: the next one must not begin with the rest of that line. */
static void test_fifo_reader_leaves_mid_line(void)
{
	static char line[20000];
	struct file_sink *sink;
	int reader;

	begin("fifo-mid-line");
	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	CHECK(mkfifo(path, 0600) == 0);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	fcntl(reader, F_SETPIPE_SZ, 4096);
	sink = sink_open(path);
	file_sink_append(sink, line, sizeof(line));
	append(sink, "whole\n");
	file_sink_flush(sink);
	close(reader);
	file_sink_flush(sink);
	CHECK_EQ(stats(sink).lines_lost[FILE_SINK_CAUSE_CLOSED_PIPE], 1);
	reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	tick(sink);
	text_read_fd(reader);
	CHECK_STR(text, "whole\n");
	CHECK_EQ(said("works again; 1 lines"), 1);
	file_sink_close(sink, NULL);
	close(reader);
}

static void test_stdout_file(void)
{
	struct file_sink *sink;
	int fd, saved;

	begin("redirected");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600); /* as the shell's > does: no O_APPEND */
	saved = stdout_replace(fd);
	printf("by others\n");
	fflush(stdout);
	sink = sink_open("-");
	append(sink, "one\n");
	file_sink_flush(sink);
	printf("by others\n");
	file_sink_close(sink, NULL);
	stdout_restore(saved);
	CHECK_STR(text_read(path), "by others\none\nby others\n");
	close(fd);
}

int main(void)
{
	if (!sink_tests_begin())
		return 1;
	RUN(test_slow_pipe);
	RUN(test_slow_socket);
	RUN(test_pipe_is_whole);
	RUN(test_closed_pipe);
	RUN(test_fifo);
	RUN(test_fifo_reader_leaves_mid_line);
	RUN(test_stdout_file);
	return sink_tests_end();
}
