// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/hook_program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/util.h"

#define VERIFIER_LOG_BYTES (1u << 20)
#define VERIFIER_LOG_SHOWN 2000

static const struct means {
	enum bpf_prog_type program;
	enum bpf_attach_type attach;
} means[ATTACH_MEANS_COUNT] = {
	[ATTACH_FENTRY] = {BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY},
	[ATTACH_FEXIT] = {BPF_PROG_TYPE_TRACING, BPF_TRACE_FEXIT},
	[ATTACH_FMOD_RET] = {BPF_PROG_TYPE_TRACING, BPF_MODIFY_RETURN},
	[ATTACH_LSM] = {BPF_PROG_TYPE_LSM, BPF_LSM_MAC},
	[ATTACH_RAW_TRACEPOINT] = {BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP},
	[ATTACH_TRACEPOINT] = {BPF_PROG_TYPE_TRACEPOINT, 0},
	[ATTACH_KPROBE] = {BPF_PROG_TYPE_KPROBE, 0},
	[ATTACH_KRETPROBE] = {BPF_PROG_TYPE_KPROBE, 0},
	[ATTACH_KPROBE_MULTI] = {BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI},
	[ATTACH_KRETPROBE_MULTI] = {BPF_PROG_TYPE_KPROBE, BPF_TRACE_KPROBE_MULTI},
	[ATTACH_SYSCALL_ENTER] = {BPF_PROG_TYPE_TRACEPOINT, 0},
	[ATTACH_SYSCALL_EXIT] = {BPF_PROG_TYPE_TRACEPOINT, 0},
};

static bool is_btf_attached(enum attach_means attach)
{
	return means[attach].program == BPF_PROG_TYPE_TRACING || means[attach].program == BPF_PROG_TYPE_LSM;
}

/* Again with the verifier talking, for whoever debugs; users get the error in their own terms. */
static void log_verifier(const struct plan_program *plan, const struct linked_program *program,
			 struct bpf_prog_load_opts *options)
{
	_cleanup_free_ char *text = NULL;
	size_t length;
	int fd;

	if (log_get_level() < LOG_LEVEL_DEBUG)
		return;
	text = calloc(1, VERIFIER_LOG_BYTES);
	if (!text)
		return;
	options->log_buf = text;
	options->log_size = VERIFIER_LOG_BYTES;
	options->log_level = 1;
	fd = bpf_prog_load(means[plan->means].program, "trigon", "Dual BSD/GPL", program->insns, program->count,
			   options);
	if (fd >= 0)
		close(fd);
	length = strlen(text); /* the end says what is wrong */
	log_debug("the verifier on %s %s:\n%s", attach_means_name(plan->means), plan->target,
		  length > VERIFIER_LOG_SHOWN ? text + length - VERIFIER_LOG_SHOWN : text);
}

int hook_program_load(const struct pieces *pieces, const struct plan_program *plan, const struct assembler *code,
		      const struct link_values *values)
{
	_cleanup_(linked_program_done) struct linked_program program = {0};
	LIBBPF_OPTS(bpf_prog_load_opts, options);
	char name[BPF_OBJ_NAME_LEN];
	int fd, r = pieces_link(pieces, code, values, &program);

	if (r < 0)
		return r;
	options.expected_attach_type = means[plan->means].attach;
	if (is_btf_attached(plan->means))
		options.attach_btf_id = plan->btf_id;
	options.prog_btf_fd = (__u32)program.btf_fd;
	options.func_info = program.functions;
	options.func_info_cnt = (__u32)program.function_count;
	options.func_info_rec_size = sizeof(*program.functions);
	/* a byte less than fits: bpftool takes a full name for a cut one, and looks for the rest in BTF */
	snprintf(name, sizeof(name), "t_%.*s", (int)sizeof(name) - 4, plan->target);
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	fd = bpf_prog_load(means[plan->means].program, name, "Dual BSD/GPL", program.insns, program.count, &options);
	if (fd >= 0)
		return fd;
	r = -errno;
	log_verifier(plan, &program, &options);
	return r;
}

/* Has a perf event run the program. Returns the event's fd, or closes it. */
static int enable_program(int fd, int program_fd)
{
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, program_fd) < 0 || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

static int open_tracepoint(const struct plan_program *plan, int program_fd)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attributes),
		.config = plan->tracepoint_id,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : enable_program(fd, program_fd);
}

/* The number in a file of the dynamic PMU `kprobe` (Documentation/ABI/testing/sysfs-bus-event_source-devices-format).
 */
static int read_pmu(const char *name, uint32_t *ret)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[128], text[64] = "";
	const char *digits;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/kprobe/%s", name);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	if (!fgets(text, sizeof(text), file))
		return -EINVAL;
	digits = strpbrk(text, "0123456789"); /* "8", or "config:0" */
	if (!digits)
		return -EINVAL;
	*ret = (uint32_t)strtoul(digits, NULL, 10);
	return 0;
}

static int open_kprobe(const struct plan_program *plan, int program_fd)
{
	struct perf_event_attr attributes = {.size = sizeof(attributes)};
	uint32_t type, retprobe_bit;
	int fd, r = read_pmu("type", &type);

	if (r >= 0)
		r = read_pmu("format/retprobe", &retprobe_bit);
	if (r < 0)
		return r;
	attributes.type = type;
	attributes.config = plan->means == ATTACH_KRETPROBE ? 1ull << retprobe_bit : 0;
	attributes.config1 = (uint64_t)(uintptr_t)plan->target;
	fd = (int)syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : enable_program(fd, program_fd);
}

/* To all of the hook's functions; the cookie of each is its position. */
static int open_multi(const struct hook_info *info, const struct plan_program *plan, int program_fd)
{
	_cleanup_free_ __u64 *cookies = calloc(info->function_count, sizeof(*cookies));
	LIBBPF_OPTS(bpf_link_create_opts, options);
	int fd;

	if (!cookies)
		return -ENOMEM;
	for (size_t i = 0; i < info->function_count; i++)
		cookies[i] = i;
	options.kprobe_multi.flags = plan->means == ATTACH_KRETPROBE_MULTI ? BPF_F_KPROBE_MULTI_RETURN : 0;
	options.kprobe_multi.cnt = (__u32)info->function_count;
	options.kprobe_multi.syms = (const char **)info->functions;
	options.kprobe_multi.cookies = cookies;
	fd = bpf_link_create(program_fd, 0, BPF_TRACE_KPROBE_MULTI, &options);
	return fd < 0 ? -errno : fd;
}

int hook_program_attach(const struct plan_hook *hook, const struct plan_program *plan, int program_fd)
{
	int fd;

	if (hook->info->function_count)
		return open_multi(hook->info, plan, program_fd);
	if (plan->means == ATTACH_KPROBE || plan->means == ATTACH_KRETPROBE)
		return open_kprobe(plan, program_fd);
	if (!is_btf_attached(plan->means))
		return open_tracepoint(plan, program_fd);
	fd = bpf_raw_tracepoint_open(NULL, program_fd);
	return fd < 0 ? -errno : fd;
}

int hook_program_array_new(void)
{
	int fd =
		bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "trigon_programs", sizeof(uint32_t), sizeof(uint32_t), 2, NULL);

	return fd < 0 ? -errno : fd;
}

void program_wait(void)
{
	const struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		nanosleep(&pause, NULL);
}
