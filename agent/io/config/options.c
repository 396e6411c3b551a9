// SPDX-License-Identifier: Apache-2.0
#include "io/config/options.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "core/config/option_help.h"
#include "core/config/option_parse.h"
#include "io/file/read_file.h"

#define OPTIONS_HELP_MAX 32768

struct options_directory {
	const struct option_table *table;
	const char *path;
	int fd;         /* of the directory, borrowed */
	uint64_t given; /* rows that the command line has set */
	void *base;
	char *text; /* OPTIONS_CONFIG_FILE_MAX + 1 bytes for a file */
	struct option_error *error;
};

static inline void options_closedirp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* What is wrong with a file of the directory, after "DIR/FILE: ". */
static int options_file_error(const struct options_directory *directory, const char *name, const char *problem)
{
	return option_error_set(directory->error, "%s/%s: %s", directory->path, name, problem);
}

static int options_file_unknown(const struct options_directory *directory, const char *name)
{
	const char *near = option_table_suggest(directory->table, name, strlen(name));

	if (near)
		return option_error_set(directory->error,
					"%s/%s: there is no flag --%s; did you mean %s? rename or remove the file",
					directory->path, name, name, near);
	return option_error_set(directory->error, "%s/%s: there is no flag --%s; remove the file", directory->path,
				name, name);
}

/* Reads one file into `directory->text`. */
static int options_read_file(const struct options_directory *directory, const char *name, size_t *ret_length)
{
	/* O_NONBLOCK: a FIFO must not hold up the start. */
	_cleanup_close_ int fd = openat(directory->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	ssize_t length;

	if (fd < 0 || fstat(fd, &status) < 0)
		return options_file_error(directory, name, strerror(errno));
	if (!S_ISREG(status.st_mode))
		return options_file_error(directory, name, "not a regular file; --config-dir holds one file per flag");
	length = read_file(fd, directory->text, OPTIONS_CONFIG_FILE_MAX + 1);
	if (length < 0)
		return options_file_error(directory, name, strerror((int)-length));
	if (length > OPTIONS_CONFIG_FILE_MAX)
		return options_file_error(directory, name, "larger than 64 KiB; a value is never that long");
	if (length > 0 && directory->text[length - 1] == '\n')
		length--;
	*ret_length = (size_t)length;
	return 0;
}

static int options_apply_file(const struct options_directory *directory, const char *name)
{
	const struct option_row *row = option_table_find(directory->table, name, strlen(name));
	char source[PATH_MAX];
	size_t length = 0;
	int r;

	if (!row)
		return options_file_unknown(directory, name);
	if (strcmp(name, OPTIONS_CONFIG_DIR_ROW) == 0)
		return options_file_error(directory, name, "--config-dir works on the command line only; remove it");
	if (directory->given & (1ULL << (row - directory->table->rows)))
		return 0;
	r = options_read_file(directory, name, &length);
	if (r < 0)
		return r;
	snprintf(source, sizeof(source), "%s/%s", directory->path, name);
	option_value_clear(row, directory->base);
	return option_value_set(row, directory->base, directory->text, length, source, directory->error);
}

static int options_apply_entries(const struct options_directory *directory, DIR *entries)
{
	const struct dirent *entry;
	int r;

	while ((entry = readdir(entries))) {
		if (strcmp(entry->d_name, ".") == 0 || strncmp(entry->d_name, "..", 2) == 0)
			continue;
		r = options_apply_file(directory, entry->d_name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int options_apply_directory(const struct option_table *table, const char *path, uint64_t given, void *base,
				   struct option_error *ret_error)
{
	_cleanup_free_ char *text = malloc(OPTIONS_CONFIG_FILE_MAX + 1);
	_cleanup_(options_closedirp) DIR *entries = opendir(path);
	struct options_directory directory = {
		.table = table, .path = path, .given = given, .base = base, .text = text, .error = ret_error};

	if (!entries)
		return option_error_set(ret_error, "--%s: %s: %s; mount the ConfigMap there or leave the flag out",
					OPTIONS_CONFIG_DIR_ROW, path, strerror(errno));
	if (!text)
		return -ENOMEM;
	directory.fd = dirfd(entries);
	return options_apply_entries(&directory, entries);
}

static int options_show_help(const struct option_table *table)
{
	_cleanup_(buffer_done) struct buffer text = {0};

	if (buffer_init(&text, OPTIONS_HELP_MAX) < 0)
		return -ENOMEM;
	option_help_append(table, &text);
	fwrite(text.data, 1, text.length, stdout); /* main() looks at what became of standard output */
	return OPTIONS_HELP_SHOWN;
}

/* The row --config-dir and the value it has, NULL when the table has no such row. */
static const char *options_config_dir(const struct option_table *table, const void *base)
{
	const struct option_row *row = option_table_find(table, OPTIONS_CONFIG_DIR_ROW, strlen(OPTIONS_CONFIG_DIR_ROW));

	if (!row)
		return NULL;
	return *(char *const *)(const void *)((const char *)base + row->offset);
}

static int options_apply(const struct option_table *table, int argc, char *const *argv, void *base,
			 struct option_error *ret_error)
{
	const char *path;
	uint64_t given;
	int r;

	r = option_table_set_defaults(table, base);
	if (r < 0)
		return r;
	r = option_parse(table, argc, argv, base, &given, ret_error);
	if (r == OPTION_PARSE_HELP)
		return options_show_help(table);
	if (r < 0)
		return r;
	path = options_config_dir(table, base);
	return path && *path ? options_apply_directory(table, path, given, base, ret_error) : 0;
}

int options_complain(const struct option_table *table, const struct option_error *error)
{
	fprintf(stderr, "%s: %s\nTry '%s --help'.\n", table->command, error->text, table->command);
	return -EINVAL;
}

int options_read(const struct option_table *table, int argc, char *const *argv, void *base)
{
	struct option_error error = {.text = "out of memory"};
	int r = options_apply(table, argc, argv, base, &error);

	if (r == -EINVAL)
		return options_complain(table, &error);
	if (r < 0)
		fprintf(stderr, "%s: %s\n", table->command, error.text);
	return r;
}

int options_exit_code(int result)
{
	return result == OPTIONS_HELP_SHOWN ? 0 : result == -EINVAL ? 2 : 1;
}
