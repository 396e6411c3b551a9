// SPDX-License-Identifier: Apache-2.0
/*
 * empty_hooks: attaches programs that do nothing to the functions that
 * bench_policies.sh calls, prints "ready" and waits for its end. What any sensor costs at the least.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <err.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <unistd.h>

#include "base/util.h"

static const struct {
	const char *function;
	enum bpf_attach_type attach;
} hooks[] = {
	{"__sys_setuid", BPF_TRACE_FENTRY},
	{"security_file_permission", BPF_TRACE_FEXIT},
	{"tcp_connect", BPF_TRACE_FENTRY},
};

int main(void)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		err(1, "BTF");
	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = hooks[i].attach);
		int fd;

		options.attach_btf_id = (__u32)btf__find_by_name_kind(btf, hooks[i].function, BTF_KIND_FUNC);
		fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty", "GPL", insns, ARRAY_SIZE(insns), &options);
		if (fd < 0 || bpf_raw_tracepoint_open(NULL, fd) < 0)
			err(1, "%s", hooks[i].function);
	}
	btf__free(btf);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
