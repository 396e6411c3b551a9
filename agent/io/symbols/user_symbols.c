// SPDX-License-Identifier: Apache-2.0
#include "io/symbols/user_symbols.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "core/symbols/elf_symbols.h"
#include "core/symbols/proc_line.h"

#define MAPS_AGE_MAX_NS (100 * CLOCK_NS_PER_MS) /* so an event's frames share them, and those of a batch */
#define MAPS_RETRY_NS (10 * CLOCK_NS_PER_MS)    /* when an address is in none */
#define MAPS_LINES_MAX 65536
#define FILE_AGE_MAX_NS (300 * CLOCK_NS_PER_SECOND) /* then its inode may be another file's */
#define MISSING_AGE_MAX_NS CLOCK_NS_PER_SECOND      /* then one that could not be read is tried again */

/* Reading them may wait for somebody else, who may be the one who is watched. */
static const long slow_file_systems[] = {FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC,  SMB_SUPER_MAGIC, 0xff534d42,
					 0xfe534d42,       CEPH_SUPER_MAGIC, AFS_SUPER_MAGIC, CODA_SUPER_MAGIC};

struct user_mapping {
	struct proc_mapping place; /* its path is the one below */
	char *path;                /* owned */
};

/* A file whose symbols are known, or known to be missing. */
struct user_file {
	uint64_t device, inode;
	uint64_t loaded_at_ns; /* 0: free */
	uint64_t used_at;
	struct elf_symbols symbols;
	bool has_symbols;
};

struct user_symbols {
	char *procfs; /* owned */
	/* of the process that was last asked for */
	uint32_t pid;
	uint64_t read_at_ns;
	size_t mapping_count;
	struct user_mapping *mappings; /* owned, USER_MAPPINGS_MAX of them */
	struct user_file files[USER_FILES_MAX];
	uint64_t uses;
};

struct user_symbols *user_symbols_new(const char *procfs)
{
	struct user_symbols *user = calloc(1, sizeof(*user));

	if (!user)
		return NULL;
	user->procfs = strdup(procfs);
	user->mappings = calloc(USER_MAPPINGS_MAX, sizeof(*user->mappings));
	return user->procfs && user->mappings ? user : user_symbols_free(user);
}

static void forget_mappings(struct user_symbols *user)
{
	for (size_t i = 0; i < user->mapping_count; i++)
		free(user->mappings[i].path);
	user->mapping_count = 0;
}

static void forget_file(struct user_file *file)
{
	if (file->has_symbols)
		elf_symbols_done(&file->symbols);
	*file = (struct user_file){0};
}

struct user_symbols *user_symbols_free(struct user_symbols *user)
{
	if (!user)
		return NULL;
	forget_mappings(user);
	for (size_t i = 0; i < USER_FILES_MAX; i++)
		forget_file(&user->files[i]);
	free(user->mappings);
	free(user->procfs);
	free(user);
	return NULL;
}

/* --- mappings */

static void add_mapping(struct user_symbols *user, const struct proc_mapping *place)
{
	struct user_mapping *mapping = &user->mappings[user->mapping_count];

	*mapping = (struct user_mapping){.place = *place, .path = strndup(place->path.data, place->path.length)};
	if (!mapping->path)
		return;
	mapping->place.path.data = mapping->path;
	user->mapping_count++;
}

static void read_mappings(struct user_symbols *user, uint32_t pid, uint64_t now_ns)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	char path[4096];

	forget_mappings(user);
	user->pid = pid;
	user->read_at_ns = now_ns;
	snprintf(path, sizeof(path), "%s/%u/maps", user->procfs, pid);
	file = fopen(path, "re");
	for (size_t i = 0; file && i < MAPS_LINES_MAX && user->mapping_count < USER_MAPPINGS_MAX; i++) {
		struct proc_mapping place;

		length = getline(&line, &capacity, file);
		if (length <= 0)
			break;
		if (proc_line_mapping((struct bytes){line, (size_t)length - (line[length - 1] == '\n')}, &place))
			add_mapping(user, &place);
	}
}

static const struct user_mapping *look_up(const struct user_symbols *user, uint64_t address)
{
	for (size_t i = 0; i < user->mapping_count; i++)
		if (address >= user->mappings[i].place.start && address < user->mappings[i].place.end)
			return &user->mappings[i];
	return NULL;
}

static const struct user_mapping *find_mapping(struct user_symbols *user, uint32_t pid, uint64_t address)
{
	uint64_t now_ns = clock_monotonic_ns(), age_ns = now_ns - user->read_at_ns;
	const struct user_mapping *mapping;

	if (user->pid != pid || age_ns > MAPS_AGE_MAX_NS) {
		read_mappings(user, pid, now_ns);
		return look_up(user, address);
	}
	mapping = look_up(user, address);
	if (mapping || age_ns < MAPS_RETRY_NS)
		return mapping;
	read_mappings(user, pid, now_ns); /* something was mapped since, or it is another program now */
	return look_up(user, address);
}

/* --- files */

static int read_bytes(void *context, uint64_t offset, void *data, size_t size)
{
	const int *fd = context;

	while (size) {
		ssize_t part = pread(*fd, data, size, (off_t)offset);

		if (part < 0 && errno == EINTR)
			continue;
		if (part <= 0)
			return part < 0 ? -errno : -EIO;
		data = (char *)data + part;
		offset += (uint64_t)part;
		size -= (size_t)part;
	}
	return 0;
}

/*
 * A descriptor that is not good for reading yet: nothing happens by opening it,
 * whatever it is. By the mapping itself, else by name, which may mean another file meanwhile.
 */
static int open_path(const struct user_symbols *user, const struct user_mapping *mapping, bool *ret_is_by_name)
{
	char path[8192];
	int fd;

	snprintf(path, sizeof(path), "%s/%u/map_files/%llx-%llx", user->procfs, user->pid,
		 (unsigned long long)mapping->place.start, (unsigned long long)mapping->place.end);
	fd = open(path, O_PATH | O_CLOEXEC);
	*ret_is_by_name = fd < 0;
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%s/%u/root%s", user->procfs, user->pid, mapping->path);
	return open(path, O_PATH | O_CLOEXEC);
}

static bool is_fit_for_reading(int fd, const struct user_mapping *mapping, bool is_by_name)
{
	struct statfs file_system;
	struct stat status;

	if (fstat(fd, &status) < 0 || fstatfs(fd, &file_system) < 0 || !S_ISREG(status.st_mode) ||
	    (is_by_name && status.st_ino != mapping->place.inode))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(slow_file_systems); i++)
		if ((uint32_t)file_system.f_type == (uint32_t)slow_file_systems[i])
			return false;
	return true;
}

static void load_file(const struct user_symbols *user, const struct user_mapping *mapping, struct user_file *file)
{
	bool is_by_name;
	_cleanup_close_ int path_fd = open_path(user, mapping, &is_by_name);
	_cleanup_close_ int fd = -1;
	char path[64];

	if (path_fd < 0 || !is_fit_for_reading(path_fd, mapping, is_by_name))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	file->has_symbols = elf_symbols_load(&(struct elf_source){read_bytes, &fd}, &file->symbols) >= 0;
	if (file->has_symbols && symbol_table_bytes(file->symbols.table) > USER_FILES_BYTES_MAX) {
		elf_symbols_done(&file->symbols);
		file->has_symbols = false;
	}
}

static bool is_too_old(const struct user_file *file, uint64_t now_ns)
{
	return now_ns - file->loaded_at_ns > (file->has_symbols ? FILE_AGE_MAX_NS : MISSING_AGE_MAX_NS);
}

static struct user_file *find_least_used(struct user_symbols *user)
{
	struct user_file *least = &user->files[0];

	for (size_t i = 1; i < USER_FILES_MAX; i++)
		if (user->files[i].used_at < least->used_at)
			least = &user->files[i];
	return least;
}

static uint64_t count_bytes(const struct user_symbols *user)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < USER_FILES_MAX; i++)
		if (user->files[i].has_symbols)
			bytes += symbol_table_bytes(user->files[i].symbols.table);
	return bytes;
}

/* Those that were not used for longest go, until the new one fits. */
static void make_room(struct user_symbols *user, const struct user_file *keep)
{
	while (count_bytes(user) > USER_FILES_BYTES_MAX) {
		struct user_file *least = NULL;

		for (size_t i = 0; i < USER_FILES_MAX; i++) {
			struct user_file *file = &user->files[i];

			if (file != keep && file->has_symbols && (!least || file->used_at < least->used_at))
				least = file;
		}
		if (!least)
			return;
		forget_file(least);
	}
}

static struct user_file *find_file(struct user_symbols *user, const struct user_mapping *mapping)
{
	uint64_t device = (uint64_t)mapping->place.device_major << 32 | mapping->place.device_minor;
	uint64_t now_ns = clock_monotonic_ns();
	struct user_file *file = NULL;

	for (size_t i = 0; i < USER_FILES_MAX && !file; i++)
		if (user->files[i].loaded_at_ns && user->files[i].device == device &&
		    user->files[i].inode == mapping->place.inode)
			file = &user->files[i];
	if (!file || is_too_old(file, now_ns)) {
		if (!file)
			file = find_least_used(user);
		forget_file(file);
		*file = (struct user_file){.device = device, .inode = mapping->place.inode, .loaded_at_ns = now_ns};
		load_file(user, mapping, file);
		make_room(user, file);
	}
	file->used_at = ++user->uses;
	return file;
}

bool user_symbols_find(struct user_symbols *user, uint32_t pid, uint64_t address, struct symbol *ret)
{
	const struct user_mapping *mapping = find_mapping(user, pid, address);
	const struct user_file *file;

	if (!mapping || !*mapping->path)
		return false;
	*ret = (struct symbol){
		.name = {"", 0},
		.module = mapping->place.path,
		.offset = address - mapping->place.start + mapping->place.offset,
	};
	if (!mapping->place.inode)
		return true;
	file = find_file(user, mapping);
	if (file->has_symbols)
		elf_symbols_find(&file->symbols, ret->offset, &ret->name);
	return true;
}
