// SPDX-License-Identifier: Apache-2.0
#include "io/procfs/own_usage.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/util.h"

static void read_memory(uint64_t *ret_virtual, uint64_t *ret_resident)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/self/statm", "re");
	unsigned long size = 0, resident = 0;

	if (!file || fscanf(file, "%lu %lu", &size, &resident) != 2)
		return;
	*ret_virtual = (uint64_t)size * (uint64_t)sysconf(_SC_PAGESIZE);
	*ret_resident = (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t count_entries(const char *path)
{
	DIR *directory = opendir(path);
	uint64_t count = 0;

	if (!directory)
		return 0;
	for (const struct dirent *entry; (entry = readdir(directory));)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static uint64_t ns_of(struct timeval time)
{
	return (uint64_t)time.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)time.tv_usec * 1000;
}

void own_usage_read(struct metrics_process *ret)
{
	struct rusage usage = {0};
	struct rlimit limit = {0};
	uint64_t fds = count_entries("/proc/self/fd");

	getrusage(RUSAGE_SELF, &usage);
	getrlimit(RLIMIT_NOFILE, &limit);
	*ret = (struct metrics_process){
		.cpu_ns = ns_of(usage.ru_utime) + ns_of(usage.ru_stime),
		.open_fds = fds ? fds - 1 : 0, /* without the one that looked */
		.max_fds = limit.rlim_cur,
		.threads = count_entries("/proc/self/task"),
	};
	read_memory(&ret->virtual_bytes, &ret->resident_bytes);
}

uint64_t own_usage_resident_bytes(void)
{
	uint64_t size = 0, resident = 0;

	read_memory(&size, &resident);
	return resident;
}
