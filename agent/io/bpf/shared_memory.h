/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Memory that all programs share with us: an array map with a single value, mapped. */
#include <stddef.h>

struct shared_memory {
	int fd; /* of the map; -1: none */
	void *memory;
	size_t bytes;
};

/* 0 or -errno; shared_memory_close() then, too. */
int shared_memory_open(struct shared_memory *memory, const char *name, size_t bytes);
void shared_memory_close(struct shared_memory *memory);
