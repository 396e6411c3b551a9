// SPDX-License-Identifier: Apache-2.0
#include "io/kube/own_node.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "core/kube/label_set.h"
#include "io/kube/node_object.h"

struct own_node {
	char *name; /* owned */
	struct change change;
	bool is_in_list; /* that is being read; the client's thread, as the next three */
	bool was_met;    /* in a list or a watch */
	bool is_absence_said;
	char uid[OWN_NODE_UID_MAX]; /* "": not known */
	pthread_mutex_t lock;       /* for what follows */
	struct label_set *labels;   /* owned; NULL: not known */
	bool is_given_up;           /* for the reason: */
	char why[OWN_NODE_WHY_MAX]; /* "" */
};

/* --- from the API server */

static void begin_list(void *context)
{
	struct own_node *node = context;

	node->is_in_list = false;
}

static void put_labels(struct own_node *node, struct label_set *labels)
{
	struct label_set *old = labels;

	pthread_mutex_lock(&node->lock);
	if (!label_set_is_equal(node->labels, labels)) {
		old = node->labels;
		node->labels = labels;
		change_tell(&node->change);
	}
	pthread_mutex_unlock(&node->lock);
	label_set_free(old);
}

static int take_object(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size)
{
	struct own_node *node = context;
	struct kube_label_fields fields[LABEL_SET_COUNT_MAX];
	struct label_set *labels;
	const char *uid;
	size_t count;

	if (strcmp(node_object_name(object), node->name) != 0)
		return 0;
	node->is_in_list = node->was_met = true;
	node->uid[0] = '\0';
	if (change == KUBE_CHANGE_DELETE)
		return 0; /* a Node that is made anew, or one that is about to end with us */
	uid = json_string_value(json_object_get(json_object_get(object, "metadata"), "uid"));
	if (uid && strlen(uid) < sizeof(node->uid))
		memcpy(node->uid, uid, strlen(uid) + 1);
	count = node_object_labels(object, fields, ARRAY_SIZE(fields));
	if (count > ARRAY_SIZE(fields)) {
		snprintf(ret_error, size, "it has more than %d labels", LABEL_SET_COUNT_MAX);
		own_node_give_up(node, ret_error);
		return -EINVAL;
	}
	labels = label_set_new(fields, count);
	if (!labels)
		return -ENOMEM;
	put_labels(node, labels);
	return 0;
}

/* Once: the pods of this node are asked for by its name, too, and that there are none is no error. */
static void say_absence(struct own_node *node)
{
	if (node->was_met || node->is_absence_said)
		return;
	node->is_absence_said = true;
	log_warn("nodes: the cluster has no Node \"%s\", so no event gets a pod and no policy for pods matches; set "
		 "NODE_NAME "
		 "to the name that kubectl get nodes has for this machine, in a pod by fieldPath: spec.nodeName",
		 node->name);
}

static void end_list(void *context)
{
	struct own_node *node = context;

	if (node->is_in_list)
		return;
	node->uid[0] = '\0';
	own_node_give_up(node, "the API server has no Node of this name; NODE_NAME says it");
	say_absence(node);
}

struct kube_handler own_node_handler(struct own_node *node)
{
	return (struct kube_handler){
		.context = node, .begin_list = begin_list, .object = take_object, .end_list = end_list};
}

bool own_node_is_decided(struct own_node *node)
{
	bool is_decided;

	pthread_mutex_lock(&node->lock);
	is_decided = node->labels || node->is_given_up;
	pthread_mutex_unlock(&node->lock);
	return is_decided;
}

void own_node_give_up(struct own_node *node, const char *why)
{
	pthread_mutex_lock(&node->lock);
	if (!node->labels && !node->is_given_up) {
		node->is_given_up = true;
		change_tell(&node->change);
	}
	snprintf(node->why, sizeof(node->why), "%s", why);
	pthread_mutex_unlock(&node->lock);
}

/* --- to who loads policies */

enum own_node_answer own_node_ask(struct own_node *node, const struct label_selector *selector)
{
	enum own_node_answer answer = OWN_NODE_SELECTED;

	pthread_mutex_lock(&node->lock);
	if (!node->labels && !node->is_given_up)
		answer = OWN_NODE_WAIT;
	else if (node->labels && !label_selector_matches(selector, label_set_find, node->labels))
		answer = OWN_NODE_NOT_SELECTED;
	pthread_mutex_unlock(&node->lock);
	return answer;
}

bool own_node_is_unknown(struct own_node *node, char *why)
{
	bool is_unknown;

	pthread_mutex_lock(&node->lock);
	is_unknown = !node->labels && node->is_given_up;
	if (is_unknown)
		memcpy(why, node->why, sizeof(node->why));
	pthread_mutex_unlock(&node->lock);
	return is_unknown;
}

const char *own_node_uid(const struct own_node *node)
{
	return node->uid;
}

const char *own_node_name(const struct own_node *node)
{
	return node->name;
}

struct change *own_node_change(struct own_node *node)
{
	return &node->change;
}

/* --- begin and end */

int own_node_new(const char *name, struct own_node **ret)
{
	struct own_node *node = calloc(1, sizeof(*node));
	int r;

	if (!node)
		return -ENOMEM;
	pthread_mutex_init(&node->lock, NULL);
	r = change_open(&node->change);
	node->name = strdup(name);
	if (r >= 0 && !node->name)
		r = -ENOMEM;
	if (r < 0) {
		own_node_free(node);
		return r;
	}
	*ret = node;
	return 0;
}

struct own_node *own_node_free(struct own_node *node)
{
	if (!node)
		return NULL;
	change_close(&node->change);
	pthread_mutex_destroy(&node->lock);
	label_set_free(node->labels);
	free(node->name);
	free(node);
	return NULL;
}
