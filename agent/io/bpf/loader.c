// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpu_list.h"
#include "base/log.h"
#include "base/util.h"
#include "core/event/record.h"
#include "core/process/seen_paths.h"
#include "io/file/read_file.h"

#define RING_BYTES 65536 /* of each CPU: some 50 starts of programs; drained each 100 ms and when half full */
#define CPUS_MAX 8192
#define RECORD_MAX 65536                       /* perf_event_header.size has 16 bits */
#define PATIENCE_NS (250 * CLOCK_NS_PER_MS)    /* then an exec record is not to come: it was lost, or exec failed */
#define EXECS_MAX 4096                         /* pids whose last exec is known; the others' is found by time */
#define SAMPLE_ID_BYTES (2 * sizeof(uint64_t)) /* at the end of each record: pid, tid, time */

/* PERF_RECORD_MMAP2 with attr.build_id, linux/perf_event.h; the file's name and the sample id follow. */
struct mapping {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t address, length, page_offset;
	uint8_t build_id_length, reserved[3];
	uint8_t build_id[RECORD_BUILD_ID_MAX];
	uint32_t protection, flags;
};
_Static_assert(sizeof(struct mapping) == 72, "PERF_RECORD_MMAP2");

struct comm {
	struct perf_event_header header;
	uint32_t pid, tid;
};

struct lost {
	struct perf_event_header header;
	uint64_t id, count;
};

struct cpu_ring {
	int fd;                            /* -1: the CPU is offline */
	struct perf_event_mmap_page *page; /* the data follows it */
	bool is_left; /* the CPU has gone offline: only to be drained, its event does not come back */
};

struct last_exec {
	uint32_t pid;
	uint64_t at_ns;
};

/* What is needed while it watches. */
struct watch {
	bool is_stopped; /* to be drained a last time */
	size_t cpu_count;
	struct cpu_ring *rings;              /* owned, by CPU */
	struct last_exec *execs;             /* owned, EXECS_MAX of them, by pid */
	struct seen_paths *seen;             /* owned */
	char online_cpus[1024];              /* as in /sys, when the rings last followed; "": they are to do so */
	int error;                           /* of that, as last told; 0: it worked */
	_Alignas(8) char record[RECORD_MAX]; /* the perf record in one piece */
	char wire[sizeof(struct wire_loader) + WIRE_PATH_MAX + RECORD_BUILD_ID_MAX];
};

struct loader {
	pthread_mutex_t lock; /* of all below */
	int epoll_fd;
	size_t page_bytes;
	uint32_t hook;
	struct watch *watch; /* NULL: off */
	uint64_t lost, lost_said;
};

int loader_new(struct loader **ret)
{
	struct loader *loader = calloc(1, sizeof(*loader));
	int r;

	if (!loader)
		return -ENOMEM;
	loader->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	loader->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loader->epoll_fd < 0) {
		r = -errno;
		free(loader);
		return r;
	}
	pthread_mutex_init(&loader->lock, NULL);
	*ret = loader;
	return 0;
}

int loader_fd(const struct loader *loader)
{
	return loader->epoll_fd;
}

/* --- rings */

static int open_event(int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_DUMMY,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME,
		.sample_id_all = 1,
		.mmap = 1,
		.mmap2 = 1,
		.build_id = 1,
		.comm = 1,
		.comm_exec = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.watermark = 1,
		.wakeup_watermark = RING_BYTES / 2,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static void ring_done(const struct loader *loader, struct cpu_ring *ring)
{
	if (ring->page)
		munmap(ring->page, loader->page_bytes + RING_BYTES);
	if (ring->fd >= 0)
		close(ring->fd); /* epoll forgets it */
	*ring = (struct cpu_ring){.fd = -1};
}

/* 0 also when the CPU is offline. */
static int ring_init(const struct loader *loader, int cpu, struct cpu_ring *ring)
{
	struct epoll_event event = {.events = EPOLLIN};
	void *map;
	int r;

	*ring = (struct cpu_ring){.fd = open_event(cpu)};
	if (ring->fd < 0) {
		r = ring->fd;
		ring->fd = -1;
		return r == -ENODEV ? 0 : r;
	}
	map = mmap(NULL, loader->page_bytes + RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (map != MAP_FAILED)
		ring->page = map;
	if (!ring->page || epoll_ctl(loader->epoll_fd, EPOLL_CTL_ADD, ring->fd, &event) < 0) {
		r = -errno;
		ring_done(loader, ring);
		return r;
	}
	return 0;
}

/* Its oldest unread record; NULL if there is none. Only the header is sure to be in one piece. */
static const struct perf_event_header *ring_first(struct loader *loader, struct cpu_ring *ring)
{
	const char *data = (const char *)ring->page + loader->page_bytes;
	uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE), tail = ring->page->data_tail;
	const struct perf_event_header *header = (const void *)(data + tail % RING_BYTES);

	if (head == tail)
		return NULL;
	if (header->size >= sizeof(*header) + SAMPLE_ID_BYTES && header->size <= head - tail)
		return header;
	loader->lost++; /* not as the kernel writes them: start anew behind */
	__atomic_store_n(&ring->page->data_tail, head, __ATOMIC_RELEASE);
	return NULL;
}

/* Records and ring are multiples of eight bytes. */
static uint64_t ring_first_time(const struct loader *loader, const struct cpu_ring *ring, size_t record_bytes)
{
	const char *data = (const char *)ring->page + loader->page_bytes;
	uint64_t time;

	memcpy(&time, data + (ring->page->data_tail + record_bytes - sizeof(time)) % RING_BYTES, sizeof(time));
	return time;
}

static void ring_copy_first(const struct loader *loader, const struct cpu_ring *ring, size_t bytes, char *ret)
{
	const char *data = (const char *)ring->page + loader->page_bytes;
	size_t offset = ring->page->data_tail % RING_BYTES, first = MIN(bytes, RING_BYTES - offset);

	memcpy(ret, data + offset, first);
	memcpy(ret + first, data, bytes - first);
}

static void ring_drop_first(struct cpu_ring *ring, size_t bytes)
{
	__atomic_store_n(&ring->page->data_tail, ring->page->data_tail + bytes, __ATOMIC_RELEASE);
}

/* The ring whose oldest record is older than that of the others; NULL: none until then. */
static struct cpu_ring *find_oldest(struct loader *loader, uint64_t until_ns, size_t *ret_bytes, uint64_t *ret_time_ns)
{
	struct watch *watch = loader->watch;
	struct cpu_ring *oldest = NULL;

	*ret_time_ns = until_ns;
	for (size_t i = 0; i < watch->cpu_count; i++) {
		struct cpu_ring *ring = &watch->rings[i];
		const struct perf_event_header *header = ring->page ? ring_first(loader, ring) : NULL;
		uint64_t time_ns = header ? ring_first_time(loader, ring, header->size) : 0;

		if (!header || time_ns > *ret_time_ns)
			continue;
		oldest = ring;
		*ret_bytes = header->size;
		*ret_time_ns = time_ns;
	}
	return oldest;
}

/* --- on and off */

/* The file's text without its newline, as a string. */
static void read_cpus(const char *path, char *text, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read_file(fd, text, size - 1);

	text[MAX(length, 0)] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* One more than the highest number that a CPU may have: of "0-3,8-11" that is 12. */
static size_t count_cpus(void)
{
	char text[1024];
	const char *last;
	long count;

	read_cpus("/sys/devices/system/cpu/possible", text, sizeof(text));
	last = strpbrk(text, ",-") ? MAX(strrchr(text, ','), strrchr(text, '-')) + 1 : text;
	count = *last ? strtol(last, NULL, 10) + 1 : sysconf(_SC_NPROCESSORS_CONF);
	return (size_t)MIN(MAX(count, 1), CPUS_MAX);
}

static struct watch *watch_free(const struct loader *loader, struct watch *watch)
{
	if (!watch)
		return NULL;
	for (size_t i = 0; watch->rings && i < watch->cpu_count; i++)
		ring_done(loader, &watch->rings[i]);
	free(watch->rings);
	free(watch->execs);
	seen_paths_free(watch->seen);
	free(watch);
	return NULL;
}

/* Rings for those CPUs that have none, as far as it goes. */
static int open_rings(const struct loader *loader, struct watch *watch)
{
	int r = 0, result = 0;

	read_cpus("/sys/devices/system/cpu/online", watch->online_cpus, sizeof(watch->online_cpus));
	for (size_t i = 0; i < watch->cpu_count; i++) {
		if (watch->rings[i].fd < 0)
			r = ring_init(loader, (int)i, &watch->rings[i]);
		if (r < 0)
			result = r;
	}
	if (result < 0)
		watch->online_cpus[0] = '\0';
	return result;
}

static int watch_new(const struct loader *loader, struct watch **ret)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int r;

	if (!watch)
		return -ENOMEM;
	watch->cpu_count = count_cpus();
	watch->rings = calloc(watch->cpu_count, sizeof(*watch->rings));
	watch->execs = calloc(EXECS_MAX, sizeof(*watch->execs));
	watch->seen = seen_paths_new();
	for (size_t i = 0; watch->rings && i < watch->cpu_count; i++)
		watch->rings[i].fd = -1;
	if (!watch->rings || !watch->execs || !watch->seen)
		r = -ENOMEM;
	else
		r = open_rings(loader, watch);
	if (r < 0) {
		watch_free(loader, watch);
		return r;
	}
	*ret = watch;
	return 0;
}

/* A kernel that does not know attr.build_id refuses it, and takes the same without. */
static bool is_too_old(int error)
{
	return error == -EINVAL || error == -E2BIG;
}

int loader_start(struct loader *loader, uint32_t hook)
{
	int r = 0;

	pthread_mutex_lock(&loader->lock);
	loader->hook = hook;
	if (loader->watch && loader->watch->is_stopped)
		loader->watch = watch_free(loader, loader->watch);
	if (!loader->watch)
		r = watch_new(loader, &loader->watch);
	pthread_mutex_unlock(&loader->lock);
	return is_too_old(r) ? -EOPNOTSUPP : r;
}

void loader_stop(struct loader *loader)
{
	pthread_mutex_lock(&loader->lock);
	for (size_t i = 0; loader->watch && i < loader->watch->cpu_count; i++)
		if (loader->watch->rings[i].fd >= 0)
			ioctl(loader->watch->rings[i].fd, PERF_EVENT_IOC_DISABLE, 0);
	if (loader->watch)
		loader->watch->is_stopped = true;
	pthread_mutex_unlock(&loader->lock);
}

struct loader *loader_free(struct loader *loader)
{
	if (!loader)
		return NULL;
	watch_free(loader, loader->watch);
	close(loader->epoll_fd);
	pthread_mutex_destroy(&loader->lock);
	free(loader);
	return NULL;
}

/* --- records */

/* One drain. */
struct draining {
	struct loader *loader;
	uint64_t until_ns;
	loader_callback *callback;
	void *context;
};

static uint64_t find_exec(const struct watch *watch, uint32_t pid)
{
	const struct last_exec *exec = &watch->execs[pid % EXECS_MAX];

	return exec->pid == pid ? exec->at_ns : 0;
}

static void take_comm(struct watch *watch, const struct comm *comm, uint64_t time_ns)
{
	if (comm->header.misc & PERF_RECORD_MISC_COMM_EXEC)
		watch->execs[comm->pid % EXECS_MAX] = (struct last_exec){.pid = comm->pid, .at_ns = time_ns};
}

/* The record of a mapping; its length. */
static size_t write_wire(const struct loader *loader, const struct mapping *mapping, struct bytes path,
			 uint64_t time_ns, char *ret)
{
	struct wire_loader wire = {
		.header = {.version = WIRE_VERSION, .type = WIRE_LOADER, .ktime_ns = time_ns},
		.task = {.pid = mapping->pid},
		.tid = mapping->tid,
		.hook = loader->hook,
		.exec_ns = find_exec(loader->watch, mapping->pid),
		.path_length = (uint32_t)path.length,
		.build_id_length = mapping->build_id_length,
	};

	wire.header.length = (uint32_t)(sizeof(wire) + path.length + mapping->build_id_length);
	memcpy(ret, &wire, sizeof(wire));
	memcpy(ret + sizeof(wire), path.data, path.length);
	memcpy(ret + sizeof(wire) + path.length, mapping->build_id, mapping->build_id_length);
	return wire.header.length;
}

/* False: not yet. Only what has a build id and a name is of interest: not [vdso], for instance. */
static bool take_mapping(const struct draining *draining, const struct mapping *mapping, uint64_t time_ns)
{
	struct watch *watch = draining->loader->watch;
	bool must_take = draining->until_ns == LOADER_ALL || draining->until_ns - time_ns > PATIENCE_NS;
	uint64_t exec_ns = find_exec(watch, mapping->pid);
	struct bytes path = {(const char *)mapping + sizeof(*mapping), 0};
	size_t length;

	if (!(mapping->header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID) || mapping->build_id_length == 0 ||
	    mapping->build_id_length > sizeof(mapping->build_id))
		return true;
	path.length = strnlen(path.data, MIN(mapping->header.size - sizeof(*mapping) - SAMPLE_ID_BYTES, WIRE_PATH_MAX));
	if (path.length == 0 || path.data[0] != '/' || seen_paths_has(watch->seen, mapping->pid, exec_ns, path))
		return true;
	length = write_wire(draining->loader, mapping, path, time_ns, watch->wire);
	if (!draining->callback(draining->context, watch->wire, length, must_take))
		return false;
	seen_paths_add(watch->seen, mapping->pid, exec_ns, path);
	return true;
}

/* False: not yet. The record lies in watch->record, which malloc() has aligned. */
static bool take_record(const struct draining *draining, size_t bytes, uint64_t time_ns)
{
	struct watch *watch = draining->loader->watch;
	const struct perf_event_header *header = (const void *)watch->record;

	switch (header->type) {
	case PERF_RECORD_MMAP2:
		if (bytes >= sizeof(struct mapping) + SAMPLE_ID_BYTES)
			return take_mapping(draining, (const void *)header, time_ns);
		break;
	case PERF_RECORD_COMM:
		if (bytes >= sizeof(struct comm))
			take_comm(watch, (const void *)header, time_ns);
		break;
	case PERF_RECORD_LOST:
		if (bytes >= sizeof(struct lost))
			draining->loader->lost += ((const struct lost *)(const void *)header)->count;
		break;
	default:
		break;
	}
	return true;
}

static size_t drain_rings(const struct draining *draining)
{
	struct loader *loader = draining->loader;
	size_t count = 0, bytes = 0;
	struct cpu_ring *ring;
	uint64_t time_ns;

	for (;; count++) {
		ring = find_oldest(loader, draining->until_ns, &bytes, &time_ns);
		if (!ring)
			break;
		ring_copy_first(loader, ring, bytes, loader->watch->record);
		if (!take_record(draining, bytes, time_ns))
			break;
		ring_drop_first(ring, bytes);
	}
	return count;
}

size_t loader_drain(struct loader *loader, uint64_t until_ns, loader_callback *callback, void *context)
{
	const struct draining draining = {
		.loader = loader, .until_ns = until_ns, .callback = callback, .context = context};
	size_t count = 0, bytes;
	uint64_t time_ns;

	pthread_mutex_lock(&loader->lock);
	if (loader->watch)
		count = drain_rings(&draining);
	if (loader->watch && loader->watch->is_stopped && !find_oldest(loader, LOADER_ALL, &bytes, &time_ns))
		loader->watch = watch_free(loader, loader->watch);
	pthread_mutex_unlock(&loader->lock);
	return count;
}

/* A CPU that has been offline needs a new event: the ring of the old one goes when all in it has been read. */
static bool leave_offline(struct loader *loader, struct cpu_ring *ring, bool is_online)
{
	if (ring->fd < 0)
		return false;
	ring->is_left |= !is_online;
	if (!ring->is_left || ring_first(loader, ring))
		return ring->is_left;
	ring_done(loader, ring);
	return false;
}

static void follow_cpus(struct loader *loader)
{
	struct watch *watch = loader->watch;
	char online[sizeof(watch->online_cpus)];
	bool has_left = false;
	int r;

	read_cpus("/sys/devices/system/cpu/online", online, sizeof(online));
	if (!*online || strcmp(online, watch->online_cpus) == 0)
		return;
	for (size_t i = 0; i < watch->cpu_count; i++)
		has_left |= leave_offline(loader, &watch->rings[i], cpu_list_has(online, i));
	r = open_rings(loader, watch);
	if (r < 0 && r != watch->error)
		log_error("loader: cannot watch CPUs %s: %s; mappings on some are not reported until it works", online,
			  strerror(-r));
	else if (r >= 0 && !has_left)
		log_info("loader: watches CPUs %s now", online);
	watch->error = r;
	if (has_left)
		watch->online_cpus[0] = '\0'; /* once more, when they have been drained */
}

void loader_tick(struct loader *loader)
{
	pthread_mutex_lock(&loader->lock);
	if (loader->watch && !loader->watch->is_stopped)
		follow_cpus(loader);
	if (loader->lost > loader->lost_said)
		log_warn("loader: %" PRIu64 " records of mappings lost in the last second, %" PRIu64
			 " since the start: a CPU's ring was full",
			 loader->lost - loader->lost_said, loader->lost);
	loader->lost_said = loader->lost;
	pthread_mutex_unlock(&loader->lock);
}

uint64_t loader_lost(struct loader *loader)
{
	uint64_t lost;

	pthread_mutex_lock(&loader->lock);
	lost = loader->lost;
	pthread_mutex_unlock(&loader->lock);
	return lost;
}
