// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/scope_sensor.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/util.h"
#include "io/bpf/embedded.h"
#include "io/bpf/ring.h"
#include "io/bpf/shared_memory.h"
#include "io/kube/bundle.h"
#include "io/procfs/host_root.h"

#define COPIES 4                  /* of each program, PROGRAMS() of bpf/scope.bpf.c */
#define CGROUPS_PREALLOCATED 8192 /* where the memory is taken beforehand: 0.8 MB */
#define SCAN_DEPTH_MAX 24         /* CGROUP_DEPTH_MAX of bpf/cgroup.h */
#define RESCAN_MS 10000           /* while something is missing */

static const char *const programs[] = {"scope_mkdir", "scope_rmdir"};

struct scope_sensor {
	struct scope_sensor_options options;
	char root[PATH_MAX];    /* the host's root directory */
	char cgroups[PATH_MAX]; /* the hierarchy */
	struct bpf_object *object;
	struct bpf_link *links[COPIES * ARRAY_SIZE(programs)];
	struct shared_memory shared; /* struct scope_counters */
	struct ring *ring;
	int map_fd, ring_fd; /* the object's */
	int copies;
	size_t cgroups_max;
	pthread_mutex_t lock; /* for what follows */
	struct scope_table *table;
	uint64_t lost_seen; /* as of the last scan */
	uint64_t scan_ns;   /* when that was */
	/* as last told */
	uint64_t refused_said, failed_said, lost_said;
	bool is_covered_said;
	int stop_fd;
	bool has_thread;
	pthread_t thread;
};

static volatile struct scope_counters *counters_of(const struct scope_sensor *sensor)
{
	return sensor->shared.memory;
}

/* --- the object */

static int prepare_maps(struct scope_sensor *sensor)
{
	struct bpf_map *scopes = bpf_object__find_map_by_name(sensor->object, "cgroup_scopes");
	struct bpf_map *counters = bpf_object__find_map_by_name(sensor->object, "scope_counters_map");
	bool is_preallocated = !sensor->options.has_map_allocator;
	int r;

	if (!scopes || !counters)
		return -ENOENT;
	r = bpf_map__reuse_fd(counters, sensor->shared.fd);
	/* Before 6.1 the kernel complains of hashes that allocate while tracepoints use them. */
	if (r >= 0)
		r = bpf_map__set_map_flags(scopes, is_preallocated ? 0 : BPF_F_NO_PREALLOC);
	sensor->cgroups_max = is_preallocated ? CGROUPS_PREALLOCATED : SCOPE_CGROUPS_MAX;
	if (r >= 0)
		r = bpf_map__set_max_entries(scopes, (uint32_t)sensor->cgroups_max + 1 /* the mark */);
	return r;
}

/* policy/interface.h */
static int set_mark(const struct scope_sensor *sensor, bool has_overflowed)
{
	const struct cgroup_scopes value = {.words = {has_overflowed}};
	const uint64_t key = SCOPE_MARK;

	return bpf_map_update_elem(sensor->map_fd, &key, &value, BPF_ANY);
}

/* NULL if there is no such program. */
static struct bpf_program *find_program(const struct scope_sensor *sensor, size_t index, int copy)
{
	char name[32];

	snprintf(name, sizeof(name), copy ? "%s_%d" : "%s", programs[index], copy);
	return bpf_object__find_program_by_name(sensor->object, name);
}

static int set_config(const struct scope_sensor *sensor)
{
	const struct wire_config config = {.cgroup_hierarchy = sensor->options.hierarchy};
	struct bpf_map *constants = bpf_object__find_map_by_name(sensor->object, ".rodata");

	return constants ? bpf_map__set_initial_value(constants, &config, sizeof(config)) : -ENOENT;
}

static int load(struct scope_sensor *sensor)
{
	const struct embedded_object *embedded = &embedded_scope_raw;
	const char *btf_path = sensor->options.btf_path;
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .object_name = "trigon_scope",
		    .btf_custom_path = btf_path && *btf_path ? btf_path : NULL);
	int r;

	sensor->object =
		bpf_object__open_mem(embedded->begin, (size_t)(embedded->end - embedded->begin), &open_options);
	if (!sensor->object)
		return -errno;
	for (int copy = sensor->copies; copy < COPIES; copy++)
		for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
			bpf_program__set_autoload(find_program(sensor, i, copy), false);
	r = set_config(sensor);
	if (r >= 0)
		r = prepare_maps(sensor);
	if (r >= 0)
		r = bpf_object__load(sensor->object);
	if (r < 0)
		return r;
	sensor->map_fd = bpf_object__find_map_fd_by_name(sensor->object, "cgroup_scopes");
	sensor->ring_fd = bpf_object__find_map_fd_by_name(sensor->object, "scope_ring");
	r = set_mark(sensor, false);
	if (r < 0)
		return r;
	return ring_open(sensor->ring_fd, SCOPE_RING_BYTES, &sensor->ring);
}

static int attach(struct scope_sensor *sensor)
{
	size_t count = 0;

	for (int copy = 0; copy < sensor->copies; copy++) {
		for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
			struct bpf_program *program = find_program(sensor, i, copy);

			if (!program)
				return -ENOENT;
			sensor->links[count] = bpf_program__attach(program);
			if (!sensor->links[count++])
				return -errno;
		}
	}
	return 0;
}

/* --- what the table tells and asks */

static int set_scopes(void *context, uint64_t id, const struct cgroup_scopes *scopes)
{
	const struct scope_sensor *sensor = context;

	return bpf_map_update_elem(sensor->map_fd, &id, scopes, BPF_ANY);
}

static void remove_scopes(void *context, uint64_t id)
{
	struct scope_sensor *sensor = context;

	bpf_map_delete_elem(sensor->map_fd, &id); /* the program has done it, unless it was missed */
}

/* The mark stays until no policy has a scope: which cgroups are without a place nobody keeps. */
static void note_overflow(void *context)
{
	const struct scope_sensor *sensor = context;

	set_mark(sensor, true);
}

static bool identify_container(void *context, const char *container_id, struct scope_container *ret)
{
	const struct scope_sensor *sensor = context;

	return bundle_read(sensor->root, container_id, ret);
}

/* --- cgroups that are there */

/* The id of a cgroup is its directory's inode number, on 64-bit machines (kernfs_node.id). */
static void put_directory(struct scope_sensor *sensor, const char *path, uint64_t id, uint64_t parent)
{
	const char *inside = path + strlen(sensor->cgroups);

	scope_table_put_cgroup(sensor->table, id, parent, (struct bytes){inside, strlen(inside)}, 0);
}

/* `path` is that of a directory, with room for more. False if not all could be looked at. */
static bool scan_directory(struct scope_sensor *sensor, char path[PATH_MAX], uint64_t id, int depth)
{
	size_t length = strlen(path);
	DIR *directory = opendir(path);
	bool is_whole = directory || errno == ENOENT; /* it may be gone by now */
	const struct dirent *entry;
	struct stat status;

	while (directory && (entry = readdir(directory))) {
		if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (depth >= SCAN_DEPTH_MAX || length + strlen(entry->d_name) + 2 > PATH_MAX) {
			note_overflow(sensor); /* so deep, it goes without a place of its own */
			continue;
		}
		snprintf(path + length, PATH_MAX - length, "/%s", entry->d_name);
		if (lstat(path, &status) == 0) {
			put_directory(sensor, path, status.st_ino, id);
			is_whole &= scan_directory(sensor, path, status.st_ino, depth + 1);
		}
		path[length] = '\0';
	}
	if (directory)
		closedir(directory);
	return is_whole;
}

/* With the lock held. */
static void scan(struct scope_sensor *sensor)
{
	char path[PATH_MAX];

	sensor->lost_seen = counters_of(sensor)->lost;
	sensor->scan_ns = clock_monotonic_ns();
	memcpy(path, sensor->cgroups, strlen(sensor->cgroups) + 1);
	scope_table_begin_scan(sensor->table);
	scope_table_end_scan(sensor->table, scan_directory(sensor, path, 0, 0));
}

static bool is_cgroup2(const char *path)
{
	struct statfs status;

	return statfs(path, &status) == 0 && status.f_type == CGROUP2_SUPER_MAGIC;
}

static void find_root(struct scope_sensor *sensor)
{
	if (!host_root_find(sensor->options.procfs, sensor->root))
		log_warn("policies: cannot look at the host's files by its first process in %s: %s; those of the "
			 "agent's own mounts are taken: in a container, give the agent the host's PID namespace and "
			 "SYS_PTRACE",
			 sensor->options.procfs, strerror(errno));
}

static int find_hierarchy(struct scope_sensor *sensor)
{
	static const char *const names[] = {
		[CGROUP_HIERARCHY_V2] = "",
		[CGROUP_HIERARCHY_MEMORY] = "/memory",
		[CGROUP_HIERARCHY_PIDS] = "/pids",
		[CGROUP_HIERARCHY_CPUSET] = "/cpuset",
	};
	const char *name = names[sensor->options.hierarchy];
	char *path = sensor->cgroups;

	snprintf(path, PATH_MAX, "%.*s/sys/fs/cgroup%s", PATH_MAX - 32, sensor->root, name);
	if (sensor->options.hierarchy == CGROUP_HIERARCHY_V2 && !is_cgroup2(path))
		snprintf(path, PATH_MAX, "%.*s/sys/fs/cgroup/unified", PATH_MAX - 32, sensor->root);
	if (access(path, R_OK | X_OK) == 0)
		return 0;
	log_error("policies: cannot look at the cgroups in %s: %s", path, strerror(errno));
	return -errno;
}

/* --- the thread */

static void take_record(void *context, const void *bytes, size_t length)
{
	struct scope_sensor *sensor = context;
	const struct scope_record *record = bytes;
	struct bytes path;

	if (length < SCOPE_GONE_BYTES)
		return;
	if (record->type == SCOPE_CGROUP_GONE) {
		scope_table_delete_cgroup(sensor->table, record->id);
		return;
	}
	if (length < sizeof(*record) || record->path_length >= SCOPE_PATH_MAX)
		return;
	path = (struct bytes){record->path, record->path_length};
	scope_table_put_cgroup(sensor->table, record->id, record->parent, path, record->time_ns);
}

/* With the lock held. */
static bool is_scan_due(const struct scope_sensor *sensor)
{
	if (counters_of(sensor)->lost != sensor->lost_seen)
		return true;
	return scope_table_wants_scan(sensor->table) &&
	       clock_monotonic_ns() - sensor->scan_ns >= RESCAN_MS * CLOCK_NS_PER_MS;
}

static void *run(void *context)
{
	struct scope_sensor *sensor = context;
	struct pollfd polled[] = {
		{.fd = sensor->ring_fd, .events = POLLIN},
		{.fd = sensor->stop_fd, .events = POLLIN},
	};

	while (!polled[1].revents) {
		if (poll(polled, ARRAY_SIZE(polled), RESCAN_MS) < 0 && errno != EINTR)
			break;
		pthread_mutex_lock(&sensor->lock);
		ring_drain(sensor->ring, SIZE_MAX, take_record, sensor);
		if (is_scan_due(sensor))
			scan(sensor);
		pthread_mutex_unlock(&sensor->lock);
	}
	return NULL;
}

static void pod_changed(void *context, const struct kube_pod *pod)
{
	struct scope_sensor *sensor = context;

	pthread_mutex_lock(&sensor->lock);
	scope_table_pod_changed(sensor->table, pod);
	pthread_mutex_unlock(&sensor->lock);
}

/* --- begin and end */

static int open_table(struct scope_sensor *sensor)
{
	const struct scope_table_options options = {
		.pods = sensor->options.pods,
		.now_ns = clock_monotonic_ns,
		.cgroups_max = sensor->cgroups_max,
		.set = set_scopes,
		.remove = remove_scopes,
		.overflow = note_overflow,
		.identify = identify_container,
		.context = sensor,
	};

	return scope_table_new(&options, &sensor->table);
}

static int open_sensor(struct scope_sensor *sensor)
{
	uint64_t begin = clock_monotonic_ns();
	int r;

	sensor->stop_fd = eventfd(0, EFD_CLOEXEC);
	r = sensor->stop_fd < 0 ? -errno : 0;
	if (r >= 0)
		r = shared_memory_open(&sensor->shared, "trigon_scopes", sizeof(struct scope_counters));
	if (r >= 0) {
		find_root(sensor);
		r = find_hierarchy(sensor);
	}
	if (r >= 0)
		r = load(sensor);
	if (r >= 0)
		r = open_table(sensor);
	if (r >= 0)
		r = attach(sensor);
	if (r < 0)
		return r;
	pod_table_watch(sensor->options.pods, pod_changed, sensor);
	pthread_mutex_lock(&sensor->lock);
	scan(sensor);
	pthread_mutex_unlock(&sensor->lock);
	r = thread_start(&sensor->thread, run, sensor);
	sensor->has_thread = r == 0;
	if (r >= 0)
		log_info("policies: the cgroups of pods are followed from now on, %zu are there; ready after %" PRIu64
			 " ms",
			 scope_table_read_stats(sensor->table).cgroups,
			 (uint64_t)((clock_monotonic_ns() - begin) / CLOCK_NS_PER_MS));
	return r;
}

int scope_sensor_open(const struct scope_sensor_options *options, struct scope_sensor **ret)
{
	struct scope_sensor *sensor = calloc(1, sizeof(*sensor));
	int r;

	if (!sensor)
		return -ENOMEM;
	sensor->options = *options;
	sensor->shared.fd = sensor->stop_fd = sensor->map_fd = -1;
	sensor->copies = options->has_preemptible_tracepoints ? COPIES : 1;
	pthread_mutex_init(&sensor->lock, NULL);
	r = open_sensor(sensor);
	if (r < 0) {
		log_error("policies: cannot follow the cgroups of pods: %s", strerror(-r));
		scope_sensor_close(sensor);
		return r;
	}
	*ret = sensor;
	return 0;
}

static void say_gap(const struct scope_sensor *sensor)
{
	struct scope_table_stats stats = scope_table_read_stats(sensor->table);

	if (stats.containers)
		log_info("policies: %" PRIu64 " containers came; what of policies holds for them was known after "
			 "%" PRIu64 " us at the most, of the last one after %" PRIu64 " us",
			 stats.containers, stats.gap_max_ns / 1000, stats.gap_last_ns / 1000);
}

struct scope_sensor *scope_sensor_close(struct scope_sensor *sensor)
{
	const uint64_t one = 1;

	if (!sensor)
		return NULL;
	pod_table_watch(sensor->options.pods, NULL, NULL);
	if (sensor->has_thread && write(sensor->stop_fd, &one, sizeof(one)) == (ssize_t)sizeof(one)) {
		pthread_join(sensor->thread, NULL);
		say_gap(sensor);
	}
	for (size_t i = 0; i < ARRAY_SIZE(sensor->links); i++)
		bpf_link__destroy(sensor->links[i]);
	ring_close(sensor->ring);
	bpf_object__close(sensor->object);
	shared_memory_close(&sensor->shared);
	scope_table_free(sensor->table);
	util_closep(&sensor->stop_fd);
	pthread_mutex_destroy(&sensor->lock);
	free(sensor);
	return NULL;
}

int scope_sensor_fd(const struct scope_sensor *sensor)
{
	return sensor->map_fd;
}

int scope_sensor_add(struct scope_sensor *sensor, const char *namespace, const struct label_selector *pod,
		     const struct label_selector *container)
{
	int r;

	pthread_mutex_lock(&sensor->lock);
	r = scope_table_add(sensor->table, namespace, pod, container);
	pthread_mutex_unlock(&sensor->lock);
	return r;
}

void scope_sensor_remove(struct scope_sensor *sensor, int scope)
{
	pthread_mutex_lock(&sensor->lock);
	scope_table_remove(sensor->table, scope);
	pthread_mutex_unlock(&sensor->lock);
}

void scope_sensor_read_stats(struct scope_sensor *sensor, struct scope_stats *ret)
{
	pthread_mutex_lock(&sensor->lock);
	*ret = (struct scope_stats){
		.table = scope_table_read_stats(sensor->table),
		.cgroups_max = sensor->cgroups_max,
		.lost = counters_of(sensor)->lost,
	};
	pthread_mutex_unlock(&sensor->lock);
}

static void say_shortage(struct scope_sensor *sensor, const struct scope_table_stats *stats)
{
	if (stats->refused > sensor->refused_said)
		log_warn("policies: there is no room for %zu cgroups of pods and containers, beside the %zu that there "
			 "may be: policies with a namespace or selectors take their processes for the host's, until "
			 "others go; drain pods from this node",
			 stats->missing, sensor->cgroups_max);
	if (stats->covered && !sensor->is_covered_said)
		log_warn("policies: there are more cgroups inside of containers than there is room for: what holds for "
			 "their containers holds for them, which takes the kernel a bit longer to find");
	if (stats->failed > sensor->failed_said)
		log_warn("policies: the kernel did not take %" PRIu64 " changes of what holds for cgroups of pods; all "
			 "are looked at again",
			 stats->failed - sensor->failed_said);
	sensor->refused_said = stats->refused;
	sensor->is_covered_said |= stats->covered != 0;
	sensor->failed_said = stats->failed;
}

void scope_sensor_check(struct scope_sensor *sensor)
{
	struct scope_stats stats;

	if (!sensor)
		return;
	scope_sensor_read_stats(sensor, &stats);
	say_shortage(sensor, &stats.table);
	if (stats.lost > sensor->lost_said)
		log_warn("policies: %" PRIu64 " cgroups came faster than they could be followed; all have been looked "
			 "at again",
			 stats.lost - sensor->lost_said);
	sensor->lost_said = stats.lost;
}
