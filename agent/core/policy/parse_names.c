// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_names.h"

#include <string.h>
#include <strings.h>

#include "core/process/capabilities.h"
#include "wire.h"

/* linux/stat.h */
const struct number_name parse_file_types[] = {
	{"sock", 0140000},    {"socket", 0140000}, {"lnk", 0120000},   {"link", 0120000}, {"reg", 0100000},
	{"regular", 0100000}, {"blk", 0060000},    {"block", 0060000}, {"dir", 0040000},  {"chr", 0020000},
	{"char", 0020000},    {"fifo", 0010000},   {"pipe", 0010000},  {NULL, 0},
};

const struct number_name parse_namespaces[] = {
	{"Uts", WIRE_NS_UTS},
	{"Ipc", WIRE_NS_IPC},
	{"Mnt", WIRE_NS_MNT},
	{"Pid", WIRE_NS_PID},
	{"PidForChildren", WIRE_NS_PID_FOR_CHILDREN},
	{"Net", WIRE_NS_NET},
	{"Time", WIRE_NS_TIME},
	{"TimeForChildren", WIRE_NS_TIME_FOR_CHILDREN},
	{"Cgroup", WIRE_NS_CGROUP},
	{"User", WIRE_NS_USER},
	{NULL, 0},
};

static bool name_is(const char *name, const char *text, size_t length)
{
	return strlen(name) == length && strncasecmp(name, text, length) == 0;
}

bool parse_name_find(const struct number_name *names, const char *name, size_t length, uint32_t *ret)
{
	for (; names->name; names++) {
		if (name_is(names->name, name, length)) {
			*ret = names->number;
			return true;
		}
	}
	return false;
}

bool parse_capability_find(const char *name, size_t length, unsigned int *ret_bit)
{
	const char *known;

	for (unsigned int bit = 0; (known = capability_name(bit)); bit++) {
		/* events spell bit 1 without the prefix */
		if (name_is(known, name, length) || (bit == 1 && name_is(known + strlen("CAP_"), name, length))) {
			*ret_bit = bit;
			return true;
		}
	}
	return false;
}
