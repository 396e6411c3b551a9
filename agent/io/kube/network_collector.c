// SPDX-License-Identifier: Apache-2.0
#include "io/kube/network_collector.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/util.h"
#include "core/policy/parse_network.h"
#include "io/kube/node_object.h"

#define BUCKETS 4096 /* a power of two */

struct owner {
	struct owner *next;
	char *name; /* owned */
	unsigned list;
	size_t count;
	struct policy_network networks[NETWORKS_OF_ONE_MAX];
};

struct side {
	struct network_collector *collector;
	enum network_source source;
	unsigned list; /* the number of the list that was read last */
	size_t count;
	struct owner *buckets[BUCKETS];
};

struct network_collector {
	uint64_t version;
	struct side sides[NETWORK_SOURCE_COUNT];
};

static void owner_free(struct owner *owner)
{
	if (!owner)
		return;
	free(owner->name);
	free(owner);
}

static void owner_freep(struct owner **owner)
{
	owner_free(*owner);
}

struct network_collector *network_collector_new(void)
{
	struct network_collector *collector = calloc(1, sizeof(*collector));

	for (int i = 0; collector && i < NETWORK_SOURCE_COUNT; i++) {
		collector->sides[i].collector = collector;
		collector->sides[i].source = (enum network_source)i;
	}
	return collector;
}

struct network_collector *network_collector_free(struct network_collector *collector)
{
	for (int i = 0; collector && i < NETWORK_SOURCE_COUNT; i++) {
		for (size_t j = 0; j < BUCKETS; j++) {
			while (collector->sides[i].buckets[j]) {
				struct owner *owner = collector->sides[i].buckets[j];

				collector->sides[i].buckets[j] = owner->next;
				owner_free(owner);
			}
		}
	}
	free(collector);
	return NULL;
}

/* --- from the API server */

/* The link that points to the owner of this name, or to the end of its chain. */
static struct owner **find_link(struct side *side, const char *name)
{
	struct owner **link = &side->buckets[hash_bytes(HASH_BEGIN, name, strlen(name)) & (BUCKETS - 1)];

	while (*link && strcmp((*link)->name, name) != 0)
		link = &(*link)->next;
	return link;
}

static void forget(struct side *side, struct owner **link)
{
	struct owner *owner = *link;

	*link = owner->next;
	side->count--;
	side->collector->version++;
	owner_free(owner);
}

static int take_network(struct owner *owner, const json_t *item, const char *field, char *ret_error, size_t size)
{
	const char *text = json_string_value(item);

	if (!text || !parse_network(text, strlen(text), &owner->networks[owner->count])) {
		snprintf(ret_error, size, "spec.%s: \"%.64s\" is no network", field, text ? text : "");
		return -EINVAL;
	}
	owner->count++;
	return 0;
}

static int read_networks(struct owner *owner, const json_t *spec, enum network_source source, char *ret_error,
			 size_t size)
{
	const char *field = source == NETWORK_SOURCE_NODES ? "podCIDRs" : "cidrs";
	const json_t *list = json_object_get(spec, field), *one = json_object_get(spec, "podCIDR");
	size_t count = json_array_size(list);
	int r = 0;

	if (count > NETWORKS_OF_ONE_MAX) {
		snprintf(ret_error, size, "spec.%s has more than %d networks", field, NETWORKS_OF_ONE_MAX);
		return -EINVAL;
	}
	for (size_t i = 0; r == 0 && i < count; i++)
		r = take_network(owner, json_array_get(list, i), field, ret_error, size);
	if (r == 0 && count == 0 && source == NETWORK_SOURCE_NODES && json_string_length(one) > 0)
		r = take_network(owner, one, "podCIDR", ret_error, size);
	return r;
}

static bool has_same_networks(const struct owner *one, const struct owner *other)
{
	return one->count == other->count &&
	       memcmp(one->networks, other->networks, one->count * sizeof(*one->networks)) == 0;
}

/* Takes the owner over. */
static int put(struct side *side, struct owner *owner, char *ret_error, size_t size)
{
	struct owner **link = find_link(side, owner->name);

	owner->list = side->list;
	if (!*link && side->count == NETWORK_OWNERS_MAX) {
		owner_free(owner);
		snprintf(ret_error, size, "there is no room for more than %d", NETWORK_OWNERS_MAX);
		return -ENOMEM;
	}
	if (*link && has_same_networks(*link, owner)) {
		(*link)->list = side->list;
		owner_free(owner);
		return 0;
	}
	if (*link)
		forget(side, link);
	owner->next = *link;
	*link = owner;
	side->count++;
	side->collector->version++;
	return 0;
}

static int take_object(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size)
{
	struct side *side = context;
	const char *name = node_object_name(object);
	_cleanup_(owner_freep) struct owner *owner = NULL;
	struct owner **link = find_link(side, name);
	int r;

	if (change == KUBE_CHANGE_DELETE) {
		if (*link)
			forget(side, link);
		return 0;
	}
	if (*link)
		(*link)->list = side->list; /* it is there, whatever it says: what is wrong takes nothing away */
	owner = calloc(1, sizeof(*owner));
	if (owner)
		owner->name = strdup(name);
	if (!owner || !owner->name)
		return -ENOMEM;
	r = read_networks(owner, json_object_get(object, "spec"), side->source, ret_error, size);
	return r < 0 ? r : put(side, TAKE_PTR(owner), ret_error, size);
}

static void begin_list(void *context)
{
	struct side *side = context;

	side->list++;
}

static void end_list(void *context)
{
	struct side *side = context;

	for (size_t i = 0; i < BUCKETS; i++) {
		struct owner **link = &side->buckets[i];

		while (*link) {
			if ((*link)->list == side->list)
				link = &(*link)->next;
			else
				forget(side, link);
		}
	}
}

struct kube_handler network_collector_handler(struct network_collector *collector, enum network_source source)
{
	return (struct kube_handler){.context = &collector->sides[source],
				     .begin_list = begin_list,
				     .object = take_object,
				     .end_list = end_list};
}

uint64_t network_collector_version(const struct network_collector *collector)
{
	return collector->version;
}

int network_collector_read(const struct network_collector *collector, enum network_source source,
			   struct network_set *ret)
{
	_cleanup_(network_set_done) struct network_set set = {0};

	for (size_t i = 0; i < BUCKETS; i++) {
		for (const struct owner *owner = collector->sides[source].buckets[i]; owner; owner = owner->next) {
			for (size_t j = 0; j < owner->count; j++) {
				int r = network_set_add(&set, &owner->networks[j]);

				if (r < 0)
					return r;
			}
		}
	}
	network_set_reduce(&set);
	*ret = set;
	set = (struct network_set){0};
	return 0;
}
