/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The events of hooks behind tests/golden/{kprobe,tracepoint,lsm,loader}-*.json:
 * records as the kernel programs write them, through the decoder.
 */
#include "core/policy/hook_info.h"
#include "golden_events.h"
#include "hook_maker.h"

#define KTIME_NS 13548674999999

enum golden_who {
	GOLDEN_SUDO,
	GOLDEN_CURL, /* in a container */
	GOLDEN_SSHD,
	GOLDEN_NOBODY, /* never seen before */
};

struct golden_hook {
	const char *name;
	enum golden_who who;
	bool with_credentials, with_stacks;
	struct hook_info hook;
	void (*fill)(struct hook_maker *maker);
};

/* --- values --------------------------------------------------------------------------------------------------- */

static const struct wire_sock golden_sock = {
	.family = 2,
	.type = 1,
	.protocol = 6,
	.state = 2,
	.mark = 7,
	.saddr = {10, 168, 0, 45},
	.daddr = {104, 198, 14, 52},
	.sport = 48272,
	.dport = 80,
	.cookie = 0xffff888012345678,
};
static const struct wire_cred golden_cred = {
	.credentials = {.uid = 1000,
			.gid = 1000,
			.suid = 0,
			.sgid = 1000,
			.euid = 0,
			.egid = 1000,
			.fsuid = 0,
			.fsgid = 1000,
			.securebits = 1 << 4,
			.permitted = 1 << 1 | 1 << 21,
			.effective = 1 << 21},
	.user_ns = {.level = 0, .uid = 0, .gid = 0, .inum = 4026531837u},
};

static void fill_nothing(struct hook_maker *maker)
{
	(void)maker;
}

static void fill_nop(struct hook_maker *maker)
{
	hook_maker_add(maker, WIRE_VALUE_NONE);
}

static void fill_setresuid(struct hook_maker *maker)
{
	hook_maker_number(maker, (uint64_t)-1);
	hook_maker_number(maker, 0);
	hook_maker_number(maker, (uint64_t)-1);
}

static void fill_capset(struct hook_maker *maker)
{
	hook_maker_add(maker, WIRE_VALUE_NONE);
	hook_maker_memory(maker, WIRE_VALUE_CRED, &golden_cred, sizeof(golden_cred));
	hook_maker_number(maker, ALL_CAPABILITIES);
	hook_maker_number(maker, 0);
	hook_maker_number(maker, ALL_CAPABILITIES);
}

static void fill_bpf_check(struct hook_maker *maker)
{
	const struct wire_bpf_prog prog = {.type = 1, .instruction_count = 2};

	hook_maker_memory(maker, WIRE_VALUE_BPF_PROG, &prog, sizeof(prog));
}

static void fill_module_request(struct hook_maker *maker)
{
	hook_maker_text(maker, WIRE_VALUE_BYTES, "ipt_LOG");
	hook_maker_number(maker, 0);
}

static void fill_tcp_close(struct hook_maker *maker)
{
	struct wire_sock sock = golden_sock;

	memcpy(sock.saddr, (const uint8_t[]){127, 0, 0, 1}, 4);
	memcpy(sock.daddr, (const uint8_t[]){127, 0, 0, 1}, 4);
	sock.sport = 22;
	sock.state = 1;
	hook_maker_memory(maker, WIRE_VALUE_SOCK, &sock, sizeof(sock));
	maker->hook.action = WIRE_ACTION_UNTRACKSOCK;
	maker->hook.flags = WIRE_HOOK_OWNER;
}

static void fill_sock(struct hook_maker *maker)
{
	hook_maker_memory(maker, WIRE_VALUE_SOCK, &golden_sock, sizeof(golden_sock));
}

static void fill_sock6(struct hook_maker *maker)
{
	struct wire_sock sock = golden_sock;

	sock.family = 10;
	memcpy(sock.saddr, "\x20\x01\x0d\xb8\0\0\0\0\0\x01\0\0\0\0\0\x02", 16);
	memcpy(sock.daddr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x01\x02\x03\x04", 16);
	hook_maker_memory(maker, WIRE_VALUE_SOCK, &sock, sizeof(sock));
}

static void fill_files(struct hook_maker *maker)
{
	hook_maker_text(maker, WIRE_VALUE_PATH, "/etc/passwd")->extra = 0100644;
	hook_maker_text(maker, WIRE_VALUE_PATH, "deep/below")->flags = WIRE_VALUE_CUT;
	hook_maker_text(maker, WIRE_VALUE_PATH, "/usr/bin/sudo")->extra = 0104755;
	hook_maker_text(maker, WIRE_VALUE_PATH, "")->extra = 010600;
	hook_maker_text(maker, WIRE_VALUE_BYTES, "a \"b\" \x1b[31m\xff");
	hook_maker_number(maker, 4);
	maker->hook.action = WIRE_ACTION_SIGKILL;
	maker->hook.return_action = WIRE_ACTION_NOPOST;
}

static void fill_buffers(struct hook_maker *maker)
{
	struct wire_value *value;

	hook_maker_text(maker, WIRE_VALUE_BYTES, "hello\n")->extra = 6;
	value = hook_maker_text(maker, WIRE_VALUE_BYTES, "hel");
	value->flags = WIRE_VALUE_CUT;
	value->extra = 12345;
	hook_maker_text(maker, WIRE_VALUE_BYTES, "");
	value = hook_maker_add(maker, WIRE_VALUE_BYTES);
	value->flags = WIRE_VALUE_FAULT | WIRE_VALUE_ERROR;
}

static void fill_objects(struct hook_maker *maker)
{
	const struct wire_module info = {
		.has_signature_ok = 1, .taints = 1 << 12 | 1 << 13 | 1 << 9, .name = "rootkit"};
	const struct wire_bpf_map map = {
		.type = 1, .key_size = 8, .value_size = 8, .max_entries = 1024, .name = "map_of_15_chars"};
	const struct wire_perf_event perf = {.type = 2, .config = 1 << 20, .kprobe_func = "commit_creds"};
	const struct wire_user_ns user_ns = {.level = 1, .uid = 1000, .gid = 0, .inum = 4026532999u};

	hook_maker_memory(maker, WIRE_VALUE_MODULE, &info, sizeof(info));
	hook_maker_memory(maker, WIRE_VALUE_BPF_MAP, &map, sizeof(map));
	hook_maker_memory(maker, WIRE_VALUE_PERF_EVENT, &perf, sizeof(perf));
	hook_maker_memory(maker, WIRE_VALUE_USER_NS, &user_ns, sizeof(user_ns));
	hook_maker_add(maker, WIRE_VALUE_MODULE)->flags = WIRE_VALUE_ERROR;
}

static void fill_numbers(struct hook_maker *maker)
{
	hook_maker_number(maker, UINT64_MAX);
	hook_maker_number(maker, UINT64_MAX);
	hook_maker_number(maker, 0);
	hook_maker_number(maker, 21);
	hook_maker_number(maker, 5);
	hook_maker_number(maker, 0x3000);
}

static void fill_stacks(struct hook_maker *maker)
{
	const uint64_t kernel[] = {0xffffffffa13f2de5, 0xffffffffa13f2000, 0xffffffffa0000000},
		       user[] = {0x7fc87712752b, 0x10};

	fill_sock(maker);
	maker->hook.kernel_stack_offset = hook_maker_store(maker, kernel, sizeof(kernel));
	maker->hook.kernel_stack_length = sizeof(kernel);
	maker->hook.user_stack_offset = hook_maker_store(maker, user, sizeof(user));
	maker->hook.user_stack_length = sizeof(user);
}

static void fill_sys_enter(struct hook_maker *maker)
{
	const uint64_t args[] = {0xffffff9c, 0x7ffc1234, 0, 0, 0x55, 0};

	hook_maker_number(maker, 257);
	hook_maker_memory(maker, WIRE_VALUE_NUMBERS, args, sizeof(args));
}

static void fill_tracepoint(struct hook_maker *maker)
{
	const struct wire_skb skb = {.hash = 1,
				     .length = 60,
				     .saddr = {10, 0, 0, 1},
				     .daddr = {10, 0, 0, 2},
				     .sport = 40000,
				     .dport = 53,
				     .protocol = 17,
				     .family = 2};
	const struct wire_sockaddr sockaddr = {.family = 1};

	hook_maker_number(maker, 9);
	hook_maker_text(maker, WIRE_VALUE_BYTES, "eth0");
	hook_maker_memory(maker, WIRE_VALUE_SKB, &skb, sizeof(skb));
	hook_maker_memory(maker, WIRE_VALUE_SOCKADDR, &sockaddr, sizeof(sockaddr));
}

static void fill_lsm(struct hook_maker *maker)
{
	hook_maker_text(maker, WIRE_VALUE_PATH, "/tmp/nc")->extra = 0100755;
	maker->hook.action = WIRE_ACTION_OVERRIDE;
}

/* --- events --------------------------------------------------------------------------------------------------- */

#define ARGS(...) \
	.arg_count = sizeof((struct hook_arg_info[]){__VA_ARGS__}) / sizeof(struct hook_arg_info), .args = {__VA_ARGS__}
#define RETURN(kind) .has_return = true, .return_arg = {(kind), NULL}
#define KPROBE(policy, function) \
	.family = HOOK_KPROBE, .policy_name = (char *)(policy), .function_name = (char *)(function)

static struct golden_hook golden_hooks[] = {
	/* the use cases of the policy library */
	{
		.name = "kprobe-setresuid",
		.who = GOLDEN_SUDO,
		.hook = {KPROBE("privileges-raise", "__sys_setresuid"),
			 .message = (char *)"Privileged operation set \\\"root\\\"",
			 ARGS({ARG_INT, NULL}, {ARG_INT, NULL}, {ARG_INT, NULL})},
		.fill = fill_setresuid,
	},
	{
		.name = "kprobe-create-user-ns",
		.who = GOLDEN_SUDO,
		.with_credentials = true,
		.hook = {KPROBE("privileges-raise", "create_user_ns"), ARGS({ARG_NOP, NULL})},
		.fill = fill_nop,
	},
	{
		.name = "kprobe-capset",
		.who = GOLDEN_SUDO,
		.hook = {KPROBE("privileges-raise", "security_capset"),
			 ARGS({ARG_NOP, NULL}, {ARG_CRED, NULL}, {ARG_CAP_EFFECTIVE, NULL}, {ARG_CAP_INHERITABLE, NULL},
			      {ARG_CAP_PERMITTED, NULL})},
		.fill = fill_capset,
	},
	{
		.name = "kprobe-bpf-check",
		.who = GOLDEN_SUDO,
		.hook = {KPROBE("bpf-library-policy", "bpf_check"), ARGS({ARG_BPF_ATTR, NULL})},
		.fill = fill_bpf_check,
	},
	{
		.name = "kprobe-module-request",
		.who = GOLDEN_SUDO,
		.hook = {KPROBE("monitor-kernel-modules", "security_kernel_module_request"), .tag_count = 2,
			 .tags = {(char *)"observability.process", (char *)"caf\\u00e9"}, ARGS({ARG_STRING, NULL}),
			 RETURN(ARG_INT)},
		.fill = fill_module_request,
	},
	{
		.name = "kprobe-tcp-close",
		.who = GOLDEN_SSHD,
		.hook = {KPROBE("accept", "tcp_close"), ARGS({ARG_SOCK, NULL})},
		.fill = fill_tcp_close,
	},
	{
		.name = "kprobe-tcp-connect",
		.who = GOLDEN_CURL,
		.hook = {KPROBE("monitor-network-activity-outside-cluster-cidr-range", "tcp_connect"),
			 ARGS({ARG_SOCK, NULL})},
		.fill = fill_sock,
	},
	{
		.name = "loader-libssl",
		.who = GOLDEN_CURL,
		.hook = {.family = HOOK_LOADER, .policy_name = (char *)"loader"},
	},
	/* every type and shape */
	{
		.name = "kprobe-ipv6",
		.who = GOLDEN_CURL,
		.hook = {KPROBE("p", "tcp_connect"), ARGS({ARG_SOCKET, (char *)"the socket"})},
		.fill = fill_sock6,
	},
	{
		.name = "kprobe-files",
		.who = GOLDEN_CURL,
		.hook = {KPROBE("p", "security_file_permission"),
			 ARGS({ARG_FILE, (char *)"file"}, {ARG_PATH, NULL}, {ARG_LINUX_BINPRM, NULL}, {ARG_FD, NULL},
			      {ARG_FILENAME, (char *)"\"name\""}, {ARG_UINT32, NULL})},
		.fill = fill_files,
	},
	{
		.name = "kprobe-buffers",
		.who = GOLDEN_CURL,
		.hook = {KPROBE("p", "__x64_sys_write"),
			 ARGS({ARG_CHAR_BUF, NULL}, {ARG_CHAR_BUF, NULL}, {ARG_CHAR_BUF, NULL},
			      {ARG_CHAR_BUF, (char *)"unreadable"})},
		.fill = fill_buffers,
	},
	{
		.name = "kprobe-objects",
		.who = GOLDEN_CURL,
		.hook = {KPROBE("p", "f"), ARGS({ARG_LOAD_INFO, NULL}, {ARG_BPF_MAP, NULL}, {ARG_PERF_EVENT, NULL},
						{ARG_USER_NAMESPACE, NULL}, {ARG_MODULE, NULL})},
		.fill = fill_objects,
	},
	{
		.name = "kprobe-numbers",
		.who = GOLDEN_CURL,
		.hook = {.family = HOOK_FENTRY,
			 .policy_name = (char *)"p",
			 .function_name = (char *)"f",
			 ARGS({ARG_INT64, NULL}, {ARG_UINT64, NULL}, {ARG_SIZE, (char *)"zero"}, {ARG_CAPABILITY, NULL},
			      {ARG_BPF_CMD, NULL}),
			 RETURN(ARG_KERNEL_CAP)},
		.fill = fill_numbers,
	},
	{
		.name = "kprobe-unknown-process",
		.who = GOLDEN_NOBODY,
		.hook = {KPROBE("p", "f")},
		.fill = fill_nothing,
	},
	{
		.name = "kprobe-stacks",
		.who = GOLDEN_CURL,
		.with_stacks = true,
		.hook = {KPROBE("p", "tcp_connect"), ARGS({ARG_SOCK, NULL})},
		.fill = fill_stacks,
	},
	{
		.name = "tracepoint-sys-enter",
		.who = GOLDEN_CURL,
		.hook = {.family = HOOK_TRACEPOINT,
			 .policy_name = (char *)"p",
			 .subsystem = (char *)"raw_syscalls",
			 .event = (char *)"sys_enter",
			 ARGS({ARG_SYSCALL64, NULL}, {ARG_CONST_BUF, NULL})},
		.fill = fill_sys_enter,
	},
	{
		.name = "tracepoint-packet",
		.who = GOLDEN_CURL,
		.hook = {.family = HOOK_TRACEPOINT,
			 .policy_name = (char *)"p",
			 .subsystem = (char *)"net",
			 .event = (char *)"netif_receive_skb",
			 .message = (char *)"a packet",
			 .tag_count = 1,
			 .tags = {(char *)"network"},
			 ARGS({ARG_UINT16, (char *)"kept"}, {ARG_DATA_LOC, NULL}, {ARG_SKB, NULL},
			      {ARG_SOCKADDR, (char *)"address"})},
		.fill = fill_tracepoint,
	},
	{
		.name = "lsm-bprm-check",
		.who = GOLDEN_CURL,
		.hook = {.family = HOOK_LSM,
			 .policy_name = (char *)"no-tmp",
			 .function_name = (char *)"bprm_check_security",
			 .message = (char *)"execution in /tmp",
			 ARGS({ARG_LINUX_BINPRM, NULL})},
		.fill = fill_lsm,
	},
};

/* --- putting them together ------------------------------------------------------------------------------------ */

static struct image golden_hook_images[] = {
	[GOLDEN_SUDO] = {.auid = 1000,
			 .credentials = USER(0, 1000),
			 .cwd = BYTES("/home/user"),
			 .binary = BYTES("/usr/bin/sudo"),
			 .arguments = BYTES("id")},
	[GOLDEN_CURL] = {.auid = UNSET_AUID,
			 .cwd = BYTES("/"),
			 .binary = BYTES("/usr/bin/curl"),
			 .arguments = BYTES("http://ebpf.io")},
	[GOLDEN_SSHD] = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/usr/sbin/sshd")},
	[GOLDEN_NOBODY] = {.auid = UNSET_AUID},
};
static struct process golden_hook_processes[] = {
	[GOLDEN_SUDO] = CHILD(0),
	[GOLDEN_CURL] = CHILD(PROCESS_FLAG_ROOT_CWD),
	[GOLDEN_SSHD] = CHILD(PROCESS_FLAG_ROOT_CWD),
	[GOLDEN_NOBODY] = {.pid = 52699,
			   .ktime_ns = 13548674321337,
			   .start_wall_ns = START_NS,
			   .flags = PROCESS_FLAG_UNKNOWN},
};

static bool golden_symbol(void *context, uint32_t pid, uint64_t address, struct symbol *ret)
{
	(void)context;
	if (pid == 52699 && address == 0x7fc87712752b)
		*ret = (struct symbol){BYTES("__connect"), BYTES("/usr/lib/libc.so.6"), 0x12752b};
	else if (pid == 0 && address == 0xffffffffa13f2de5)
		*ret = (struct symbol){BYTES("kfree_skb_reason"), {"", 0}, 5};
	else if (pid == 0 && address == 0xffffffffa13f2000)
		*ret = (struct symbol){BYTES("start"), {"", 0}, 0};
	else
		return false;
	return true;
}

static const struct symbolizer golden_symbolizer = {.find = golden_symbol};

static inline void golden_hook_options(const struct golden_hook *golden, struct event_json_options *ret)
{
	*ret = golden_options;
	ret->cluster_name = NULL;
	ret->with_credentials = golden->with_credentials;
	ret->with_stack_addresses = golden->with_stacks;
	ret->symbolizer = golden->with_stacks ? &golden_symbolizer : NULL;
}

/* The bytes of the loader's record. */
static inline size_t golden_loader(char *bytes)
{
	static const char path[] = "/usr/lib/x86_64-linux-gnu/libssl.so.3";
	struct wire_loader loader = {
		.header = {.version = WIRE_VERSION,
			   .type = WIRE_LOADER,
			   .length = sizeof(loader) + sizeof(path) - 1 + 20},
		.task = {.pid = 52699},
		.tid = 52699,
		.path_length = sizeof(path) - 1,
		.build_id_length = 20,
	};

	memcpy(bytes, &loader, sizeof(loader));
	memcpy(bytes + sizeof(loader), path, sizeof(path) - 1);
	memcpy(bytes + sizeof(loader) + sizeof(path) - 1,
	       "\x01\x23\x45\x67\x89\xab\xcd\xef\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4", 20);
	return loader.header.length;
}

/* The event; the maker and the record must live as long. False if the record is refused. */
static inline bool golden_hook_event(const struct golden_hook *golden, struct hook_maker *maker, struct record *record,
				     struct event *ret)
{
	static const enum event_type types[HOOK_FAMILY_COUNT] = {
		[HOOK_KPROBE] = EVENT_PROCESS_KPROBE,         [HOOK_FENTRY] = EVENT_PROCESS_KPROBE,
		[HOOK_TRACEPOINT] = EVENT_PROCESS_TRACEPOINT, [HOOK_LSM] = EVENT_PROCESS_LSM,
		[HOOK_LOADER] = EVENT_PROCESS_LOADER,
	};
	struct process *process = &golden_hook_processes[golden->who];
	size_t length;

	hook_maker_init(maker, 1, 52699, 1);
	if (golden->fill)
		golden->fill(maker);
	length = golden->fill ? hook_maker_finish(maker) : golden_loader(maker->bytes);
	process->image = &golden_hook_images[golden->who];
	*ret = (struct event){
		.type = types[golden->hook.family],
		.wall_ns = START_NS + 1754,
		.tid = 52701,
		.process = process,
		.parent = golden->who == GOLDEN_NOBODY ? NULL : &shell,
		.record = record,
		.hook = &golden->hook,
	};
	return record_decode(maker->bytes, length, record) == 0;
}
