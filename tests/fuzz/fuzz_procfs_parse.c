// SPDX-License-Identifier: Apache-2.0
/* Any bytes as each of the files of /proc/PID: what comes out lies within what went in. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/process/procfs_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct bytes part, const char *text, size_t size)
{
	if (part.data < text || part.length > size || (size_t)(part.data - text) > size - part.length)
		abort();
}

/* The first half is where it is seen from. */
static void check_join(const char *text, size_t size)
{
	const struct bytes own = {text, size / 2}, path = {text + size / 2, size - size / 2};
	char joined[64];

	check_within(procfs_join_cgroup(own, path, joined, MIN(size, sizeof(joined))), joined,
		     MIN(size, sizeof(joined)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct procfs_status status;
	struct procfs_stat stat;
	struct bytes path = {text, size};
	uint32_t value;

	if (size == 0)
		return 0;
	if (procfs_parse_stat(text, size, &stat) == 0) {
		check_within(stat.comm, text, size);
		if (memchr(stat.comm.data + stat.comm.length + 1, ')',
			   size - (size_t)(stat.comm.data - text) - stat.comm.length - 1))
			abort();
	}
	if (procfs_parse_status(text, size, &status) & ~(unsigned int)PROCFS_STATUS_ALL)
		abort();
	if (procfs_parse_cgroup(text, size, &path) == 0 && (path.length == 0 || path.data[0] != '/'))
		abort();
	check_within(path, text, size);
	procfs_strip_deleted(&path);
	check_within(path, text, size);
	check_join(text, size);
	if (procfs_parse_namespace(text, size, &value) == 0 && !memchr(text, '[', size))
		abort();
	if (procfs_parse_u32(text, size, &value) == 0 && (text[0] < '0' || text[0] > '9'))
		abort();
	return 0;
}
