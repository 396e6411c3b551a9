// SPDX-License-Identifier: Apache-2.0
/* --config-dir as Kubernetes mounts it, and what is said when something is wrong with it. */
#include "io/config/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../unit/test.h"
#include "folder.h"

static char folder[] = "/tmp/trigon-options-XXXXXX";

struct values {
	bool is_on;
	char *name;
	uint32_t count;
	struct option_list list;
	char *config_dir;
};

/* clang-format off */
static const struct option_row rows[] = {
	{.name = "on", .kind = OPTION_BOOL, .offset = offsetof(struct values, is_on)},
	{.name = "name", .kind = OPTION_STRING, .offset = offsetof(struct values, name), .default_text = "joe"},
	{.name = "count", .kind = OPTION_U32, .offset = offsetof(struct values, count), .maximum = 100},
	{.name = "list", .kind = OPTION_LIST, .offset = offsetof(struct values, list), .default_text = "x"},
	{.name = "config-dir", .kind = OPTION_STRING, .offset = offsetof(struct values, config_dir)},
};
/* clang-format on */

static const struct option_table table = {.command = "trigon test", .rows = rows, .count = ARRAY_SIZE(rows)};

static struct values values;
static char said[2048]; /* on standard error, by the last read_options() */

static int read_options_from(char *directory, char *argument)
{
	char *arguments[] = {(char[]){"test"}, (char[]){"--config-dir"}, directory, argument};
	int saved = dup(STDERR_FILENO), fd = memfd_create("stderr", MFD_CLOEXEC), r;
	ssize_t length;

	option_table_clear(&table, &values);
	dup2(fd, STDERR_FILENO);
	r = options_read(&table, argument ? 4 : 3, arguments, &values);
	dup2(saved, STDERR_FILENO);
	length = pread(fd, said, sizeof(said) - 1, 0);
	said[length < 0 ? 0 : length] = '\0';
	close(saved);
	close(fd);
	return r;
}

static int read_options(const char *argument)
{
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", argument ? argument : "");
	return read_options_from(folder, argument ? copy : NULL);
}

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void make(const char *name, const char *content, size_t length)
{
	_cleanup_close_ int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(write(fd, content, length) == (ssize_t)length);
}

static void make_text(const char *name, const char *content)
{
	make(name, content, strlen(content));
}

static void test_mounted_config_map(void)
{
	CHECK(mkdir(in_folder("..2024"), 0700) == 0);
	make_text("..2024/on", "true\n");
	make_text("..2024/name", "two lines\nof text\n\n");
	make_text("..2024/list", "a,b");
	CHECK(symlink("..2024", in_folder("..data")) == 0);
	CHECK(symlink("..data/on", in_folder("on")) == 0);
	CHECK(symlink("..data/name", in_folder("name")) == 0);
	CHECK(symlink("..data/list", in_folder("list")) == 0);
	CHECK_EQ(read_options(NULL), 0);
	CHECK(values.is_on);
	CHECK_STR(values.name, "two lines\nof text\n"); /* one newline is trimmed */
	CHECK_EQ(values.list.count, 2);
	CHECK_EQ(values.count, 0);
	CHECK_STR(said, "");
}

static void test_command_line_wins(void)
{
	CHECK_EQ(read_options("--on=false"), 0);
	CHECK(!values.is_on);
	CHECK_EQ(read_options("--list=c"), 0);
	CHECK_EQ(values.list.count, 1);
	CHECK_STR(values.list.items[0], "c");
	CHECK_EQ(read_options("--name="), 0);
	CHECK_STR(values.name, "");
}

/* One file more at a time, and what is said of it. */
static void test_errors(void)
{
	static char large[OPTIONS_CONFIG_FILE_MAX + 1];
	static const struct {
		const char *name, *content, *message; /* after "trigon test: DIR/" */
	} cases[] = {
		{"count", "101\n", "count: \"101\" is not valid; it takes a number from 0 to 100"},
		{"count", "", "count: \"\" is not valid; it takes a number from 0 to 100"},
		{"count", "5\n\n", "count: \"5?\" is not valid; it takes a number from 0 to 100"},
		{"cuont", "5", "cuont: there is no flag --cuont; did you mean count? rename or remove the file"},
		{"zzz", "5", "zzz: there is no flag --zzz; remove the file"},
		{"config-dir", "/", "config-dir: --config-dir works on the command line only; remove it"},
	};
	char wanted[512];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		make_text(cases[i].name, cases[i].content);
		CHECK_EQ(read_options(NULL), -EINVAL);
		snprintf(wanted, sizeof(wanted), "trigon test: %s/%s\nTry 'trigon test --help'.\n", folder,
			 cases[i].message);
		CHECK_STR(said, wanted);
		CHECK(unlink(in_folder(cases[i].name)) == 0);
	}
	memset(large, 'x', sizeof(large));
	make("count", large, sizeof(large));
	CHECK_EQ(read_options(NULL), -EINVAL);
	CHECK(strstr(said, "/count: larger than 64 KiB"));
	CHECK_EQ(read_options("--count=1"), 0); /* not even read */
	CHECK(unlink(in_folder("count")) == 0);
	CHECK(mkfifo(in_folder("count"), 0600) == 0);
	CHECK_EQ(read_options(NULL), -EINVAL); /* does not hang */
	CHECK(strstr(said, "/count: not a regular file"));
	CHECK(unlink(in_folder("count")) == 0);
	CHECK(symlink("nowhere", in_folder("count")) == 0);
	CHECK_EQ(read_options(NULL), -EINVAL);
	CHECK(strstr(said, "/count: No such file or directory"));
	CHECK(unlink(in_folder("count")) == 0);
	CHECK_EQ(read_options(NULL), 0);
}

static void test_largest_file(void)
{
	static char large[OPTIONS_CONFIG_FILE_MAX];

	memset(large, 'x', sizeof(large));
	CHECK(unlink(in_folder("name")) == 0);
	make("name", large, sizeof(large));
	CHECK_EQ(read_options(NULL), 0);
	CHECK_EQ(strlen(values.name), sizeof(large));
}

static void test_missing_directory(void)
{
	CHECK_EQ(read_options_from((char[]){"/nonexistent"}, NULL), -EINVAL);
	CHECK(strstr(said, "trigon test: --config-dir: /nonexistent: No such file or directory; "));
	CHECK_EQ(options_exit_code(-EINVAL), 2);
	CHECK_EQ(options_exit_code(-ENOMEM), 1);
	CHECK_EQ(options_exit_code(OPTIONS_HELP_SHOWN), 0);
}

int main(void)
{
	if (!mkdtemp(folder))
		return 1;
	RUN(test_mounted_config_map);
	RUN(test_command_line_wins);
	RUN(test_errors);
	RUN(test_largest_file);
	RUN(test_missing_directory);
	option_table_clear(&table, &values);
	folder_remove(folder);
	return test_end();
}
