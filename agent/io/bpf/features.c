// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/features.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/log.h"
#include "base/util.h"

/* A verifier log is one message of many lines: each becomes one of ours. */
__attribute__((format(printf, 2, 0))) static int log_libbpf(enum libbpf_print_level level, const char *format,
							    va_list arguments)
{
	_cleanup_free_ char *text = NULL;
	char *rest;

	(void)level;
	if (log_get_level() < LOG_LEVEL_DEBUG || vasprintf(&text, format, arguments) < 0)
		return 0;
	rest = text;
	while (rest && *rest) {
		const char *line = strsep(&rest, "\n");

		if (*line)
			log_debug("%s", line);
	}
	return 0;
}

void features_init_libbpf(void)
{
	libbpf_set_print(log_libbpf);
}

/* NULL when the kernel has it, else why not. */
typedef const char *feature_probe(void);

static const char *probe_kprobes(void)
{
	if (access("/sys/bus/event_source/devices/kprobe/type", R_OK) == 0)
		return NULL;
	return "the kernel was built without kprobes (CONFIG_KPROBE_EVENTS)";
}

static const char *probe_uprobes(void)
{
	if (access("/sys/bus/event_source/devices/uprobe/type", R_OK) == 0)
		return NULL;
	return "the kernel was built without uprobes (CONFIG_UPROBE_EVENTS)";
}

/* Loads and attaches a program that returns at once to a function that every kernel has. */
static const char *probe_fentry(void)
{
	static const char *const functions[] = {"bpf_fentry_test1", "security_file_open", "do_exit"};
	const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	static char reason[128];
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FENTRY);
	int id = -ENOENT, program_fd, link_fd;

	for (size_t i = 0; i < ARRAY_SIZE(functions) && id < 0; i++)
		id = libbpf_find_vmlinux_btf_id(functions[i], BPF_TRACE_FENTRY);
	if (id < 0)
		return "the kernel has no BTF of its functions (CONFIG_DEBUG_INFO_BTF)";
	options.attach_btf_id = (unsigned int)id;
	program_fd =
		bpf_prog_load(BPF_PROG_TYPE_TRACING, "trigon_probe", "GPL", program, ARRAY_SIZE(program), &options);
	if (program_fd < 0) {
		snprintf(reason, sizeof(reason), "it refuses to load them (%s)", strerror(errno));
		return reason;
	}
	link_fd = bpf_raw_tracepoint_open(NULL, program_fd);
	close(program_fd);
	if (link_fd < 0)
		return "the kernel cannot attach fentry programs (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)";
	close(link_fd);
	return NULL;
}

static const char *probe_bpf_lsm(void)
{
	_cleanup_fclose_ FILE *file = fopen("/sys/kernel/security/lsm", "re");
	char list[1024] = "";

	if (!file)
		return "securityfs is not mounted or the kernel has no security modules";
	if (!fgets(list, sizeof(list), file))
		list[0] = '\0';
	return strstr(list, "bpf") ? NULL : "bpf is not in the kernel's lsm= list";
}

static const struct {
	const char *name;
	feature_probe *probe;
} features[] = {
	{"kprobes", probe_kprobes},
	{"fentry and fexit", probe_fentry},
	{"LSM programs", probe_bpf_lsm},
	{"uprobes", probe_uprobes},
};

_Static_assert(ARRAY_SIZE(features) <= FEATURES_MAX, "all of them fit");

size_t features_probe(struct feature ret[static FEATURES_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(features); i++)
		ret[i] = (struct feature){features[i].name, features[i].probe()};
	return ARRAY_SIZE(features);
}

void features_report(char ret_lacks[static FEATURES_LACKS_MAX])
{
	struct feature found[FEATURES_MAX];
	size_t count = features_probe(found);
	struct utsname name = {0};
	size_t length = 0;

	uname(&name);
	ret_lacks[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!found[i].reason)
			continue;
		if (length < FEATURES_LACKS_MAX)
			length += (size_t)snprintf(ret_lacks + length, FEATURES_LACKS_MAX - length, "%s%s: %s",
						   length ? "; " : "", found[i].name, found[i].reason);
		log_info("kernel %s cannot serve %s: %s", name.release, found[i].name, found[i].reason);
	}
	if (!length)
		log_info("kernel %s serves every hook family", name.release);
}

/* The mode that a kernel with PREEMPT_DYNAMIC runs in: the word in parentheses. "" if it does not say. */
static void read_preemption_mode(char *ret, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen("/sys/kernel/debug/sched/preempt", "re");
	char line[128] = "", *begin, *end;

	ret[0] = '\0';
	if (!file || !fgets(line, sizeof(line), file))
		return;
	begin = strchr(line, '(');
	end = begin ? strchr(begin, ')') : NULL;
	if (end)
		snprintf(ret, size, "%.*s", (int)(end - begin - 1), begin + 1);
}

bool features_is_preemptible(void)
{
	struct utsname name = {0};
	char mode[32];

	uname(&name);
	if (!strstr(name.version, "PREEMPT"))
		return false;
	if (!strstr(name.version, "PREEMPT_DYNAMIC"))
		return true;
	read_preemption_mode(mode, sizeof(mode));
	return strcmp(mode, "none") != 0 && strcmp(mode, "voluntary") != 0;
}
