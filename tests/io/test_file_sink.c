// SPDX-License-Identifier: Apache-2.0
/* The JSON log writer against what files and disks do to it. Root only for the full tmpfs. */
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sink_test.h"

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

/* Rotation by rename-then-create: somebody has made the new file already. */
static void test_replaced(void)
{
	struct file_sink *sink;
	char rotated[160];

	begin("replaced");
	snprintf(rotated, sizeof(rotated), "%s.1", path);
	sink = sink_open(path);
	CHECK(rename(path, rotated) == 0);
	file_write(path, "by logrotate\n");
	append(sink, "one\n");
	tick(sink);
	CHECK_STR(text_read(path), "by logrotate\none\n");
	CHECK_STR(text_read(rotated), "");
	file_sink_close(sink, NULL);
}

/* The one who renames says so. */
static void test_renewed(void)
{
	struct file_sink *sink;
	char rotated[160];

	begin("renewed");
	snprintf(rotated, sizeof(rotated), "%s.1", path);
	file_write(path, "zero\n");
	sink = sink_open(path);
	CHECK_EQ(file_sink_size(sink), 5);
	append(sink, "one\n");
	CHECK_EQ(file_sink_size(sink), 9);
	file_sink_flush(sink);
	append(sink, "two\n");
	CHECK_EQ(file_sink_size(sink), 13);
	CHECK(rename(path, rotated) == 0);
	file_sink_renew(sink);
	CHECK_EQ(file_sink_size(sink), 0);
	CHECK_EQ(stats(sink).opened, 2);
	append(sink, "three\n");
	file_sink_flush(sink);
	CHECK_STR(text_read(rotated), "zero\none\ntwo\n");
	CHECK_STR(text_read(path), "three\n");
	CHECK(truncate(path, 0) == 0); /* by somebody else */
	tick(sink);
	CHECK_EQ(file_sink_size(sink), 0);
	file_sink_close(sink, NULL);
	CHECK_EQ(said("level="), 0);
}

/* What can be made again is not counted as lost. */
static void test_offer(void)
{
	struct file_sink *sink;

	begin("offer");
	sink = sink_open("/dev/full");
	CHECK(file_sink_offer(sink, "one\n", 4));
	file_sink_flush(sink);
	append_numbered(sink, 0, FILE_SINK_BATCH_BYTES / 507 + 1);
	CHECK_EQ(stats(sink).lines_lost[FILE_SINK_CAUSE_WRITE_ERROR], 1);
	append_numbered(sink, 0, 1);
	CHECK_EQ(stats(sink).lines_lost[FILE_SINK_CAUSE_WRITE_ERROR], 2);
	memset(text, 'x', 511);
	text[511] = '\n';
	CHECK(!file_sink_offer(sink, text, 512));
	CHECK_EQ(stats(sink).lines_lost[FILE_SINK_CAUSE_WRITE_ERROR], 2);
	CHECK_EQ(file_sink_size(sink), 0);
	file_sink_close(sink, NULL);
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

int main(void)
{
	if (!sink_tests_begin())
		return 1;
	RUN(test_append);
	RUN(test_batch_overflow_flushes);
	RUN(test_open_errors);
	RUN(test_torn_tail);
	RUN(test_removed);
	RUN(test_renamed);
	RUN(test_replaced);
	RUN(test_renewed);
	RUN(test_offer);
	RUN(test_copytruncate);
	RUN(test_directory_vanished);
	RUN(test_size_limit);
	RUN(test_full_device);
	RUN(test_full_disk);
	RUN(test_two_writers);
	return sink_tests_end();
}
