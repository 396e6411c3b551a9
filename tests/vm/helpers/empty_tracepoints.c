// SPDX-License-Identifier: Apache-2.0
/*
 * empty_tracepoints: attaches a program that returns at once to the three
 * tracepoints of the base sensor, prints "ready" and waits for its end. What any sensor costs at the least.
 */
#include <err.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const tracepoints[] = {"sched_process_exec", "sched_process_fork", "sched_process_exit"};

static int load(void)
{
	static const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = (uint64_t)(uintptr_t)program,
		.insn_cnt = 2,
		.license = (uint64_t)(uintptr_t) "GPL",
	};

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

int main(void)
{
	const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY}; /* kernels before 5.11 */
	int program;

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	program = load();
	if (program < 0)
		err(1, "load");
	for (int i = 0; i < 3; i++) {
		union bpf_attr attr = {
			.raw_tracepoint = {.name = (uint64_t)(uintptr_t)tracepoints[i], .prog_fd = (uint32_t)program},
		};

		if (syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr)) < 0)
			err(1, "%s", tracepoints[i]);
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
