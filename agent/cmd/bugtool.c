// SPDX-License-Identifier: Apache-2.0
/*
 * trigon bugtool: one archive with what a maintainer asks for first. Nothing of what runs on the machine is in it,
 * which may have secrets in its arguments, unless events are asked for; no file's content but of those that the agent
 * names.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/util.h"
#include "cmd/agent_query.h"
#include "cmd/bugtool_system.h"
#include "cmd/commands.h"
#include "io/bpf/features.h"
#include "io/config/options.h"
#include "io/file/read_file.h"
#include "io/file/tar_gz.h"
#include "io/server/server_address.h"

#define COMMAND "trigon bugtool"
#define FOLDER "trigon-bugtool/"
#define PART_MAX (16u << 20) /* bytes of a file in the archive: more is cut; memory that none has used is none */
#define POLICIES_MAX 64
#define POLICY_FILE_MAX (1u << 20)
#define CONFIG_FILES_MAX 128
#define CONFIG_FILE_MAX (64u << 10)
#define MESSAGES_MAX (256u << 10)
#define EVENTS_MAX 1000000

struct bugtool_options {
	char *server_address, *out;
	uint32_t with_events;
};

struct bugtool {
	const struct bugtool_options *options;
	struct tar_gz *tar;
	FILE *list;         /* where it says what it packs */
	struct buffer part; /* the file that is put together */
	json_t *status;     /* owned; NULL: no agent answers */
	json_t *policies;   /* the same */
	bool is_local;      /* the agent is on this machine, so its files are here */
	int error;          /* -errno of the first write that failed */
};

#define BUGTOOL_OPTION(member) .offset = offsetof(struct bugtool_options, member)

/* clang-format off */
static const struct option_row bugtool_rows[] = {
	{.group = "Options", .name = "out", .kind = OPTION_STRING, BUGTOOL_OPTION(out), .placeholder = "FILE",
	 .help = "The archive, which must not be there yet; - is standard output. Without it, trigon-bugtool-TIME.tar.gz in this "
		 "directory."},
	{.group = "Options", .name = "with-events", .kind = OPTION_U32, BUGTOOL_OPTION(with_events), .default_text = "0",
	 .placeholder = "COUNT", .maximum = EVENTS_MAX,
	 .help = "Add the last COUNT lines of the agent's log, 16 MiB at most. They have the arguments of processes, which may "
		 "be secrets: look at them before you send them."},
	{.group = "Options", .name = "server-address", .kind = OPTION_STRING, BUGTOOL_OPTION(server_address),
	 .default_text = SERVER_PATH_DEFAULT, .placeholder = "ADDRESS", .help = AGENT_QUERY_ADDRESS_HELP
	 "; then without the files of its machine"},
};
/* clang-format on */

static const struct option_table bugtool_table = {
	.command = COMMAND,
	.synopsis = "[OPTION...]",
	.summary = "Packs what a report of a bug should have into a .tar.gz, and prints what that is: versions, facts "
		   "about the kernel, the agent's options, state, policies, metrics and last messages. No tokens, no "
		   "environment and no arguments of processes are in it, unless --with-events is given; metrics name "
		   "pods and binaries. Without a running agent the rest is packed.",
	.rows = bugtool_rows,
	.count = ARRAY_SIZE(bugtool_rows),
};

/* --- files of the archive */

static void pack(struct bugtool *bugtool, const char *format, ...) PRINTF_LIKE(2, 3);

/* The part, under the name, and begins the next one. */
static void pack(struct bugtool *bugtool, const char *format, ...)
{
	char name[sizeof(FOLDER) + TAR_GZ_NAME_MAX] = FOLDER;
	va_list arguments;
	int r;

	va_start(arguments, format);
	vsnprintf(name + strlen(name), TAR_GZ_NAME_MAX + 1 - strlen(name), format, arguments);
	va_end(arguments);
	r = tar_gz_add(bugtool->tar, name, bugtool->part.data, bugtool->part.length);
	if (r < 0 && !bugtool->error)
		bugtool->error = r;
	fprintf(bugtool->list, "  %-48s %8zu bytes%s\n", name + strlen(FOLDER), bugtool->part.length,
		bugtool->part.is_full ? ", cut" : "");
	buffer_reset(&bugtool->part);
}

static void add_text(struct bugtool *bugtool, const char *format, ...) PRINTF_LIKE(2, 3);

static void add_text(struct bugtool *bugtool, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	buffer_append_cstring(&bugtool->part, text);
}

/* A regular file's last `size` bytes, or why there are none. Returns whether it was cut. */
static bool add_file(struct bugtool *bugtool, const char *path, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct buffer *part = &bugtool->part;
	struct stat status;
	ssize_t length;

	if (fd < 0 || fstat(fd, &status) < 0) {
		add_text(bugtool, "cannot be read: %s\n", strerror(errno));
		return false;
	}
	if (!S_ISREG(status.st_mode)) {
		add_text(bugtool, "%s is no regular file\n", path);
		return false;
	}
	size = MIN(size, buffer_room(part));
	if ((uint64_t)status.st_size > size && lseek(fd, status.st_size - (off_t)size, SEEK_SET) < 0)
		return false;
	length = read_file(fd, part->data + part->length, size);
	if (length > 0)
		part->length += (size_t)length;
	return (uint64_t)status.st_size > size;
}

/* --- the agent's answers */

static void pack_answer(struct bugtool *bugtool, const char *target, const char *name)
{
	size_t length;
	_cleanup_free_ char *text = agent_query_text(COMMAND, bugtool->options->server_address, target, &length);

	if (!text)
		return;
	buffer_append(&bugtool->part, text, length);
	pack(bugtool, "%s", name);
}

static void pack_policy(struct bugtool *bugtool, size_t index, const json_t *policy)
{
	const char *namespace = agent_query_string(policy, "namespace");
	char target[1024], name[64];

	snprintf(target, sizeof(target), "/v1/policies/%s%s%s", namespace, *namespace ? "/" : "",
		 agent_query_string(policy, "name"));
	snprintf(name, sizeof(name), "policies/%zu.json", index + 1);
	pack_answer(bugtool, target, name);
}

static bool is_policy_file(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0);
}

static void pack_policy_file(struct bugtool *bugtool, size_t index, const char *path)
{
	_cleanup_free_ char *found = is_policy_file(path) ? agent_query_path(bugtool->status, path) : NULL;

	if (!found)
		return;
	add_file(bugtool, found, POLICY_FILE_MAX);
	pack(bugtool, "policies/%zu-%.60s", index + 1, strrchr(found, '/') + 1);
}

static void pack_policies(struct bugtool *bugtool)
{
	for (size_t i = 0; i < MIN(json_array_size(bugtool->policies), (size_t)POLICIES_MAX); i++) {
		const json_t *policy = json_array_get(bugtool->policies, i);

		pack_policy(bugtool, i, policy);
		if (bugtool->is_local)
			pack_policy_file(bugtool, i, agent_query_string(policy, "file"));
	}
}

/* --- the agent's files */

static json_int_t pid_of(const struct bugtool *bugtool)
{
	return json_integer_value(json_object_get(bugtool->status, "pid"));
}

/* As it was started, a word on each line; NULL: the pid is none of an agent here. *ret_length has the NULs. */
static char *read_command_line(const struct bugtool *bugtool, size_t *ret_length)
{
	_cleanup_free_ char *text = calloc(1, CONFIG_FILE_MAX + 2);
	_cleanup_close_ int fd = -1;
	char path[64];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%" JSON_INTEGER_FORMAT "/cmdline", pid_of(bugtool));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 || !text ? -1 : read_file(fd, text, CONFIG_FILE_MAX);
	if (length <= 0 || strcmp(text + strlen(text) + 1, "agent") != 0)
		return NULL;
	*ret_length = (size_t)length;
	return TAKE_PTR(text);
}

/* The value of "--config-dir", behind a "=" or in the next word; NULL: it is not among them. */
static const char *find_config_dir(const char *words, size_t length)
{
	static const char option[] = "--config-dir";

	for (const char *word = words; word < words + length; word += strlen(word) + 1) {
		if (strncmp(word, option, strlen(option)) != 0)
			continue;
		if (word[strlen(option)] == '=')
			return word + strlen(option) + 1;
		if (word[strlen(option)] == '\0' && word + sizeof(option) < words + length)
			return word + sizeof(option);
	}
	return NULL;
}

static void add_config_dir(struct bugtool *bugtool, const char *path)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		char file[PATH_MAX];

		if (i < CONFIG_FILES_MAX && entries[i]->d_name[0] != '.') {
			snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
			add_text(bugtool, "%s: ", file);
			add_file(bugtool, file, CONFIG_FILE_MAX);
			add_text(bugtool, "\n");
		}
		free(entries[i]);
	}
	free(entries);
}

static void pack_options(struct bugtool *bugtool)
{
	size_t length = 0;
	_cleanup_free_ char *words = read_command_line(bugtool, &length);
	const char *directory;

	if (!words) {
		add_text(bugtool, "process %" JSON_INTEGER_FORMAT " is no agent here\n", pid_of(bugtool));
		pack(bugtool, "options.txt");
		return;
	}
	for (const char *word = words; word < words + length; word += strlen(word) + 1)
		add_text(bugtool, "%s\n", word);
	directory = find_config_dir(words, length);
	if (directory && *directory == '/')
		add_config_dir(bugtool, directory);
	pack(bugtool, "options.txt");
}

/* A message, and no event, which may be in the same file (--print). */
static bool is_message(const char *line)
{
	static const char *const begins[] = {"time=", "{\"time\":", "trigon agent:"};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (strncmp(line, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

/* Whole lines. */
static void keep_last_bytes(struct buffer *part, size_t size)
{
	const char *begin;
	size_t length;

	if (part->length <= size)
		return;
	begin = memchr(part->data + part->length - size, '\n', size);
	length = begin ? (size_t)(part->data + part->length - begin) - 1 : 0;
	if (length)
		memmove(part->data, begin + 1, length);
	buffer_truncate(part, length);
}

/* Takes lines out of the part that are no messages, and a first one that was cut; then all but the last ones. */
static void keep_messages(struct buffer *part, bool is_cut)
{
	char *end = part->data + part->length, *to = part->data, *newline;

	for (char *line = part->data; line < end; line = newline + 1) {
		newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline)
			break;
		*newline = '\0';
		if (is_message(line) && !(is_cut && line == part->data)) {
			memmove(to, line, (size_t)(newline - line));
			to += newline - line;
			*to++ = '\n';
		}
	}
	buffer_truncate(part, (size_t)(to - part->data));
	keep_last_bytes(part, MESSAGES_MAX);
}

/* What is on its standard error, if that is a file. */
static void pack_messages(struct bugtool *bugtool)
{
	char path[64], target[PATH_MAX];
	struct stat status;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%" JSON_INTEGER_FORMAT "/fd/2", pid_of(bugtool));
	length = readlink(path, target, sizeof(target) - 1);
	target[MAX(length, 0)] = '\0';
	if (stat(path, &status) == 0 && S_ISREG(status.st_mode))
		keep_messages(&bugtool->part, add_file(bugtool, path, PART_MAX));
	else
		add_text(bugtool, "they go to %s: add them by hand (journalctl -u trigon, kubectl logs)\n",
			 length > 0 ? target : "where this cannot see them");
	pack(bugtool, "messages.txt");
}

/* The last lines of the part. */
static void keep_last_lines(struct buffer *part, uint32_t count, bool is_cut)
{
	const char *begin = part->data, *at = part->data + part->length;
	size_t length;

	if (part->length && at[-1] == '\n')
		at--;
	while (count > 0 && (at = memrchr(begin, '\n', (size_t)(at - begin))))
		count--;
	if (!at && is_cut) /* the first one is not whole */
		at = memchr(begin, '\n', part->length);
	if (!at)
		return;
	length = (size_t)(begin + part->length - at) - 1;
	memmove(part->data, at + 1, length);
	buffer_truncate(part, length);
}

static void pack_events(struct bugtool *bugtool)
{
	_cleanup_free_ char *path = NULL;
	uint32_t count = bugtool->options->with_events;

	if (!count)
		return;
	path = agent_query_log_path(bugtool->status);
	if (path)
		keep_last_lines(&bugtool->part, count, add_file(bugtool, path, PART_MAX));
	else
		add_text(bugtool, "the agent writes no log file\n");
	pack(bugtool, "events.json");
}

/* --- all of it */

static void pack_version(struct bugtool *bugtool)
{
	add_text(bugtool, "version %s\ncommit  %s\n", TRIGON_VERSION, version_commit());
	pack(bugtool, "version.txt");
}

static void pack_all(struct bugtool *bugtool)
{
	pack_version(bugtool);
	bugtool_add_system(&bugtool->part);
	pack(bugtool, "system.txt");
	bugtool_add_kernel_config(&bugtool->part);
	pack(bugtool, "kernel-config.txt");
	if (!bugtool->status)
		return;
	pack_answer(bugtool, "/v1/status", "status.json");
	pack_answer(bugtool, "/metrics", "metrics.txt");
	pack_answer(bugtool, "/v1/policies", "policies.json");
	pack_policies(bugtool);
	if (!bugtool->is_local)
		return;
	pack_options(bugtool);
	pack_messages(bugtool);
	pack_events(bugtool);
}

/* The fd, or -errno, said. */
static int open_archive(const char *path, uint64_t now_s, char *ret_path, size_t size)
{
	time_t seconds = (time_t)now_s;
	struct tm utc;
	int fd;

	if (path)
		snprintf(ret_path, size, "%s", path);
	else if (gmtime_r(&seconds, &utc))
		strftime(ret_path, size, "trigon-bugtool-%Y%m%dT%H%M%SZ.tar.gz", &utc);
	fd = path && strcmp(path, "-") == 0 ? dup(STDOUT_FILENO)
					    : open(ret_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	fd = -errno;
	fprintf(stderr, COMMAND ": cannot make %s: %s%s\n", ret_path, strerror(-fd),
		fd == -EEXIST ? "; give another --out" : "");
	return fd;
}

static void ask(struct bugtool *bugtool)
{
	const char *address = bugtool->options->server_address;
	struct server_address parsed;

	bugtool->is_local = server_address_parse(address, &parsed) == 0 && parsed.is_path;
	bugtool->status = agent_query(COMMAND, address, "/v1/status");
	if (bugtool->status)
		bugtool->policies = agent_query(COMMAND, address, "/v1/policies");
	else
		fprintf(stderr, COMMAND ": packing the rest\n");
}

static int bugtool_write(struct bugtool *bugtool)
{
	const char *out = bugtool->options->out;
	uint64_t now_s = clock_realtime_ns() / CLOCK_NS_PER_SECOND;
	char path[PATH_MAX];
	int fd = open_archive(out, now_s, path, sizeof(path)), r, closed;

	if (fd < 0)
		return fd;
	r = tar_gz_open(fd, now_s, &bugtool->tar);
	if (r == 0)
		r = buffer_init(&bugtool->part, PART_MAX);
	if (r == 0) {
		fprintf(bugtool->list, "%s has, below %s\n", path, FOLDER);
		pack_all(bugtool);
	}
	closed = tar_gz_close(bugtool->tar);
	r = r < 0 ? r : bugtool->error < 0 ? bugtool->error : closed;
	if (r < 0)
		fprintf(stderr, COMMAND ": cannot write %s: %s\n", path, strerror(-r));
	return r;
}

static int bugtool_run(const struct bugtool_options *options)
{
	bool is_stdout = options->out && strcmp(options->out, "-") == 0;
	struct bugtool bugtool = {.options = options, .list = is_stdout ? stderr : stdout};
	int r;

	features_init_libbpf();
	ask(&bugtool);
	r = bugtool_write(&bugtool);
	buffer_done(&bugtool.part);
	json_decref(bugtool.status);
	json_decref(bugtool.policies);
	return r < 0 ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

int cmd_bugtool(int argc, char **argv)
{
	struct bugtool_options options = {0};
	int r = options_read(&bugtool_table, argc, argv, &options);
	int code = r ? options_exit_code(r) : bugtool_run(&options);

	option_table_clear(&bugtool_table, &options);
	return code;
}
