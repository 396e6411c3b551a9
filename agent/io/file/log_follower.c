// SPDX-License-Identifier: Apache-2.0
#include "io/file/log_follower.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "io/file/log_position.h"

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) /* whatever is there, it must not hold us up */

struct log_file {
	int fd; /* owned */
	uint64_t device, inode;
	uint64_t modified_ns; /* when it was found at the start, for their order */
	uint64_t seen_ns;     /* when it was found at the path */
	uint64_t offset;      /* up to where it is in the buffer, or was */
	bool has_last_line;   /* the writer has said so */
};

struct log_follower {
	char *path, *position_path;                /* owned; the second may be NULL */
	struct log_file files[LOG_FOLLOWER_FILES]; /* the first is read; the last is, or was, at the path */
	size_t count;
	uint64_t waiting_inode; /* at the path, while there was no room for it; 0: none */
	uint64_t now_ns;
	char *data; /* owned, LOG_FOLLOWER_LINE_MAX bytes */
	size_t start, end;
	size_t torn;      /* bytes of a line that were dealt with before its rest */
	bool is_skipping; /* in a line that is too long */
	bool has_newline; /* the last byte of the buffer is one that the file has not */
	struct log_position saved;
	struct log_follower_stats stats;
};

/* --- files */

static uint64_t modified_ns(const struct stat *status)
{
	return (uint64_t)status->st_mtim.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)status->st_mtim.tv_nsec;
}

/* Takes the fd, whatever it returns. */
static int add_file(struct log_follower *follower, int fd_taken, size_t index)
{
	_cleanup_close_ int fd = fd_taken;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	memmove(follower->files + index + 1, follower->files + index,
		(follower->count - index) * sizeof(follower->files[0]));
	follower->files[index] = (struct log_file){
		.fd = TAKE_FD(fd),
		.device = status.st_dev,
		.inode = status.st_ino,
		.modified_ns = modified_ns(&status),
		.seen_ns = follower->now_ns,
	};
	follower->count++;
	return 0;
}

static void next_file(struct log_follower *follower)
{
	close(follower->files[0].fd);
	follower->count--;
	memmove(follower->files, follower->files + 1, follower->count * sizeof(follower->files[0]));
	follower->start = follower->end = follower->torn = 0;
	follower->is_skipping = follower->has_newline = false;
}

/* A file that was at the path is lost if another one is there before it could be opened. */
static void note_waiting(struct log_follower *follower, uint64_t inode)
{
	if (follower->waiting_inode && follower->waiting_inode != inode)
		follower->stats.files_missed++;
	follower->waiting_inode = inode;
}

int log_follower_look(struct log_follower *follower, uint64_t now_ns)
{
	const struct log_file *last = follower->count ? &follower->files[follower->count - 1] : NULL;
	struct stat status;
	int fd, r;

	follower->now_ns = now_ns;
	if (stat(follower->path, &status) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (last && last->device == status.st_dev && last->inode == status.st_ino)
		return 0;
	note_waiting(follower, status.st_ino);
	if (follower->count == LOG_FOLLOWER_FILES)
		return 0;
	fd = open(follower->path, OPEN_FLAGS);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = add_file(follower, fd, follower->count);
	if (r == 0) {
		note_waiting(follower, follower->files[follower->count - 1].inode);
		follower->waiting_inode = 0;
	}
	return r;
}

/* --- lines */

/* The rest of a line that is too long, in what was read. */
static void skip_line(struct log_follower *follower)
{
	const char *newline = memchr(follower->data + follower->start, '\n', follower->end - follower->start);

	follower->start = newline ? (size_t)(newline - follower->data) + 1 : follower->end;
	follower->is_skipping = !newline;
}

/* What the file still has of a line that does not fit is left out. */
static void make_room(struct log_follower *follower)
{
	memmove(follower->data, follower->data + follower->start, follower->end - follower->start);
	follower->end -= follower->start;
	follower->start = 0;
	if (follower->end < LOG_FOLLOWER_LINE_MAX)
		return;
	follower->stats.lines_too_long++;
	follower->end = 0;
	follower->is_skipping = true;
}

/* Returns whether there is more to read, from the start. */
static bool was_cut(struct log_follower *follower)
{
	struct log_file *file = &follower->files[0];
	struct stat status;

	if (fstat(file->fd, &status) < 0 || (uint64_t)status.st_size >= file->offset)
		return false;
	follower->stats.cuts++;
	file->offset = 0;
	follower->start = follower->end = follower->torn = 0;
	follower->is_skipping = false;
	return status.st_size > 0;
}

/* Nobody writes into the file any more, and all of it was read. Returns whether there is something new to look at. */
static bool finish_file(struct log_follower *follower)
{
	if (follower->count < 2 || (!follower->files[0].has_last_line &&
				    follower->now_ns - follower->files[1].seen_ns < LOG_FOLLOWER_GRACE_NS))
		return false;
	if (follower->end > follower->start) {
		follower->data[follower->end++] = '\n';
		follower->has_newline = true;
	} else {
		next_file(follower);
	}
	return true;
}

/* 1: look again; 0: there is no more now; -errno. */
static int fill(struct log_follower *follower)
{
	struct log_file *file = &follower->files[0];
	ssize_t count;

	if (!follower->count)
		return 0;
	make_room(follower);
	do
		count = pread(file->fd, follower->data + follower->end, LOG_FOLLOWER_LINE_MAX - follower->end,
			      (off_t)file->offset);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return -errno;
	if (count == 0)
		return was_cut(follower) || finish_file(follower);
	file->offset += (uint64_t)count;
	follower->end += (size_t)count;
	if (follower->is_skipping)
		skip_line(follower);
	return 1;
}

int log_follower_peek(struct log_follower *follower, const char **ret_data, size_t *ret_length)
{
	for (;;) {
		const char *start = follower->data + follower->start;
		const char *newline = memrchr(start, '\n', follower->end - follower->start);
		int r;

		if (newline) {
			*ret_data = start;
			*ret_length = (size_t)(newline - start) + 1;
			return 1;
		}
		r = fill(follower);
		if (r <= 0)
			return r;
	}
}

void log_follower_advance(struct log_follower *follower, size_t length)
{
	const char *start = follower->data + follower->start;
	const char *newline = memrchr(start, '\n', length);

	follower->torn = newline ? length - (size_t)(newline - start) - 1 : follower->torn + length;
	follower->start += length;
	if (follower->start == follower->end && follower->has_newline)
		next_file(follower);
}

void log_follower_note_last_line(struct log_follower *follower)
{
	if (follower->count)
		follower->files[0].has_last_line = true;
}

bool log_follower_has_more(const struct log_follower *follower)
{
	return follower->count > 1;
}

/* --- the position */

int log_follower_save(struct log_follower *follower)
{
	const struct log_file *file = &follower->files[0];
	uint64_t pending = follower->end - follower->start - follower->has_newline + follower->torn;
	struct log_position position;
	int r;

	if (!follower->position_path || !follower->count || follower->is_skipping)
		return 0;
	r = log_position_get(file->fd, file->offset - pending, &position);
	if (r < 0 || memcmp(&position, &follower->saved, sizeof(position)) == 0)
		return r == -EBADMSG ? 0 : r; /* cut meanwhile */
	/* After a power cut, a file that is shorter than the position says would be copied anew. */
	r = fdatasync(file->fd) < 0 ? -errno : log_position_write(follower->position_path, &position);
	if (r == 0)
		follower->saved = position;
	return r;
}

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), end_length = strlen(end);

	return length > end_length && strcmp(name + length - end_length, end) == 0;
}

/*
 * What a rotation may have made of e.log: e.log.1, e-2026-01-02.log. Not what is compressed: its lines were read or are
 * lost.
 */
static bool is_rotated(const char *name, const char *log)
{
	const char *dot = strrchr(log, '.');
	size_t length = strlen(log), stem = dot ? (size_t)(dot - log) : length;
	bool has_suffix = strncmp(name, log, length) == 0 && name[length] == '.';
	bool has_infix = strncmp(name, log, stem) == 0 && name[stem] == '-' && ends_in(name, log + stem);

	return (has_suffix || has_infix) && !ends_in(name, ".gz") && !ends_in(name, ".xz") && !ends_in(name, ".zst");
}

/* Before the first that is younger. The oldest give way when there are too many, and are missed. */
static void add_in_order(struct log_follower *follower, int fd)
{
	struct stat status;
	size_t index = 0;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return;
	}
	while (index < follower->count && follower->files[index].modified_ns <= modified_ns(&status))
		index++;
	if (follower->count == LOG_FOLLOWER_FILES - 1) { /* one is left for the path */
		follower->stats.files_missed++;
		if (index == 0) {
			close(fd);
			return;
		}
		next_file(follower);
		index--;
	}
	add_file(follower, fd, index);
}

/* Of a file; the part of its path that is its name goes to *ret_name. */
static DIR *open_directory(const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char directory[PATH_MAX];

	*ret_name = slash ? slash + 1 : path;
	snprintf(directory, sizeof(directory), "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	return opendir(directory);
}

static void add_rotated(struct log_follower *follower)
{
	const char *log;
	DIR *stream = open_directory(follower->path, &log);
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		int fd = is_rotated(entry->d_name, log) ? openat(dirfd(stream), entry->d_name, OPEN_FLAGS) : -1;

		if (fd >= 0)
			add_in_order(follower, fd);
	}
	if (stream)
		closedir(stream);
}

/* How many are older than the one of the position; all, when it is not there any more. */
static size_t count_older(const struct log_follower *follower, const struct log_position *position)
{
	size_t count = 0;

	while (count < follower->count && !log_position_matches(position, follower->files[count].fd))
		count++;
	return count;
}

/* It was cut: what others are there are copies of what it had. */
static bool is_cut(int fd, const struct log_position *position)
{
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && status.st_ino == position->inode;
}

/*
 * The files from the one of the position on. When it is not there any more, it was the oldest, which rotation removes
 * first: the others are newer.
 */
static void resume(struct log_follower *follower, const struct log_position *position)
{
	int fd = open(follower->path, OPEN_FLAGS);
	bool is_at_path = fd >= 0 && log_position_matches(position, fd), was_cut = is_cut(fd, position);
	size_t older;

	if (is_at_path)
		add_in_order(follower, TAKE_FD(fd));
	else
		add_rotated(follower);
	util_closep(&fd);
	older = count_older(follower, position);
	if (older == follower->count)
		follower->stats.files_missed++;
	if (older == follower->count && !was_cut)
		return;
	while (older-- > 0)
		next_file(follower);
	if (follower->count)
		follower->files[0].offset = position->offset;
}

int log_follower_open(const char *path, const char *position_path, struct log_follower **ret)
{
	struct log_follower *follower = calloc(1, sizeof(*follower));
	struct log_position position;
	int r = 0;

	if (!follower)
		return -ENOMEM;
	follower->path = strdup(path);
	follower->position_path = position_path ? strdup(position_path) : NULL;
	follower->data = malloc(LOG_FOLLOWER_LINE_MAX + 1); /* and a newline that the file lacks */
	if (!follower->path || !follower->data || (position_path && !follower->position_path))
		r = -ENOMEM;
	else if (position_path)
		r = log_position_read(position_path, &position);
	if (r == 0 && position_path)
		resume(follower, &position);
	if (r == -EBADMSG)
		follower->stats.files_missed++;
	if (r < 0 && r != -ENOENT && r != -EBADMSG) {
		log_follower_close(follower);
		return r;
	}
	*ret = follower;
	return 0;
}

void log_follower_get_stats(const struct log_follower *follower, struct log_follower_stats *ret)
{
	*ret = follower->stats;
}

struct log_follower *log_follower_close(struct log_follower *follower)
{
	if (!follower)
		return NULL;
	for (size_t i = 0; i < follower->count; i++)
		close(follower->files[i].fd);
	free(follower->path);
	free(follower->position_path);
	free(follower->data);
	free(follower);
	return NULL;
}
