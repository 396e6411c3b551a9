// SPDX-License-Identifier: Apache-2.0
#include "io/sink/log_archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/util.h"

#define LOG_ARCHIVE_TIME "dddd-dd-ddTdd-dd-dd.ddd" /* d: a digit */
#define LOG_ARCHIVE_TIME_LENGTH (sizeof(LOG_ARCHIVE_TIME) - 1)
#define LOG_ARCHIVE_TRIES 100 /* names, a millisecond apart */
#define LOG_ARCHIVE_COMPRESSED ".gz"
#define LOG_ARCHIVE_UNFINISHED ".gz.part"
#define LOG_ARCHIVE_CHUNK (64 * 1024)
#define LOG_ARCHIVE_NICE 19

struct log_archive {
	int directory_fd;
	char *directory, *log; /* the log's path in two */
	size_t stem_length;    /* of `log`, without what comes behind the last dot */
	uint32_t max_backups;
	bool compress;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t wake;
	bool has_work;
	atomic_bool is_closing; /* also read without the lock */
	bool is_failing;        /* said, and not to be said again */
	struct log_archive_stats stats;
};

/* What is there for one rotation: "trigon-TIME.log", perhaps with ".gz" behind. */
struct log_archive_file {
	char *name;
	size_t length; /* without ".gz" */
	bool is_compressed;
};

struct log_archive_listing {
	struct log_archive_file *files; /* the newest first */
	size_t count;
};

/* --- names --------------------------------------------------------------------------------------------------- */

static const char *log_archive_extension(const struct log_archive *archive)
{
	return archive->log + archive->stem_length;
}

static int log_archive_make_name(const struct log_archive *archive, uint64_t wall_ns, char *ret, size_t size)
{
	time_t seconds = (time_t)(wall_ns / CLOCK_NS_PER_SECOND);
	struct tm utc;
	char text[32];
	int length;

	if (!gmtime_r(&seconds, &utc) || strftime(text, sizeof(text), "%Y-%m-%dT%H-%M-%S", &utc) == 0)
		return -EOVERFLOW;
	length = snprintf(ret, size, "%.*s-%s.%03d%s", (int)archive->stem_length, archive->log, text,
			  (int)(wall_ns / CLOCK_NS_PER_MS % 1000), log_archive_extension(archive));
	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

static bool log_archive_is_time(const char *text)
{
	for (const char *form = LOG_ARCHIVE_TIME; *form; form++, text++)
		if (*form == 'd' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	return true;
}

/* Whether `name` is a rotated file of this log: the length that it has without `suffix`, which it must end with; else
 * 0. */
static size_t log_archive_match(const struct log_archive *archive, const char *name, const char *suffix)
{
	const char *extension = log_archive_extension(archive);
	size_t length = archive->stem_length + 1 + LOG_ARCHIVE_TIME_LENGTH + strlen(extension);

	if (strlen(name) != length + strlen(suffix) || strcmp(name + length, suffix) != 0)
		return 0;
	if (strncmp(name, archive->log, archive->stem_length) != 0 || name[archive->stem_length] != '-')
		return 0;
	if (!log_archive_is_time(name + archive->stem_length + 1))
		return 0;
	return strncmp(name + length - strlen(extension), extension, strlen(extension)) == 0 ? length : 0;
}

/* --- the directory ------------------------------------------------------------------------------------------- */

static void log_archive_listing_done(struct log_archive_listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
		free(listing->files[i].name);
	free(listing->files);
}

/* The time in the name is of fixed width, so the order of names is that of time. */
static int log_archive_compare(const void *a, const void *b)
{
	const struct log_archive_file *one = a, *other = b;

	return strcmp(other->name, one->name);
}

static int log_archive_listing_add(struct log_archive_listing *listing, const char *name, size_t length)
{
	struct log_archive_file *file = &listing->files[listing->count];

	file->name = strdup(name);
	if (!file->name)
		return -ENOMEM;
	file->length = length;
	file->is_compressed = name[length] != '\0';
	listing->count++;
	return 0;
}

/* A file that an agent was compressing when it ended. */
static bool log_archive_is_unfinished(const struct log_archive *archive, const char *name)
{
	return log_archive_match(archive, name, LOG_ARCHIVE_UNFINISHED) > 0;
}

static void closedirp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

static int log_archive_list(const struct log_archive *archive, struct log_archive_listing *ret)
{
	int fd = openat(archive->directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_(closedirp) DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (!directory)
		return -errno;
	ret->files = calloc(LOG_ARCHIVE_FILES_MAX, sizeof(*ret->files));
	if (!ret->files)
		return -ENOMEM;
	while (r >= 0 && ret->count < LOG_ARCHIVE_FILES_MAX && (entry = readdir(directory))) {
		size_t length = log_archive_match(archive, entry->d_name, "");

		if (length == 0)
			length = log_archive_match(archive, entry->d_name, LOG_ARCHIVE_COMPRESSED);
		if (length > 0)
			r = log_archive_listing_add(ret, entry->d_name, length);
		else if (archive->has_thread && log_archive_is_unfinished(archive, entry->d_name))
			unlinkat(archive->directory_fd, entry->d_name, 0);
	}
	qsort(ret->files, ret->count, sizeof(*ret->files), log_archive_compare);
	return r;
}

/* --- compressing --------------------------------------------------------------------------------------------- */

static void gzclosep(gzFile *file)
{
	if (*file)
		gzclose(*file);
}

/* The target's mode is the source's. Takes `target_fd` over. */
static int log_archive_copy(struct log_archive *archive, int source_fd, int target_fd)
{
	_cleanup_(gzclosep) gzFile target = gzdopen(target_fd, "wb");
	_cleanup_free_ char *chunk = malloc(LOG_ARCHIVE_CHUNK);
	struct stat status;
	ssize_t n;

	if (!target) {
		close(target_fd);
		return -ENOMEM;
	}
	if (!chunk)
		return -ENOMEM;
	if (fstat(source_fd, &status) < 0 || fchmod(target_fd, status.st_mode & 0777) < 0)
		return -errno;
	while ((n = read(source_fd, chunk, LOG_ARCHIVE_CHUNK)) > 0) {
		if (archive->is_closing)
			return -ECANCELED;
		errno = EIO;
		if (gzwrite(target, chunk, (unsigned int)n) != n)
			return -errno;
	}
	if (n < 0)
		return -errno;
	errno = EIO;
	return gzclose(TAKE_PTR(target)) == Z_OK ? 0 : -errno;
}

static int log_archive_compress(struct log_archive *archive, const char *name)
{
	char unfinished[NAME_MAX + sizeof(LOG_ARCHIVE_UNFINISHED)],
		compressed[NAME_MAX + sizeof(LOG_ARCHIVE_COMPRESSED)];
	_cleanup_close_ int source_fd = openat(archive->directory_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int target_fd, r;

	if (source_fd < 0)
		return -errno;
	snprintf(unfinished, sizeof(unfinished), "%s" LOG_ARCHIVE_UNFINISHED, name);
	snprintf(compressed, sizeof(compressed), "%s" LOG_ARCHIVE_COMPRESSED, name);
	target_fd =
		openat(archive->directory_fd, unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (target_fd < 0)
		return -errno;
	r = log_archive_copy(archive, source_fd, target_fd);
	if (r >= 0 && renameat(archive->directory_fd, unfinished, archive->directory_fd, compressed) < 0)
		r = -errno;
	if (r < 0)
		unlinkat(archive->directory_fd, unfinished, 0);
	else if (unlinkat(archive->directory_fd, name, 0) < 0)
		r = -errno;
	return r;
}

/* --- the thread ---------------------------------------------------------------------------------------------- */

static void log_archive_count(struct log_archive *archive, uint64_t *counter)
{
	pthread_mutex_lock(&archive->lock);
	(*counter)++;
	pthread_mutex_unlock(&archive->lock);
}

static void log_archive_fail(struct log_archive *archive, const char *what, const char *name, int error)
{
	if (error == ECANCELED || error == ENOENT) /* ending; or somebody else was faster */
		return;
	log_archive_count(archive, &archive->stats.failures);
	if (!archive->is_failing)
		log_warn("--export-filename: cannot %s %s/%s: %s; trying again after the next rotation", what,
			 archive->directory, name, strerror(error));
	archive->is_failing = true;
}

static void log_archive_remove(struct log_archive *archive, const struct log_archive_file *file)
{
	if (unlinkat(archive->directory_fd, file->name, 0) < 0)
		log_archive_fail(archive, "remove", file->name, errno);
	else
		log_archive_count(archive, &archive->stats.removed);
}

static void log_archive_tidy(struct log_archive *archive)
{
	_cleanup_(log_archive_listing_done) struct log_archive_listing listing = {0};
	uint64_t failures = archive->stats.failures;
	int r = log_archive_list(archive, &listing);

	if (r < 0) {
		log_archive_fail(archive, "look after the files in", "", -r);
		return;
	}
	for (size_t i = 0; i < listing.count && !archive->is_closing; i++) {
		const struct log_archive_file *file = &listing.files[i];

		if (archive->max_backups > 0 && i >= archive->max_backups) {
			log_archive_remove(archive, file);
		} else if (archive->compress && !file->is_compressed) {
			r = log_archive_compress(archive, file->name);
			if (r < 0)
				log_archive_fail(archive, "compress", file->name, -r);
			else
				log_archive_count(archive, &archive->stats.compressed);
		}
	}
	archive->is_failing = archive->stats.failures != failures;
}

static bool log_archive_wait(struct log_archive *archive)
{
	bool is_closing;

	pthread_mutex_lock(&archive->lock);
	while (!archive->has_work && !archive->is_closing)
		pthread_cond_wait(&archive->wake, &archive->lock);
	archive->has_work = false;
	is_closing = archive->is_closing;
	pthread_mutex_unlock(&archive->lock);
	return !is_closing;
}

static void *log_archive_run(void *context)
{
	struct log_archive *archive = context;

	setpriority(PRIO_PROCESS, (id_t)gettid(), LOG_ARCHIVE_NICE);
	while (log_archive_wait(archive))
		log_archive_tidy(archive);
	return NULL;
}

/* --- the interface ------------------------------------------------------------------------------------------- */

static int log_archive_split(struct log_archive *archive, const char *path)
{
	const char *slash = strrchr(path, '/'), *dot;

	archive->directory = slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	archive->log = strdup(slash ? slash + 1 : path);
	if (!archive->directory || !archive->log)
		return -ENOMEM;
	if (strlen(archive->log) + 1 + LOG_ARCHIVE_TIME_LENGTH + sizeof(LOG_ARCHIVE_UNFINISHED) > NAME_MAX)
		return -ENAMETOOLONG;
	dot = strrchr(archive->log, '.');
	archive->stem_length = dot ? (size_t)(dot - archive->log) : strlen(archive->log);
	return 0;
}

static void log_archive_closep(struct log_archive **archive)
{
	log_archive_close(*archive);
}

int log_archive_open(const struct log_archive_options *options, struct log_archive **ret)
{
	_cleanup_(log_archive_closep) struct log_archive *archive = calloc(1, sizeof(*archive));
	int r;

	if (!archive)
		return -ENOMEM;
	pthread_mutex_init(&archive->lock, NULL);
	pthread_cond_init(&archive->wake, NULL);
	archive->directory_fd = -1;
	archive->max_backups = options->max_backups;
	archive->compress = options->compress;
	archive->has_work = true;
	r = log_archive_split(archive, options->path);
	if (r < 0)
		return r;
	archive->directory_fd = open(archive->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (archive->directory_fd < 0)
		return -errno;
	r = thread_start(&archive->thread, log_archive_run, archive);
	if (r < 0)
		return r;
	archive->has_thread = true;
	*ret = TAKE_PTR(archive);
	return 0;
}

/* Not every file system can refuse to replace a file by itself. */
static int log_archive_rename(const struct log_archive *archive, const char *name)
{
	if (renameat2(archive->directory_fd, archive->log, archive->directory_fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL)
		return -errno;
	if (faccessat(archive->directory_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(archive->directory_fd, archive->log, archive->directory_fd, name) < 0 ? -errno : 0;
}

int log_archive_rotate(struct log_archive *archive, uint64_t wall_ns)
{
	char name[NAME_MAX + 1];
	int r = -EEXIST;

	for (int i = 0; r == -EEXIST && i < LOG_ARCHIVE_TRIES; i++, wall_ns += CLOCK_NS_PER_MS) {
		r = log_archive_make_name(archive, wall_ns, name, sizeof(name));
		if (r >= 0)
			r = log_archive_rename(archive, name);
	}
	if (r < 0)
		return r;
	pthread_mutex_lock(&archive->lock);
	archive->stats.rotated++;
	archive->has_work = true;
	pthread_cond_signal(&archive->wake);
	pthread_mutex_unlock(&archive->lock);
	return 0;
}

/* The listing has the newest first, and of one rotation the compressed file before the plain one. */
static int log_archive_take_names(const struct log_archive *archive, const struct log_archive_listing *listing,
				  struct log_archive_names *ret)
{
	const struct log_archive_file *last = NULL;

	ret->items = calloc(listing->count + 1, sizeof(*ret->items));
	if (!ret->items)
		return -ENOMEM;
	for (size_t i = listing->count; i-- > 0;) {
		const struct log_archive_file *file = &listing->files[i];

		if (last && last->length == file->length && strncmp(last->name, file->name, file->length) == 0)
			continue;
		if (asprintf(&ret->items[ret->count], "%s/%s", archive->directory, file->name) < 0)
			return -ENOMEM;
		ret->count++;
		last = file;
	}
	return 0;
}

int log_archive_find(const char *path, struct log_archive_names *ret)
{
	_cleanup_(log_archive_listing_done) struct log_archive_listing listing = {0};
	_cleanup_(log_archive_names_done) struct log_archive_names names = {0};
	struct log_archive archive = {.directory_fd = -1};
	int r = log_archive_split(&archive, path);

	if (r >= 0)
		archive.directory_fd = open(archive.directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r >= 0)
		r = archive.directory_fd < 0 ? -errno : log_archive_list(&archive, &listing);
	if (r >= 0)
		r = log_archive_take_names(&archive, &listing, &names);
	if (r >= 0) {
		*ret = names;
		names = (struct log_archive_names){0};
	}
	util_closep(&archive.directory_fd);
	free(archive.directory);
	free(archive.log);
	return r;
}

void log_archive_names_done(struct log_archive_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct log_archive_names){0};
}

void log_archive_get_stats(struct log_archive *archive, struct log_archive_stats *ret)
{
	pthread_mutex_lock(&archive->lock);
	*ret = archive->stats;
	pthread_mutex_unlock(&archive->lock);
}

struct log_archive *log_archive_close(struct log_archive *archive)
{
	if (!archive)
		return NULL;
	pthread_mutex_lock(&archive->lock);
	archive->is_closing = true;
	pthread_cond_signal(&archive->wake);
	pthread_mutex_unlock(&archive->lock);
	if (archive->has_thread)
		pthread_join(archive->thread, NULL);
	if (archive->directory_fd >= 0)
		close(archive->directory_fd);
	pthread_cond_destroy(&archive->wake);
	pthread_mutex_destroy(&archive->lock);
	free(archive->directory);
	free(archive->log);
	free(archive);
	return NULL;
}
