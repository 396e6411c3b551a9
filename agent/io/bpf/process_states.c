// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/process_states.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "io/bpf/embedded.h"
#include "io/bpf/hook_program.h"
#include "io/bpf/shared_memory.h"
#include "io/procfs/scan.h"
#include "policy/interface.h"

#define COPIES 4 /* of each program, PROGRAMS() of bpf/process_state.bpf.c */
#define PROCESSES_MAX 32768
#define PROCESSES_PREALLOCATED 8192            /* where the memory is taken beforehand: 1.4 MB */
#define BINARIES_MAX (2 * FOLLOW_BINARIES_MAX) /* old and new are in it together for a moment */

static const char *const programs[] = {"state_fork", "state_exec", "state_exit"};

struct process_states {
	struct bpf_object *object;
	struct bpf_link *links[COPIES * ARRAY_SIZE(programs)];
	struct shared_memory shared; /* struct process_shared */
	int states_fd, binaries_fd;  /* the object's */
	int copies;
	uint32_t limit; /* of states */
	uint64_t ns_per_tick;
	uint64_t full, late; /* as last told */
};

static volatile struct process_shared *shared_of(const struct process_states *states)
{
	return states->shared.memory;
}

/* --- the object */

static int prepare_map(const struct process_states *states, const char *name, uint32_t entries, bool is_preallocated)
{
	struct bpf_map *map = bpf_object__find_map_by_name(states->object, name);

	if (!map)
		return -ENOENT;
	bpf_map__set_map_flags(map, is_preallocated ? 0 : BPF_F_NO_PREALLOC);
	return bpf_map__set_max_entries(map, entries);
}

/* Before 6.1 the kernel complains of hashes that allocate while tracepoints use them. */
static int prepare_maps(struct process_states *states, const struct process_states_options *options)
{
	struct bpf_map *shared = bpf_object__find_map_by_name(states->object, "process_shared_map");
	struct bpf_map *work = bpf_object__find_map_by_name(states->object, "work_areas");
	bool is_preallocated = !options->has_map_allocator;
	int r;

	if (!shared || !work)
		return -ENOENT;
	states->limit = is_preallocated ? PROCESSES_PREALLOCATED : PROCESSES_MAX;
	r = bpf_map__reuse_fd(shared, states->shared.fd);
	if (r >= 0)
		r = bpf_map__set_max_entries(work, bpf_map__max_entries(work) * (uint32_t)states->copies);
	if (r >= 0)
		r = prepare_map(states, "process_states", states->limit, is_preallocated);
	return r < 0 ? r : prepare_map(states, "follow_binaries", BINARIES_MAX, is_preallocated);
}

/* NULL if there is no such program. */
static struct bpf_program *find_program(const struct process_states *states, size_t index, int copy)
{
	char name[32];

	snprintf(name, sizeof(name), copy ? "%s_%d" : "%s", programs[index], copy);
	return bpf_object__find_program_by_name(states->object, name);
}

static int load(struct process_states *states, const struct process_states_options *options)
{
	const struct embedded_object *embedded = &embedded_process_state_raw;
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .object_name = "trigon_state",
		    .btf_custom_path = *options->btf_path ? options->btf_path : NULL);
	int r;

	states->object =
		bpf_object__open_mem(embedded->begin, (size_t)(embedded->end - embedded->begin), &open_options);
	if (!states->object)
		return -errno;
	for (int copy = states->copies; copy < COPIES; copy++)
		for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
			bpf_program__set_autoload(find_program(states, i, copy), false);
	r = prepare_maps(states, options);
	if (r >= 0)
		r = bpf_object__load(states->object);
	if (r < 0)
		return r;
	states->states_fd = bpf_object__find_map_fd_by_name(states->object, "process_states");
	states->binaries_fd = bpf_object__find_map_fd_by_name(states->object, "follow_binaries");
	return 0;
}

static int attach(struct process_states *states)
{
	size_t count = 0;

	for (int copy = 0; copy < states->copies; copy++) {
		for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
			struct bpf_program *program = find_program(states, i, copy);

			if (!program)
				return -ENOENT;
			states->links[count] = bpf_program__attach(program);
			if (!states->links[count++])
				return -errno;
		}
	}
	return 0;
}

/* --- processes that run already */

/*
 * Their bits are determined at their next fork, as their generation is none that there has been. What has ended
 * meanwhile leaves a state that its pid's next owner overwrites.
 */
static int record_process(const struct procfs_process *found, void *context)
{
	const struct process_states *states = context;
	struct process_state state = {
		.start_ns = found->start_ticks * states->ns_per_tick,
		.start_slack_ns = states->ns_per_tick - 1,
		.capabilities = {found->credentials.effective, found->credentials.inheritable,
				 found->credentials.permitted},
	};
	uint32_t pid = found->pid;

	if (found->is_kernel_thread || found->is_zombie || found->missing & PROCFS_MISSING_STATUS)
		return 0;
	_Static_assert(sizeof(state.namespaces) == sizeof(found->namespaces), "the same namespaces in the same order");
	memcpy(state.namespaces, found->namespaces, sizeof(state.namespaces)); /* 0, unknown, where one is missing */
	if (bpf_map_update_elem(states->states_fd, &pid, &state, BPF_NOEXIST) < 0 && errno == E2BIG)
		__atomic_fetch_add(&shared_of(states)->full, 1, __ATOMIC_RELAXED);
	return 0;
}

static int open_states(struct process_states *states, const struct process_states_options *options)
{
	long ticks = sysconf(_SC_CLK_TCK);
	uint64_t begin = clock_monotonic_ns();
	int r = shared_memory_open(&states->shared, "trigon_follow", sizeof(struct process_shared));

	states->ns_per_tick = CLOCK_NS_PER_SECOND / (uint64_t)(ticks > 0 ? ticks : 100);
	if (r < 0)
		return r;
	shared_of(states)->generation = 1;
	r = load(states, options);
	if (r >= 0)
		r = attach(states);
	if (r >= 0)
		r = procfs_scan(options->procfs, record_process, states);
	states->late = shared_of(states)->late; /* of processes that the scan came to only then: nothing was missed */
	if (r >= 0)
		log_info("policies: what processes are at fork and exec is recorded from now on; ready after %" PRIu64
			 " ms",
			 (uint64_t)((clock_monotonic_ns() - begin) / CLOCK_NS_PER_MS));
	return r;
}

int process_states_open(const struct process_states_options *options, struct process_states **ret)
{
	struct process_states *states = calloc(1, sizeof(*states));
	int r;

	if (!states)
		return -ENOMEM;
	states->shared.fd = -1;
	states->copies = options->has_preemptible_tracepoints ? COPIES : 1;
	r = open_states(states, options);
	if (r < 0) {
		log_error("policies: cannot record what processes are at fork and exec: %s", strerror(-r));
		process_states_close(states);
		return r;
	}
	*ret = states;
	return 0;
}

struct process_states *process_states_close(struct process_states *states)
{
	if (!states)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(states->links); i++)
		bpf_link__destroy(states->links[i]);
	bpf_object__close(states->object);
	shared_memory_close(&states->shared);
	free(states);
	return NULL;
}

int process_states_fd(const struct process_states *states)
{
	return states->states_fd;
}

int process_states_follow_fd(const struct process_states *states)
{
	return states->shared.fd;
}

/* --- filters with followChildren */

static void make_key(const struct policy_string *path, struct string_key *ret)
{
	*ret = (struct string_key){.length = path->length};
	memcpy(ret->bytes, path->bytes, MIN(path->length, (uint32_t)STRING_KEY_MAX)); /* POLICY_BINARY_MAX is less */
}

static int put_binaries(const struct process_states *states, const struct follow_binary *binaries, size_t count)
{
	struct string_key key;

	for (size_t i = 0; i < count; i++) {
		make_key(binaries[i].path, &key);
		if (bpf_map_update_elem(states->binaries_fd, &key, &binaries[i].bits, BPF_ANY) < 0)
			return -errno;
	}
	return 0;
}

static int compare_path(const void *key, const void *binary)
{
	const struct policy_string *a = key, *b = ((const struct follow_binary *)binary)->path;
	int order = memcmp(a->bytes, b->bytes, MIN(a->length, b->length));

	return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* Those that are in the map and not among `binaries`. */
static void delete_others(const struct process_states *states, const struct follow_binary *binaries, size_t count)
{
	struct string_key key, next;
	bool has_more = bpf_map_get_next_key(states->binaries_fd, NULL, &next) == 0;

	while (has_more) {
		struct policy_string path = {.bytes = next.bytes, .length = next.length};

		key = next;
		path.bytes = key.bytes;
		has_more = bpf_map_get_next_key(states->binaries_fd, &key, &next) == 0;
		if (!bsearch(&path, binaries, count, sizeof(*binaries), compare_path))
			bpf_map_delete_elem(states->binaries_fd, &key);
	}
}

/*
 * A program reads the generation first and looks the binary up then. So what it finds of the values from before is
 * marked as such, whenever the change comes; and one that reads the new generation has started after
 * the waiting, and sees `since` and the values as they are now.
 */
int process_states_follow(struct process_states *states, const struct follow_bits *bits, uint64_t renewed)
{
	volatile struct process_shared *shared = shared_of(states);
	_cleanup_free_ struct follow_binary *binaries = NULL;
	uint64_t generation = shared->generation + 1;
	size_t count;
	int r = follow_binaries(bits, &binaries, &count);

	if (r < 0)
		return r;
	r = put_binaries(states, binaries, count);
	delete_others(states, binaries, count);
	shared->active = follow_active(bits);
	for (int bit = 0; bit < FOLLOW_BITS; bit++)
		if (renewed & 1ull << bit)
			shared->since[bit] = generation;
	program_wait();
	__atomic_store_n(&shared->generation, generation, __ATOMIC_RELEASE);
	return r;
}

void process_states_check(struct process_states *states)
{
	uint64_t full, late;

	if (!states)
		return;
	full = shared_of(states)->full;
	late = shared_of(states)->late;
	if (full > states->full)
		log_warn("policies: %" PRIu64
			 " forks and execs of processes for whose state there was no room, of which there may be %u: "
			 "matchNamespaceChanges, matchCapabilityChanges and followChildren may not see what they do",
			 full - states->full, states->limit);
	if (late > states->late)
		log_warn("policies: of %" PRIu64 " processes the start was missed: matchNamespaceChanges, "
			 "matchCapabilityChanges and followChildren may not have seen what they did first",
			 late - states->late);
	states->full = full;
	states->late = late;
}
