/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The `process` objects that were printed lately, as text. A process is printed when it starts, when it ends, and as
 * the parent of each child that does: mostly the same bytes again.
 *
 * An entry holds references to process and pod, so their addresses stand for them: neither changes, but the flags of a
 * process. It has one place, by pid; what comes later takes it. One thread, and always the same options.
 */
#include "core/encode/process_json.h"

#define OBJECT_CACHE_SIZE 64
#define OBJECT_CACHE_TEXT_MAX 4096 /* what is longer is not kept */

struct object_cache;

struct object_cache *object_cache_new(void);                        /* NULL without memory */
struct object_cache *object_cache_free(struct object_cache *cache); /* accepts and returns NULL */

/* Appends the object as it was printed before; false if it was not. `cache` may be NULL here and below. */
bool object_cache_append(const struct object_cache *cache, struct buffer *buffer, const struct process *process,
			 const struct process_json *how);
/* Keeps the object, which begins at `start` and ends where the buffer does, if it can be needed again. */
void object_cache_keep(struct object_cache *cache, const struct buffer *buffer, size_t start,
		       const struct process *process, const struct process_json *how);
