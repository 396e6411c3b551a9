// SPDX-License-Identifier: Apache-2.0
/*
 * empty_hooks [COUNT]: attaches programs that do nothing to the functions that
 * bench_policies.sh calls, or COUNT of them to the one of read(), as many as its trampoline takes; prints "ready" and
 * waits for its end. What any sensor costs at the least.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <err.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/util.h"

#define TRAMPOLINE_MAX 38 /* BPF_MAX_TRAMP_LINKS, linux/bpf.h */

static const struct hook {
	const char *function;
	enum bpf_attach_type attach;
} hooks[] = {
	{"security_file_permission", BPF_TRACE_FEXIT}, /* in read() */
	{"__sys_setuid", BPF_TRACE_FENTRY},
	{"tcp_connect", BPF_TRACE_FENTRY},
};

static void attach(struct btf *btf, const struct hook *hook)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = hook->attach);
	int fd;

	options.attach_btf_id = (__u32)btf__find_by_name_kind(btf, hook->function, BTF_KIND_FUNC);
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty", "GPL", insns, ARRAY_SIZE(insns), &options);
	if (fd < 0 || bpf_raw_tracepoint_open(NULL, fd) < 0)
		err(1, "%s", hook->function);
}

int main(int argc, char **argv)
{
	struct btf *btf = btf__load_vmlinux_btf();
	long count = argc > 1 ? strtol(argv[1], NULL, 10) : 0;

	if (!btf)
		err(1, "BTF");
	for (long i = 0; i < MIN(count, TRAMPOLINE_MAX); i++)
		attach(btf, &hooks[0]);
	for (size_t i = 0; i < ARRAY_SIZE(hooks) && count == 0; i++)
		attach(btf, &hooks[i]);
	btf__free(btf);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
