/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The pieces (bpf/policy/): loads their objects once, keeps each function's
 * relocated instructions, and links them with glue to programs that the kernel takes.
 */
#include <linux/bpf.h>
#include <stddef.h>

#include "core/policy/assembler.h"
#include "io/bpf/base_sensor.h"
#include "wire.h"

struct pieces;

struct pieces_options {
	const char *btf_path;   /* NULL or "": the running kernel's own */
	bool has_map_allocator; /* struct kernel_features */
	bool has_backups;       /* some attach point may need them */
	enum cgroup_hierarchy hierarchy;
	int hidden_fd;          /* of bpf/hidden.h; -1: no process is hidden */
	int ring_fd, shared_fd; /* the base sensor's ring and .bss: all programs share them */
};

/* 0 or -errno. */
int pieces_open(const struct pieces_options *options, struct pieces **ret);
struct pieces *pieces_close(struct pieces *pieces); /* accepts and returns NULL */

/* A map of the objects, such as "sock_owners"; -ENOENT if there is none. Not owned by the caller. */
int pieces_map_fd(const struct pieces *pieces, const char *name);

/* What a program's relocations stand for. */
struct link_values {
	const int *map_fds; /* by enum shared_map, then the plan's maps */
	uint32_t hook_number;
	const uint8_t *follow_bits; /* of the plan's filters with followChildren; NULL: it has none */
	int scope;                  /* of the policy, where it has one */
	uint32_t policy_slot;       /* index into the maps of struct wire_policy_state and wire_policy_counters */
	int programs_fd;            /* of the dispatcher's program array */
};

/* A program in the form that bpf_prog_load() takes. */
struct linked_program {
	struct bpf_insn *insns; /* owned */
	size_t count;
	struct bpf_func_info *functions; /* owned */
	size_t function_count;
	int btf_fd; /* not owned */
};

/* 0, -ENOMEM, -E2BIG, or -ENOENT: there is no such piece. */
int pieces_link(const struct pieces *pieces, const struct assembler *code, const struct link_values *values,
		struct linked_program *ret);
void linked_program_done(struct linked_program *program); /* accepts a zeroed struct */
