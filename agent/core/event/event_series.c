// SPDX-License-Identifier: Apache-2.0
#include "core/event/event_series.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"
#include "base/util.h"
#include "core/event/record.h"
#include "core/kube/pod_table.h"
#include "core/policy/hook_info.h"
#include "core/policy/parse_syscall.h"
#include "core/process/pod_uid.h"

#define BUCKETS 4096
#define POD_BUCKETS 256
#define FORGET_MAX 16 /* pods at a time: each is a walk over all series, some 50 us when there are many */
#define RAW_SYSCALLS "raw_syscalls"
#define ENTRY_PREFIX "sys_enter_"

/* What a series has, and in which order. */
enum series_text {
	TEXT_BINARY,
	TEXT_POLICY,
	TEXT_HOOK, /* also the name of a system call */
	TEXT_EVENT,
	TEXT_COUNT,
};

enum pod_text {
	POD_NAMESPACE,
	POD_WORKLOAD,
	POD_NAME,
	POD_TEXT_COUNT,
};

/* A pod that had events. */
struct series_pod {
	struct series_pod *next; /* in its bucket */
	struct pod_uid uid;
	char *texts[POD_TEXT_COUNT]; /* owned; NULL: not known yet, all of them */
	uint64_t since_ns;           /* when it was met without being known, or gone; 0: neither */
};

struct series {
	struct series *next; /* in its bucket; written before readers can see it, and when there is none */
	uint64_t hash;
	uint64_t count; /* atomic */
	struct series_pod *pod;
	enum event_series_family family;
	uint32_t number; /* enum event_type, or of a system call; 0: it has a name */
	uint8_t lengths[TEXT_COUNT];
	char text[];
};

struct key {
	enum event_series_family family;
	uint32_t number;
	struct series_pod *pod; /* NULL: none */
	struct bytes texts[TEXT_COUNT];
};

struct event_series {
	pthread_mutex_t mutex; /* held by who reads, and while series go or pods become known */
	unsigned int labels;
	uint64_t seed;
	struct series *buckets[BUCKETS]; /* atomic */
	size_t count, pod_count;
	struct series_pod *pods[POD_BUCKETS];
	uint64_t overflow[EVENT_SERIES_FAMILY_COUNT]; /* atomic */
	uint64_t pods_version;                        /* of the table, at the last renewal */
	bool has_open_pods;                           /* not known yet, or gone */
};

struct event_series *event_series_new(unsigned int labels)
{
	struct event_series *series = calloc(1, sizeof(*series));

	if (!series)
		return NULL;
	pthread_mutex_init(&series->mutex, NULL);
	series->labels = labels;
	series->seed = (uint64_t)random_u32() << 32 | random_u32();
	return series;
}

static void pod_free(struct series_pod *pod)
{
	for (size_t i = 0; i < POD_TEXT_COUNT; i++)
		free(pod->texts[i]);
	free(pod);
}

struct event_series *event_series_free(struct event_series *series)
{
	if (!series)
		return NULL;
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct series *at = series->buckets[i], *next; at; at = next) {
			next = at->next;
			free(at);
		}
	}
	for (size_t i = 0; i < POD_BUCKETS; i++) {
		for (struct series_pod *at = series->pods[i], *next; at; at = next) {
			next = at->next;
			pod_free(at);
		}
	}
	pthread_mutex_destroy(&series->mutex);
	free(series);
	return NULL;
}

/* --- counting */

static uint64_t hash_key(uint64_t seed, const struct key *key)
{
	uint64_t hash = hash_word(seed, (uint64_t)key->family << 32 | key->number);

	hash = hash_word(hash, (uint64_t)(uintptr_t)key->pod);
	for (size_t i = 0; i < TEXT_COUNT; i++)
		if (key->texts[i].length)
			hash = hash_words(hash_word(hash, i), key->texts[i].data, key->texts[i].length);
	return hash;
}

static bool is_same(const struct series *series, const struct key *key)
{
	const char *at = series->text;

	if (series->family != key->family || series->number != key->number || series->pod != key->pod)
		return false;
	for (size_t i = 0; i < TEXT_COUNT; i++) {
		if (series->lengths[i] != key->texts[i].length)
			return false;
		if (series->lengths[i] && memcmp(at, key->texts[i].data, series->lengths[i]) != 0)
			return false;
		at += series->lengths[i];
	}
	return true;
}

static struct series *find(const struct event_series *all, const struct key *key, uint64_t hash)
{
	struct series *series = all->buckets[hash % BUCKETS];

	while (series && (series->hash != hash || !is_same(series, key)))
		series = series->next;
	return series;
}

static struct series *make(struct event_series *all, const struct key *key, uint64_t hash)
{
	struct series *series;
	size_t length = 0;

	for (size_t i = 0; i < TEXT_COUNT; i++)
		length += key->texts[i].length;
	series = calloc(1, sizeof(*series) + length);
	if (!series)
		return NULL;
	series->hash = hash;
	series->pod = key->pod;
	series->family = key->family;
	series->number = key->number;
	length = 0;
	for (size_t i = 0; i < TEXT_COUNT; i++) {
		series->lengths[i] = (uint8_t)key->texts[i].length;
		if (key->texts[i].length)
			memcpy(series->text + length, key->texts[i].data, key->texts[i].length);
		length += key->texts[i].length;
	}
	series->next = all->buckets[hash % BUCKETS];
	__atomic_store_n(&all->buckets[hash % BUCKETS], series, __ATOMIC_RELEASE);
	all->count++;
	return series;
}

/* So many series there may be that have what this one has: some room is left for what has less. */
static size_t limit_of(const struct key *key)
{
	if (key->texts[TEXT_BINARY].length)
		return EVENT_SERIES_MAX * 3 / 4;
	return key->pod ? EVENT_SERIES_MAX * 15 / 16 : EVENT_SERIES_MAX;
}

static bool add(struct event_series *all, const struct key *key, uint64_t count)
{
	uint64_t hash = hash_key(all->seed, key);
	struct series *series = find(all, key, hash);

	if (!series && all->count < limit_of(key))
		series = make(all, key, hash);
	if (!series)
		return false;
	/* one thread writes */
	__atomic_store_n(&series->count, series->count + count, __ATOMIC_RELAXED);
	return true;
}

/* With as many labels as there is room for. */
static void count_key(struct event_series *all, const struct key *key, uint64_t count)
{
	uint64_t *overflow = &all->overflow[key->family];
	struct key less = *key;

	if (add(all, key, count))
		return;
	__atomic_store_n(overflow, *overflow + count, __ATOMIC_RELAXED);
	less.texts[TEXT_BINARY] = (struct bytes){0};
	if (add(all, &less, count))
		return;
	less.pod = NULL;
	add(all, &less, count);
}

static struct series_pod **pod_bucket(struct event_series *all, const struct pod_uid *uid)
{
	return &all->pods[hash_words(all->seed, uid->bytes, sizeof(uid->bytes)) % POD_BUCKETS];
}

/* NULL: no room, or memory. */
static struct series_pod *make_pod(struct event_series *all, const struct pod_uid *uid)
{
	struct series_pod **bucket = pod_bucket(all, uid);
	struct series_pod *pod = all->pod_count < EVENT_SERIES_PODS_MAX ? calloc(1, sizeof(*pod)) : NULL;

	if (!pod)
		return NULL;
	pod->uid = *uid;
	pod->next = *bucket;
	*bucket = pod;
	all->pod_count++;
	all->has_open_pods = true;
	return pod;
}

/* NULL: none that is told apart. */
static struct series_pod *find_pod(struct event_series *all, const struct process *process)
{
	const struct pod_uid *uid = &process->pod_uid;
	struct series_pod *pod;

	if (!(all->labels & EVENT_SERIES_OF_POD) || !pod_uid_is_set(uid))
		return NULL;
	pod = *pod_bucket(all, uid);
	while (pod && !pod_uid_is_equal(&pod->uid, uid))
		pod = pod->next;
	return pod ? pod : make_pod(all, uid);
}

static struct bytes cut(struct bytes text)
{
	return (struct bytes){text.data, MIN(text.length, (size_t)EVENT_SERIES_TEXT_MAX)};
}

static struct bytes text_of(const char *text)
{
	return cut((struct bytes){text, text ? strlen(text) : 0});
}

static bool is_equal(const char *text, const char *other)
{
	return text && strcmp(text, other) == 0;
}

static void count_policy_event(struct event_series *all, const struct event *event, struct key key)
{
	const struct hook_info *hook = event->hook;
	bool is_tracepoint = event->type == EVENT_PROCESS_TRACEPOINT;

	key.family = EVENT_SERIES_POLICY_EVENTS;
	key.texts[TEXT_POLICY] = text_of(hook->policy_name);
	key.texts[TEXT_HOOK] =
		text_of(is_tracepoint ? hook->subsystem : hook_info_function(hook, event->hook_function));
	if (is_tracepoint)
		key.texts[TEXT_EVENT] = text_of(hook->event);
	count_key(all, &key, 1);
}

/* Of raw_syscalls/sys_enter: the call's number, with the mark of 32-bit calls. False: the policy does not read it. */
static bool read_raw_syscall(const struct event *event, uint32_t *ret)
{
	for (size_t i = 0; i < event->hook->arg_count; i++) {
		const struct hook_value *value = &event->record->values.values[i];

		if (event->hook->args[i].type != ARG_SYSCALL64 || !hook_value_is(value, WIRE_VALUE_NUMBER))
			continue;
		*ret = (uint32_t)value->number;
		return true;
	}
	return false;
}

static void count_syscall(struct event_series *all, const struct event *event, struct key key)
{
	const struct hook_info *hook = event->hook;

	if (event->type != EVENT_PROCESS_TRACEPOINT || !hook->event)
		return;
	key.family = EVENT_SERIES_SYSCALLS;
	key.number = 0;
	if (is_equal(hook->subsystem, "syscalls") && strncmp(hook->event, ENTRY_PREFIX, strlen(ENTRY_PREFIX)) == 0)
		key.texts[TEXT_HOOK] = text_of(hook->event + strlen(ENTRY_PREFIX));
	else if (!is_equal(hook->subsystem, RAW_SYSCALLS) || !is_equal(hook->event, "sys_enter") ||
		 !read_raw_syscall(event, &key.number))
		return;
	count_key(all, &key, 1);
}

void event_series_count(struct event_series *all, const struct event *event)
{
	const struct process *process = event->process;
	struct key key = {.family = EVENT_SERIES_EVENTS, .number = event->type, .pod = find_pod(all, process)};

	if (all->labels & EVENT_SERIES_BINARY && event_has_process(event))
		key.texts[TEXT_BINARY] = cut(process->image->binary);
	count_key(all, &key, 1);
	if (event->type != EVENT_PROCESS_KPROBE && event->type != EVENT_PROCESS_TRACEPOINT &&
	    event->type != EVENT_PROCESS_LSM)
		return;
	count_policy_event(all, event, key);
	count_syscall(all, event, key);
}

uint64_t event_series_overflow(const struct event_series *all, enum event_series_family family)
{
	return __atomic_load_n(&all->overflow[family], __ATOMIC_RELAXED);
}

/* --- pods come and go, with the mutex held */

static bool is_named(const struct series_pod *pod)
{
	return pod->texts[0];
}

static char *copy_label(const struct event_series *all, unsigned int label, const struct kube_pod *pod,
			struct kube_text text)
{
	struct bytes bytes = kube_pod_text(pod, text);

	return all->labels & label ? strndup(bytes.data, bytes.length) : strdup("");
}

static void name_pod(const struct event_series *all, struct series_pod *ret, const struct kube_pod *pod)
{
	char *texts[POD_TEXT_COUNT] = {
		[POD_NAMESPACE] = copy_label(all, EVENT_SERIES_NAMESPACE, pod, pod->namespace),
		[POD_WORKLOAD] = copy_label(all, EVENT_SERIES_WORKLOAD, pod, pod->workload),
		[POD_NAME] = copy_label(all, EVENT_SERIES_POD, pod, pod->name),
	};

	if (texts[POD_NAMESPACE] && texts[POD_WORKLOAD] && texts[POD_NAME]) {
		memcpy(ret->texts, texts, sizeof(texts));
		return;
	}
	for (size_t i = 0; i < POD_TEXT_COUNT; i++)
		free(texts[i]); /* another time */
}

static bool has_same_labels(const struct series_pod *one, const struct series_pod *other)
{
	for (size_t i = 0; i < POD_TEXT_COUNT; i++)
		if (strcmp(one->texts[i], other->texts[i]) != 0)
			return false;
	return true;
}

/* NULL: no other pod has these labels. */
static struct series_pod *find_heir(const struct event_series *all, const struct series_pod *gone)
{
	for (size_t i = 0; i < POD_BUCKETS; i++) {
		for (struct series_pod *pod = all->pods[i]; pod; pod = pod->next)
			if (pod != gone && is_named(pod) && has_same_labels(pod, gone))
				return pod;
	}
	return NULL;
}

static struct key key_of(const struct series *series)
{
	struct key key = {.family = series->family, .number = series->number, .pod = series->pod};
	const char *at = series->text;

	for (size_t i = 0; i < TEXT_COUNT; i++) {
		key.texts[i] = (struct bytes){at, series->lengths[i]};
		at += series->lengths[i];
	}
	return key;
}

/* Takes the pod's series out of the table: a list of them. */
static struct series *take_series(struct event_series *all, const struct series_pod *pod)
{
	struct series *taken = NULL;

	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct series **link = &all->buckets[i]; *link;) {
			struct series *series = *link;

			if (series->pod != pod) {
				link = &series->next;
				continue;
			}
			*link = series->next;
			series->next = taken;
			taken = series;
			all->count--;
		}
	}
	return taken;
}

/* The pod's counts are `heir`'s from now on, if `is_inherited`. */
static void forget_pod(struct event_series *all, struct series_pod *pod, bool is_inherited, struct series_pod *heir)
{
	struct series_pod **link = pod_bucket(all, &pod->uid);
	struct series *next;

	for (struct series *series = take_series(all, pod); series; series = next) {
		struct key key = key_of(series);

		next = series->next;
		key.pod = heir;
		if (is_inherited)
			count_key(all, &key, series->count);
		free(series);
	}
	while (*link != pod)
		link = &(*link)->next;
	*link = pod->next;
	pod_free(pod);
	all->pod_count--;
}

/* True if the pod is gone or not known, and has been for long enough. */
static bool has_expired(const struct event_series *all, struct series_pod *pod, struct pod_table *table,
			uint64_t now_ns)
{
	const struct kube_container *container;
	_cleanup_kube_pod_ struct kube_pod *found =
		is_named(pod) ? NULL : pod_table_find(table, &pod->uid, "", &container);

	if (found)
		name_pod(all, pod, found);
	if (is_named(pod) && pod_table_has(table, &pod->uid)) {
		pod->since_ns = 0;
		return false;
	}
	if (!pod->since_ns)
		pod->since_ns = now_ns;
	return now_ns - pod->since_ns >= EVENT_SERIES_GRACE_NS;
}

/* True if it is forgotten, for which it must be allowed. */
static bool renew_pod(struct event_series *all, struct series_pod *pod, struct pod_table *table, uint64_t now_ns,
		      bool may_forget)
{
	struct series_pod *heir;

	if (!has_expired(all, pod, table, now_ns) || !may_forget) {
		all->has_open_pods |= pod->since_ns != 0;
		return false;
	}
	heir = is_named(pod) ? find_heir(all, pod) : NULL;
	forget_pod(all, pod, heir || !is_named(pod), heir);
	return true;
}

void event_series_renew(struct event_series *all, struct pod_table *table, uint64_t now_ns)
{
	uint64_t version = table ? pod_table_version(table) : 0;
	size_t forgotten = 0;

	if (!table || (version == all->pods_version && !all->has_open_pods) || pthread_mutex_trylock(&all->mutex) != 0)
		return;
	all->pods_version = version;
	all->has_open_pods = false;
	for (size_t i = 0; i < POD_BUCKETS; i++) {
		for (struct series_pod *pod = all->pods[i], *next; pod; pod = next) {
			next = pod->next;
			forgotten += renew_pod(all, pod, table, now_ns, forgotten < FORGET_MAX);
		}
	}
	pthread_mutex_unlock(&all->mutex);
}

/* --- by who reads, with the mutex held */

static struct bytes pod_text(const struct series *series, enum pod_text which)
{
	return series->pod ? text_of(series->pod->texts[which]) : (struct bytes){0};
}

static struct bytes syscall_text(const struct key *key)
{
	const char *name;

	if (key->number == 0 && key->texts[TEXT_HOOK].length)
		return key->texts[TEXT_HOOK];
	name = syscall_name(key->number);
	return text_of(name ? name : "unknown");
}

static struct event_series_sample sample_of(const struct series *series)
{
	const struct key key = key_of(series);
	struct event_series_sample sample = {
		.namespace = pod_text(series, POD_NAMESPACE),
		.workload = pod_text(series, POD_WORKLOAD),
		.pod = pod_text(series, POD_NAME),
		.binary = key.texts[TEXT_BINARY],
		.count = __atomic_load_n(&series->count, __ATOMIC_RELAXED),
	};

	if (key.family == EVENT_SERIES_SYSCALLS) {
		sample.syscall = syscall_text(&key);
		return sample;
	}
	sample.type = (enum event_type)key.number;
	sample.policy = key.texts[TEXT_POLICY];
	sample.hook = key.texts[TEXT_HOOK];
	sample.event = key.texts[TEXT_EVENT];
	return sample;
}

static int compare_texts(struct bytes left, struct bytes right)
{
	size_t length = MIN(left.length, right.length);
	int order = length ? memcmp(left.data, right.data, length) : 0;

	if (order == 0 && left.length != right.length)
		order = left.length < right.length ? -1 : 1;
	return order;
}

static int compare_samples(const struct event_series_sample *left, const struct event_series_sample *right)
{
	const struct bytes texts[][2] = {
		{left->namespace, right->namespace}, {left->workload, right->workload}, {left->pod, right->pod},
		{left->policy, right->policy},       {left->hook, right->hook},         {left->event, right->event},
		{left->syscall, right->syscall},     {left->binary, right->binary},
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int order = compare_texts(texts[i][0], texts[i][1]);

		if (order)
			return order;
	}
	return (int)left->type - (int)right->type;
}

static int compare_series(const void *left, const void *right)
{
	const struct event_series_sample samples[] = {
		sample_of(*(const struct series *const *)left),
		sample_of(*(const struct series *const *)right),
	};

	return compare_samples(&samples[0], &samples[1]);
}

static size_t collect(struct event_series *all, enum event_series_family family, struct series **ret)
{
	size_t count = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		struct series *series = __atomic_load_n(&all->buckets[i], __ATOMIC_ACQUIRE);

		for (; series && count < EVENT_SERIES_MAX; series = series->next)
			if (series->family == family && (!series->pod || is_named(series->pod)))
				ret[count++] = series;
	}
	return count;
}

int event_series_visit(struct event_series *all, enum event_series_family family,
		       void (*visit)(void *context, const struct event_series_sample *sample), void *context)
{
	_cleanup_free_ struct series **found = malloc(EVENT_SERIES_MAX * sizeof(struct series *));
	size_t count;

	if (!found)
		return -ENOMEM;
	pthread_mutex_lock(&all->mutex);
	count = collect(all, family, found);
	qsort(found, count, sizeof(struct series *), compare_series);
	for (size_t i = 0; i < count;) {
		struct event_series_sample sample = sample_of(found[i]);

		for (i++; i < count; i++) {
			struct event_series_sample next = sample_of(found[i]);

			if (compare_samples(&sample, &next) != 0)
				break;
			sample.count += next.count;
		}
		visit(context, &sample);
	}
	pthread_mutex_unlock(&all->mutex);
	return 0;
}
