// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a Pod of the API server's: what is accepted keeps the limits, its `pod` object too; all else is said. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/encode/pod_json.h"
#include "core/encode/utf8.h"
#include "core/kube/pod_table.h"
#include "core/process/pod_uid.h"
#include "io/kube/pod_object.h"

static void check_text(const struct buffer *buffer)
{
	check(!buffer->is_full && buffer->length <= POD_JSON_MAX);
	for (size_t at = 0; at < buffer->length;) {
		uint32_t code_point;

		at += utf8_decode(buffer->data + at, buffer->length - at, &code_point);
		check(code_point != UTF8_INVALID && code_point >= 0x20);
	}
}

/* With each of its containers, and with none: the member of an object, which is JSON. */
static void check_json(struct kube_pod *pod)
{
	static char text[POD_JSON_MAX + 2];
	const struct pod_subject subject = {.docker = "0123456789abcdef0123456789abcde", .ns_pid = 1};

	for (size_t i = 0; i <= pod->container_count; i++) {
		const struct pod_place place = {.state = POD_STATE_FOUND,
						.pod = pod,
						.container = i < pod->container_count ? &pod->containers[i] : NULL};
		struct buffer buffer = {.data = text + 1, .capacity = POD_JSON_MAX};
		json_t *object;

		pod_json_append(&buffer, &place, &subject);
		check_text(&buffer);
		check(text[1] == ',' || text[1] == '"');
		text[0] = '{';
		text[1] = text[1] == ',' ? ' ' : text[1];
		text[1 + buffer.length] = '}';
		object = json_loadb(text, buffer.length + 2, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		check(json_object_get(object, "pod"));
		json_decref(object);
	}
}

static void check_pod(struct kube_pod *pod)
{
	check(pod->container_count <= KUBE_POD_CONTAINERS_MAX && pod->label_count <= KUBE_POD_LABELS_MAX);
	check(pod_uid_is_set(&pod->uid));
	check(kube_pod_is_equal(pod, pod));
	check_json(pod);
}

/* Kept and found: by its UID, and each container with an id by that. */
static void check_table(struct kube_pod *pod)
{
	struct pod_table *table = pod_table_new();
	const struct kube_container *container;
	struct kube_pod *found;

	check(table && pod_table_put(table, kube_pod_ref(pod)) == 1);
	found = pod_table_find(table, &pod->uid, "", &container);
	check(found == pod && !container);
	kube_pod_unref(found);
	pod_table_delete(table, &pod->uid);
	pod_table_free(table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[128] = "";
	struct kube_pod *pod = NULL;
	struct pod_uid uid;
	json_t *object = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
	int r;

	if (!object)
		return 0;
	r = pod_object_read(object, &pod, error, sizeof(error));
	check(r == 0 || r == -EINVAL);
	check((r == 0) == (pod != NULL) && (r == 0) == (error[0] == '\0'));
	if (pod) {
		check(pod_object_read_uid(object, &uid, error, sizeof(error)) == 0);
		check(pod_uid_is_equal(&uid, &pod->uid));
		check_pod(pod);
		check_table(pod);
	}
	kube_pod_unref(pod);
	json_decref(object);
	return 0;
}
