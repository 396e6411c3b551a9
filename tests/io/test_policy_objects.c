// SPDX-License-Identifier: Apache-2.0
#include "io/kube/policy_objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "send_object.h"

static struct policy_objects *objects;
static struct kube_handler cluster, namespaced;

static void open_objects(void)
{
	CHECK_EQ(policy_objects_new(&objects), 0);
	cluster = policy_objects_handler(objects, POLICY_CLUSTER);
	namespaced = policy_objects_handler(objects, POLICY_NAMESPACED);
}

static const struct policy_object *find(const struct policy_object_list *list, const char *place)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->objects[i].place, place) == 0)
			return &list->objects[i];
	return NULL;
}

static void test_texts(void)
{
	_cleanup_(policy_object_list_done) struct policy_object_list list = {0};
	_cleanup_free_ char *text = NULL, *other = NULL;

	open_objects();
	CHECK(!has_changed(policy_objects_change(objects)));
	CHECK_EQ(send_object(cluster, KUBE_CHANGE_PUT,
			     "{\"metadata\":{\"name\":\"a\",\"generation\":3,\"labels\":{\"x\":\"y\"}},\"spec\":{"
			     "\"kprobes\":["
			     "]},"
			     "\"status\":{\"ready\":\"1/1\"}}"),
		 0);
	CHECK_EQ(send_object(namespaced, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"a\",\"namespace\":\"n\"}}"), 0);
	CHECK(has_changed(policy_objects_change(objects)));
	CHECK(!has_changed(policy_objects_change(objects)));
	CHECK_EQ(policy_objects_list(objects, &list), 0);
	CHECK_EQ(list.count, 2);
	CHECK(find(&list, "k8s:tracingpolicy/a") && find(&list, "k8s:tracingpolicy/a")->generation == 3);
	text = policy_objects_text(objects, "k8s:tracingpolicy/a");
	CHECK_STR(text,
		  "{\"apiVersion\":\"cilium.io/v1alpha1\",\"kind\":\"TracingPolicy\",\"metadata\":{\"name\":\"a\"},"
		  "\"spec\":{\"kprobes\":[]}}");
	other = policy_objects_text(objects, "k8s:tracingpolicynamespaced/n/a");
	CHECK_STR(other, "{\"apiVersion\":\"cilium.io/v1alpha1\",\"kind\":\"TracingPolicyNamespaced\",\"metadata\":{"
			 "\"name\":\"a\",\"namespace\":\"n\"}}");
	CHECK(!policy_objects_text(objects, "k8s:tracingpolicy/b"));
	objects = policy_objects_free(objects);
}

/* What a policy says counts, nothing else of its object. */
static void test_changes(void)
{
	struct policy_object_list before = {0}, after = {0};

	open_objects();
	send_object(cluster, KUBE_CHANGE_PUT,
		    "{\"metadata\":{\"name\":\"a\",\"generation\":1},\"spec\":{\"loader\":true}}");
	has_changed(policy_objects_change(objects));
	CHECK_EQ(policy_objects_list(objects, &before), 0);
	send_object(
		cluster, KUBE_CHANGE_PUT,
		"{\"metadata\":{\"name\":\"a\",\"generation\":1,\"labels\":{\"a\":\"b\"}},\"spec\":{\"loader\":true},"
		"\"status\":{}}");
	CHECK(!has_changed(policy_objects_change(objects)));
	send_object(cluster, KUBE_CHANGE_PUT,
		    "{\"metadata\":{\"name\":\"a\",\"generation\":2},\"spec\":{\"loader\":false}}");
	CHECK(has_changed(policy_objects_change(objects)));
	CHECK_EQ(policy_objects_list(objects, &after), 0);
	CHECK_EQ(after.count, 1);
	CHECK(before.objects[0].content != after.objects[0].content);
	CHECK_EQ(after.objects[0].generation, 2);
	send_object(cluster, KUBE_CHANGE_DELETE, "{\"metadata\":{\"name\":\"b\"}}");
	CHECK(!has_changed(policy_objects_change(objects)));
	send_object(cluster, KUBE_CHANGE_DELETE, "{\"metadata\":{\"name\":\"a\"}}");
	CHECK(has_changed(policy_objects_change(objects)));
	policy_object_list_done(&before);
	policy_object_list_done(&after);
	objects = policy_objects_free(objects);
}

/* A list that ends sweeps what it did not have, of its own kind; one that does not end sweeps nothing. */
static void test_lists(void)
{
	_cleanup_(policy_object_list_done) struct policy_object_list list = {0};

	open_objects();
	send_object(cluster, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"a\"}}");
	send_object(cluster, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"b\"}}");
	send_object(namespaced, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"c\",\"namespace\":\"n\"}}");
	has_changed(policy_objects_change(objects));
	cluster.begin_list(cluster.context);
	send_object(cluster, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"b\"}}");
	cluster.begin_list(cluster.context);
	CHECK(!has_changed(policy_objects_change(objects)));
	send_object(cluster, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"a\"}}");
	cluster.end_list(cluster.context);
	CHECK(has_changed(policy_objects_change(objects)));
	CHECK_EQ(policy_objects_list(objects, &list), 0);
	CHECK_EQ(list.count, 2);
	CHECK(find(&list, "k8s:tracingpolicy/a") && find(&list, "k8s:tracingpolicynamespaced/n/c"));
	objects = policy_objects_free(objects);
}

static void test_refused(void)
{
	char text[64];

	open_objects();
	CHECK_EQ(send_object(cluster, KUBE_CHANGE_PUT, "{\"metadata\":{}}"), -EINVAL);
	CHECK_STR(error, "metadata.name is missing");
	CHECK_EQ(send_object(namespaced, KUBE_CHANGE_PUT, "{\"metadata\":{\"name\":\"a\"}}"), -EINVAL);
	CHECK_STR(error, "metadata.namespace is missing");
	for (int i = 0; i <= POLICY_OBJECTS_MAX; i++) {
		snprintf(text, sizeof(text), "{\"metadata\":{\"name\":\"p%d\"}}", i);
		CHECK_EQ(send_object(cluster, KUBE_CHANGE_PUT, text), i < POLICY_OBJECTS_MAX ? 0 : -ENOSPC);
	}
	CHECK_STR(error, "there is no room for more than 4096 policies");
	objects = policy_objects_free(objects);
}

int main(void)
{
	RUN(test_texts);
	RUN(test_changes);
	RUN(test_lists);
	RUN(test_refused);
	return test_end();
}
