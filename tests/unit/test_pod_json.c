// SPDX-License-Identifier: Apache-2.0
#include "core/encode/pod_json.h"

#include <stdlib.h>

#include "base/util.h"
#include "core/encode/event_json.h"
#include "golden_events.h"
#include "golden_file.h"
#include "pod_maker.h"
#include "test.h"

#define UNKNOWN_ID "00000000000000000000000000000ff"

static char storage[2 * EVENT_JSON_LINE_MAX];
static struct kube_pod *pod;
static enum pod_state unknown_state; /* what is said of containers that the pod does not have */
static unsigned int asked;

static void find(void *context, const struct process *process, struct pod_place *ret)
{
	(void)context;
	asked++;
	*ret = (struct pod_place){.state = POD_STATE_FOUND};
	if (strcmp(process->docker, MAKER_ID) == 0)
		ret->container = &pod->containers[pod->container_count - 1];
	else if (strcmp(process->docker, MAKER_INIT_ID) == 0)
		ret->container = &pod->containers[0];
	else
		ret->state = unknown_state;
	if (ret->state == POD_STATE_FOUND)
		ret->pod = kube_pod_ref(pod);
}

static const struct pod_finder finder = {.find = find};

#define IN_POD(id, in_container) \
	{ \
		.pid = 52699, .ns_pid = (in_container), .ktime_ns = 13548674321337, .start_wall_ns = START_NS, \
		.parent_pid = 52698, .parent_ktime_ns = 13548674300000, .has_in_init_tree = true, .docker = id, \
		.flags = PROCESS_FLAG_EXECVE | PROCESS_FLAG_CLONE | PROCESS_FLAG_ROOT_CWD | PROCESS_FLAG_IN_INIT_TREE \
	}

static struct image app_image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/bin/app")};
static struct process app = {.pid = 52698,
			     .ns_pid = 1,
			     .ktime_ns = 13548674300000,
			     .start_wall_ns = START_NS - 828208246,
			     .parent_pid = 1,
			     .parent_ktime_ns = 90000000,
			     .docker = MAKER_ID,
			     .flags = PROCESS_FLAG_PROCFS | PROCESS_FLAG_IN_INIT_TREE,
			     .has_in_init_tree = true,
			     .image = &app_image};

static struct golden_event pod_events[] = {
	{
		.name = "exec-pod",
		.image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/bin/ls"), .arguments = BYTES("-l")},
		.process = IN_POD(MAKER_ID, 49),
		.event = EXEC(&app),
	},
	{
		.name = "exec-pod-first-process", /* the runtime on the host is its parent; privileged, an init
						     container */
		.image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/bin/ls")},
		.process = IN_POD(MAKER_INIT_ID, 1),
		.event = EXEC(&shell),
	},
	{
		.name = "exec-pod-probe",
		.image = {.auid = UNSET_AUID,
			  .cwd = BYTES("/"),
			  .binary = BYTES("/bin/cat"),
			  .arguments = BYTES(" \"/tmp/is healthy\"")},
		.process = IN_POD(MAKER_ID, 50),
		.event = EXEC(&app),
	},
	{
		.name = "exec-pod-unresolved",
		.image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/bin/ls")},
		.process = IN_POD(UNKNOWN_ID, 7),
		.event = EXEC(&shell),
	},
	{
		.name = "exit-pod",
		.image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/bin/ls"), .arguments = BYTES("-l")},
		.process = IN_POD(MAKER_ID, 49),
		.event = EXIT(2 << 8),
	},
};

static struct buffer new_buffer(void)
{
	return (struct buffer){.data = storage, .capacity = sizeof(storage)};
}

static void prepare(void)
{
	struct kube_pod_fields fields = maker_fields();

	pod = maker_new(&fields);
	unknown_state = POD_STATE_FOUND;
	for (size_t i = 0; i < ARRAY_SIZE(pod_events); i++) {
		pod_events[i].process.image = &pod_events[i].image;
		pod_events[i].event.process = &pod_events[i].process;
	}
	pod_events[4].event.parent = &app;
}

static void test_golden(void)
{
	struct event_json_options options = golden_options;

	prepare();
	options.pods = &finder;
	for (size_t i = 0; i < ARRAY_SIZE(pod_events); i++) {
		struct buffer buffer = new_buffer();

		event_json_encode(&buffer, &pod_events[i].event, &options);
		golden_compare(pod_events[i].name, &buffer);
	}
	kube_pod_unref(pod);
}

/* With a cluster, what is not in a container is as without one, and nobody asks for it. */
static void test_host_is_unchanged(void)
{
	struct event_json_options options = golden_options;

	prepare();
	golden_prepare();
	options.pods = &finder;
	asked = 0;
	for (size_t i = 0; i < ARRAY_SIZE(golden_events); i++) {
		struct buffer buffer = new_buffer();

		if (golden_events[i].is_full || golden_events[i].process.docker[0])
			continue;
		event_json_encode(&buffer, &golden_events[i].event, &options);
		golden_compare(golden_events[i].name, &buffer);
	}
	CHECK_EQ(asked, 0);
	kube_pod_unref(pod);
}

/* An awaited pod: the line lacks it, and has it when it is put in where the encoder said. */
static void test_splices(void)
{
	struct event_json_options options = golden_options;
	struct pod_splices splices = {.count = 77};
	const struct process *process = &pod_events[3].process;
	const struct pod_subject subject = pod_subject_of(process);
	struct buffer buffer = new_buffer(), whole;
	static char spliced[EVENT_JSON_LINE_MAX];
	size_t length;

	prepare();
	options.pods = &finder;
	options.splices = &splices;
	unknown_state = POD_STATE_AWAITED;
	buffer_append_literal(&buffer, "another line\n");
	length = event_json_encode(&buffer, &pod_events[3].event, &options);
	CHECK_EQ(splices.count, 1);
	CHECK(splices.items[0].process == process);
	CHECK(memmem(storage, buffer.length, "\"pod\"", 5) == NULL);
	whole = (struct buffer){.data = spliced, .capacity = sizeof(spliced)};
	buffer_append(&whole, storage + 13, splices.items[0].at);
	pod_json_append(&whole, &(struct pod_place){.state = POD_STATE_FOUND, .pod = pod}, &subject);
	buffer_append(&whole, storage + 13 + splices.items[0].at, length - splices.items[0].at);
	golden_compare("exec-pod-unresolved", &whole);
	/* one that nobody waits for is left out */
	options.splices = NULL;
	buffer_reset(&buffer);
	CHECK(event_json_encode(&buffer, &pod_events[3].event, &options) == length);
	kube_pod_unref(pod);
}

/* A sandbox is in no status: it is not said that a container is missing. */
static void test_sandbox(void)
{
	static const char begin[] = "\"pod\":{\"namespace\":\"default\",\"name\":\"xwing-7d9c5b8f6d-x2k4p\","
				    "\"uid\":\"" MAKER_UID "\",\"pod_labels\":{";
	const struct pod_subject subject = {.docker = UNKNOWN_ID, .ns_pid = 1};
	struct buffer buffer = new_buffer();

	prepare();
	pod_json_append(&buffer, &(struct pod_place){.state = POD_STATE_FOUND, .pod = pod, .is_sandbox = true},
			&subject);
	CHECK(buffer.length > sizeof(begin) && memcmp(storage, begin, sizeof(begin) - 1) == 0);
	kube_pod_unref(pod);
}

/* Everything as long as it gets, and every byte of it six times as long when escaped. */
static char text[70000];

static struct kube_pod *make_huge(char byte, size_t label_count)
{
	struct kube_label_fields labels[KUBE_POD_LABELS_MAX];
	struct kube_container_fields container = {.id = {text, 100},
						  .name = {text, KUBE_NAME_MAX},
						  .image = {text, KUBE_IMAGE_MAX},
						  .image_id = {text, KUBE_IMAGE_MAX},
						  .started_wall_ns = MAKER_STARTED_NS,
						  .is_privileged = true};
	struct kube_pod_fields fields = {.uid = maker_bytes(MAKER_UID),
					 .namespace = {text, KUBE_NAME_MAX},
					 .name = {text, KUBE_NAME_MAX},
					 .workload = {text, KUBE_NAME_MAX},
					 .workload_kind = {text, KUBE_NAME_MAX},
					 .labels = labels,
					 .label_count = label_count,
					 .containers = &container,
					 .container_count = 1};

	memset(text, byte, sizeof(text));
	for (size_t i = 0; i < label_count; i++)
		labels[i] = (struct kube_label_fields){{text, 60}, {text, KUBE_LABEL_VALUE_MAX}};
	return maker_new(&fields);
}

static void test_object_is_bounded(void)
{
	static const char bytes[] = {'x', '\x01', '\xff', '"'};

	for (size_t i = 0; i < 2 * sizeof(bytes); i++) {
		_cleanup_kube_pod_ struct kube_pod *huge = make_huge(bytes[i / 2], i % 2 ? KUBE_POD_LABELS_MAX : 0);
		const struct pod_place place = {
			.state = POD_STATE_FOUND, .pod = huge, .container = &huge->containers[0]};
		const struct pod_subject subject = {.docker = MAKER_ID, .ns_pid = UINT32_MAX};
		struct buffer buffer = new_buffer();

		pod_json_append(&buffer, &place, &subject);
		CHECK(buffer.length > 2000 && buffer.length <= POD_JSON_MAX);
		CHECK_EQ(memmem(storage, buffer.length, "\"truncated\":true", 16) != NULL, i % 2);
		CHECK_EQ(memmem(storage, buffer.length, "\"pod_labels\":{\"", 15) != NULL, i % 2);
	}
}

/* Lines with two huge pods, or with room for two, keep the limit; and are flagged only when something was cut. */
static void test_line_is_bounded(void)
{
	static char arguments[6 * EVENT_JSON_LINE_MAX];
	struct image image = {.auid = UNSET_AUID, .cwd = BYTES("/"), .binary = BYTES("/bin/app")};
	struct process process = IN_POD(MAKER_ID, 1);
	struct event event = {
		.type = EVENT_PROCESS_EXEC, .wall_ns = 1, .tid = 1, .process = &process, .parent = &process};
	struct event_json_options options = golden_options;
	struct pod_splices splices;

	memset(arguments, '\x01', sizeof(arguments));
	arguments[1000] = '\0';
	options.node_name = options.cluster_name = arguments;
	options.with_credentials = options.with_namespaces = true;
	image.credentials.permitted = image.credentials.effective = image.credentials.inheritable = UINT64_MAX;
	memset(image.namespaces, 0xff, sizeof(image.namespaces));
	options.pods = &finder;
	options.splices = &splices;
	process.image = &image;
	pod = make_huge('\x01', KUBE_POD_LABELS_MAX);
	for (size_t i = 0; i < 8; i++) {
		struct buffer buffer = new_buffer();
		size_t reserved = i % 2 ? 2 * POD_JSON_MAX : 0;

		image.arguments = (struct bytes){arguments, i < 2 ? 10 : sizeof(arguments)};
		options.with_credentials = i < 6;
		unknown_state = POD_STATE_AWAITED;
		memcpy(process.docker, i % 2 ? UNKNOWN_ID : MAKER_ID, sizeof(process.docker));
		CHECK(event_json_encode(&buffer, &event, &options) > 0);
		CHECK_EQ(splices.count, i % 2 ? 2 : 0);
		CHECK(buffer.length + reserved <= EVENT_JSON_LINE_MAX);
		if (i >= 2)
			CHECK(buffer.length + reserved > EVENT_JSON_LINE_MAX - 120);
		CHECK_EQ(memmem(storage, buffer.length, "truncArgs", 9) != NULL, i >= 2);
	}
	kube_pod_unref(pod);
}

int main(void)
{
	RUN(test_golden);
	RUN(test_host_is_unchanged);
	RUN(test_splices);
	RUN(test_sandbox);
	RUN(test_object_is_bounded);
	RUN(test_line_is_bounded);
	return test_end();
}
