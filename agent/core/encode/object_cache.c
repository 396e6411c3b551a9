// SPDX-License-Identifier: Apache-2.0
#include "core/encode/object_cache.h"

#include <stdlib.h>

#include "core/process/cache.h"

struct object {
	struct process *process; /* NULL: nothing is here */
	struct kube_pod *pod;    /* NULL: none is printed */
	const struct kube_container *container;
	bool is_sandbox;
	uint32_t flags;
	bool with_refcnt;
	size_t length;
	char text[OBJECT_CACHE_TEXT_MAX];
};

struct object_cache {
	struct object objects[OBJECT_CACHE_SIZE];
};

struct object_cache *object_cache_new(void)
{
	return calloc(1, sizeof(struct object_cache));
}

static void object_forget(struct object *object)
{
	object->process = process_unref(object->process);
	object->pod = kube_pod_unref(object->pod);
}

struct object_cache *object_cache_free(struct object_cache *cache)
{
	for (size_t i = 0; cache && i < OBJECT_CACHE_SIZE; i++)
		object_forget(&cache->objects[i]);
	free(cache);
	return NULL;
}

/* Knuth's multiplicative hash, to 6 bits. */
static size_t place_of(const struct process *process)
{
	return (process->pid * 2654435761u) >> 26;
}
_Static_assert(OBJECT_CACHE_SIZE == 1 << 6, "place_of() has 6 bits");

/* The object is as it is in other events of this process. */
static bool is_common(const struct process *process, const struct process_json *how)
{
	return !how->is_limited && !how->is_flagged && how->tid == process->pid &&
	       !(how->pod && how->pod->state == POD_STATE_AWAITED) && !process_json_has_properties(process, how);
}

static struct kube_pod *pod_of(const struct process_json *how)
{
	return how->pod && how->pod->state == POD_STATE_FOUND ? how->pod->pod : NULL;
}

static const struct kube_container *container_of(const struct process_json *how)
{
	return pod_of(how) ? how->pod->container : NULL;
}

static bool is_sandbox(const struct process_json *how)
{
	return pod_of(how) && how->pod->is_sandbox;
}

bool object_cache_append(const struct object_cache *cache, struct buffer *buffer, const struct process *process,
			 const struct process_json *how)
{
	const struct object *object = cache ? &cache->objects[place_of(process)] : NULL;

	if (!object || object->process != process || object->flags != process->flags ||
	    object->with_refcnt != how->with_refcnt || object->pod != pod_of(how) ||
	    object->container != container_of(how) || object->is_sandbox != is_sandbox(how) || !is_common(process, how))
		return false;
	buffer_append(buffer, object->text, object->length);
	return true;
}

void object_cache_keep(struct object_cache *cache, const struct buffer *buffer, size_t start,
		       const struct process *process, const struct process_json *how)
{
	struct object *object = cache ? &cache->objects[place_of(process)] : NULL;
	size_t length = buffer->length - start;

	if (!object || buffer->is_full || length > OBJECT_CACHE_TEXT_MAX || !is_common(process, how))
		return;
	object_forget(object);
	object->process = process_ref((struct process *)process); /* which prints the same as before */
	object->pod = pod_of(how) ? kube_pod_ref(pod_of(how)) : NULL;
	object->container = container_of(how);
	object->is_sandbox = is_sandbox(how);
	object->flags = process->flags;
	object->with_refcnt = how->with_refcnt;
	object->length = length;
	memcpy(object->text, buffer->data + start, length);
}
