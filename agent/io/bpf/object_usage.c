// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/object_usage.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"

#define INSTRUCTION_BYTES 8

/* "memlock:\t4096" of its fdinfo (kernel/bpf/syscall.c): what it is charged; 0: the kernel does not say. */
static uint64_t read_memlock(int fd)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[64], line[256];
	unsigned long long bytes;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			return bytes;
	return 0;
}

int program_usage_read(uint32_t id, struct program_usage *ret)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);
	uint64_t functions;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) < 0)
		return -errno;
	/* memlock has the program's instructions alone: each of its functions has a copy in a page of its own,
	 * jit_subprogs() in kernel/bpf/verifier.c */
	functions = info.nr_jited_ksyms > 1 ? info.nr_jited_ksyms : 0;
	*ret = (struct program_usage){
		.instructions = info.xlated_prog_len / INSTRUCTION_BYTES,
		.run_count = info.run_cnt,
		.run_time_ns = info.run_time_ns,
		.missed = info.recursion_misses,
		.memory_bytes = read_memlock(fd) + info.jited_prog_len + functions * (uint64_t)sysconf(_SC_PAGESIZE),
	};
	return 0;
}

int map_usage_read(uint32_t id, uint64_t *ret_bytes)
{
	_cleanup_close_ int fd = bpf_map_get_fd_by_id(id);

	if (fd < 0)
		return -errno;
	*ret_bytes = read_memlock(fd);
	return 0;
}

static int count_ids(int (*next)(uint32_t id, uint32_t *ret), uint32_t *ret)
{
	uint32_t id = 0, count = 0;

	while (next(id, &id) == 0)
		count++;
	if (errno != ENOENT)
		return -errno;
	*ret = count;
	return 0;
}

int program_usage_count(uint32_t *ret)
{
	return count_ids(bpf_prog_get_next_id, ret);
}

int map_usage_count(uint32_t *ret)
{
	return count_ids(bpf_map_get_next_id, ret);
}

bool program_usage_is_timed(void)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/kernel/bpf_stats_enabled", "re");

	return file && fgetc(file) == '1';
}
