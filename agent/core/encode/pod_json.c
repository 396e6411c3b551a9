// SPDX-License-Identifier: Apache-2.0
#include "core/encode/pod_json.h"

#include "core/encode/json.h"

/* Bytes between the quotes; sums up to what POD_JSON_MAX leaves for labels. The API server's names are never that long.
 */
#define NAME_MAX_ESCAPED 256
#define IMAGE_MAX_ESCAPED 640
/* What stands behind the labels, with workload and kind. */
#define TAIL_MAX (2 * NAME_MAX_ESCAPED + sizeof(",\"workload\":\"\",\"workload_kind\":\"\",\"truncated\":true}") - 1)
#define LABEL_PUNCTUATION (sizeof("},\"\":\"\"") - 1)

struct pod_subject pod_subject_of(const struct process *process)
{
	return (struct pod_subject){
		.docker = process->docker,
		.ns_pid = process->ns_pid,
		.binary = process->image->binary,
		.arguments = process->image->arguments,
	};
}

static struct bytes name_of(const struct kube_pod *pod, struct kube_text text)
{
	return json_cut(kube_pod_text(pod, text), NAME_MAX_ESCAPED);
}

#define append_name(buffer, key, pod, text) \
	do { \
		struct bytes _name = name_of((pod), (text)); \
		json_field_string((buffer), key, _name); \
	} while (0)

/* The value of a key that has been written. */
static void append_digest_text(struct buffer *buffer, const struct kube_pod *pod, const struct kube_digest_text *text)
{
	char spelt[2 * KUBE_IMAGE_MAX + 2 * KUBE_DIGEST_LENGTH];
	struct buffer whole = {.data = spelt, .capacity = sizeof(spelt)};

	kube_pod_append_digest_text(&whole, pod, text);
	json_string(buffer, json_cut((struct bytes){spelt, whole.length}, IMAGE_MAX_ESCAPED));
}

static void append_image(struct buffer *buffer, const struct kube_pod *pod, const struct kube_container *container)
{
	const struct kube_digest_text *image_id = &container->image_id;
	struct bytes image = json_cut(kube_pod_text(pod, container->image), IMAGE_MAX_ESCAPED);

	json_key(buffer, "image");
	json_open(buffer, '{');
	if (image_id->repository.length || image_id->rest.length || image_id->digest_at != KUBE_NO_DIGEST) {
		json_key(buffer, "id");
		append_digest_text(buffer, pod, image_id);
	}
	json_field_string(buffer, "name", image);
	json_close(buffer, '}');
}

static void append_container(struct buffer *buffer, const struct kube_pod *pod, const struct kube_container *container,
			     const struct pod_subject *subject)
{
	json_key(buffer, "container");
	json_open(buffer, '{');
	json_key(buffer, "id");
	append_digest_text(buffer, pod, &container->id);
	append_name(buffer, "name", pod, container->name);
	append_image(buffer, pod, container);
	if (container->started_wall_ns)
		json_field_timestamp(buffer, "start_time", container->started_wall_ns);
	if (subject->ns_pid)
		json_field_u64(buffer, "pid", subject->ns_pid);
	if (kube_container_may_be_probe(pod, container, subject->binary, subject->arguments))
		json_field_bool(buffer, "maybe_exec_probe", true);
	json_key(buffer, "security_context");
	json_open(buffer, '{');
	if (container->is_privileged)
		json_field_bool(buffer, "privileged", true);
	json_close(buffer, '}');
	json_close(buffer, '}');
}

/* What is known of a container that the pod's status does not have. */
static void append_unresolved(struct buffer *buffer, const struct pod_subject *subject)
{
	json_key(buffer, "container");
	json_open(buffer, '{');
	json_key(buffer, "id");
	json_plain_string(buffer, subject->docker);
	json_field_bool(buffer, "unresolved", true);
	json_close(buffer, '}');
}

/* The labels that leave the object shorter than `end`; true if that is all of them. */
static bool append_labels(struct buffer *buffer, const struct kube_pod *pod, size_t end)
{
	const struct kube_label *labels = kube_pod_labels(pod);
	bool is_whole = true;

	if (!pod->label_count)
		return true;
	json_key(buffer, "pod_labels");
	json_open(buffer, '{');
	for (size_t i = 0; i < pod->label_count; i++) {
		struct bytes key = kube_pod_text(pod, labels[i].key), value = kube_pod_text(pod, labels[i].value);
		size_t length = json_escaped_length(key) + json_escaped_length(value) + LABEL_PUNCTUATION;

		if (buffer->length + length > end) {
			is_whole = false;
			continue;
		}
		json_string(buffer, key);
		buffer_append_byte(buffer, ':');
		json_string(buffer, value);
	}
	json_close(buffer, '}');
	return is_whole;
}

void pod_json_append(struct buffer *buffer, const struct pod_place *place, const struct pod_subject *subject)
{
	const struct kube_pod *pod = place->pod;
	size_t end = buffer->length + POD_JSON_MAX - TAIL_MAX;
	bool is_whole;

	if (place->state != POD_STATE_FOUND)
		return;
	json_key(buffer, "pod");
	json_open(buffer, '{');
	append_name(buffer, "namespace", pod, pod->namespace);
	append_name(buffer, "name", pod, pod->name);
	json_key(buffer, "uid");
	buffer_append_byte(buffer, '"');
	kube_pod_append_uid(buffer, pod);
	buffer_append_byte(buffer, '"');
	if (place->container)
		append_container(buffer, pod, place->container, subject);
	else if (!place->is_sandbox)
		append_unresolved(buffer, subject);
	is_whole = append_labels(buffer, pod, end);
	append_name(buffer, "workload", pod, pod->workload);
	append_name(buffer, "workload_kind", pod, pod->workload_kind);
	if (!is_whole || pod->is_cut)
		json_field_bool(buffer, "truncated", true);
	json_close(buffer, '}');
}
