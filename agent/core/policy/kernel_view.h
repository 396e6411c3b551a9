/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the compiler asks of the running kernel: a seam, so that it stays pure. The real one is
 * io/bpf/kernel_types.h; `trigon policy explain --btf FILE` uses the same with a file.
 */
#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

#define KERNEL_PARAMS_MAX 12
#define KERNEL_FIELDS_MAX 32
#define KERNEL_NAME_MAX 64

/* An argument, a returned value, or a tracepoint's field. */
struct kernel_param {
	char struct_name[KERNEL_NAME_MAX]; /* pointer to this struct, union or typedef'd struct; "": none */
	uint8_t size;                      /* bytes; 0: void */
	uint8_t slot;                      /* where programs find it, in 64-bit words; a struct by value takes two */
	bool is_signed, is_pointer;
};

struct kernel_function {
	uint32_t btf_id;
	uint8_t param_count;
	struct kernel_param params[KERNEL_PARAMS_MAX];
	struct kernel_param result; /* its slot is behind the last argument's */
	bool has_structs;           /* by value: fentry programs take such functions from 6.1 on */
	bool has_unknown_structs; /* takes a pointer to what BTF does not describe: the verifier refuses to read that */
};

struct kernel_field {
	char name[KERNEL_NAME_MAX];
	uint16_t offset, size;
	bool is_signed, is_data_loc, is_string_pointer;
	uint16_t array_count; /* of 64-bit numbers; 0: no array */
};

struct kernel_tracepoint {
	uint32_t id;
	uint8_t field_count;
	struct kernel_field fields[KERNEL_FIELDS_MAX];
};

struct kernel_features {
	bool has_fentry;         /* fentry, fexit and fmod_ret programs load */
	bool has_fentry_structs; /* also on functions that take structs by value, 6.1 */
	bool has_lsm;            /* `bpf` is among the active LSMs */
	bool has_kprobes;
	bool has_kprobe_multi; /* one program on many functions, 5.18 and CONFIG_FPROBE */
	bool has_atomic_fetch; /* 5.12; programs can be preempted from then on */
	/* a process may lose the CPU inside a program of a trampoline, or a raw tracepoint (7.0): others are kept out
	 */
	bool is_preemptible, has_preemptible_tracepoints;
	bool has_map_allocator; /* hashes without preallocation are fit for programs of all types, 6.1 */
	bool has_large_keys;    /* hash keys above 512 bytes, 5.11 */
	bool has_typed_task;    /* bpf_get_current_task_btf(), 5.11 */
	bool has_syscall_tracepoints;
	uint32_t host_namespaces[WIRE_NS_COUNT]; /* 0: unknown */
};

/* Takes one of several names, valid during the call; what it returns, unless 0, ends the walk. */
typedef int (*kernel_visitor)(void *data, const char *name);

struct kernel_view {
	/* 0; -ENOENT: there is none of this name; -ENOTSUP: more arguments than KERNEL_PARAMS_MAX, or structs by value
	 */
	int (*find_function)(void *context, const char *name, struct kernel_function *ret);
	/* Its TP_PROTO as a function's parameters. */
	int (*find_raw_tracepoint)(void *context, const char *event, struct kernel_function *ret);
	int (*find_tracepoint)(void *context, const char *subsystem, const char *event, struct kernel_tracepoint *ret);
	/* All functions that BTF has; in no order. 0, -errno, or what the visitor returned. */
	int (*each_function)(void *context, kernel_visitor visit, void *data);
	/* The names in tracefs' available_filter_functions, some twice: these are several functions. Same, and -ENOENT:
	 * there is no such file. */
	int (*each_traceable)(void *context, kernel_visitor visit, void *data);
	void *context;
	struct kernel_features features;
	bool has_hidden_processes; /* some are told of only ahead of an event of theirs: bpf/hidden.h */
	bool has_workloads; /* whose cgroup is which pod's and container's is known: policies may be for some only */
};
