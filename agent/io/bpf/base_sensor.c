// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/base_sensor.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "io/bpf/embedded.h"

#define COPIES 4 /* BACKUP_COPIES of bpf/backup.h */

/* The first copy of each program; the others have _1 to _3 behind their names. */
static const struct {
	const char *name;
	enum wire_type type; /* of the records that it sends */
} programs[] = {
	{"trigon_exec", WIRE_EXEC},
	{"trigon_fork", WIRE_FORK},
	{"trigon_exit", WIRE_EXIT},
};

struct base_sensor {
	struct bpf_object *object;
	struct bpf_link *links[COPIES][ARRAY_SIZE(programs)];
	volatile struct wire_shared *shared;
	size_t ring_bytes;
	int ring_fd, cgroups_fd;
	int hidden_fd, throttled_fd, throttle_counts_fd; /* -1: nothing is throttled */
	struct wire_throttle_counts *throttle_counts;    /* owned; room for those of all CPUs */
	size_t cpu_count;
	bool has_backups; /* bpf/backup.h */
	const char *means;
};

static const struct {
	const struct embedded_object *object;
	const char *means;
	enum base_sensor_attach attach;
} variants[] = {
	{&embedded_process_btf, "BTF-typed tracepoints", BASE_SENSOR_ATTACH_BTF},
	{&embedded_process_raw, "raw tracepoints", BASE_SENSOR_ATTACH_RAW},
};

/* The kernel takes powers of two, and whole pages. */
static size_t round_ring(uint64_t bytes)
{
	size_t rounded = (size_t)sysconf(_SC_PAGESIZE);

	while (rounded < bytes && rounded < (1u << 30))
		rounded *= 2;
	return rounded;
}

/*
 * May a process be preempted inside a tracepoint's program? Since the kernel
 * guards tracepoints by this kind of SRCU instead of disabling preemption (7.0).
 */
static bool are_tracepoints_preemptible(const char *btf_path)
{
	struct btf *btf = btf_path && *btf_path ? btf__parse(btf_path, NULL) : btf__load_vmlinux_btf();
	bool is_preemptible = btf && btf__find_by_name_kind(btf, "class_srcu_fast_notrace_t", BTF_KIND_TYPEDEF) > 0;

	btf__free(btf);
	return is_preemptible;
}

/* NULL if there is no such program. */
static struct bpf_program *find_program(const struct base_sensor *sensor, size_t index, int copy)
{
	char name[32];

	snprintf(name, sizeof(name), copy ? "%s_%d" : "%s", programs[index].name, copy);
	return bpf_object__find_program_by_name(sensor->object, name);
}

/* Without need of backups, neither they nor what they share are loaded. */
static int prepare_backups(struct base_sensor *sensor)
{
	struct bpf_map *scratch = bpf_object__find_map_by_name(sensor->object, "scratch_map");
	struct bpf_map *hidden = bpf_object__find_map_by_name(sensor->object, "hidden_scratch");
	struct bpf_map *marks = bpf_object__find_map_by_name(sensor->object, "backup_marks");

	if (!scratch || !hidden || !marks)
		return -ENOENT;
	if (sensor->has_backups) {
		bpf_map__set_max_entries(hidden, bpf_map__max_entries(hidden) * COPIES);
		return bpf_map__set_max_entries(scratch, bpf_map__max_entries(scratch) * COPIES);
	}
	for (int copy = 1; copy < COPIES; copy++)
		for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
			bpf_program__set_autoload(find_program(sensor, i, copy), false);
	return bpf_map__set_autocreate(marks, false);
}

/* Without --cgroup-rate its maps are not made. */
static int prepare_throttle(const struct base_sensor *sensor, bool is_throttling)
{
	static const char *const names[] = {"hidden_processes", "hidden_scratch",  "throttle_rates",
					    "throttled",        "throttle_counts", "throttle_ended"};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(sensor->object, names[i]);

		r = map ? bpf_map__set_autocreate(map, is_throttling) : -ENOENT;
	}
	return r;
}

static int prepare(struct base_sensor *sensor, const struct base_sensor_options *options)
{
	const struct wire_config config = {
		.cgroup_hierarchy = options->cgroup_hierarchy,
		.has_backups = sensor->has_backups,
		.throttle_events = options->throttle_events,
		.throttle_interval_ns = options->throttle_interval_ns,
	};
	struct bpf_map *ring = bpf_object__find_map_by_name(sensor->object, "ring");
	struct bpf_map *constants = bpf_object__find_map_by_name(sensor->object, ".rodata");
	int r;

	if (!ring || !constants)
		return -ENOENT;
	r = bpf_map__set_max_entries(ring, (uint32_t)sensor->ring_bytes);
	if (r < 0)
		return r;
	r = bpf_map__set_initial_value(constants, &config, sizeof(config)); /* .rodata holds nothing else */
	if (r >= 0)
		r = prepare_throttle(sensor, options->throttle_events);
	return r < 0 ? r : prepare_backups(sensor);
}

static int load(struct base_sensor *sensor, const struct base_sensor_options *options,
		const struct embedded_object *embedded)
{
	bool has_btf_path = options->btf_path && *options->btf_path;
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .object_name = "trigon",
		    .btf_custom_path = has_btf_path ? options->btf_path : NULL);
	int r;

	sensor->object =
		bpf_object__open_mem(embedded->begin, (size_t)(embedded->end - embedded->begin), &open_options);
	if (!sensor->object)
		return -errno;
	r = prepare(sensor, options);
	if (r < 0)
		return r;
	return bpf_object__load(sensor->object);
}

/*
 * The map's own memory. What bpf_map__initial_value() returns is a copy that
 * nobody updates unless a skeleton loads the object (libbpf 1.1).
 */
static int map_shared(struct base_sensor *sensor)
{
	const struct bpf_map *bss = bpf_object__find_map_by_name(sensor->object, ".bss");
	void *memory;

	if (!bss || bpf_map__value_size(bss) < sizeof(struct wire_shared))
		return -ENOENT;
	memory = mmap(NULL, sizeof(struct wire_shared), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0);
	if (memory == MAP_FAILED)
		return -errno;
	sensor->shared = memory;
	return 0;
}

static int find_throttle_maps(struct base_sensor *sensor)
{
	int cpus = libbpf_num_possible_cpus();

	sensor->hidden_fd = bpf_object__find_map_fd_by_name(sensor->object, "hidden_processes");
	sensor->throttled_fd = bpf_object__find_map_fd_by_name(sensor->object, "throttled");
	sensor->throttle_counts_fd = bpf_object__find_map_fd_by_name(sensor->object, "throttle_counts");
	if (sensor->hidden_fd < 0 || sensor->throttled_fd < 0 || sensor->throttle_counts_fd < 0)
		return -ENOENT;
	if (cpus < 0)
		return cpus;
	sensor->cpu_count = (size_t)cpus;
	sensor->throttle_counts = calloc(sensor->cpu_count, sizeof(*sensor->throttle_counts));
	return sensor->throttle_counts ? 0 : -ENOMEM;
}

static int find_maps(struct base_sensor *sensor, bool is_throttling)
{
	int r;

	sensor->hidden_fd = sensor->throttled_fd = sensor->throttle_counts_fd = -1;
	r = is_throttling ? find_throttle_maps(sensor) : 0;
	if (r < 0)
		return r;
	sensor->ring_fd = bpf_object__find_map_fd_by_name(sensor->object, "ring");
	sensor->cgroups_fd = bpf_object__find_map_fd_by_name(sensor->object, "cgroups_sent");
	if (sensor->ring_fd < 0 || sensor->cgroups_fd < 0)
		return -ENOENT;
	return map_shared(sensor);
}

/* The first copies come first and go last, so that the counts of bpf/backup.h add up. */
static int attach(struct base_sensor *sensor)
{
	for (int copy = 0; copy < (sensor->has_backups ? COPIES : 1); copy++) {
		for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
			struct bpf_program *program = find_program(sensor, i, copy);

			if (!program)
				return -ENOENT;
			sensor->links[copy][i] = bpf_program__attach(program);
			if (!sensor->links[copy][i])
				return -errno;
		}
	}
	return 0;
}

void base_sensor_detach(struct base_sensor *sensor)
{
	for (int copy = COPIES - 1; copy >= 0; copy--) {
		for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
			bpf_link__destroy(sensor->links[copy][i]);
			sensor->links[copy][i] = NULL;
		}
	}
}

static void unload(struct base_sensor *sensor)
{
	base_sensor_detach(sensor);
	if (sensor->shared)
		munmap((void *)sensor->shared, sizeof(struct wire_shared));
	sensor->shared = NULL;
	free(sensor->throttle_counts);
	sensor->throttle_counts = NULL;
	bpf_object__close(sensor->object);
	sensor->object = NULL;
}

static int try_variant(struct base_sensor *sensor, const struct base_sensor_options *options, size_t index)
{
	int r = load(sensor, options, variants[index].object);

	if (r >= 0)
		r = find_maps(sensor, options->throttle_events);
	if (r >= 0)
		r = attach(sensor);
	if (r < 0)
		unload(sensor);
	else
		sensor->means = variants[index].means;
	return r;
}

/* Before 5.11 maps and programs count as locked memory; libbpf lifts that limit where it may. */
static bool is_memory_limited(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

static const char *remedy(int error)
{
	switch (error) {
	case -EPERM:
		if (is_memory_limited())
			return "run as root, or with the capabilities BPF and PERFMON, and before Linux 5.11 also "
			       "SYS_RESOURCE: without it the limit on locked memory (ulimit -l) holds";
		return "run as root, or with the capabilities BPF and PERFMON (SYS_ADMIN before Linux 5.8)";
	case -ESRCH:
	case -ENOENT:
		return "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF): name a file with --btf";
	case -ENOMEM:
		return "the kernel has too little memory for the ring: lower --rb-size-total";
	default:
		return "--log-level debug shows what libbpf and the kernel say";
	}
}

/* A file that holds no type information is told as such, not as what loading makes of it. */
static int check_btf(const char *path)
{
	struct btf *btf = btf__parse(path, NULL);
	int error = errno; /* of libbpf's own ones, strerror() knows nothing */

	if (btf) {
		btf__free(btf);
		return 0;
	}
	log_error(
		"--btf: cannot use %s: %s; name a file with the type information (BTF) of the running kernel, or leave "
		"the flag out",
		path, error < __LIBBPF_ERRNO__START ? strerror(error) : "it holds no BTF");
	return -EINVAL;
}

int base_sensor_open(const struct base_sensor_options *options, struct base_sensor **ret)
{
	struct base_sensor *sensor;
	int r = -EINVAL;

	if (options->btf_path && *options->btf_path && check_btf(options->btf_path) < 0)
		return r; /* said already */
	sensor = calloc(1, sizeof(*sensor));
	if (!sensor)
		return -ENOMEM;
	sensor->ring_bytes = round_ring(options->ring_bytes);
	sensor->has_backups = are_tracepoints_preemptible(options->btf_path);
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		if (options->attach != BASE_SENSOR_ATTACH_AUTO && options->attach != variants[i].attach)
			continue;
		r = try_variant(sensor, options, i);
		if (r >= 0) {
			*ret = sensor;
			return 0;
		}
		log_info("base sensor: %s: %s", variants[i].means, strerror(-r));
	}
	log_error("base sensor: cannot watch processes: %s; %s", strerror(-r), remedy(r));
	free(sensor);
	return r;
}

struct base_sensor *base_sensor_close(struct base_sensor *sensor)
{
	if (!sensor)
		return NULL;
	unload(sensor);
	free(sensor);
	return NULL;
}

int base_sensor_ring_fd(const struct base_sensor *sensor)
{
	return sensor->ring_fd;
}

int base_sensor_shared_fd(const struct base_sensor *sensor)
{
	return bpf_object__find_map_fd_by_name(sensor->object, ".bss");
}

int base_sensor_hidden_fd(const struct base_sensor *sensor)
{
	return sensor->hidden_fd;
}

bool base_sensor_read_hidden(const struct base_sensor *sensor, uint32_t pid, struct wire_hidden *ret)
{
	return sensor->hidden_fd >= 0 && bpf_map_lookup_elem(sensor->hidden_fd, &pid, ret) == 0;
}

size_t base_sensor_ring_bytes(const struct base_sensor *sensor)
{
	return sensor->ring_bytes;
}

volatile struct wire_shared *base_sensor_shared(const struct base_sensor *sensor)
{
	return sensor->shared;
}

/* How often the kernel did not let events into the first copy of a program. */
static uint64_t turned_away(const struct base_sensor *sensor, size_t index)
{
	const struct bpf_program *program = find_program(sensor, index, 0);
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (!program || bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) < 0)
		return 0;
	return info.recursion_misses; /* 0 before Linux 5.12, which turns none away */
}

uint64_t base_sensor_missed(const struct base_sensor *sensor, enum wire_type type)
{
	uint64_t away, entered, handled;
	size_t index = 0;

	while (index < ARRAY_SIZE(programs) && programs[index].type != type)
		index++;
	if (index == ARRAY_SIZE(programs))
		return 0;
	away = turned_away(sensor, index);
	if (!sensor->has_backups)
		return away;
	entered = sensor->shared->entered[type];
	handled = sensor->shared->handled[type];
	return away + entered > handled ? away + entered - handled : 0;
}

uint64_t base_sensor_suppressed(const struct base_sensor *sensor, enum wire_type type)
{
	uint64_t total = 0;
	__u32 zero = 0;

	if (!sensor->throttle_counts || bpf_map_lookup_elem(sensor->throttle_counts_fd, &zero, sensor->throttle_counts))
		return 0;
	for (size_t i = 0; i < sensor->cpu_count; i++)
		total += sensor->throttle_counts[i].suppressed[type];
	return total;
}

void base_sensor_end_throttles(struct base_sensor *sensor, uint64_t now_ns, uint64_t calm_ns,
			       void (*ended)(void *context, uint64_t cgroup_id), void *context)
{
	struct wire_throttled state;
	uint64_t id, next;
	bool has_next = sensor->throttled_fd >= 0 && bpf_map_get_next_key(sensor->throttled_fd, NULL, &next) == 0;

	for (size_t i = 0; has_next && i < WIRE_THROTTLED_MAX; i++) {
		id = next;
		has_next = bpf_map_get_next_key(sensor->throttled_fd, &id, &next) == 0;
		if (bpf_map_lookup_elem(sensor->throttled_fd, &id, &state) < 0 || now_ns < state.over_ns ||
		    now_ns - state.over_ns < calm_ns)
			continue;
		if (bpf_map_delete_elem(sensor->throttled_fd, &id) == 0)
			ended(context, id);
	}
}

const char *base_sensor_means(const struct base_sensor *sensor)
{
	return sensor->means;
}

void base_sensor_forget_cgroup(struct base_sensor *sensor, uint64_t id)
{
	bpf_map_delete_elem(sensor->cgroups_fd, &id); /* absent already is as good */
}
