// SPDX-License-Identifier: Apache-2.0
#include "io/kube/cluster_networks.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "core/policy/parse_network.h"

#define NETWORK_MAX 44 /* of an IPv6 network as text, with a blank behind it */

static const char *const fields[CLUSTER_NETWORK_KINDS] = {
	[CLUSTER_NETWORK_PODS] = "podCIDRs",
	[CLUSTER_NETWORK_SERVICES] = "serviceCIDRs",
};

struct texts {
	char *texts[CLUSTER_NETWORK_KINDS]; /* owned; NULL: not known */
};

struct cluster_networks {
	struct change change;
	bool is_in_list;      /* that is being read; the client's thread */
	pthread_mutex_t lock; /* for what follows */
	struct texts known;
	bool is_given_up;
};

static void texts_done(struct texts *texts)
{
	for (size_t i = 0; i < CLUSTER_NETWORK_KINDS; i++)
		free(texts->texts[i]);
	*texts = (struct texts){0};
}

/* --- from the API server */

/* The networks of a list, separated by blanks. 0, -EINVAL with the error, or -ENOMEM. */
static int read_list(const json_t *list, const char *field, char **ret, char *ret_error, size_t size)
{
	size_t count = json_array_size(list), length = 0;
	_cleanup_free_ char *text = NULL;

	if ((list && !json_is_array(list)) || count > CLUSTER_NETWORKS_MAX) {
		snprintf(ret_error, size, "status.%s is no list of at most %d networks", field, CLUSTER_NETWORKS_MAX);
		return -EINVAL;
	}
	text = malloc(count * NETWORK_MAX + 1);
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *item = json_string_value(json_array_get(list, i));
		struct policy_network network;

		if (!item || strlen(item) >= NETWORK_MAX || !parse_network(item, strlen(item), &network)) {
			snprintf(ret_error, size, "status.%s[%zu] is no network", field, i);
			return -EINVAL;
		}
		length += (size_t)snprintf(text + length, NETWORK_MAX, "%s%s", length ? " " : "", item);
	}
	text[length] = '\0';
	*ret = TAKE_PTR(text);
	return 0;
}

static bool is_equal(const struct texts *one, const struct texts *other)
{
	for (size_t i = 0; i < CLUSTER_NETWORK_KINDS; i++)
		if (!one->texts[i] || !other->texts[i] || strcmp(one->texts[i], other->texts[i]) != 0)
			return false;
	return true;
}

/* Takes the texts over; true if they are others than before. */
static bool put(struct cluster_networks *networks, struct texts *new)
{
	bool is_news;

	pthread_mutex_lock(&networks->lock);
	is_news = !is_equal(&networks->known, new);
	if (is_news) {
		struct texts old = networks->known;

		networks->known = *new;
		*new = old;
		change_tell(&networks->change);
	}
	pthread_mutex_unlock(&networks->lock);
	return is_news;
}

static int take_object(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size)
{
	struct cluster_networks *networks = context;
	const char *name = json_string_value(json_object_get(json_object_get(object, "metadata"), "name"));
	const json_t *status = json_object_get(object, "status");
	_cleanup_(texts_done) struct texts texts = {0};

	if (!name || strcmp(name, CLUSTER_NETWORKS_NAME) != 0)
		return 0;
	networks->is_in_list = true;
	if (change == KUBE_CHANGE_DELETE) {
		log_info("cluster: clusternetworks/%s is deleted; what it said stays in use, and the operator makes it "
			 "anew",
			 CLUSTER_NETWORKS_NAME);
		return 0;
	}
	for (size_t i = 0; i < CLUSTER_NETWORK_KINDS; i++) {
		int r = read_list(json_object_get(status, fields[i]), fields[i], &texts.texts[i], ret_error, size);

		if (r < 0) {
			cluster_networks_give_up(networks);
			return r;
		}
	}
	if (put(networks, &texts))
		log_info("cluster: %zu networks of pods and %zu of services are known",
			 json_array_size(json_object_get(status, fields[CLUSTER_NETWORK_PODS])),
			 json_array_size(json_object_get(status, fields[CLUSTER_NETWORK_SERVICES])));
	return 0;
}

static void begin_list(void *context)
{
	struct cluster_networks *networks = context;

	networks->is_in_list = false;
}

static void end_list(void *context)
{
	struct cluster_networks *networks = context;

	if (!networks->is_in_list)
		cluster_networks_give_up(networks);
}

struct kube_handler cluster_networks_handler(struct cluster_networks *networks)
{
	return (struct kube_handler){
		.context = networks, .begin_list = begin_list, .object = take_object, .end_list = end_list};
}

void cluster_networks_give_up(struct cluster_networks *networks)
{
	pthread_mutex_lock(&networks->lock);
	if (!networks->known.texts[0] && !networks->is_given_up) {
		networks->is_given_up = true;
		change_tell(&networks->change);
	}
	pthread_mutex_unlock(&networks->lock);
}

bool cluster_networks_are_decided(struct cluster_networks *networks)
{
	bool are_decided;

	pthread_mutex_lock(&networks->lock);
	are_decided = networks->known.texts[0] || networks->is_given_up;
	pthread_mutex_unlock(&networks->lock);
	return are_decided;
}

/* --- to who loads policies */

char *cluster_networks_text(struct cluster_networks *networks, enum cluster_network_kind kind)
{
	char *text;

	pthread_mutex_lock(&networks->lock);
	text = networks->known.texts[kind] ? strdup(networks->known.texts[kind]) : NULL;
	pthread_mutex_unlock(&networks->lock);
	return text;
}

struct change *cluster_networks_change(struct cluster_networks *networks)
{
	return &networks->change;
}

/* --- begin and end */

int cluster_networks_new(struct cluster_networks **ret)
{
	struct cluster_networks *networks = calloc(1, sizeof(*networks));
	int r;

	if (!networks)
		return -ENOMEM;
	pthread_mutex_init(&networks->lock, NULL);
	r = change_open(&networks->change);
	if (r < 0) {
		cluster_networks_free(networks);
		return r;
	}
	*ret = networks;
	return 0;
}

struct cluster_networks *cluster_networks_free(struct cluster_networks *networks)
{
	if (!networks)
		return NULL;
	change_close(&networks->change);
	pthread_mutex_destroy(&networks->lock);
	texts_done(&networks->known);
	free(networks);
	return NULL;
}
