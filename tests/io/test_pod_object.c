// SPDX-License-Identifier: Apache-2.0
#include "io/kube/pod_object.h"

#include <errno.h>
#include <stdlib.h>

#include "../unit/pod_maker.h"
#include "../unit/test.h"
#include "base/util.h"
#include "io/kube/pod_handler.h"

/* As kube-apiserver 1.34 sends one, with what is of no interest around. */
static const char xwing[] =
	"{'kind':'Pod','apiVersion':'v1','metadata':{'name':'xwing-7d9c5b8f6d-x2k4p','generateName':'xwing-7d9c5b8f6d-'"
	","
	"'namespace':'default','uid':'" MAKER_UID
	"','resourceVersion':'4711','creationTimestamp':'2023-10-06T21:52:30Z',"
	"'labels':{'pod-template-hash':'7d9c5b8f6d','class':'xwing','org':'alliance'},"
	"'annotations':{'kubernetes.io/config.source':'api'},"
	"'ownerReferences':[{'apiVersion':'v1','kind':'Other','name':'other','uid':'x'},{'apiVersion':'apps/v1',"
	"'kind':'ReplicaSet','name':'xwing-7d9c5b8f6d','uid':'y','controller':true,'blockOwnerDeletion':true}]},"
	"'spec':{'nodeName':'n1','initContainers':[{'name':'prepare','image':'docker.io/tgraf/netperf:v1.0',"
	"'securityContext':{'privileged':true}}],'containers':[{'name':'spaceship','image':'docker.io/tgraf/"
	"netperf:v1.0',"
	"'livenessProbe':{'exec':{'command':['cat','/tmp/is healthy']},'periodSeconds':10},"
	"'readinessProbe':{'exec':{'command':['/probe.sh','-q']}},'startupProbe':{'exec':{'command':['x']}}}],"
	"'ephemeralContainers':[{'name':'debugger','securityContext':{'privileged':false}}]},"
	"'status':{'phase':'Running','podIP':'10.0.0.1','initContainerStatuses':[{'name':'prepare',"
	"'state':{'terminated':{'exitCode':0,'startedAt':'2023-10-06T21:52:35Z','containerID':'containerd:/"
	"/" MAKER_INIT_ID64 "'}},'lastState':{},'ready':true,'restartCount':0,'image':'docker.io/tgraf/netperf:v1.0',"
	"'imageID':'docker.io/tgraf/netperf@sha256:" MAKER_DIGEST "','containerID':'containerd://" MAKER_INIT_ID64
	"'}],"
	"'containerStatuses':[{'name':'spaceship','state':{'running':{'startedAt':'2023-10-06T21:52:41Z'}},'lastState':"
	"{},"
	"'image':'docker.io/tgraf/netperf:v1.0','imageID':'docker.io/tgraf/netperf@sha256:" MAKER_DIGEST
	"','containerID':'containerd://" MAKER_ID64 "'}],"
	"'ephemeralContainerStatuses':[{'name':'debugger','state':{'waiting':{'reason':'PodInitializing'}},'image':'',"
	"'imageID':''}]}}";

static char error[256];

/* From JSON with single quotes. */
static json_t *json_of(const char *text)
{
	size_t length = strlen(text);
	_cleanup_free_ char *copy = malloc(length + 1);
	json_t *object;

	if (!copy)
		abort();
	for (size_t i = 0; i <= length; i++)
		copy[i] = text[i] == '\'' ? '"' : text[i];
	object = json_loads(copy, 0, NULL);
	if (!object)
		printf("no JSON: %s\n", copy);
	CHECK(object != NULL);
	return object;
}

static int read_pod(const char *text, struct kube_pod **ret)
{
	json_t *object = json_of(text);
	int r;

	error[0] = '\0';
	r = pod_object_read(object, ret, error, sizeof(error));
	json_decref(object);
	return r;
}

#define CHECK_TEXT(pod, text, wanted) \
	do { \
		struct bytes _text = kube_pod_text((pod), (text)); \
		CHECK_BYTES(_text.data, _text.length, (wanted)); \
	} while (0)

static void test_pod(void)
{
	struct kube_pod_fields fields = maker_fields();
	_cleanup_kube_pod_ struct kube_pod *pod = NULL, *wanted = maker_new(&fields);

	CHECK_EQ(read_pod(xwing, &pod), 0);
	/* all that the same pod has that the unit tests make by hand; a container without an id is not kept */
	CHECK(pod && kube_pod_is_equal(pod, wanted));
	if (!pod)
		return;
	CHECK_TEXT(pod, pod->workload, "xwing");
	CHECK_TEXT(pod, pod->workload_kind, "Deployment");
	CHECK_EQ(pod->containers[1].started_wall_ns, MAKER_STARTED_NS);
	CHECK(pod->containers[1].probes[1].command.length != 0);
}

/* A pod of which all but METADATA and STATUS goes without saying. */
#define POD(more_metadata, spec, status) \
	"{'metadata':{'uid':'" MAKER_UID "','namespace':'n','name':'p'" more_metadata "},'spec':{" spec \
	"},'status':{" status "}}"
#define ID "'containerID':'containerd://" MAKER_ID64 "'"

static void test_empty(void)
{
	static const char *const texts[] = {
		POD("", "", ""),
		"{'metadata':{'uid':'" MAKER_UID "','namespace':'n','name':'p'}}",
		"{'metadata':{'uid':'" MAKER_UID "','namespace':'n','name':'p','labels':null,'annotations':null,"
		"'ownerReferences':null,'generateName':null},'spec':null,'status':null}",
		POD("", "'containers':null,'initContainers':[]", "'containerStatuses':null,'initContainerStatuses':[]"),
		POD("", "'containers':[1,null,{'name':7}]", "'containerStatuses':[{'name':'c'}]"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_kube_pod_ struct kube_pod *pod = NULL;

		CHECK_EQ(read_pod(texts[i], &pod), 0);
		CHECK(pod && pod->container_count == 0 && pod->label_count == 0 && !pod->is_cut);
		if (pod)
			CHECK_TEXT(pod, pod->workload_kind, "Pod");
	}
}

static void test_static_pods(void)
{
#define HASH "'kubernetes.io/config.hash':'9b1dcf4f2c6d3e8a7b5c0d1e2f3a4b5c'"
#define MIRROR "'kubernetes.io/config.mirror':'9b1dcf4f2c6d3e8a7b5c0d1e2f3a4b5c'"
	static const struct {
		const char *text;
		bool is_mirror;
	} cases[] = {
		{POD(",'annotations':{" HASH "," MIRROR "}", "", ""), true},
		{POD(",'annotations':{" HASH "}", "", ""), false},
		{POD(",'annotations':{" MIRROR "}", "", ""), false},
		{POD(",'annotations':{'kubernetes.io/config.hash':'nonsense'," MIRROR "}", "", ""), false},
		{POD("", "", ""), false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_kube_pod_ struct kube_pod *pod = NULL;

		CHECK_EQ(read_pod(cases[i].text, &pod), 0);
		CHECK(pod && pod_uid_is_set(&pod->static_uid) == cases[i].is_mirror);
	}
}

/* A container that was started again is known by both ids. */
static void test_restarted_container(void)
{
	_cleanup_kube_pod_ struct kube_pod *pod = NULL, *crashed = NULL;

	CHECK_EQ(read_pod(POD("", "",
			      "'containerStatuses':[{'name':'c'," ID
			      ",'state':{'running':{'startedAt':'2023-10-06T21:52:41Z'}},"
			      "'lastState':{'terminated':{'containerID':'containerd://" MAKER_INIT_ID64 "'}}}]"),
			  &pod),
		 0);
	CHECK(pod && pod->container_count == 2);
	CHECK(pod->containers[0].started_wall_ns && !pod->containers[1].started_wall_ns);
	CHECK_EQ(kube_pod_digest(pod, &pod->containers[1].id)[0], 0x01);
	/* it waits for its next start: both are the same */
	CHECK_EQ(read_pod(POD("", "",
			      "'containerStatuses':[{'name':'c'," ID
			      ",'state':{'waiting':{}},'lastState':{'terminated':{" ID "}}}]"),
			  &crashed),
		 0);
	CHECK(crashed && crashed->container_count == 1);
}

/* One thing wrong, and which: nothing else is said of the object but this. */
static const struct {
	const char *text, *error;
} errors[] = {
	{"[]", "metadata: is missing"},
	{"{}", "metadata: is missing"},
	{"{'metadata':7}", "metadata: must be an object"},
	{"{'metadata':{'namespace':'n','name':'p'}}", "metadata.uid: is missing"},
	{"{'metadata':{'uid':7}}", "metadata.uid: must be a string"},
	{"{'metadata':{'uid':'7'}}", "metadata.uid: is neither a UUID nor 32 hexadecimal digits"},
	{"{'metadata':{'uid':'" MAKER_UID "','name':'p'}}", "metadata.namespace: is missing"},
	{"{'metadata':{'uid':'" MAKER_UID "','namespace':'n'}}", "metadata.name: is missing"},
	{POD(",'generateName':[]", "", ""), "metadata.generateName: must be a string"},
	{POD(",'labels':[]", "", ""), "metadata.labels: must be an object"},
	{POD(",'labels':{'a':'b','c':1}", "", ""), "metadata.labels: must have strings as values"},
	{POD(",'annotations':'x'", "", ""), "metadata.annotations: must be an object"},
	{POD(",'annotations':{'kubernetes.io/config.hash':1}", "", ""),
	 "metadata.annotations.kubernetes.io/config.hash: must be a string"},
	{POD(",'ownerReferences':{}", "", ""), "metadata.ownerReferences: must be an array"},
	{POD(",'ownerReferences':[{},{'controller':'yes'}]", "", ""),
	 "metadata.ownerReferences[1].controller: must be true or false"},
	{POD(",'ownerReferences':[{'controller':true,'kind':1}]", "", ""),
	 "metadata.ownerReferences[0].kind: must be a string"},
	{"{'metadata':{'uid':'" MAKER_UID "','namespace':'n','name':'p'},'spec':[]}", "spec: must be an object"},
	{"{'metadata':{'uid':'" MAKER_UID "','namespace':'n','name':'p'},'status':[]}", "status: must be an object"},
	{POD("", "'containers':{}", ""), "spec.containers: must be an array"},
	{POD("", "'initContainers':{}", ""), "spec.initContainers: must be an array"},
	{POD("", "", "'containerStatuses':{}"), "status.containerStatuses: must be an array"},
	{POD("", "", "'containerStatuses':[7]"), "status.containerStatuses[0].name: is missing"},
	{POD("", "", "'ephemeralContainerStatuses':[{'name':'c'},{'name':'d','containerID':7}]"),
	 "status.ephemeralContainerStatuses[1].containerID: must be a string"},
	{POD("", "", "'containerStatuses':[{'name':'c','image':7}]"),
	 "status.containerStatuses[0].image: must be a string"},
	{POD("", "", "'containerStatuses':[{'name':'c','imageID':7}]"),
	 "status.containerStatuses[0].imageID: must be a string"},
	{POD("", "", "'containerStatuses':[{'name':'c','state':7}]"),
	 "status.containerStatuses[0].state: must be an object"},
	{POD("", "", "'containerStatuses':[{'name':'c','state':{'running':{'startedAt':'yesterday'}}}]"),
	 "status.containerStatuses[0].state.running.startedAt: is no time"},
	{POD("", "", "'containerStatuses':[{'name':'c','state':{'running':{'startedAt':'2023-10-06T21:52:41+'}}}]"),
	 "status.containerStatuses[0].state.running.startedAt: is no time"},
	{POD("", "", "'containerStatuses':[{'name':'c','lastState':{'terminated':{'containerID':1}}}]"),
	 "status.containerStatuses[0].lastState.terminated.containerID: must be a string"},
	{POD("", "'containers':[{'name':'c','securityContext':[]}]", "'containerStatuses':[{'name':'c'}]"),
	 "spec.containers[0].securityContext: must be an object"},
	{POD("", "'containers':[{'name':'c','securityContext':{'privileged':1}}]",
	     "'containerStatuses':[{'name':'c'}]"),
	 "spec.containers[0].securityContext.privileged: must be true or false"},
	{POD("", "'containers':[{'name':'c','livenessProbe':{'exec':{'command':'x'}}}]",
	     "'containerStatuses':[{'name':'c'}]"),
	 "spec.containers[0].livenessProbe.exec.command: must be an array"},
	{POD("", "'containers':[{'name':'c','livenessProbe':{'exec':{'command':['x',7]}}}]",
	     "'containerStatuses':[{'name':'c'}]"),
	 "spec.containers[0].livenessProbe.exec.command: must have strings"},
};

static void test_errors(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		_cleanup_kube_pod_ struct kube_pod *pod = NULL;

		CHECK_EQ(read_pod(errors[i].text, &pod), -EINVAL);
		CHECK(pod == NULL);
		CHECK_STR(error, errors[i].error);
		if (!test_is_ok) {
			printf("  %s\n", errors[i].text);
			break;
		}
	}
}

/* The handler: what the reflector says is what the table has. */
static int hand(const struct kube_handler *handler, enum kube_change change, const char *text)
{
	json_t *object = json_of(text);
	int r;

	error[0] = '\0';
	r = handler->object(handler->context, change, object, error, sizeof(error));
	json_decref(object);
	return r;
}

static void test_handler(void)
{
	struct pod_table *table = pod_table_new();
	struct kube_handler handler = pod_handler(table);
	struct pod_table_stats stats;
	uint64_t version;

	handler.begin_list(handler.context);
	CHECK_EQ(hand(&handler, KUBE_CHANGE_PUT, xwing), 0);
	CHECK_EQ(hand(&handler, KUBE_CHANGE_PUT, "{'metadata':{}}"), -EINVAL);
	CHECK_STR(error, "metadata.uid: is missing");
	handler.end_list(handler.context);
	version = pod_table_version(table);
	CHECK_EQ(hand(&handler, KUBE_CHANGE_PUT, xwing), 0); /* after a reconnect: no change */
	CHECK_EQ(pod_table_version(table), version);
	CHECK_EQ(hand(&handler, KUBE_CHANGE_DELETE, "{'metadata':{'uid':7}}"), -EINVAL);
	CHECK_STR(error, "metadata.uid: must be a string");
	CHECK_EQ(hand(&handler, KUBE_CHANGE_DELETE, "{'metadata':{'uid':'" MAKER_UID "'},'spec':7}"), 0);
	pod_table_read_stats(table, &stats);
	CHECK(stats.pods == 0 && stats.deleted == 1);
	CHECK_EQ(hand(&handler, KUBE_CHANGE_PUT, xwing), 0);
	handler.begin_list(handler.context);
	handler.end_list(handler.context);
	pod_table_read_stats(table, &stats);
	CHECK(stats.pods == 0 && stats.deleted == 1);
	pod_table_free(table);
}

/* More than the table takes: the reflector is told, with the reason. */
static void test_handler_refuses(void)
{
	struct pod_table *table = pod_table_new();
	struct kube_handler handler = pod_handler(table);
	struct pod_table_stats stats;
	char text[256];

	for (unsigned int i = 0; i <= POD_TABLE_MAX; i++) {
		int r;

		snprintf(text, sizeof(text),
			 "{'metadata':{'uid':'%08x-1b2c-4d5e-8f90-0a1b2c3d4e5f','namespace':'n','name':'p'}}", i);
		r = hand(&handler, KUBE_CHANGE_PUT, text);
		if (r != (i < POD_TABLE_MAX ? 0 : -ENOMEM))
			CHECK(false);
	}
	CHECK_STR(error, "there are more pods than the 8192 that are kept");
	pod_table_read_stats(table, &stats);
	CHECK_EQ(stats.refused, 1);
	pod_table_free(table);
}

int main(void)
{
	RUN(test_pod);
	RUN(test_empty);
	RUN(test_static_pods);
	RUN(test_restarted_container);
	RUN(test_errors);
	RUN(test_handler);
	RUN(test_handler_refuses);
	return test_end();
}
