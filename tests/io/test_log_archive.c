// SPDX-License-Identifier: Apache-2.0
/* Rotated files: their names, which of them stay, and gzip of those. */
#include "io/sink/log_archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include "../unit/test.h"
#include "base/clock.h"
#include "base/util.h"

#define NOON_NS (1764331200ULL * CLOCK_NS_PER_SECOND) /* 2025-11-28T12:00:00Z */
#define WAIT_MS 5000

static char folder[] = "/tmp/trigon-archive-XXXXXX";

static void write_file(const char *name, const char *text)
{
	_cleanup_fclose_ FILE *file = fopen(name, "we");

	CHECK(file);
	if (file)
		fputs(text, file);
}

static bool is_there(const char *name)
{
	return access(name, F_OK) == 0;
}

/* The thread has done it within a while. */
static bool becomes(bool (*is_so)(const char *name), const char *name, bool wanted)
{
	for (int i = 0; i < WAIT_MS; i++) {
		if (is_so(name) == wanted)
			return true;
		usleep(1000);
	}
	return false;
}

static struct log_archive *archive_open(const char *path, uint32_t max_backups, bool compress)
{
	const struct log_archive_options options = {.path = path, .max_backups = max_backups, .compress = compress};
	struct log_archive *archive = NULL;

	CHECK_EQ(log_archive_open(&options, &archive), 0);
	return archive;
}

static void clear_folder(void)
{
	DIR *directory = opendir(".");
	const struct dirent *entry;

	while ((entry = readdir(directory)))
		unlink(entry->d_name);
	closedir(directory);
}

static void test_names(void)
{
	struct log_archive *archive = archive_open("names.tar.log", 0, false);

	write_file("names.tar.log", "1\n");
	CHECK_EQ(log_archive_rotate(archive, NOON_NS + 7 * CLOCK_NS_PER_MS), 0);
	CHECK(is_there("names.tar-2025-11-28T12-00-00.007.log"));
	CHECK(!is_there("names.tar.log"));
	/* the same millisecond again */
	write_file("names.tar.log", "2\n");
	CHECK_EQ(log_archive_rotate(archive, NOON_NS + 7 * CLOCK_NS_PER_MS), 0);
	CHECK(is_there("names.tar-2025-11-28T12-00-00.008.log"));
	CHECK_EQ(log_archive_rotate(archive, NOON_NS), -ENOENT);
	log_archive_close(archive);

	archive = archive_open("plain", 0, false);
	write_file("plain", "1\n");
	CHECK_EQ(log_archive_rotate(archive, NOON_NS), 0);
	CHECK(is_there("plain-2025-11-28T12-00-00.000"));
	log_archive_close(archive);
	clear_folder();
}

static void test_oldest_go(void)
{
	static const char *const others[] = {"a.log",
					     "a-b.log",
					     "a-2025-11-28T12-00-0x.000.log",
					     "b-2025-11-28T12-00-00.000.log",
					     "a-2025-11-28T12-00-00.000.log.bz2",
					     "a-2025-11-28T12-00-00.000.txt"};
	struct log_archive *archive;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		write_file(others[i], "other\n");
	write_file("a-2020-01-01T00-00-00.000.log.gz", "old\n");
	write_file("a-2021-01-01T00-00-00.000.log", "old\n");
	archive = archive_open("a.log", 2, false);
	CHECK_EQ(log_archive_rotate(archive, NOON_NS), 0);
	CHECK(becomes(is_there, "a-2020-01-01T00-00-00.000.log.gz", false));
	CHECK(is_there("a-2021-01-01T00-00-00.000.log"));
	write_file("a.log", "1\n");
	CHECK_EQ(log_archive_rotate(archive, NOON_NS + CLOCK_NS_PER_SECOND), 0);
	CHECK(becomes(is_there, "a-2021-01-01T00-00-00.000.log", false));
	log_archive_close(archive);
	CHECK(is_there("a-2025-11-28T12-00-00.000.log"));
	CHECK(is_there("a-2025-11-28T12-00-01.000.log"));
	for (size_t i = 1; i < ARRAY_SIZE(others); i++)
		CHECK(is_there(others[i]));
	clear_folder();
}

static void test_compress(void)
{
	const char *name = "c-2025-11-28T12-00-00.000.log";
	struct log_archive_stats stats;
	struct log_archive *archive;
	char text[32] = "";
	struct stat status;
	gzFile file;

	write_file("c-2021-01-01T00-00-00.000.log", "left by another agent\n");
	write_file("c-2020-01-01T00-00-00.000.log.gz.part", "half");
	write_file("c.log", "line\n");
	CHECK_EQ(chmod("c.log", 0640), 0);
	archive = archive_open("c.log", 5, true);
	CHECK(becomes(is_there, "c-2021-01-01T00-00-00.000.log", false));
	CHECK(is_there("c-2021-01-01T00-00-00.000.log.gz"));
	CHECK(!is_there("c-2020-01-01T00-00-00.000.log.gz.part"));
	CHECK_EQ(log_archive_rotate(archive, NOON_NS), 0);
	CHECK(becomes(is_there, name, false));
	file = gzopen("c-2025-11-28T12-00-00.000.log.gz", "rb");
	CHECK(file);
	CHECK_EQ(gzread(file, text, sizeof(text) - 1), 5);
	CHECK_STR(text, "line\n");
	gzclose(file);
	CHECK_EQ(stat("c-2025-11-28T12-00-00.000.log.gz", &status), 0);
	CHECK_EQ(status.st_mode & 0777, 0640);
	log_archive_get_stats(archive, &stats);
	CHECK_EQ(stats.rotated, 1);
	CHECK_EQ(stats.failures, 0);
	log_archive_close(archive);
	clear_folder();
}

/* What cannot be compressed stays as it is. */
static void test_failure(void)
{
	struct log_archive_stats stats = {0};
	struct log_archive *archive;

	/* the name that is to be written is a directory */
	CHECK_EQ(mkdir("d-2025-11-28T12-00-00.000.log.gz", 0700), 0);
	write_file("d.log", "line\n");
	archive = archive_open("d.log", 5, true);
	CHECK_EQ(log_archive_rotate(archive, NOON_NS), 0);
	for (int i = 0; i < WAIT_MS && stats.failures == 0; i++) {
		usleep(1000);
		log_archive_get_stats(archive, &stats);
	}
	CHECK(stats.failures > 0);
	CHECK(is_there("d-2025-11-28T12-00-00.000.log.gz"));
	log_archive_close(archive);
	CHECK(is_there("d-2025-11-28T12-00-00.000.log"));
	CHECK(!is_there("d-2025-11-28T12-00-00.000.log.gz.part"));
	rmdir("d-2025-11-28T12-00-00.000.log.gz");
	clear_folder();
}

static void test_find(void)
{
	static const char *const files[] = {
		"f.log",
		"f-2025-11-28T12-00-00.002.log",
		"f-2025-11-28T12-00-00.002.log.gz", /* not complete yet, or the other about to go */
		"f-2025-11-28T12-00-00.001.log.gz",
		"f-2025-11-28T12-00-00.003.log",
		"f-2025-11-28T12-00-00.004.log.gz.part",
		"g-2025-11-28T12-00-00.001.log",
		"f-x.log",
	};
	struct log_archive_names names = {0};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		write_file(files[i], "");
	CHECK_EQ(log_archive_find("f.log", &names), 0);
	CHECK_EQ(names.count, 3);
	if (names.count == 3) {
		CHECK_STR(names.items[0], "./f-2025-11-28T12-00-00.001.log.gz");
		CHECK_STR(names.items[1], "./f-2025-11-28T12-00-00.002.log");
		CHECK_STR(names.items[2], "./f-2025-11-28T12-00-00.003.log");
	}
	log_archive_names_done(&names);
	CHECK(is_there(files[5])); /* left to the agent that writes it */
	CHECK_EQ(log_archive_find("absent/f.log", &names), -ENOENT);
	CHECK_EQ(names.count, 0);
	clear_folder();
}

int main(void)
{
	CHECK(mkdtemp(folder));
	CHECK_EQ(chdir(folder), 0);
	RUN(test_names);
	RUN(test_oldest_go);
	RUN(test_compress);
	RUN(test_failure);
	RUN(test_find);
	CHECK_EQ(chdir("/"), 0);
	rmdir(folder);
	return test_end();
}
