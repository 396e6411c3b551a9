// SPDX-License-Identifier: Apache-2.0
#include "io/kube/own_node.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "core/kube/label_set.h"
#include "send_object.h"

static struct own_node *node;
static struct kube_handler handler;
static struct label_selector selector;

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

#define NODE(labels) "{\"metadata\":{\"name\":\"n1\",\"labels\":" labels "}}"

static void test_follows_labels(void)
{
	begin();
	CHECK(!own_node_is_decided(node));
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_WAIT);
	CHECK(!has_changed(own_node_change(node)));
	send_list(handler, NODE("{\"os\":\"linux\",\"zone\":\"b\"}"));
	CHECK(own_node_is_decided(node));
	CHECK(has_changed(own_node_change(node)));
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_SELECTED);
	CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT, NODE("{\"zone\":\"c\"}")), 0);
	CHECK(has_changed(own_node_change(node)));
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_NOT_SELECTED);
	CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"n1\"}}"), 0); /* no labels at all */
	CHECK(has_changed(own_node_change(node)));
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_NOT_SELECTED);
	end();
}

/* Its kubelet writes its status all the time; other nodes are none of ours. */
static void test_what_is_no_change(void)
{
	uint64_t version;

	begin();
	send_list(handler, NODE("{\"zone\":\"a\"}"));
	CHECK(has_changed(own_node_change(node)));
	version = change_version(own_node_change(node));
	CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT,
			     "{\"metadata\":{\"name\":\"n1\",\"labels\":{\"zone\":\"a\"}},\"status\":{}}"),
		 0);
	CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"n2\",\"labels\":{\"zone\":\"c\"}}}"),
		 0);
	CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT, NODE("{\"zone\":\"a\",\"broken\":7}")), 0);
	CHECK(!has_changed(own_node_change(node)));
	CHECK_EQ(change_version(own_node_change(node)), version);
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_SELECTED);
	end();
}

/* Of a Node that is made anew it is another one. */
static void test_uid(void)
{
	begin();
	CHECK_STR(own_node_uid(node), "");
	send_list(handler, "{\"metadata\":{\"name\":\"n1\",\"uid\":\"u\"}}");
	CHECK_STR(own_node_uid(node), "u");
	CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"n2\",\"uid\":\"w\"}}"), 0);
	CHECK_STR(own_node_uid(node), "u");
	CHECK_EQ(send_object(handler, KUBE_CHANGE_DELETE, "{\"metadata\":{\"name\":\"n1\",\"uid\":\"u\"}}"), 0);
	CHECK_STR(own_node_uid(node), "");
	CHECK_EQ(send_object(handler, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"n1\",\"uid\":\"v\"}}"), 0);
	CHECK_STR(own_node_uid(node), "v");
	send_list(handler, NULL);
	CHECK_STR(own_node_uid(node), "");
	end();
}

/* What was known stays, though the Node goes, a list is without it, or the right is taken away. */
static void test_known_once(void)
{
	char why[OWN_NODE_WHY_MAX];

	begin();
	send_list(handler, NODE("{\"zone\":\"c\"}"));
	CHECK(has_changed(own_node_change(node)));
	CHECK_EQ(send_object(handler, KUBE_CHANGE_DELETE, NODE("{\"zone\":\"c\"}")), 0);
	send_list(handler, NULL);
	own_node_give_up(node, "forbidden");
	CHECK(!has_changed(own_node_change(node)));
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
	CHECK(has_changed(own_node_change(node)));
	CHECK(own_node_is_unknown(node, why));
	CHECK_STR(why, "forbidden");
	CHECK_EQ(own_node_ask(node, &selector), OWN_NODE_SELECTED);
	send_list(handler, NULL);
	CHECK(!has_changed(own_node_change(node))); /* the same answers, for another reason */
	CHECK(own_node_is_unknown(node, why) && strstr(why, "no Node of this name"));
	send_list(handler, NODE("{\"zone\":\"c\"}")); /* better late than never */
	CHECK(has_changed(own_node_change(node)));
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
	RUN(test_uid);
	RUN(test_known_once);
	RUN(test_unknown_selects);
	RUN(test_too_many_labels);
	return test_end();
}
