// SPDX-License-Identifier: Apache-2.0
#include "io/kube/pod_object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/util.h"
#include "core/kube/workload.h"
#include "core/process/pod_uid.h"

#define ARGV_BYTES_MAX 65536 /* of the commands of all probes of a pod; those beyond mark nothing */
#define TIME_LENGTH (sizeof("2006-01-02T15:04:05Z") - 1)

/* The kubelet makes a mirror pod of each static pod; the hash is the static pod's UID, after which its cgroups are
 * named. */
#define ANNOTATION_MIRROR "kubernetes.io/config.mirror"
#define ANNOTATION_HASH "kubernetes.io/config.hash"

static const struct {
	enum kube_container_kind kind;
	const char *spec, *status;
} container_rows[] = {
	{KUBE_CONTAINER_INIT, "initContainers", "initContainerStatuses"},
	{KUBE_CONTAINER_REGULAR, "containers", "containerStatuses"},
	{KUBE_CONTAINER_EPHEMERAL, "ephemeralContainers", "ephemeralContainerStatuses"},
};

/* One more than are kept, so that kube_pod_new() sees that there are more. */
#define CONTAINERS_READ_MAX (KUBE_POD_CONTAINERS_MAX + 1)
#define LABELS_READ_MAX (KUBE_POD_LABELS_MAX + 1)

/* An object that is being read. Strings are the tree's, but for the probes' argv. */
struct reader {
	char *error;
	size_t error_size;
	char place[128]; /* of the object whose members are read, for errors: `metadata.` */
	struct kube_pod_fields pod;
	struct kube_owner owner;
	struct kube_label_fields labels[LABELS_READ_MAX];
	struct kube_container_fields containers[CONTAINERS_READ_MAX];
	struct buffer argv;
};

/* --- members, checked ------------------------------------------------------------------------------------------ */

static int fail(struct reader *reader, const char *key, const char *what)
{
	snprintf(reader->error, reader->error_size, "%s%s: %s", reader->place, key, what);
	return -EINVAL;
}

/* NULL if it is not there, which null is too. */
static const json_t *member(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_null(value) ? NULL : value;
}

static struct bytes bytes_of(const json_t *string)
{
	return (struct bytes){json_string_value(string), json_string_length(string)};
}

/* Each leaves *ret as it is if there is no such member. */
static int read_string(struct reader *reader, const json_t *object, const char *key, struct bytes *ret)
{
	const json_t *value = member(object, key);

	if (value && !json_is_string(value))
		return fail(reader, key, "must be a string");
	if (value)
		*ret = bytes_of(value);
	return 0;
}

static int read_bool(struct reader *reader, const json_t *object, const char *key, bool *ret)
{
	const json_t *value = member(object, key);

	if (value && !json_is_boolean(value))
		return fail(reader, key, "must be true or false");
	if (value)
		*ret = json_is_true(value);
	return 0;
}

static int read_object(struct reader *reader, const json_t *object, const char *key, const json_t **ret)
{
	const json_t *value = member(object, key);

	if (value && !json_is_object(value))
		return fail(reader, key, "must be an object");
	*ret = value;
	return 0;
}

static int read_array(struct reader *reader, const json_t *object, const char *key, const json_t **ret)
{
	const json_t *value = member(object, key);

	if (value && !json_is_array(value))
		return fail(reader, key, "must be an array");
	*ret = value;
	return 0;
}

/* As read_object(); its members are read next. leave() goes back, which is for the next member only: not after errors.
 */
static int descend(struct reader *reader, const json_t *object, const char *key, const json_t **ret)
{
	size_t length = strlen(reader->place);
	int r = read_object(reader, object, key, ret);

	if (r >= 0)
		snprintf(reader->place + length, sizeof(reader->place) - length, "%s.", key);
	return r;
}

static void leave(struct reader *reader, size_t length)
{
	reader->place[length] = '\0';
}

static void enter(struct reader *reader, const char *section, const char *array, size_t index)
{
	snprintf(reader->place, sizeof(reader->place), "%s.%s[%zu].", section, array, index);
}

static int read_required(struct reader *reader, const json_t *object, const char *key, struct bytes *ret)
{
	int r = read_string(reader, object, key, ret);

	if (r >= 0 && !ret->length)
		r = fail(reader, key, "is missing");
	return r;
}

/* --- metadata -------------------------------------------------------------------------------------------------- */

static bool is_equal(struct bytes text, const char *other)
{
	return text.length == strlen(other) && memcmp(text.data, other, text.length) == 0;
}

static int read_labels(struct reader *reader, const json_t *metadata)
{
	const json_t *labels, *value;
	const char *key;
	int r = read_object(reader, metadata, "labels", &labels);

	if (r < 0)
		return r;
	json_object_foreach((json_t *)labels, key, value)
	{
		struct kube_label_fields label = {.key = {key, strlen(key)}, .value = bytes_of(value)};

		if (!json_is_string(value))
			return fail(reader, "labels", "must have strings as values");
		if (is_equal(label.key, "pod-template-hash"))
			reader->owner.template_hash = label.value;
		if (is_equal(label.key, "deploymentconfig"))
			reader->owner.deployment_config = label.value;
		if (reader->pod.label_count < LABELS_READ_MAX)
			reader->labels[reader->pod.label_count++] = label;
	}
	return 0;
}

static int read_annotations(struct reader *reader, const json_t *metadata)
{
	struct bytes mirror = {0}, hash = {0};
	const json_t *annotations;
	size_t length = strlen(reader->place);
	int r = descend(reader, metadata, "annotations", &annotations);

	if (r >= 0)
		r = read_string(reader, annotations, ANNOTATION_MIRROR, &mirror);
	if (r >= 0)
		r = read_string(reader, annotations, ANNOTATION_HASH, &hash);
	/* anybody can write annotations: one that is no UID is none of the kubelet's */
	if (r >= 0 && mirror.length && pod_uid_parse(hash, &(struct pod_uid){0}))
		reader->pod.static_uid = hash;
	leave(reader, length);
	return r;
}

/* The owner that controls the pod; there is one at most. */
static int read_owners(struct reader *reader, const json_t *metadata)
{
	const json_t *owners, *owner;
	size_t i;
	int r = read_array(reader, metadata, "ownerReferences", &owners);

	if (r < 0)
		return r;
	json_array_foreach(owners, i, owner)
	{
		bool is_controller = false;

		enter(reader, "metadata", "ownerReferences", i);
		r = read_bool(reader, owner, "controller", &is_controller);
		if (r < 0)
			return r;
		if (!is_controller)
			continue;
		r = read_string(reader, owner, "kind", &reader->owner.kind);
		return r < 0 ? r : read_string(reader, owner, "name", &reader->owner.name);
	}
	return 0;
}

static int enter_metadata(struct reader *reader, const json_t *object, const json_t **ret)
{
	int r;

	reader->place[0] = '\0';
	r = read_object(reader, object, "metadata", ret);
	if (r >= 0 && !*ret)
		r = fail(reader, "metadata", "is missing");
	snprintf(reader->place, sizeof(reader->place), "metadata.");
	return r;
}

static int read_metadata(struct reader *reader, const json_t *object)
{
	struct kube_pod_fields *pod = &reader->pod;
	const json_t *metadata;
	int r = enter_metadata(reader, object, &metadata);

	if (r >= 0)
		r = read_required(reader, metadata, "uid", &pod->uid);
	if (r >= 0 && !pod_uid_parse(pod->uid, &(struct pod_uid){0}))
		r = fail(reader, "uid", "is neither a UUID nor 32 hexadecimal digits");
	if (r >= 0)
		r = read_required(reader, metadata, "namespace", &pod->namespace);
	if (r >= 0)
		r = read_required(reader, metadata, "name", &pod->name);
	if (r >= 0)
		r = read_string(reader, metadata, "generateName", &reader->owner.generate_name);
	if (r >= 0)
		r = read_labels(reader, metadata);
	if (r >= 0)
		r = read_annotations(reader, metadata);
	if (r >= 0)
		r = read_owners(reader, metadata);
	reader->owner.pod_name = pod->name;
	return r;
}

/* --- containers ------------------------------------------------------------------------------------------------ */

/* The container of that name in the spec; NULL if there is none, which is no error: its status says enough. */
static const json_t *find_spec(const json_t *specs, struct bytes name, size_t *ret_index)
{
	const json_t *spec;
	size_t i;

	json_array_foreach(specs, i, spec)
	{
		const json_t *candidate = json_object_get(spec, "name");

		if (json_is_string(candidate) && json_string_length(candidate) == name.length &&
		    memcmp(json_string_value(candidate), name.data, name.length) == 0) {
			*ret_index = i;
			return spec;
		}
	}
	return NULL;
}

/* An exec probe's command, each argument with a NUL behind it. What does not fit is no probe. */
static int read_command(struct reader *reader, const json_t *command, struct kube_probe_fields *ret)
{
	size_t start, i;
	const json_t *argument;

	if (!reader->argv.capacity && buffer_init(&reader->argv, ARGV_BYTES_MAX) < 0)
		return -ENOMEM;
	start = reader->argv.length;
	json_array_foreach(command, i, argument)
	{
		if (!json_is_string(argument))
			return fail(reader, "command", "must have strings");
		buffer_append(&reader->argv, json_string_value(argument), json_string_length(argument));
		buffer_append_byte(&reader->argv, '\0');
	}
	if (reader->argv.is_full) {
		buffer_truncate(&reader->argv, start);
		return 0;
	}
	ret->command = bytes_of(json_array_get(command, 0));
	ret->argv = (struct bytes){reader->argv.data + start, reader->argv.length - start};
	return 0;
}

static int read_probe(struct reader *reader, const json_t *spec, const char *key, struct kube_probe_fields *ret)
{
	const json_t *probe, *exec, *command;
	size_t length = strlen(reader->place);
	int r = descend(reader, spec, key, &probe);

	if (r >= 0)
		r = descend(reader, probe, "exec", &exec);
	if (r >= 0)
		r = read_array(reader, exec, "command", &command);
	if (r >= 0 && json_array_size(command))
		r = read_command(reader, command, ret);
	leave(reader, length);
	return r;
}

static int read_spec(struct reader *reader, const json_t *specs, const char *array, struct kube_container_fields *ret)
{
	const json_t *context, *spec;
	size_t index = 0;
	int r;

	spec = find_spec(specs, ret->name, &index);
	if (!spec)
		return 0;
	enter(reader, "spec", array, index);
	r = descend(reader, spec, "securityContext", &context);
	if (r >= 0)
		r = read_bool(reader, context, "privileged", &ret->is_privileged);
	enter(reader, "spec", array, index);
	if (r >= 0)
		r = read_probe(reader, spec, "livenessProbe", &ret->probes[0]);
	if (r >= 0)
		r = read_probe(reader, spec, "readinessProbe", &ret->probes[1]);
	return r;
}

/* RFC 3339 in UTC and whole seconds, as the API has all its times but those of leases. */
static int read_time(struct reader *reader, const json_t *object, const char *key, uint64_t *ret_wall_ns)
{
	struct bytes text = {0};
	struct tm parts = {0};
	const char *end = NULL;
	int r = read_string(reader, object, key, &text);
	time_t seconds = 0;

	if (r < 0 || !text.length)
		return r;
	if (text.length == TIME_LENGTH)
		end = strptime(text.data, "%Y-%m-%dT%H:%M:%SZ", &parts);
	if (end == text.data + TIME_LENGTH)
		seconds = timegm(&parts);
	if (seconds <= 0)
		return fail(reader, key, "is no time");
	*ret_wall_ns = (uint64_t)seconds * CLOCK_NS_PER_SECOND;
	return 0;
}

static int read_started(struct reader *reader, const json_t *status, uint64_t *ret_wall_ns)
{
	const json_t *state, *running;
	size_t length = strlen(reader->place);
	int r = descend(reader, status, "state", &state);

	if (r >= 0)
		r = descend(reader, state, "running", &running);
	if (r >= 0)
		r = read_time(reader, running, "startedAt", ret_wall_ns);
	leave(reader, length);
	return r;
}

/* The one before the container's last restart, whose events may still be on their way. */
static int read_last_id(struct reader *reader, const json_t *status, struct bytes *ret)
{
	const json_t *state, *terminated;
	size_t length = strlen(reader->place);
	int r = descend(reader, status, "lastState", &state);

	if (r >= 0)
		r = descend(reader, state, "terminated", &terminated);
	if (r >= 0)
		r = read_string(reader, terminated, "containerID", ret);
	leave(reader, length);
	return r;
}

static void add_container(struct reader *reader, const struct kube_container_fields *container)
{
	if (container->id.length && reader->pod.container_count < CONTAINERS_READ_MAX)
		reader->containers[reader->pod.container_count++] = *container;
}

static int read_status(struct reader *reader, const json_t *status, struct kube_container_fields *container,
		       struct bytes *ret_last_id)
{
	int r = read_required(reader, status, "name", &container->name);

	if (r >= 0)
		r = read_string(reader, status, "containerID", &container->id);
	if (r >= 0)
		r = read_string(reader, status, "image", &container->image);
	if (r >= 0)
		r = read_string(reader, status, "imageID", &container->image_id);
	if (r >= 0)
		r = read_started(reader, status, &container->started_wall_ns);
	if (r >= 0)
		r = read_last_id(reader, status, ret_last_id);
	return r;
}

/* The container as it is, and as it was before its last restart. */
static void add_both(struct reader *reader, const struct kube_container_fields *container, struct bytes last_id)
{
	struct kube_container_fields last = *container;

	add_container(reader, container);
	if (last_id.length == container->id.length && last_id.length &&
	    memcmp(last_id.data, container->id.data, last_id.length) == 0)
		return;
	last.id = last_id;
	last.started_wall_ns = 0;
	add_container(reader, &last);
}

static int read_kind(struct reader *reader, const json_t *specs, const json_t *statuses, size_t row)
{
	const json_t *status;
	size_t i;
	int r = 0;

	json_array_foreach(statuses, i, status)
	{
		struct kube_container_fields container = {.kind = container_rows[row].kind};
		struct bytes last_id = {0};

		enter(reader, "status", container_rows[row].status, i);
		r = read_status(reader, status, &container, &last_id);
		if (r >= 0)
			r = read_spec(reader, specs, container_rows[row].spec, &container);
		if (r < 0)
			break;
		add_both(reader, &container, last_id);
	}
	return r;
}

static int read_containers(struct reader *reader, const json_t *object)
{
	const json_t *spec, *state, *specs, *statuses;
	int r;

	reader->place[0] = '\0';
	r = read_object(reader, object, "spec", &spec);
	if (r >= 0)
		r = read_object(reader, object, "status", &state);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(container_rows); i++) {
		snprintf(reader->place, sizeof(reader->place), "spec.");
		r = read_array(reader, spec, container_rows[i].spec, &specs);
		snprintf(reader->place, sizeof(reader->place), "status.");
		if (r >= 0)
			r = read_array(reader, state, container_rows[i].status, &statuses);
		if (r >= 0)
			r = read_kind(reader, specs, statuses, i);
	}
	return r;
}

/* --- the pod --------------------------------------------------------------------------------------------------- */

static struct reader *reader_new(char *error, size_t size)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->error = error;
	reader->error_size = size;
	reader->pod.labels = reader->labels;
	reader->pod.containers = reader->containers;
	return reader;
}

static void reader_freep(struct reader **reader)
{
	if (*reader)
		buffer_done(&(*reader)->argv);
	free(*reader);
}

int pod_object_read(const json_t *object, struct kube_pod **ret, char *ret_error, size_t size)
{
	_cleanup_(reader_freep) struct reader *reader = reader_new(ret_error, size);
	int r;

	if (!reader)
		return -ENOMEM;
	r = read_metadata(reader, object);
	if (r >= 0)
		r = read_containers(reader, object);
	if (r < 0)
		return r;
	kube_workload(&reader->owner, &reader->pod.workload_kind, &reader->pod.workload);
	return kube_pod_new(&reader->pod, ret);
}

int pod_object_read_uid(const json_t *object, struct pod_uid *ret, char *ret_error, size_t size)
{
	struct reader reader = {.error = ret_error, .error_size = size};
	const json_t *metadata;
	struct bytes uid = {0};
	int r = enter_metadata(&reader, object, &metadata);

	if (r >= 0)
		r = read_required(&reader, metadata, "uid", &uid);
	if (r >= 0 && !pod_uid_parse(uid, ret))
		r = fail(&reader, "uid", "is neither a UUID nor 32 hexadecimal digits");
	return r;
}
