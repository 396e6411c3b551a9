// SPDX-License-Identifier: Apache-2.0
#include "core/policy/types.h"

#include <string.h>

#include "base/util.h"

#define INTEGER (ARG_IS_INTEGER | ARG_IN_TRACEPOINTS)
#define SIGNED (INTEGER | ARG_IS_SIGNED)
#define PATH (ARG_IS_STRING | ARG_IS_PATH)

static const struct arg_type_info types[ARG_TYPE_COUNT] = {
	[ARG_AUTO] = {"auto", NULL, WIRE_VALUE_NONE, ARG_IN_TRACEPOINTS, 0},
	[ARG_NOP] = {"nop", NULL, WIRE_VALUE_NONE, ARG_IN_TRACEPOINTS, 0},
	[ARG_INT] = {"int", NULL, WIRE_VALUE_NUMBER, SIGNED, 4},
	[ARG_INT8] = {"int8", NULL, WIRE_VALUE_NUMBER, SIGNED, 1},
	[ARG_INT16] = {"int16", NULL, WIRE_VALUE_NUMBER, SIGNED, 2},
	[ARG_INT32] = {"int32", NULL, WIRE_VALUE_NUMBER, SIGNED, 4},
	[ARG_INT64] = {"int64", NULL, WIRE_VALUE_NUMBER, SIGNED, 8},
	[ARG_UINT8] = {"uint8", NULL, WIRE_VALUE_NUMBER, INTEGER, 1},
	[ARG_UINT16] = {"uint16", NULL, WIRE_VALUE_NUMBER, INTEGER, 2},
	[ARG_UINT32] = {"uint32", NULL, WIRE_VALUE_NUMBER, INTEGER, 4},
	[ARG_UINT64] = {"uint64", NULL, WIRE_VALUE_NUMBER, INTEGER, 8},
	[ARG_SIZE] = {"size_t", NULL, WIRE_VALUE_NUMBER, INTEGER, 8},
	[ARG_BPF_CMD] = {"bpf_cmd", NULL, WIRE_VALUE_NUMBER, ARG_IS_INTEGER | ARG_IS_SIGNED, 4},
	[ARG_CAPABILITY] = {"capability", NULL, WIRE_VALUE_NUMBER, ARG_IS_INTEGER | ARG_IS_SIGNED, 4},
	[ARG_SYSCALL64] = {"syscall64", NULL, WIRE_VALUE_NUMBER, INTEGER, 8},
	[ARG_KERNEL_CAP] = {"kernel_cap_t", "kernel_cap_t", WIRE_VALUE_NUMBER, ARG_IS_CAP_MASK, 8},
	[ARG_CAP_INHERITABLE] = {"cap_inheritable", "kernel_cap_t", WIRE_VALUE_NUMBER, ARG_IS_CAP_MASK, 8},
	[ARG_CAP_PERMITTED] = {"cap_permitted", "kernel_cap_t", WIRE_VALUE_NUMBER, ARG_IS_CAP_MASK, 8},
	[ARG_CAP_EFFECTIVE] = {"cap_effective", "kernel_cap_t", WIRE_VALUE_NUMBER, ARG_IS_CAP_MASK, 8},
	[ARG_STRING] = {"string", NULL, WIRE_VALUE_BYTES, ARG_IS_STRING | ARG_IN_TRACEPOINTS, 0},
	[ARG_FILENAME] = {"filename", "filename", WIRE_VALUE_BYTES, 0, 0},
	[ARG_DATA_LOC] = {"data_loc", NULL, WIRE_VALUE_BYTES, ARG_IS_STRING | ARG_IN_TRACEPOINTS, 0},
	[ARG_CHAR_BUF] = {"char_buf", NULL, WIRE_VALUE_BYTES, ARG_IS_STRING | ARG_IN_TRACEPOINTS | ARG_HAS_SIZE, 0},
	[ARG_CONST_BUF] = {"const_buf", NULL, WIRE_VALUE_NUMBERS, ARG_IN_TRACEPOINTS, 0},
	[ARG_FILE] = {"file", "file", WIRE_VALUE_PATH, PATH | ARG_HAS_FILE_TYPE | ARG_IN_TRACEPOINTS, 0},
	[ARG_FD] = {"fd", NULL, WIRE_VALUE_PATH, PATH | ARG_IN_TRACEPOINTS, 0},
	[ARG_PATH] = {"path", "path", WIRE_VALUE_PATH, PATH | ARG_HAS_FILE_TYPE, 0},
	[ARG_DENTRY] = {"dentry", "dentry", WIRE_VALUE_PATH, PATH, 0},
	[ARG_LINUX_BINPRM] = {"linux_binprm", "linux_binprm", WIRE_VALUE_PATH, PATH | ARG_IN_TRACEPOINTS, 0},
	[ARG_SKB] = {"skb", "sk_buff", WIRE_VALUE_SKB, ARG_IS_SKB | ARG_IN_TRACEPOINTS, 0},
	[ARG_SOCK] = {"sock", "sock", WIRE_VALUE_SOCK, ARG_IS_SOCK | ARG_IN_TRACEPOINTS, 0},
	[ARG_SOCKET] = {"socket", "socket", WIRE_VALUE_SOCK, ARG_IS_SOCK | ARG_IN_TRACEPOINTS, 0},
	[ARG_SOCKADDR] = {"sockaddr", "sockaddr", WIRE_VALUE_SOCKADDR, ARG_IS_SOCKADDR | ARG_IN_TRACEPOINTS, 0},
	[ARG_CRED] = {"cred", "cred", WIRE_VALUE_CRED, 0, 0},
	[ARG_USER_NAMESPACE] = {"user_namespace", "user_namespace", WIRE_VALUE_USER_NS, 0, 0},
	[ARG_LOAD_INFO] = {"load_info", "load_info", WIRE_VALUE_MODULE, 0, 0},
	[ARG_MODULE] = {"module", "module", WIRE_VALUE_MODULE, 0, 0},
	[ARG_BPF_ATTR] = {"bpf_attr", "bpf_attr", WIRE_VALUE_BPF_PROG, 0, 0},
	[ARG_BPF_PROG] = {"bpf_prog", "bpf_prog", WIRE_VALUE_BPF_PROG, 0, 0},
	[ARG_BPF_MAP] = {"bpf_map", "bpf_map", WIRE_VALUE_BPF_MAP, 0, 0},
	[ARG_PERF_EVENT] = {"perf_event", "perf_event", WIRE_VALUE_PERF_EVENT, 0, 0},
};

/* Other spellings of the interface. */
static const struct {
	const char *name;
	enum arg_type type;
} aliases[] = {
	{"sint8", ARG_INT8},   {"sint16", ARG_INT16}, {"sint32", ARG_INT32},
	{"sint64", ARG_INT64}, {"long", ARG_INT64},   {"ulong", ARG_UINT64},
};

static const char *const unsupported[] = {"char_iovec", "iov_iter", "kiocb", "net_device", "sockaddr_un"};

const struct arg_type_info *arg_type_info(enum arg_type type)
{
	return &types[type];
}

const char *arg_type_spelling(size_t i, enum arg_type *ret_type)
{
	*ret_type = ARG_TYPE_COUNT;
	if (i < ARRAY_SIZE(types)) {
		*ret_type = (enum arg_type)i;
		return types[i].name;
	}
	i -= ARRAY_SIZE(types);
	if (i < ARRAY_SIZE(aliases)) {
		*ret_type = aliases[i].type;
		return aliases[i].name;
	}
	i -= ARRAY_SIZE(aliases);
	return i < ARRAY_SIZE(unsupported) ? unsupported[i] : NULL;
}

bool arg_type_is_of_tracepoints(enum arg_type type)
{
	return type == ARG_AUTO || type == ARG_SYSCALL64 || type == ARG_DATA_LOC;
}

bool arg_type_from_name(const char *name, enum arg_type *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (strcmp(types[i].name, name) == 0) {
			*ret = (enum arg_type)i;
			return true;
		}
	}
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (strcmp(aliases[i].name, name) == 0) {
			*ret = aliases[i].type;
			return true;
		}
	}
	return false;
}

bool arg_type_is_known(const char *name)
{
	enum arg_type type;

	for (size_t i = 0; i < ARRAY_SIZE(unsupported); i++)
		if (strcmp(unsupported[i], name) == 0)
			return true;
	return arg_type_from_name(name, &type);
}

const char *arg_type_names(void)
{
	return "auto int sint8 int8 uint8 sint16 int16 uint16 uint32 sint32 int32 ulong uint64 size_t long sint64 "
	       "int64 "
	       "char_buf skb sock sockaddr socket string fd file filename path nop bpf_attr perf_event bpf_map "
	       "user_namespace capability cred load_info module syscall64 kernel_cap_t cap_inheritable cap_permitted "
	       "cap_effective linux_binprm data_loc bpf_cmd dentry bpf_prog";
}
