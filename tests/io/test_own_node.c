// SPDX-License-Identifier: Apache-2.0
#include "io/kube/own_node.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "../unit/test.h"
#include "base/util.h"
#include "core/kube/label_set.h"

static struct own_node *node;
static struct kube_handler handler;
static struct label_selector selector;
static char error[256];

static void begin(void)
{
	static const char *const values[] = {"a", "b"};

	CHECK_EQ(own_node_new("n1", &node), 0);
	handler = own_node_handler(node);
	CHECK_EQ(label_selector_add(&selector, "zone", LABEL_IN, values, 2), 0);
}

static void end(void)
{
	node = own_node_free(node);
	label_selector_done(&selector);
}

static int send(enum kube_change change, const char *text)
{
	json_t *object = json_loads(text, 0, NULL);
	int r;

	CHECK(object);
	error[0] = '\0';
	r = handler.object(handler.context, change, object, error, sizeof(error));
	json_decref(object);
	return r;
}

static void list(const char *text)
{
	handler.begin_list(handler.context);
	if (text)
		CHECK_EQ(send(KUBE_CHANGE_PUT, text), 0);
	handler.end_list(handler.context);
}

static bool has_changed(void)
{
	struct pollfd polled = {.fd = own_node_fd(node), .events = POLLIN};
	bool is_readable = poll(&polled, 1, 0) == 1;

	own_node_drain(node);
	return is_readable;
}

#define NODE(labels) "{\"metadata\":{\"name\":\"n1\",\"labels\":" labels "}}"

static void test_follows_labels(void)
{
	begin();
	CHECK(!own_node_is_decided(node));
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_WAIT);
	CHECK(!has_changed());
	list(NODE("{\"os\":\"linux\",\"zone\":\"b\"}"));
	CHECK(own_node_is_decided(node));
	CHECK(has_changed());
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_SELECTED);
	CHECK_EQ(send(KUBE_CHANGE_PUT, NODE("{\"zone\":\"c\"}")), 0);
	CHECK(has_changed());
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_NOT_SELECTED);
	CHECK_EQ(send(KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"n1\"}}"), 0); /* no labels at all */
	CHECK(has_changed());
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_NOT_SELECTED);
	end();
}

/* Its kubelet writes its status all the time; other nodes are none of ours. */
static void test_what_is_no_change(void)
{
	uint64_t version;

	begin();
	list(NODE("{\"zone\":\"a\"}"));
	CHECK(has_changed());
	version = own_node_version(node);
	CHECK_EQ(send(KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"n1\",\"labels\":{\"zone\":\"a\"}},\"status\":{}}"),
		 0);
	CHECK_EQ(send(KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"n2\",\"labels\":{\"zone\":\"c\"}}}"), 0);
	CHECK_EQ(send(KUBE_CHANGE_PUT, NODE("{\"zone\":\"a\",\"broken\":7}")), 0);
	CHECK(!has_changed());
	CHECK_EQ(own_node_version(node), version);
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_SELECTED);
	end();
}

/* What was known stays, though the Node goes, a list is without it, or the right is taken away. */
static void test_known_once(void)
{
	char why[OWN_NODE_WHY_MAX];

	begin();
	list(NODE("{\"zone\":\"c\"}"));
	CHECK(has_changed());
	CHECK_EQ(send(KUBE_CHANGE_DELETE, NODE("{\"zone\":\"c\"}")), 0);
	list(NULL);
	own_node_give_up(node, "forbidden");
	CHECK(!has_changed());
	CHECK(!own_node_is_unknown(node, why));
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_NOT_SELECTED);
	end();
}

static void test_unknown_selects(void)
{
	char why[OWN_NODE_WHY_MAX];

	begin();
	CHECK(!own_node_is_unknown(node, why));
	own_node_give_up(node, "forbidden");
	CHECK(has_changed());
	CHECK(own_node_is_unknown(node, why));
	CHECK_STR(why, "forbidden");
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_SELECTED);
	list(NULL);
	CHECK(!has_changed()); /* the same answers, for another reason */
	CHECK(own_node_is_unknown(node, why) && strstr(why, "no Node of this name"));
	list(NODE("{\"zone\":\"c\"}")); /* better late than never */
	CHECK(has_changed());
	CHECK(!own_node_is_unknown(node, why));
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_NOT_SELECTED);
	end();
}

static void test_too_many_labels(void)
{
	json_t *labels = json_object(),
	       *object = json_pack("{s:{s:s, s:o}}", "metadata", "name", "n1", "labels", labels);
	char key[16];

	begin();
	for (int i = 0; i <= LABEL_SET_COUNT_MAX; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		json_object_set_new(labels, key, json_pack("s", ""));
	}
	error[0] = '\0';
	CHECK_EQ(handler.object(handler.context, KUBE_CHANGE_PUT, object, error, sizeof(error)), -EINVAL);
	CHECK(strstr(error, "more than"));
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_SELECTED);
	json_decref(object);
	end();
}

int main(void)
{
	RUN(test_follows_labels);
	RUN(test_what_is_no_change);
	RUN(test_known_once);
	RUN(test_unknown_selects);
	RUN(test_too_many_labels);
	return test_end();
}
