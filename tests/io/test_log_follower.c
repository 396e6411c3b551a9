// SPDX-License-Identifier: Apache-2.0
#include "io/file/log_follower.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/clock.h"
#include "base/util.h"

static char folder[64], path[128], position[128];
static struct log_follower *follower;
static uint64_t now_ns;

static void name(char *ret, size_t size, const char *file)
{
	snprintf(ret, size, "%s/%s", folder, file);
}

static void append_bytes(const char *file, const char *text, size_t length)
{
	char full[128];
	_cleanup_close_ int fd = -1;

	name(full, sizeof(full), file);
	fd = open(full, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	CHECK_EQ(write(fd, text, length), (ssize_t)length);
}

static void append(const char *file, const char *text)
{
	append_bytes(file, text, strlen(text));
}

static void move(const char *from, const char *to)
{
	char full_from[128], full_to[128];

	name(full_from, sizeof(full_from), from);
	name(full_to, sizeof(full_to), to);
	CHECK_EQ(rename(full_from, full_to), 0);
}

static void delete (const char *file)
{
	char full[128];

	name(full, sizeof(full), file);
	unlink(full);
}

/* Rotated files are told apart by the time of their last change. */
static void set_age(const char *file, int seconds)
{
	const struct timespec at[2] = {{.tv_sec = 1000000000 - seconds}, {.tv_sec = 1000000000 - seconds}};
	char full[128];

	name(full, sizeof(full), file);
	CHECK_EQ(utimensat(AT_FDCWD, full, at, 0), 0);
}

static void look(void)
{
	CHECK_EQ(log_follower_look(follower, now_ns), 0);
}

static void begin(const char *position_path)
{
	CHECK_EQ(log_follower_open(path, position_path, &follower), 0);
	look();
}

static void end(void)
{
	static const char *const files[] = {"e.log", "e.log.1",    "e.log.2", "e-2026.log",
					    "e.err", "e-2.log.gz", "position"};

	follower = log_follower_close(follower);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		delete (files[i]);
}

/* All that can be read now, at most `step` bytes at a time. */
static void check_lines_by(size_t step, const char *wanted)
{
	char text[4096];
	size_t total = 0, length = 0;
	const char *data;
	int r;

	while ((r = log_follower_peek(follower, &data, &length)) > 0 && total < sizeof(text)) {
		length = MIN(MIN(length, step), sizeof(text) - total);
		memcpy(text + total, data, length);
		total += length;
		log_follower_advance(follower, length);
	}
	CHECK_EQ(r, 0);
	CHECK_BYTES(text, total, wanted);
}

static void check_lines(const char *wanted)
{
	check_lines_by(SIZE_MAX, wanted);
}

static void check_stats(uint64_t files_missed, uint64_t cuts, uint64_t lines_too_long)
{
	struct log_follower_stats stats;

	log_follower_get_stats(follower, &stats);
	CHECK_EQ(stats.files_missed, files_missed);
	CHECK_EQ(stats.cuts, cuts);
	CHECK_EQ(stats.lines_too_long, lines_too_long);
}

static void test_grows(void)
{
	begin(NULL);
	check_lines("");
	append("e.log", "one\ntw");
	look();
	check_lines("one\n");
	append("e.log", "o\n\nthree\n");
	check_lines("two\n\nthree\n");
	check_lines("");
	check_stats(0, 0, 0);
	end();
}

static void test_by_bytes(void)
{
	append("e.log", "one\ntwo\n");
	begin(NULL);
	check_lines_by(1, "one\ntwo\n");
	end();
}

/* The writer goes on with the old file for a while. */
static void test_rotation(void)
{
	append("e.log", "one\n");
	begin(NULL);
	check_lines("one\n");
	move("e.log", "e.log.1");
	look();
	append("e.log.1", "two\n");
	check_lines("two\n");
	append("e.log", "four\n");
	look();
	append("e.log.1", "three\n");
	check_lines("three\n");
	now_ns += LOG_FOLLOWER_GRACE_NS - 1;
	look();
	check_lines("");
	now_ns++;
	look();
	check_lines("four\n");
	check_stats(0, 0, 0);
	end();
}

/* The writer says that it will not: nothing is waited for. */
static void test_last_line(void)
{
	append("e.log", "one\n");
	begin(NULL);
	check_lines("one\n");
	log_follower_note_last_line(follower);
	check_lines("");
	CHECK(!log_follower_has_more(follower));
	move("e.log", "e.log.1");
	append("e.log", "two\n");
	look();
	CHECK(log_follower_has_more(follower));
	check_lines("two\n");
	CHECK(!log_follower_has_more(follower));
	/* of the next file it has not said so */
	move("e.log", "e.log.2");
	append("e.log", "four\n");
	look();
	append("e.log.2", "three\n");
	check_lines("three\n");
	check_stats(0, 0, 0);
	end();
}

static void test_unfinished_line(void)
{
	append("e.log", "one\ntwo");
	begin(NULL);
	check_lines("one\n");
	move("e.log", "e.log.1");
	append("e.log", "three\n");
	look();
	now_ns += LOG_FOLLOWER_GRACE_NS;
	look();
	check_lines_by(2, "two\nthree\n");
	end();
}

/* A reader that does nothing meanwhile; the files may even be deleted. */
static void test_many_rotations(void)
{
	char line[32], wanted[512] = "";

	begin(NULL);
	for (int i = 0; i < LOG_FOLLOWER_FILES; i++) {
		snprintf(line, sizeof(line), "%d\n", i);
		append("e.log", line);
		strncat(wanted, line, sizeof(wanted) - strlen(wanted) - 1);
		look();
		move("e.log", "e.log.1");
	}
	append("e.log", "waits\n");
	look();
	check_stats(0, 0, 0);
	move("e.log", "e.log.1"); /* still there under this name, but not looked for */
	append("e.log", "last\n");
	look();
	check_stats(1, 0, 0);
	now_ns += LOG_FOLLOWER_GRACE_NS;
	look();
	check_lines(wanted);
	look();
	now_ns += LOG_FOLLOWER_GRACE_NS;
	look();
	check_lines("last\n");
	check_stats(1, 0, 0);
	end();
}

static void test_cut(void)
{
	append("e.log", "one\ntwo\n");
	begin(NULL);
	check_lines("one\ntwo\n");
	CHECK_EQ(truncate(path, 0), 0);
	check_lines("");
	check_stats(0, 1, 0);
	append("e.log", "x\n");
	check_lines("x\n");
	check_stats(0, 1, 0);
	end();
}

static void test_too_long_line(void)
{
	_cleanup_free_ char *line = malloc(LOG_FOLLOWER_LINE_MAX + 1);

	memset(line, 'x', LOG_FOLLOWER_LINE_MAX + 1);
	append("e.log", "one\n");
	append_bytes("e.log", line, LOG_FOLLOWER_LINE_MAX);
	append("e.log", "\ntwo\n");
	begin(NULL);
	check_lines("one\ntwo\n");
	check_stats(0, 0, 1);
	end();
}

static void test_longest_line(void)
{
	_cleanup_free_ char *line = malloc(LOG_FOLLOWER_LINE_MAX);
	const char *data;
	size_t length;

	memset(line, 'x', LOG_FOLLOWER_LINE_MAX);
	line[LOG_FOLLOWER_LINE_MAX - 1] = '\n';
	append("e.log", "one\n");
	append_bytes("e.log", line, LOG_FOLLOWER_LINE_MAX);
	begin(NULL);
	CHECK_EQ(log_follower_peek(follower, &data, &length), 1);
	log_follower_advance(follower, length);
	CHECK_EQ(log_follower_peek(follower, &data, &length), 1);
	CHECK_EQ(length, LOG_FOLLOWER_LINE_MAX);
	check_stats(0, 0, 0);
	end();
}

static void reopen(void)
{
	CHECK_EQ(log_follower_save(follower), 0);
	log_follower_close(follower);
	begin(position);
}

static void test_position(void)
{
	append("e.log", "one\ntwo\nthr");
	begin(position);
	check_lines("one\ntwo\n");
	reopen();
	append("e.log", "ee\n");
	check_lines("three\n");
	check_stats(0, 0, 0);
	end();
}

/* A line of which a part was written comes again, whole. */
static void test_position_in_line(void)
{
	const char *data;
	size_t length;

	append("e.log", "one\ntwo\n");
	begin(position);
	CHECK_EQ(log_follower_peek(follower, &data, &length), 1);
	log_follower_advance(follower, 3);
	log_follower_advance(follower, 2);
	reopen();
	check_lines("two\n");
	end();
}

static void test_position_rotated(void)
{
	append("e.log", "one\ntwo\n");
	begin(position);
	check_lines("one\ntwo\n");
	append("e.log", "three\n");
	CHECK_EQ(log_follower_save(follower), 0);
	log_follower_close(follower);
	move("e.log", "e.log.2");
	append("e-2026.log", "four\n");
	append("e.log", "five\n");
	append("e.err", "no log\n");
	append("e-2.log.gz", "compressed\n");
	append("e.log.1", "older\n");
	set_age("e.log.1", 30);
	set_age("e.log.2", 20);
	set_age("e-2026.log", 10);
	begin(position);
	now_ns += LOG_FOLLOWER_GRACE_NS;
	look();
	check_lines("three\nfour\nfive\n");
	check_stats(0, 0, 0);
	end();
}

static void test_position_gone(void)
{
	append("e.log", "one\n");
	begin(position);
	check_lines("one\n");
	CHECK_EQ(log_follower_save(follower), 0);
	log_follower_close(follower);
	delete ("e.log");
	append("e.log", "two\n");
	begin(position);
	check_lines("two\n");
	check_stats(1, 0, 0);
	end();
}

/* Away for more rotations than there are files kept: those that are there are all newer. */
static void test_position_gone_with_its_file(void)
{
	append("e.log", "one\n");
	begin(position);
	check_lines("one\n");
	CHECK_EQ(log_follower_save(follower), 0);
	log_follower_close(follower);
	move("e.log", "e.err"); /* keeps its inode from the next one */
	append("e.log.2", "three\n");
	append("e.log.1", "four\n");
	append("e.log", "five\n");
	set_age("e.log.2", 20);
	set_age("e.log.1", 10);
	begin(position);
	now_ns += LOG_FOLLOWER_GRACE_NS;
	look();
	check_lines("three\nfour\nfive\n");
	check_stats(1, 0, 0);
	end();
}

/* Rotated, the agent's log gets the time before its last dot. */
static void test_name_with_dots(void)
{
	char log[256], rotated[256];

	name(log, sizeof(log), "e.n1.log");
	name(rotated, sizeof(rotated), "e.n1-2026.log");
	append("e.n1.log", "one\n");
	CHECK_EQ(log_follower_open(log, position, &follower), 0);
	look();
	check_lines("one\n");
	append("e.n1.log", "two\n");
	CHECK_EQ(log_follower_save(follower), 0);
	log_follower_close(follower);
	move("e.n1.log", "e.n1-2026.log");
	append("e.n1.log", "three\n");
	CHECK_EQ(log_follower_open(log, position, &follower), 0);
	look();
	now_ns += LOG_FOLLOWER_GRACE_NS;
	look();
	check_lines("two\nthree\n");
	check_stats(0, 0, 0);
	CHECK_EQ(unlink(log), 0);
	CHECK_EQ(unlink(rotated), 0);
	end();
}

/* The same inode, but other contents. */
static void test_position_of_another(void)
{
	append("e.log", "one\n");
	begin(position);
	check_lines("one\n");
	CHECK_EQ(log_follower_save(follower), 0);
	log_follower_close(follower);
	CHECK_EQ(truncate(path, 0), 0);
	append("e.log", "two\nthree\n");
	begin(position);
	check_lines("two\nthree\n");
	check_stats(1, 0, 0);
	end();
}

static void test_broken_position(void)
{
	append("e.log", "one\n");
	append("position", "1 2 3");
	begin(position);
	check_lines("one\n");
	check_stats(1, 0, 0);
	end();
}

static void test_no_file(void)
{
	CHECK_EQ(log_follower_open(folder, NULL, &follower), 0);
	CHECK_EQ(log_follower_look(follower, now_ns), -EINVAL);
	end();
	CHECK_EQ(log_follower_open(path, folder, &follower), -EISDIR);
}

int main(void)
{
	snprintf(folder, sizeof(folder), "/tmp/trigon-follower-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	name(path, sizeof(path), "e.log");
	name(position, sizeof(position), "position");
	now_ns = 100 * CLOCK_NS_PER_SECOND;
	RUN(test_grows);
	RUN(test_by_bytes);
	RUN(test_rotation);
	RUN(test_last_line);
	RUN(test_unfinished_line);
	RUN(test_many_rotations);
	RUN(test_cut);
	RUN(test_too_long_line);
	RUN(test_longest_line);
	RUN(test_position);
	RUN(test_position_in_line);
	RUN(test_position_rotated);
	RUN(test_position_gone);
	RUN(test_position_gone_with_its_file);
	RUN(test_name_with_dots);
	RUN(test_position_of_another);
	RUN(test_broken_position);
	RUN(test_no_file);
	rmdir(folder);
	return test_end();
}
