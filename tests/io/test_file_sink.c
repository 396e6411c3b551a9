// SPDX-License-Identifier: Apache-2.0
/* The JSON log writer against what files, pipes and disks do to it. Root only for the full tmpfs. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/clock.h"
#include "base/util.h"
#include "io/sink/file_sink.h"

#define TEXT_MAX (1 << 20)

static char folder[] = "/tmp/trigon-sink-XXXXXX";
static char path[128];       /* the log of the present test */
static char text[TEXT_MAX];  /* what text_read() found */
static uint64_t tick_now_ns; /* a clock of our own: each tick() is a second later */
static int said_fd;          /* where standard error goes */

static struct file_sink *sink_open(const char *target)
{
	const struct file_sink_options options = {.path = target, .mode = 0644, .flag = "--export-filename"};
	struct file_sink *sink = NULL;

	CHECK_EQ(file_sink_open(&options, &sink), 0);
	return sink;
}

static int sink_open_error(const char *target)
{
	const struct file_sink_options options = {.path = target, .mode = 0644, .flag = "--export-filename"};
	struct file_sink *sink = NULL;
	int r = file_sink_open(&options, &sink);

	CHECK(!sink);
	return r;
}

static void append(struct file_sink *sink, const char *line)
{
	file_sink_append(sink, line, strlen(line));
}

static void append_numbered(struct file_sink *sink, int first, int count)
{
	char line[1024];

	for (int i = first; i < first + count; i++) {
		snprintf(line, sizeof(line), "%06d%500s\n", i, "x");
		append(sink, line);
	}
}

static void tick(struct file_sink *sink)
{
	tick_now_ns += CLOCK_NS_PER_SECOND;
	file_sink_tick(sink, tick_now_ns);
}

static struct file_sink_stats stats(const struct file_sink *sink)
{
	struct file_sink_stats result;

	file_sink_get_stats(sink, &result);
	return result;
}

/* Reads into `text` what is there, NUL-terminated. */
static const char *text_read_fd(int fd)
{
	size_t length = 0;
	ssize_t n;

	while (length < TEXT_MAX - 1 && (n = read(fd, text + length, TEXT_MAX - 1 - length)) > 0)
		length += (size_t)n;
	text[length] = '\0';
	return text;
}

static const char *text_read(const char *file)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? "(no such file)" : text_read_fd(fd);
}

static void file_write(const char *file, const char *content)
{
	_cleanup_close_ int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
}

/* Lines of append_numbered() in `at`, each whole, counting up from `next`; the number after the last, or -1. */
static int check_numbered(const char *at, int next)
{
	while (*at) {
		const char *end = strchr(at, '\n');

		if (!end || end - at != 506 || atol(at) != next) {
			printf("torn or out of order at line %d: %.20s\n", next, at);
			return -1;
		}
		next++;
		at = end + 1;
	}
	return next;
}

/* How often `what` was said on standard error since the last call of said_reset(). */
static int said(const char *what)
{
	static char log[65536];
	ssize_t length = pread(said_fd, log, sizeof(log) - 1, 0);
	int count = 0;

	log[length < 0 ? 0 : length] = '\0';
	for (const char *at = log; (at = strstr(at, what)); at++)
		count++;
	return count;
}

static void said_reset(void)
{
	CHECK(ftruncate(said_fd, 0) == 0);
}

static void begin(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	said_reset();
}

static void test_append(void)
{
	struct file_sink *sink;
	struct stat status;
	mode_t mask = umask(077);

	begin("append");
	sink = sink_open(path);
	umask(mask);
	append(sink, "one\n");
	CHECK_EQ(stats(sink).lines_pending, 1);
	CHECK_STR(text_read(path), "");
	append(sink, "two\n");
	file_sink_flush(sink);
	CHECK_STR(text_read(path), "one\ntwo\n");
	CHECK_EQ(stats(sink).lines_written, 2);
	CHECK_EQ(stats(sink).bytes_written, 8);
	CHECK_EQ(stats(sink).lines_pending, 0);
	append(sink, "three\n");
	file_sink_close(sink, NULL);
	CHECK_STR(text_read(path), "one\ntwo\nthree\n");
	CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0644);
	/* An existing file is appended to and keeps its mode. */
	CHECK(chmod(path, 0640) == 0);
	sink = sink_open(path);
	append(sink, "four\n");
	file_sink_close(sink, NULL);
	CHECK_STR(text_read(path), "one\ntwo\nthree\nfour\n");
	CHECK(stat(path, &status) == 0 && (status.st_mode & 07777) == 0640);
	CHECK_EQ(said("level="), 0);
}

static void test_batch_overflow_flushes(void)
{
	struct file_sink *sink;

	begin("batch");
	sink = sink_open(path);
	append_numbered(sink, 0, 1000); /* 507,000 bytes */
	CHECK(stats(sink).lines_pending < 260);
	sink = file_sink_close(sink, NULL);
	CHECK_EQ(check_numbered(text_read(path), 0), 1000);
}

static void test_open_errors(void)
{
	char nowhere[160];

	begin("errors");
	CHECK_EQ(sink_open_error(folder), -EISDIR);
	CHECK_EQ(said("--export-filename: "), 1);
	CHECK_EQ(said("is a directory"), 1);
	snprintf(nowhere, sizeof(nowhere), "%s/missing/log", folder);
	CHECK_EQ(sink_open_error(nowhere), -ENOENT);
	CHECK_EQ(said("mkdir -p /tmp/"), 1);
	snprintf(nowhere, sizeof(nowhere), "%s/append/log", folder);
	CHECK_EQ(sink_open_error(nowhere), -ENOTDIR);
	CHECK_EQ(said("cannot open"), 1);
}

static void test_torn_tail(void)
{
	struct file_sink *sink;

	begin("torn");
	file_write(path, "whole\n{\"half");
	sink = sink_open(path);
	append(sink, "next\n");
	file_sink_close(sink, NULL);
	CHECK_STR(text_read(path), "whole\n{\"half\nnext\n");
}

static void test_removed(void)
{
	struct file_sink *sink;

	begin("removed");
	sink = sink_open(path);
	append(sink, "old\n");
	file_sink_flush(sink);
	CHECK(unlink(path) == 0);
	append(sink, "new\n");
	file_sink_flush(sink); /* without waiting for the tick */
	CHECK_STR(text_read(path), "new\n");
	file_sink_close(sink, NULL);
}

static void test_renamed(void)
{
	struct file_sink *sink;
	char rotated[160];

	begin("renamed");
	snprintf(rotated, sizeof(rotated), "%s.1", path);
	sink = sink_open(path);
	append(sink, "one\n");
	file_sink_flush(sink);
	CHECK(rename(path, rotated) == 0);
	append(sink, "two\n");
	file_sink_flush(sink); /* still the old file */
	append(sink, "three\n");
	tick(sink);
	append(sink, "four\n");
	file_sink_close(sink, NULL);
	CHECK_STR(text_read(rotated), "one\ntwo\n");
	CHECK_STR(text_read(path), "three\nfour\n");
	CHECK_EQ(said("opened anew"), 1);
}

static void test_copytruncate(void)
{
	struct file_sink *sink;

	begin("copytruncate");
	sink = sink_open(path);
	append(sink, "one\n");
	file_sink_flush(sink);
	CHECK(truncate(path, 0) == 0);
	append(sink, "two\n");
	tick(sink);
	CHECK_STR(text_read(path), "two\n");
	file_sink_close(sink, NULL);
}

static void test_directory_vanished(void)
{
	struct file_sink_stats at_end;
	struct file_sink *sink;
	char directory[128], log[160];

	begin("vanishing");
	snprintf(directory, sizeof(directory), "%s", path);
	snprintf(log, sizeof(log), "%s/log", directory);
	CHECK(mkdir(directory, 0700) == 0);
	sink = sink_open(log);
	append(sink, "before\n");
	file_sink_flush(sink);
	CHECK(unlink(log) == 0 && rmdir(directory) == 0);
	tick(sink);
	append_numbered(sink, 0, 1000); /* 258 of them fit */
	tick(sink);
	CHECK_EQ(stats(sink).trouble, FILE_SINK_CAUSE_NOT_OPEN);
	CHECK_EQ(stats(sink).lines_pending, 258);
	CHECK_EQ(stats(sink).lines_lost[FILE_SINK_CAUSE_NOT_OPEN], 742);
	CHECK_EQ(said("level="), 1);
	CHECK(mkdir(directory, 0700) == 0);
	tick(sink);
	CHECK_EQ(said("works again; 742 lines were lost"), 1);
	CHECK_EQ(said("level="), 2);
	file_sink_close(sink, &at_end);
	CHECK_EQ(at_end.lines_written, 259);
	CHECK_EQ(check_numbered(text_read(log), 0), 258);
}

/* A write that ends at `limit` bytes: no torn line while it lasts, nothing lost afterwards. */
static void test_size_limit(void)
{
	struct rlimit before, limit;
	struct file_sink *sink;

	begin("limit");
	sink = sink_open(path);
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	limit = before;
	limit.rlim_cur = 507 * 10 + 200;
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	append_numbered(sink, 0, 20);
	file_sink_flush(sink);
	CHECK_EQ(check_numbered(text_read(path), 0), 10);
	CHECK_EQ(stats(sink).trouble, FILE_SINK_CAUSE_WRITE_ERROR);
	tick(sink);
	file_sink_flush(sink);
	CHECK_EQ(check_numbered(text_read(path), 0), 10);
	limit.rlim_cur = 507 * 10; /* exactly full: EFBIG rather than a short write */
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	tick(sink);
	CHECK_EQ(check_numbered(text_read(path), 0), 10);
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	CHECK_EQ(said("level="), 1);
	tick(sink);
	CHECK_EQ(check_numbered(text_read(path), 0), 20);
	CHECK_EQ(said("works again; 0 lines"), 1);
	file_sink_close(sink, NULL);
}

static void test_full_device(void)
{
	struct file_sink_stats at_end;
	struct file_sink *sink;

	begin("full");
	sink = sink_open("/dev/full");
	append_numbered(sink, 0, 1000);
	tick(sink);
	tick(sink);
	CHECK_EQ(stats(sink).lines_lost[FILE_SINK_CAUSE_WRITE_ERROR], 742);
	CHECK_EQ(said("level="), 1);
	CHECK_EQ(said("No space left on device"), 1);
	file_sink_close(sink, &at_end);
	CHECK_EQ(at_end.lines_lost[FILE_SINK_CAUSE_WRITE_ERROR], 1000);
	CHECK_EQ(at_end.lines_written, 0);
}

static void test_full_disk(void)
{
	struct file_sink *sink;
	char log[160];

	begin("disk");
	CHECK(mkdir(path, 0700) == 0);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", path, "tmpfs", 0, "size=64k") < 0) {
		printf("skip: mounting a small tmpfs: %s\n", strerror(errno));
		return;
	}
	snprintf(log, sizeof(log), "%s/ballast", path);
	{
		_cleanup_close_ int ballast = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		CHECK(posix_fallocate(ballast, 0, 32768) == 0);
	}
	snprintf(log, sizeof(log), "%s/log", path);
	sink = sink_open(log);
	append_numbered(sink, 0, 100);
	file_sink_flush(sink);
	tick(sink);
	CHECK_EQ(check_numbered(text_read(log), 0), 64); /* 32768 / 507 */
	CHECK_EQ(stats(sink).lines_written, 64);
	CHECK_EQ(said("level="), 1);
	snprintf(text, TEXT_MAX, "%s/ballast", path);
	CHECK(unlink(text) == 0);
	tick(sink);
	CHECK_EQ(check_numbered(text_read(log), 0), 100);
	CHECK_EQ(said("works again; 0 lines"), 1);
	file_sink_close(sink, NULL);
	CHECK(umount(path) == 0);
}

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

static void test_two_writers(void)
{
	int lines = 0, status;
	pid_t child;
	struct file_sink *sink;

	begin("two");
	child = fork();
	sink = sink_open(path);
	for (int i = 0; i < 100; i++) {
		append_numbered(sink, 0, 9);
		file_sink_flush(sink);
	}
	file_sink_close(sink, NULL);
	if (child == 0)
		_exit(test_is_ok ? 0 : 1);
	CHECK(waitpid(child, &status, 0) == child && status == 0);
	for (const char *at = text_read(path); *at; at = strchr(at, '\n') + 1) {
		lines += strcspn(at, "\n") == 506;
		if (!strchr(at, '\n'))
			break;
	}
	CHECK_EQ(lines, 1800);
}

static int count_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void clean_up(void)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	if (system(command) != 0)
		printf("cannot remove %s\n", folder);
}

int main(void)
{
	int saved = dup(STDERR_FILENO), fds;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	said_fd = memfd_create("stderr", MFD_CLOEXEC);
	if (!mkdtemp(folder) || said_fd < 0 || fcntl(said_fd, F_SETFL, O_APPEND) < 0)
		return 1;
	dup2(said_fd, STDERR_FILENO);
	fds = count_fds();
	RUN(test_append);
	RUN(test_batch_overflow_flushes);
	RUN(test_open_errors);
	RUN(test_torn_tail);
	RUN(test_removed);
	RUN(test_renamed);
	RUN(test_copytruncate);
	RUN(test_directory_vanished);
	RUN(test_size_limit);
	RUN(test_full_device);
	RUN(test_full_disk);
	RUN(test_slow_pipe);
	RUN(test_slow_socket);
	RUN(test_pipe_is_whole);
	RUN(test_closed_pipe);
	RUN(test_fifo);
	RUN(test_stdout_file);
	RUN(test_two_writers);
	test_is_ok = count_fds() == fds;
	printf("%s no fd is left open\n", test_is_ok ? "ok" : "FAIL");
	test_is_ok ? test_passed++ : test_failed++;
	dup2(saved, STDERR_FILENO); /* sanitizers report there */
	clean_up();
	return test_end();
}
