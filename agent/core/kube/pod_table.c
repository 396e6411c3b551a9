// SPDX-License-Identifier: Apache-2.0
#include "core/kube/pod_table.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/process/container_id.h"
#include "core/process/pod_uid.h"

#define UID_BUCKETS 4096
#define STATIC_BUCKETS 64
#define CONTAINER_BUCKETS 8192
#define ALLOCATION_OVERHEAD 16 /* of malloc() for each pod */

/* Pods in the order in which they came; of deleted ones, in that of their use. */
struct pod_list {
	struct kube_pod *first, *last;
	size_t count;
};

struct pod_table {
	pthread_mutex_t mutex; /* for all but the version and what follows */
	pthread_mutex_t watch_mutex;
	pod_watcher watcher;
	void *watcher_context;
	struct kube_pod *by_uid[UID_BUCKETS];
	struct kube_pod *by_static_uid[STATIC_BUCKETS]; /* mirror pods */
	struct kube_container *by_container[CONTAINER_BUCKETS];
	struct pod_list pods, deleted;
	size_t bytes;
	uint32_t list_generation;
	uint64_t changes, refused, evicted;
	uint64_t orders;  /* the last one given */
	uint64_t version; /* atomic */
	bool is_listed;   /* atomic */
};

/* The beginning of a container's id, as bytes: 31 digits are 15 and a half. */
struct container_key {
	uint8_t bytes[CONTAINER_ID_LENGTH / 2];
	uint8_t high_digit;
};

/* UIDs and container ids are random, but they come from outside: Fibonacci hashing spreads those that are not. */
static size_t hash_bytes(const uint8_t *bytes, size_t buckets)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return (size_t)((word * 0x9e3779b97f4a7c15ull) >> 32) % buckets;
}

struct pod_table *pod_table_new(void)
{
	struct pod_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	pthread_mutex_init(&table->mutex, NULL);
	pthread_mutex_init(&table->watch_mutex, NULL);
	table->bytes = sizeof(*table);
	return table;
}

/* --- the list that a pod is in, with the mutex held */

static struct pod_list *list_of(struct pod_table *table, const struct kube_pod *pod)
{
	return pod->is_deleted ? &table->deleted : &table->pods;
}

static void list_remove(struct pod_list *list, struct kube_pod *pod)
{
	*(pod->list_previous ? &pod->list_previous->list_next : &list->first) = pod->list_next;
	*(pod->list_next ? &pod->list_next->list_previous : &list->last) = pod->list_previous;
	list->count--;
}

static void list_append(struct pod_list *list, struct kube_pod *pod)
{
	pod->list_previous = list->last;
	pod->list_next = NULL;
	*(list->last ? &list->last->list_next : &list->first) = pod;
	list->last = pod;
	list->count++;
}

/* --- the three indexes, with the mutex held */

static struct kube_container **container_bucket(struct pod_table *table, const uint8_t *id)
{
	return &table->by_container[hash_bytes(id, CONTAINER_BUCKETS)];
}

static void index_container(struct pod_table *table, struct kube_pod *pod, struct kube_container *container)
{
	const uint8_t *id = kube_pod_digest(pod, &container->id);
	struct kube_container **bucket;

	container->pod = pod;
	if (!id)
		return;
	bucket = container_bucket(table, id);
	container->hash_next = *bucket;
	*bucket = container;
}

static void unindex_container(struct pod_table *table, const struct kube_pod *pod, struct kube_container *container)
{
	const uint8_t *id = kube_pod_digest(pod, &container->id);
	struct kube_container **link;

	if (!id)
		return;
	link = container_bucket(table, id);
	while (*link != container)
		link = &(*link)->hash_next;
	*link = container->hash_next;
}

static struct kube_pod **uid_bucket(struct pod_table *table, const struct pod_uid *uid)
{
	return &table->by_uid[hash_bytes(uid->bytes, UID_BUCKETS)];
}

static struct kube_pod **static_bucket(struct pod_table *table, const struct pod_uid *uid)
{
	return &table->by_static_uid[hash_bytes(uid->bytes, STATIC_BUCKETS)];
}

static void add_pod(struct pod_table *table, struct kube_pod *pod)
{
	struct kube_pod **bucket = uid_bucket(table, &pod->uid);

	pod->uid_next = *bucket;
	*bucket = pod;
	if (pod_uid_is_set(&pod->static_uid)) {
		bucket = static_bucket(table, &pod->static_uid);
		pod->static_next = *bucket;
		*bucket = pod;
	}
	for (size_t i = 0; i < pod->container_count; i++)
		index_container(table, pod, &pod->containers[i]);
	list_append(list_of(table, pod), pod);
	table->bytes += kube_pod_size(pod) + ALLOCATION_OVERHEAD;
}

static void remove_pod(struct pod_table *table, struct kube_pod *pod)
{
	struct kube_pod **link = uid_bucket(table, &pod->uid);

	while (*link != pod)
		link = &(*link)->uid_next;
	*link = pod->uid_next;
	if (pod_uid_is_set(&pod->static_uid)) {
		link = static_bucket(table, &pod->static_uid);
		while (*link != pod)
			link = &(*link)->static_next;
		*link = pod->static_next;
	}
	for (size_t i = 0; i < pod->container_count; i++)
		unindex_container(table, pod, &pod->containers[i]);
	list_remove(list_of(table, pod), pod);
	table->bytes -= kube_pod_size(pod) + ALLOCATION_OVERHEAD;
	kube_pod_unref(pod);
}

struct pod_table *pod_table_free(struct pod_table *table)
{
	if (!table)
		return NULL;
	while (table->pods.first)
		remove_pod(table, table->pods.first);
	while (table->deleted.first)
		remove_pod(table, table->deleted.first);
	pthread_mutex_destroy(&table->mutex);
	pthread_mutex_destroy(&table->watch_mutex);
	free(table);
	return NULL;
}

static struct kube_pod *find_uid(struct pod_table *table, const struct pod_uid *uid)
{
	struct kube_pod *pod = *uid_bucket(table, uid);

	while (pod && !pod_uid_is_equal(&pod->uid, uid))
		pod = pod->uid_next;
	return pod;
}

/* With the mutex held: readers see the new version only when they may see the change too. */
static void count_change(struct pod_table *table)
{
	table->changes++;
	__atomic_add_fetch(&table->version, 1, __ATOMIC_RELEASE);
}

/* --- changes */

static void evict_deleted(struct pod_table *table)
{
	remove_pod(table, table->deleted.first);
	table->evicted++;
}

/* Deleted pods make room for those that are there. */
static bool make_room(struct pod_table *table, const struct kube_pod *pod)
{
	size_t needed = kube_pod_size(pod) + ALLOCATION_OVERHEAD;

	if (table->pods.count >= POD_TABLE_MAX)
		return false;
	while (table->bytes + needed > POD_TABLE_BYTES_MAX && table->deleted.first)
		evict_deleted(table);
	return table->bytes + needed <= POD_TABLE_BYTES_MAX;
}

static int put(struct pod_table *table, struct kube_pod *pod)
{
	struct kube_pod *known = find_uid(table, &pod->uid);

	pod->list_generation = table->list_generation;
	if (known && !known->is_deleted && kube_pod_is_equal(known, pod)) {
		known->list_generation = table->list_generation;
		kube_pod_unref(pod);
		return 0;
	}
	pod->order = known ? known->order : ++table->orders;
	if (known)
		remove_pod(table, known);
	if (!make_room(table, pod)) {
		table->refused++;
		kube_pod_unref(pod);
		return -ENOSPC;
	}
	add_pod(table, pod);
	count_change(table);
	return 1;
}

static void tell_watcher(struct pod_table *table, const struct kube_pod *pod)
{
	pthread_mutex_lock(&table->watch_mutex);
	if (table->watcher)
		table->watcher(table->watcher_context, pod);
	pthread_mutex_unlock(&table->watch_mutex);
}

int pod_table_put(struct pod_table *table, struct kube_pod *pod)
{
	_cleanup_kube_pod_ struct kube_pod *told = kube_pod_ref(pod); /* the table may have replaced it by then */
	int r;

	pthread_mutex_lock(&table->mutex);
	r = put(table, pod);
	pthread_mutex_unlock(&table->mutex);
	if (r > 0)
		tell_watcher(table, told);
	return r;
}

void pod_table_watch(struct pod_table *table, pod_watcher watcher, void *context)
{
	pthread_mutex_lock(&table->watch_mutex);
	table->watcher = watcher;
	table->watcher_context = context;
	pthread_mutex_unlock(&table->watch_mutex);
}

/* With the mutex held. */
static void mark_deleted(struct pod_table *table, struct kube_pod *pod)
{
	list_remove(&table->pods, pod);
	pod->is_deleted = true;
	list_append(&table->deleted, pod);
	if (table->deleted.count > POD_TABLE_DELETED_MAX)
		evict_deleted(table);
	count_change(table);
}

/* The one whose the static pod is now, if there are more that say so; a reference. */
static struct kube_pod *find_other_mirror(struct pod_table *table, const struct kube_pod *deleted)
{
	const struct pod_uid *uid = &deleted->static_uid;
	struct kube_pod *pod = pod_uid_is_set(uid) ? *static_bucket(table, uid) : NULL;

	while (pod && (pod->is_deleted || !pod_uid_is_equal(&pod->static_uid, uid)))
		pod = pod->static_next;
	return pod ? kube_pod_ref(pod) : NULL;
}

void pod_table_delete(struct pod_table *table, const struct pod_uid *uid)
{
	_cleanup_kube_pod_ struct kube_pod *mirror = NULL;
	struct kube_pod *pod;

	pthread_mutex_lock(&table->mutex);
	pod = find_uid(table, uid);
	if (pod && !pod->is_deleted) {
		mark_deleted(table, pod);
		mirror = find_other_mirror(table, pod);
	}
	pthread_mutex_unlock(&table->mutex);
	if (mirror)
		tell_watcher(table, mirror);
}

void pod_table_begin_list(struct pod_table *table)
{
	pthread_mutex_lock(&table->mutex);
	table->list_generation++;
	pthread_mutex_unlock(&table->mutex);
}

void pod_table_end_list(struct pod_table *table)
{
	struct kube_pod *next;

	pthread_mutex_lock(&table->mutex);
	for (struct kube_pod *pod = table->pods.first; pod; pod = next) {
		next = pod->list_next;
		if (pod->list_generation != table->list_generation)
			mark_deleted(table, pod);
	}
	pthread_mutex_unlock(&table->mutex);
	__atomic_store_n(&table->is_listed, true, __ATOMIC_RELEASE);
}

/* --- look-up */

uint64_t pod_table_version(const struct pod_table *table)
{
	return __atomic_load_n(&table->version, __ATOMIC_ACQUIRE);
}

bool pod_table_is_listed(const struct pod_table *table)
{
	return __atomic_load_n(&table->is_listed, __ATOMIC_ACQUIRE);
}

static int digit_of(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* False if `docker` is not what container_id.h makes. */
static bool read_key(const char *docker, struct container_key *ret)
{
	for (size_t i = 0; i < CONTAINER_ID_LENGTH; i++) {
		int digit = digit_of(docker[i]);

		if (digit < 0)
			return false; /* also at its end */
		if (i == CONTAINER_ID_LENGTH - 1)
			ret->high_digit = (uint8_t)digit;
		else if (i % 2)
			ret->bytes[i / 2] |= (uint8_t)digit;
		else
			ret->bytes[i / 2] = (uint8_t)(digit << 4);
	}
	return docker[CONTAINER_ID_LENGTH] == '\0';
}

static bool is_container(const struct kube_container *container, const struct container_key *key)
{
	const uint8_t *id = kube_pod_digest(container->pod, &container->id);

	return id && memcmp(id, key->bytes, sizeof(key->bytes)) == 0 && id[sizeof(key->bytes)] >> 4 == key->high_digit;
}

static const struct kube_container *find_in_pod(const struct kube_pod *pod, const struct container_key *key)
{
	for (size_t i = 0; i < pod->container_count; i++)
		if (is_container(&pod->containers[i], key))
			return &pod->containers[i];
	return NULL;
}

static const struct kube_container *find_container(struct pod_table *table, const struct container_key *key)
{
	const struct kube_container *container = *container_bucket(table, key->bytes);

	while (container && !is_container(container, key))
		container = container->hash_next;
	return container;
}

/*
 * Of two that claim to be the mirror of the same static pod: anybody may write the annotations that say so, but the
 * status is the kubelet's. Where that has not said yet whose the container is, it is the one that came first.
 */
static bool is_better_mirror(struct kube_pod *pod, struct kube_pod *than, const struct container_key *key)
{
	bool has, other_has;

	if (!than || pod->is_deleted != than->is_deleted)
		return !than || than->is_deleted;
	has = key && find_in_pod(pod, key);
	other_has = key && find_in_pod(than, key);
	if (has != other_has)
		return has;
	return pod->is_deleted ? pod->order > than->order : pod->order < than->order;
}

/* A pod's own UID counts before what an annotation says: nobody passes for somebody else's pod. `key`: NULL if unknown.
 */
static struct kube_pod *find_by_path(struct pod_table *table, const struct pod_uid *uid,
				     const struct container_key *key)
{
	struct kube_pod *pod = find_uid(table, uid), *best = NULL;

	if (pod)
		return pod;
	for (pod = *static_bucket(table, uid); pod; pod = pod->static_next)
		if (pod_uid_is_equal(&pod->static_uid, uid) && is_better_mirror(pod, best, key))
			best = pod;
	return best;
}

static struct kube_pod *find(struct pod_table *table, const struct pod_uid *uid, const struct container_key *key,
			     const struct kube_container **ret_container)
{
	const struct kube_container *container = NULL;
	struct kube_pod *pod = pod_uid_is_set(uid) ? find_by_path(table, uid, key) : NULL;

	if (pod)
		container = key ? find_in_pod(pod, key) : NULL;
	else
		container = key ? find_container(table, key) : NULL;
	if (!pod && container)
		pod = container->pod;
	if (!pod)
		return NULL;
	if (pod->is_deleted) { /* used last */
		list_remove(&table->deleted, pod);
		list_append(&table->deleted, pod);
	}
	*ret_container = container;
	return kube_pod_ref(pod);
}

struct kube_pod *pod_table_find(struct pod_table *table, const struct pod_uid *uid, const char *docker,
				const struct kube_container **ret_container)
{
	struct container_key key;
	bool has_key = read_key(docker, &key);
	struct kube_pod *pod;

	*ret_container = NULL;
	pthread_mutex_lock(&table->mutex);
	pod = find(table, uid, has_key ? &key : NULL, ret_container);
	pthread_mutex_unlock(&table->mutex);
	return pod;
}

bool pod_table_has(struct pod_table *table, const struct pod_uid *uid)
{
	const struct kube_pod *pod;
	bool has;

	pthread_mutex_lock(&table->mutex);
	pod = find_by_path(table, uid, NULL);
	has = pod && !pod->is_deleted;
	pthread_mutex_unlock(&table->mutex);
	return has;
}

void pod_table_read_stats(struct pod_table *table, struct pod_table_stats *ret)
{
	pthread_mutex_lock(&table->mutex);
	*ret = (struct pod_table_stats){
		.pods = table->pods.count,
		.deleted = table->deleted.count,
		.bytes = table->bytes,
		.changes = table->changes,
		.refused = table->refused,
		.evicted = table->evicted,
	};
	pthread_mutex_unlock(&table->mutex);
}
