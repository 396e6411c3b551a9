// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/base_sensor.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"
#include "io/bpf/embedded.h"

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
	struct bpf_link *links[ARRAY_SIZE(programs)];
	volatile struct wire_shared *shared;
	size_t ring_bytes;
	int ring_fd, cgroups_fd;
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

/* .rodata holds one variable, cgroup_hierarchy. */
static int set_hierarchy(struct bpf_object *object, int hierarchy)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");

	return map ? bpf_map__set_initial_value(map, &hierarchy, sizeof(hierarchy)) : -ENOENT;
}

static int prepare(struct bpf_object *object, const struct base_sensor_options *options, size_t ring_bytes)
{
	struct bpf_map *ring = bpf_object__find_map_by_name(object, "ring");
	int r;

	if (!ring)
		return -ENOENT;
	r = bpf_map__set_max_entries(ring, (uint32_t)ring_bytes);
	if (r < 0)
		return r;
	return set_hierarchy(object, (int)options->cgroup_hierarchy);
}

static int load(struct base_sensor *sensor, const struct base_sensor_options *options,
		const struct embedded_object *embedded)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .object_name = "trigon", .btf_custom_path = options->btf_path);
	int r;

	sensor->object =
		bpf_object__open_mem(embedded->begin, (size_t)(embedded->end - embedded->begin), &open_options);
	if (!sensor->object)
		return -errno;
	r = prepare(sensor->object, options, sensor->ring_bytes);
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

static int find_maps(struct base_sensor *sensor)
{
	sensor->ring_fd = bpf_object__find_map_fd_by_name(sensor->object, "ring");
	sensor->cgroups_fd = bpf_object__find_map_fd_by_name(sensor->object, "cgroups_sent");
	if (sensor->ring_fd < 0 || sensor->cgroups_fd < 0)
		return -ENOENT;
	return map_shared(sensor);
}

static int attach(struct base_sensor *sensor)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(sensor->object, programs[i].name);

		if (!program)
			return -ENOENT;
		sensor->links[i] = bpf_program__attach(program);
		if (!sensor->links[i])
			return -errno;
	}
	return 0;
}

void base_sensor_detach(struct base_sensor *sensor)
{
	for (size_t i = 0; i < ARRAY_SIZE(sensor->links); i++) {
		bpf_link__destroy(sensor->links[i]);
		sensor->links[i] = NULL;
	}
}

static void unload(struct base_sensor *sensor)
{
	base_sensor_detach(sensor);
	if (sensor->shared)
		munmap((void *)sensor->shared, sizeof(struct wire_shared));
	sensor->shared = NULL;
	bpf_object__close(sensor->object);
	sensor->object = NULL;
}

static int try_variant(struct base_sensor *sensor, const struct base_sensor_options *options, size_t index)
{
	int r = load(sensor, options, variants[index].object);

	if (r >= 0)
		r = find_maps(sensor);
	if (r >= 0)
		r = attach(sensor);
	if (r < 0)
		unload(sensor);
	else
		sensor->means = variants[index].means;
	return r;
}

static const char *remedy(int error)
{
	switch (error) {
	case -EPERM:
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

size_t base_sensor_ring_bytes(const struct base_sensor *sensor)
{
	return sensor->ring_bytes;
}

volatile struct wire_shared *base_sensor_shared(const struct base_sensor *sensor)
{
	return sensor->shared;
}

static uint64_t missed_of(const struct base_sensor *sensor, const char *name)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(sensor->object, name);
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	if (!program || bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) < 0)
		return 0;
	return info.recursion_misses; /* 0 before Linux 5.12, which does not miss any */
}

uint64_t base_sensor_missed(const struct base_sensor *sensor, enum wire_type type)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (programs[i].type == type)
			return missed_of(sensor, programs[i].name);
	return 0;
}

const char *base_sensor_means(const struct base_sensor *sensor)
{
	return sensor->means;
}

void base_sensor_forget_cgroup(struct base_sensor *sensor, uint64_t id)
{
	bpf_map_delete_elem(sensor->cgroups_fd, &id); /* absent already is as good */
}
