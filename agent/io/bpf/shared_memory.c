// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/shared_memory.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/util.h"

int shared_memory_open(struct shared_memory *memory, const char *name, size_t bytes)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);

	memory->bytes = bytes;
	memory->fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(uint32_t), (uint32_t)bytes, 1, &options);
	if (memory->fd < 0)
		return -errno;
	memory->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
	if (memory->memory == MAP_FAILED) {
		memory->memory = NULL;
		return -errno;
	}
	return 0;
}

void shared_memory_close(struct shared_memory *memory)
{
	if (memory->memory)
		munmap(memory->memory, memory->bytes);
	memory->memory = NULL;
	util_closep(&memory->fd);
	memory->fd = -1;
}
