// SPDX-License-Identifier: Apache-2.0
#include "io/kube/policy_objects.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/util.h"

struct entry {
	struct policy_object object;
	enum policy_kind kind;
	char uid[sizeof(((struct policy_object_identity *)0)->uid)];
	char *text;       /* owned; allocated by jansson, which uses malloc() */
	uint32_t list_id; /* the list that it was last seen in, or came after */
};

/* What the handler of a kind has as its context. */
struct side {
	struct policy_objects *objects;
	enum policy_kind kind;
	uint32_t list_id; /* grows with each list that begins */
};

struct policy_objects {
	pthread_mutex_t lock; /* for all that follows */
	struct entry *entries;
	size_t count, capacity;
	uint64_t left_out;
	struct side sides[2]; /* by kind; but for the thread of the client */
	struct change change; /* of what they say */
	atomic_uint_least64_t version;
};

static void entry_done(struct entry *entry)
{
	free(entry->object.place);
	free(entry->text);
}

/* --- from the API server */

static const char *const resources[] = {
	[POLICY_CLUSTER] = "tracingpolicy",
	[POLICY_NAMESPACED] = "tracingpolicynamespaced",
};

static char *make_place(enum policy_kind kind, const char *namespace, const char *name)
{
	char *place;
	int r = kind == POLICY_NAMESPACED
			? asprintf(&place, POLICY_OBJECTS_PLACE "%s/%s/%s", resources[kind], namespace, name)
			: asprintf(&place, POLICY_OBJECTS_PLACE "%s/%s", resources[kind], name);

	return r < 0 ? NULL : place;
}

/* What a file would have of it. */
static char *make_text(enum policy_kind kind, const char *namespace, const char *name, const json_t *spec)
{
	json_t *policy =
		json_pack("{s:s, s:s, s:{s:s, s:s*}, s:O*}", "apiVersion", "cilium.io/v1alpha1", "kind",
			  kind == POLICY_NAMESPACED ? "TracingPolicyNamespaced" : "TracingPolicy", "metadata", "name",
			  name, "namespace", kind == POLICY_NAMESPACED ? namespace : NULL, "spec", (json_t *)spec);
	char *text = policy ? json_dumps(policy, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	json_decref(policy);
	return text;
}

static struct entry *find(struct policy_objects *objects, const char *place)
{
	for (size_t i = 0; i < objects->count; i++)
		if (strcmp(objects->entries[i].object.place, place) == 0)
			return &objects->entries[i];
	return NULL;
}

static void remove_at(struct policy_objects *objects, size_t at)
{
	entry_done(&objects->entries[at]);
	objects->entries[at] = objects->entries[--objects->count];
}

static int add(struct policy_objects *objects, struct entry *entry)
{
	if (objects->count == POLICY_OBJECTS_MAX) {
		objects->left_out++;
		return -ENOSPC;
	}
	if (objects->count == objects->capacity) {
		size_t capacity = MAX(2 * objects->capacity, (size_t)16);
		struct entry *grown = reallocarray(objects->entries, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		objects->entries = grown;
		objects->capacity = capacity;
	}
	objects->entries[objects->count++] = *entry;
	*entry = (struct entry){0};
	return 0;
}

/* Takes the entry's texts. */
static int put(struct policy_objects *objects, struct entry *entry)
{
	struct entry *known = find(objects, entry->object.place);
	int r;

	if (known && known->object.content == entry->object.content) {
		known->object.generation = entry->object.generation;
		memcpy(known->uid, entry->uid, sizeof(known->uid));
		known->list_id = entry->list_id;
		return 0;
	}
	if (known) {
		entry_done(known);
		*known = *entry;
		*entry = (struct entry){0};
		r = 0;
	} else {
		r = add(objects, entry);
	}
	if (r == 0)
		change_tell(&objects->change);
	return r;
}

static void forget(struct policy_objects *objects, const char *place)
{
	const struct entry *known = find(objects, place);

	if (!known)
		return;
	remove_at(objects, (size_t)(known - objects->entries));
	change_tell(&objects->change);
}

static int take_object(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size)
{
	const struct side *side = context;
	const json_t *metadata = json_object_get(object, "metadata");
	const char *name = json_string_value(json_object_get(metadata, "name"));
	const char *namespace = json_string_value(json_object_get(metadata, "namespace"));
	const char *uid = json_string_value(json_object_get(metadata, "uid"));
	_cleanup_(entry_done) struct entry entry = {.kind = side->kind, .list_id = side->list_id};
	int r = 0;

	if (!name || (side->kind == POLICY_NAMESPACED && !namespace)) {
		snprintf(ret_error, size, "metadata.%s is missing", name ? "namespace" : "name");
		return -EINVAL;
	}
	entry.object.place = make_place(side->kind, namespace, name);
	entry.text = make_text(side->kind, namespace, name, json_object_get(object, "spec"));
	if (!entry.object.place || !entry.text)
		return -ENOMEM;
	entry.object.content = hash_bytes(HASH_BEGIN, entry.text, strlen(entry.text));
	snprintf(entry.uid, sizeof(entry.uid), "%s", uid ? uid : "");
	entry.object.generation = json_integer_value(json_object_get(metadata, "generation"));
	pthread_mutex_lock(&side->objects->lock);
	if (change == KUBE_CHANGE_DELETE)
		forget(side->objects, entry.object.place);
	else
		r = put(side->objects, &entry);
	atomic_fetch_add(&side->objects->version, 1);
	pthread_mutex_unlock(&side->objects->lock);
	if (r == -ENOSPC)
		snprintf(ret_error, size, "there is no room for more than %d policies", POLICY_OBJECTS_MAX);
	return r;
}

static void begin_list(void *context)
{
	struct side *side = context;

	side->list_id++;
}

static void end_list(void *context)
{
	const struct side *side = context;
	struct policy_objects *objects = side->objects;

	pthread_mutex_lock(&objects->lock);
	for (size_t i = objects->count; i-- > 0;) {
		if (objects->entries[i].kind != side->kind || objects->entries[i].list_id == side->list_id)
			continue;
		remove_at(objects, i);
		change_tell(&objects->change);
	}
	atomic_fetch_add(&objects->version, 1);
	pthread_mutex_unlock(&objects->lock);
}

struct kube_handler policy_objects_handler(struct policy_objects *objects, enum policy_kind kind)
{
	return (struct kube_handler){
		.context = &objects->sides[kind],
		.begin_list = begin_list,
		.object = take_object,
		.end_list = end_list,
	};
}

/* --- to who loads policies */

struct change *policy_objects_change(struct policy_objects *objects)
{
	return &objects->change;
}

void policy_object_list_done(struct policy_object_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->objects[i].place);
	free(list->objects);
	*list = (struct policy_object_list){0};
}

int policy_objects_list(struct policy_objects *objects, struct policy_object_list *ret)
{
	_cleanup_(policy_object_list_done) struct policy_object_list list = {0};
	bool is_whole;

	pthread_mutex_lock(&objects->lock);
	list.objects = calloc(objects->count + 1, sizeof(*list.objects));
	while (list.objects && list.count < objects->count) {
		list.objects[list.count] = objects->entries[list.count].object;
		list.objects[list.count].place = strdup(objects->entries[list.count].object.place);
		if (!list.objects[list.count].place)
			break;
		list.count++;
	}
	is_whole = list.objects && list.count == objects->count;
	pthread_mutex_unlock(&objects->lock);
	if (!is_whole)
		return -ENOMEM;
	*ret = list;
	list = (struct policy_object_list){0};
	return 0;
}

char *policy_objects_text(struct policy_objects *objects, const char *place)
{
	const struct entry *known;
	char *text;

	pthread_mutex_lock(&objects->lock);
	known = find(objects, place);
	text = known ? strdup(known->text) : NULL;
	pthread_mutex_unlock(&objects->lock);
	return text;
}

bool policy_objects_identify(struct policy_objects *objects, const char *place, struct policy_object_identity *ret)
{
	const struct entry *known;

	pthread_mutex_lock(&objects->lock);
	known = find(objects, place);
	if (known) {
		memcpy(ret->uid, known->uid, sizeof(ret->uid));
		ret->content = known->object.content;
		ret->generation = known->object.generation;
	}
	pthread_mutex_unlock(&objects->lock);
	return known;
}

uint64_t policy_objects_version(const struct policy_objects *objects)
{
	return atomic_load(&objects->version);
}

void policy_objects_read_stats(struct policy_objects *objects, struct policy_objects_stats *ret)
{
	pthread_mutex_lock(&objects->lock);
	*ret = (struct policy_objects_stats){.count = objects->count, .left_out = objects->left_out};
	pthread_mutex_unlock(&objects->lock);
}

int policy_objects_new(struct policy_objects **ret)
{
	struct policy_objects *objects = calloc(1, sizeof(*objects));
	int r;

	if (!objects)
		return -ENOMEM;
	pthread_mutex_init(&objects->lock, NULL);
	r = change_open(&objects->change);
	if (r < 0) {
		policy_objects_free(objects);
		return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(objects->sides); i++)
		objects->sides[i] = (struct side){.objects = objects, .kind = (enum policy_kind)i};
	*ret = objects;
	return 0;
}

struct policy_objects *policy_objects_free(struct policy_objects *objects)
{
	if (!objects)
		return NULL;
	while (objects->count)
		remove_at(objects, objects->count - 1);
	free(objects->entries);
	change_close(&objects->change);
	pthread_mutex_destroy(&objects->lock);
	free(objects);
	return NULL;
}
