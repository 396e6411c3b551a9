// SPDX-License-Identifier: Apache-2.0
#include "core/encode/names.h"

#include "base/util.h"
#include "wire.h"

/* linux/socket.h */
static const char *const families[] = {
	[0] = "AF_UNSPEC",      [1] = "AF_UNIX",     [2] = "AF_INET",    [3] = "AF_AX25",     [4] = "AF_IPX",
	[5] = "AF_APPLETALK",   [6] = "AF_NETROM",   [7] = "AF_BRIDGE",  [8] = "AF_ATMPVC",   [9] = "AF_X25",
	[10] = "AF_INET6",      [11] = "AF_ROSE",    [12] = "AF_DECnet", [13] = "AF_NETBEUI", [14] = "AF_SECURITY",
	[15] = "AF_KEY",        [16] = "AF_NETLINK", [17] = "AF_PACKET", [18] = "AF_ASH",     [19] = "AF_ECONET",
	[20] = "AF_ATMSVC",     [21] = "AF_RDS",     [23] = "AF_IRDA",   [24] = "AF_PPPOX",   [25] = "AF_WANPIPE",
	[26] = "AF_LLC",        [27] = "AF_IB",      [28] = "AF_MPLS",   [29] = "AF_CAN",     [30] = "AF_TIPC",
	[31] = "AF_BLUETOOTH",  [32] = "AF_IUCV",    [33] = "AF_RXRPC",  [34] = "AF_ISDN",    [35] = "AF_PHONET",
	[36] = "AF_IEEE802154", [37] = "AF_CAIF",    [38] = "AF_ALG",    [39] = "AF_NFC",     [40] = "AF_VSOCK",
	[41] = "AF_KCM",        [42] = "AF_QIPCRTR", [43] = "AF_SMC",    [44] = "AF_XDP",     [45] = "AF_MCTP",
};

/* linux/net.h */
static const char *const socket_types[] = {
	[1] = "SOCK_STREAM",    [2] = "SOCK_DGRAM", [3] = "SOCK_RAW",    [4] = "SOCK_RDM",
	[5] = "SOCK_SEQPACKET", [6] = "SOCK_DCCP",  [7] = "SOCK_PACKET",
};

/* linux/in.h; a number beyond 8 bits is one of Linux alone */
static const char *const protocols[] = {
	[0] = "IPPROTO_IP",         [1] = "IPPROTO_ICMP",    [2] = "IPPROTO_IGMP",      [4] = "IPPROTO_IPIP",
	[6] = "IPPROTO_TCP",        [8] = "IPPROTO_EGP",     [12] = "IPPROTO_PUP",      [17] = "IPPROTO_UDP",
	[22] = "IPPROTO_IDP",       [29] = "IPPROTO_TP",     [33] = "IPPROTO_DCCP",     [41] = "IPPROTO_IPV6",
	[46] = "IPPROTO_RSVP",      [47] = "IPPROTO_GRE",    [50] = "IPPROTO_ESP",      [51] = "IPPROTO_AH",
	[92] = "IPPROTO_MTP",       [94] = "IPPROTO_BEETPH", [98] = "IPPROTO_ENCAP",    [103] = "IPPROTO_PIM",
	[108] = "IPPROTO_COMP",     [132] = "IPPROTO_SCTP",  [136] = "IPPROTO_UDPLITE", [137] = "IPPROTO_MPLS",
	[143] = "IPPROTO_ETHERNET", [255] = "IPPROTO_RAW",   [262] = "IPPROTO_MPTCP",
};

/* net/tcp_states.h */
static const char *const tcp_states[] = {
	[1] = "TCP_ESTABLISHED", [2] = "TCP_SYN_SENT",  [3] = "TCP_SYN_RECV", [4] = "TCP_FIN_WAIT1",
	[5] = "TCP_FIN_WAIT2",   [6] = "TCP_TIME_WAIT", [7] = "TCP_CLOSE",    [8] = "TCP_CLOSE_WAIT",
	[9] = "TCP_LAST_ACK",    [10] = "TCP_LISTEN",   [11] = "TCP_CLOSING", [12] = "TCP_NEW_SYN_RECV",
};

/* linux/bpf.h, enum bpf_prog_type */
static const char *const bpf_prog_types[] = {
	"BPF_PROG_TYPE_UNSPEC",
	"BPF_PROG_TYPE_SOCKET_FILTER",
	"BPF_PROG_TYPE_KPROBE",
	"BPF_PROG_TYPE_SCHED_CLS",
	"BPF_PROG_TYPE_SCHED_ACT",
	"BPF_PROG_TYPE_TRACEPOINT",
	"BPF_PROG_TYPE_XDP",
	"BPF_PROG_TYPE_PERF_EVENT",
	"BPF_PROG_TYPE_CGROUP_SKB",
	"BPF_PROG_TYPE_CGROUP_SOCK",
	"BPF_PROG_TYPE_LWT_IN",
	"BPF_PROG_TYPE_LWT_OUT",
	"BPF_PROG_TYPE_LWT_XMIT",
	"BPF_PROG_TYPE_SOCK_OPS",
	"BPF_PROG_TYPE_SK_SKB",
	"BPF_PROG_TYPE_CGROUP_DEVICE",
	"BPF_PROG_TYPE_SK_MSG",
	"BPF_PROG_TYPE_RAW_TRACEPOINT",
	"BPF_PROG_TYPE_CGROUP_SOCK_ADDR",
	"BPF_PROG_TYPE_LWT_SEG6LOCAL",
	"BPF_PROG_TYPE_LIRC_MODE2",
	"BPF_PROG_TYPE_SK_REUSEPORT",
	"BPF_PROG_TYPE_FLOW_DISSECTOR",
	"BPF_PROG_TYPE_CGROUP_SYSCTL",
	"BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE",
	"BPF_PROG_TYPE_CGROUP_SOCKOPT",
	"BPF_PROG_TYPE_TRACING",
	"BPF_PROG_TYPE_STRUCT_OPS",
	"BPF_PROG_TYPE_EXT",
	"BPF_PROG_TYPE_LSM",
	"BPF_PROG_TYPE_SK_LOOKUP",
	"BPF_PROG_TYPE_SYSCALL",
};

/* linux/bpf.h, enum bpf_map_type */
static const char *const bpf_map_types[] = {
	"BPF_MAP_TYPE_UNSPEC",
	"BPF_MAP_TYPE_HASH",
	"BPF_MAP_TYPE_ARRAY",
	"BPF_MAP_TYPE_PROG_ARRAY",
	"BPF_MAP_TYPE_PERF_EVENT_ARRAY",
	"BPF_MAP_TYPE_PERCPU_HASH",
	"BPF_MAP_TYPE_PERCPU_ARRAY",
	"BPF_MAP_TYPE_STACK_TRACE",
	"BPF_MAP_TYPE_CGROUP_ARRAY",
	"BPF_MAP_TYPE_LRU_HASH",
	"BPF_MAP_TYPE_LRU_PERCPU_HASH",
	"BPF_MAP_TYPE_LPM_TRIE",
	"BPF_MAP_TYPE_ARRAY_OF_MAPS",
	"BPF_MAP_TYPE_HASH_OF_MAPS",
	"BPF_MAP_TYPE_DEVMAP",
	"BPF_MAP_TYPE_SOCKMAP",
	"BPF_MAP_TYPE_CPUMAP",
	"BPF_MAP_TYPE_XSKMAP",
	"BPF_MAP_TYPE_SOCKHASH",
	"BPF_MAP_TYPE_CGROUP_STORAGE",
	"BPF_MAP_TYPE_REUSEPORT_SOCKARRAY",
	"BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE",
	"BPF_MAP_TYPE_QUEUE",
	"BPF_MAP_TYPE_STACK",
	"BPF_MAP_TYPE_SK_STORAGE",
	"BPF_MAP_TYPE_DEVMAP_HASH",
	"BPF_MAP_TYPE_STRUCT_OPS",
	"BPF_MAP_TYPE_RINGBUF",
	"BPF_MAP_TYPE_INODE_STORAGE",
	"BPF_MAP_TYPE_TASK_STORAGE",
	"BPF_MAP_TYPE_BLOOM_FILTER",
};

/* linux/bpf.h, enum bpf_cmd */
static const char *const bpf_commands[] = {
	"BPF_MAP_CREATE",        "BPF_MAP_LOOKUP_ELEM",
	"BPF_MAP_UPDATE_ELEM",   "BPF_MAP_DELETE_ELEM",
	"BPF_MAP_GET_NEXT_KEY",  "BPF_PROG_LOAD",
	"BPF_OBJ_PIN",           "BPF_OBJ_GET",
	"BPF_PROG_ATTACH",       "BPF_PROG_DETACH",
	"BPF_PROG_TEST_RUN",     "BPF_PROG_GET_NEXT_ID",
	"BPF_MAP_GET_NEXT_ID",   "BPF_PROG_GET_FD_BY_ID",
	"BPF_MAP_GET_FD_BY_ID",  "BPF_OBJ_GET_INFO_BY_FD",
	"BPF_PROG_QUERY",        "BPF_RAW_TRACEPOINT_OPEN",
	"BPF_BTF_LOAD",          "BPF_BTF_GET_FD_BY_ID",
	"BPF_TASK_FD_QUERY",     "BPF_MAP_LOOKUP_AND_DELETE_ELEM",
	"BPF_MAP_FREEZE",        "BPF_BTF_GET_NEXT_ID",
	"BPF_MAP_LOOKUP_BATCH",  "BPF_MAP_LOOKUP_AND_DELETE_BATCH",
	"BPF_MAP_UPDATE_BATCH",  "BPF_MAP_DELETE_BATCH",
	"BPF_LINK_CREATE",       "BPF_LINK_UPDATE",
	"BPF_LINK_GET_FD_BY_ID", "BPF_LINK_GET_NEXT_ID",
	"BPF_ENABLE_STATS",      "BPF_ITER_CREATE",
	"BPF_LINK_DETACH",       "BPF_PROG_BIND_MAP",
	"BPF_TOKEN_CREATE",
};

/* linux/perf_event.h, enum perf_type_id */
static const char *const perf_types[] = {
	"PERF_TYPE_HARDWARE", "PERF_TYPE_SOFTWARE",   "PERF_TYPE_TRACEPOINT", "PERF_TYPE_HW_CACHE",
	"PERF_TYPE_RAW",      "PERF_TYPE_BREAKPOINT", "PERF_TYPE_MAX",
};

/* linux/panic.h, those that modules bring */
static const char *const taints[] = {
	[0] = "TAINT_PROPRIETARY_MODULE",        [1] = "TAINT_FORCED_MODULE",
	[3] = "TAINT_FORCED_UNLOAD_MODULE",      [10] = "TAINT_STAGED_MODULE",
	[12] = "TAINT_OUT_OF_TREE_MODULE",       [13] = "TAINT_UNSIGNED_MODULE",
	[15] = "TAINT_KERNEL_LIVE_PATCH_MODULE", [18] = "TAINT_TEST_MODULE",
};

static const char *const actions[] = {
	[WIRE_ACTION_POST] = "KPROBE_ACTION_POST",
	[WIRE_ACTION_NOPOST] = "KPROBE_ACTION_NOPOST",
	[WIRE_ACTION_SIGKILL] = "KPROBE_ACTION_SIGKILL",
	[WIRE_ACTION_SIGNAL] = "KPROBE_ACTION_SIGNAL",
	[WIRE_ACTION_OVERRIDE] = "KPROBE_ACTION_OVERRIDE",
	[WIRE_ACTION_TRACKSOCK] = "KPROBE_ACTION_TRACKSOCK",
	[WIRE_ACTION_UNTRACKSOCK] = "KPROBE_ACTION_UNTRACKSOCK",
};

#define TABLE(names) \
	{ \
		(names), ARRAY_SIZE(names) \
	}

static const struct {
	const char *const *names;
	size_t count;
} tables[NAME_KIND_COUNT] = {
	[NAME_FAMILY] = TABLE(families),
	[NAME_SOCKET_TYPE] = TABLE(socket_types),
	[NAME_PROTOCOL] = TABLE(protocols),
	[NAME_TCP_STATE] = TABLE(tcp_states),
	[NAME_BPF_PROG_TYPE] = TABLE(bpf_prog_types),
	[NAME_BPF_MAP_TYPE] = TABLE(bpf_map_types),
	[NAME_BPF_COMMAND] = TABLE(bpf_commands),
	[NAME_PERF_TYPE] = TABLE(perf_types),
	[NAME_TAINT] = TABLE(taints),
	[NAME_ACTION] = TABLE(actions),
};

const char *name_find(enum name_kind kind, uint64_t number)
{
	return number < tables[kind].count ? tables[kind].names[number] : NULL;
}

bool name_parse(enum name_kind kind, const char *name, uint64_t *ret_number)
{
	for (size_t i = 0; i < tables[kind].count; i++) {
		if (tables[kind].names[i] && strcmp(tables[kind].names[i], name) == 0) {
			*ret_number = i;
			return true;
		}
	}
	return false;
}

void name_append(struct buffer *buffer, enum name_kind kind, uint64_t number)
{
	const char *name = name_find(kind, number);

	if (name)
		buffer_append_cstring(buffer, name);
	else
		buffer_append_u64(buffer, number);
}
