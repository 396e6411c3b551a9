// SPDX-License-Identifier: Apache-2.0
#include "core/kube/pod.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/process/arguments.h"
#include "core/process/pod_uid.h"

#define TEXT_MAX (UINT16_MAX - 1) /* so that an offset is never KUBE_NO_DIGEST */
#define SEARCHED_MAX 4096         /* of the text, for something that is in it already: bounds the work */
#define ID_LENGTH_MAX 128
#define HEX_LENGTH (2 * KUBE_DIGEST_LENGTH)

/* The text while it is collected. */
struct pool {
	struct buffer text;
	bool is_cut;
};

static struct kube_text pool_add(struct pool *pool, struct bytes bytes, size_t maximum)
{
	struct buffer *text = &pool->text;
	const char *known = NULL;
	size_t at = text->length;

	if (bytes.length > maximum) {
		bytes.length = maximum;
		pool->is_cut = true;
	}
	if (!bytes.length)
		return (struct kube_text){0};
	known = memmem(text->data, MIN(text->length, SEARCHED_MAX), bytes.data, bytes.length);
	if (known) {
		at = (size_t)(known - text->data);
	} else if (bytes.length <= buffer_room(text)) {
		buffer_append(text, bytes.data, bytes.length);
	} else {
		pool->is_cut = true;
		return (struct kube_text){0};
	}
	return (struct kube_text){.at = (uint16_t)at, .length = (uint16_t)bytes.length};
}

static int digit_of(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* True if the text ends with 64 digits, their bytes in ret. */
static bool read_digest(struct bytes text, uint8_t ret[static KUBE_DIGEST_LENGTH])
{
	const char *digits;

	if (text.length < HEX_LENGTH)
		return false;
	digits = text.data + text.length - HEX_LENGTH;
	for (size_t i = 0; i < KUBE_DIGEST_LENGTH; i++) {
		int high = digit_of(digits[2 * i]), low = digit_of(digits[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static struct kube_digest_text pool_add_digest_text(struct pool *pool, struct bytes text, size_t maximum)
{
	struct kube_digest_text result = {.digest_at = KUBE_NO_DIGEST};
	uint8_t digest[KUBE_DIGEST_LENGTH];
	const char *at;

	if (read_digest(text, digest)) {
		struct kube_text kept = pool_add(pool, (struct bytes){(char *)digest, sizeof(digest)}, sizeof(digest));

		if (kept.length)
			result.digest_at = kept.at;
		text.length -= HEX_LENGTH;
	}
	at = text.length ? memchr(text.data, '@', text.length) : NULL;
	if (at) {
		size_t length = (size_t)(at - text.data);

		result.repository = pool_add(pool, (struct bytes){text.data, length}, maximum);
		text = (struct bytes){at, text.length - length};
	}
	result.rest = pool_add(pool, text, maximum);
	return result;
}

/* What a process's `arguments` show of the command; a longer one is not kept, so it marks nothing. */
static struct kube_probe pool_add_probe(struct pool *pool, const struct kube_probe_fields *fields)
{
	char joined[ARGUMENTS_JOINED_MAX(KUBE_PROBE_MAX)];
	struct buffer arguments = {.data = joined, .capacity = sizeof(joined)};
	struct kube_probe probe = {0};

	if (!fields->command.length || fields->command.length > KUBE_PROBE_MAX || fields->argv.length > KUBE_PROBE_MAX)
		return probe;
	arguments_append(&arguments, fields->argv);
	probe.command = pool_add(pool, fields->command, KUBE_PROBE_MAX);
	probe.arguments = pool_add(pool, (struct bytes){joined, arguments.length}, sizeof(joined));
	if (probe.arguments.length < arguments.length)
		probe.command.length = 0; /* no room */
	return probe;
}

static void add_container(struct pool *pool, const struct kube_container_fields *fields, struct kube_container *ret)
{
	ret->kind = (uint8_t)fields->kind;
	ret->is_privileged = fields->is_privileged;
	ret->started_wall_ns = fields->started_wall_ns;
	ret->name = pool_add(pool, fields->name, KUBE_NAME_MAX);
	ret->image = pool_add(pool, fields->image, KUBE_IMAGE_MAX);
	ret->image_id = pool_add_digest_text(pool, fields->image_id, KUBE_IMAGE_MAX);
	for (size_t i = 0; i < KUBE_PROBES_MAX; i++)
		ret->probes[i] = pool_add_probe(pool, &fields->probes[i]);
}

/* Ids first: they find the pod, whatever else there is no room for. */
static void add_container_ids(struct pool *pool, const struct kube_pod_fields *fields, struct kube_pod *pod)
{
	pod->container_count = (uint8_t)MIN(fields->container_count, (size_t)KUBE_POD_CONTAINERS_MAX);
	if (pod->container_count < fields->container_count)
		pool->is_cut = true;
	for (size_t i = 0; i < pod->container_count; i++)
		pod->containers[i].id = pool_add_digest_text(pool, fields->containers[i].id, ID_LENGTH_MAX);
}

static int compare_labels(const void *a, const void *b)
{
	const struct kube_label_fields *one = a, *other = b;
	size_t common = MIN(one->key.length, other->key.length);
	int order = common ? memcmp(one->key.data, other->key.data, common) : 0;

	if (order)
		return order;
	return one->key.length < other->key.length ? -1 : one->key.length > other->key.length;
}

/* Those that are kept, sorted. Too long ones, which no API server takes, are left out. */
static size_t pick_labels(const struct kube_pod_fields *fields,
			  struct kube_label_fields ret[static KUBE_POD_LABELS_MAX])
{
	size_t count = 0, bytes = 0;

	for (size_t i = 0; i < fields->label_count; i++) {
		const struct kube_label_fields *label = &fields->labels[i];

		bytes += label->key.length + label->value.length;
		if (count == KUBE_POD_LABELS_MAX || label->key.length > KUBE_LABEL_KEY_MAX ||
		    label->value.length > KUBE_LABEL_VALUE_MAX || bytes > KUBE_POD_LABELS_BYTES_MAX) {
			bytes -= label->key.length + label->value.length;
			continue;
		}
		ret[count++] = *label;
	}
	if (count > 1)
		qsort(ret, count, sizeof(ret[0]), compare_labels);
	return count;
}

const struct kube_label *kube_pod_labels(const struct kube_pod *pod)
{
	return (const struct kube_label *)(pod->containers + pod->container_count);
}

static size_t text_offset(const struct kube_pod *pod)
{
	return sizeof(*pod) + pod->container_count * sizeof(struct kube_container) +
	       pod->label_count * sizeof(struct kube_label);
}

size_t kube_pod_size(const struct kube_pod *pod)
{
	return text_offset(pod) + pod->text_length;
}

bool kube_pod_find_label(const void *object, const char *key, struct bytes *ret_value)
{
	const struct kube_pod *pod = object;
	const struct kube_label *labels = kube_pod_labels(pod);
	size_t length = strlen(key);

	for (size_t i = 0; i < pod->label_count; i++) {
		struct bytes name = kube_pod_text(pod, labels[i].key);

		if (name.length != length || memcmp(name.data, key, length) != 0)
			continue;
		*ret_value = kube_pod_text(pod, labels[i].value);
		return true;
	}
	return false;
}

struct bytes kube_pod_text(const struct kube_pod *pod, struct kube_text text)
{
	return (struct bytes){(const char *)pod + text_offset(pod) + text.at, text.length};
}

/* Before what containers have more of: selectors ask for them. */
static void add_labels(struct pool *pool, const struct kube_pod_fields *fields, struct kube_pod *pod)
{
	struct kube_label_fields labels[KUBE_POD_LABELS_MAX];
	struct kube_label *kept = (struct kube_label *)kube_pod_labels(pod);

	pod->label_count = (uint8_t)pick_labels(fields, labels);
	for (size_t i = 0; i < pod->label_count; i++) {
		kept[i].key = pool_add(pool, labels[i].key, KUBE_LABEL_KEY_MAX);
		kept[i].value = pool_add(pool, labels[i].value, KUBE_LABEL_VALUE_MAX);
	}
	pod->are_labels_cut = pod->label_count < fields->label_count;
	pool->is_cut |= pod->are_labels_cut;
}

/* `pod` has room for everything. */
static void fill(struct pool *pool, const struct kube_pod_fields *fields, struct kube_pod *pod)
{
	pod->namespace = pool_add(pool, fields->namespace, KUBE_NAME_MAX);
	pod->name = pool_add(pool, fields->name, KUBE_NAME_MAX);
	pod->workload = pool_add(pool, fields->workload, KUBE_NAME_MAX);
	pod->workload_kind = pool_add(pool, fields->workload_kind, KUBE_NAME_MAX);
	add_container_ids(pool, fields, pod);
	add_labels(pool, fields, pod);
	for (size_t i = 0; i < pod->container_count; i++)
		add_container(pool, &fields->containers[i], &pod->containers[i]);
	pod->text_length = (uint16_t)pool->text.length;
	pod->is_cut = pool->is_cut;
}

int kube_pod_new(const struct kube_pod_fields *fields, struct kube_pod **ret)
{
	_cleanup_free_ char *text = malloc(TEXT_MAX);
	_cleanup_free_ struct kube_pod *pod = NULL;
	struct pool pool = {.text = {.data = text, .capacity = TEXT_MAX}};
	struct pod_uid uid, static_uid = {0};
	struct kube_pod *exact;

	if (!pod_uid_parse(fields->uid, &uid))
		return -EINVAL;
	if (fields->static_uid.length && !pod_uid_parse(fields->static_uid, &static_uid))
		return -EINVAL;
	pod = calloc(1, sizeof(*pod) +
				MIN(fields->container_count, (size_t)KUBE_POD_CONTAINERS_MAX) *
					sizeof(struct kube_container) +
				KUBE_POD_LABELS_MAX * sizeof(struct kube_label) + TEXT_MAX);
	if (!pod || !text)
		return -ENOMEM;
	pod->uid = uid;
	pod->static_uid = static_uid;
	pod->is_uid_plain = fields->uid.length == 2 * POD_UID_LENGTH;
	pod->ref_count = 1;
	fill(&pool, fields, pod);
	memcpy((char *)pod + text_offset(pod), text, pod->text_length);
	exact = realloc(pod, kube_pod_size(pod));
	if (!exact)
		return -ENOMEM;
	pod = NULL; /* it moved */
	*ret = exact;
	return 0;
}

struct kube_pod *kube_pod_ref(struct kube_pod *pod)
{
	__atomic_add_fetch(&pod->ref_count, 1, __ATOMIC_RELAXED);
	return pod;
}

struct kube_pod *kube_pod_unref(struct kube_pod *pod)
{
	if (pod && __atomic_sub_fetch(&pod->ref_count, 1, __ATOMIC_ACQ_REL) == 0)
		free(pod);
	return NULL;
}

bool kube_pod_is_equal(const struct kube_pod *one, const struct kube_pod *other)
{
	size_t labels = one->label_count * sizeof(struct kube_label);

	/* memory was zeroed, so padding is equal too */
	if (memcmp(one, other, offsetof(struct kube_pod, ref_count)) != 0)
		return false;
	for (size_t i = 0; i < one->container_count; i++)
		if (memcmp(&one->containers[i], &other->containers[i], offsetof(struct kube_container, hash_next)) != 0)
			return false;
	return memcmp(kube_pod_labels(one), kube_pod_labels(other), labels + one->text_length) == 0;
}

const uint8_t *kube_pod_digest(const struct kube_pod *pod, const struct kube_digest_text *text)
{
	if (text->digest_at == KUBE_NO_DIGEST)
		return NULL;
	return (const uint8_t *)pod + text_offset(pod) + text->digest_at;
}

static void append_text(struct buffer *buffer, const struct kube_pod *pod, struct kube_text text)
{
	struct bytes bytes = kube_pod_text(pod, text);

	buffer_append(buffer, bytes.data, bytes.length);
}

static void append_hex(struct buffer *buffer, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		buffer_append_byte(buffer, digits[bytes[i] >> 4]);
		buffer_append_byte(buffer, digits[bytes[i] & 15]);
	}
}

void kube_pod_append_digest_text(struct buffer *buffer, const struct kube_pod *pod, const struct kube_digest_text *text)
{
	const uint8_t *digest = kube_pod_digest(pod, text);

	append_text(buffer, pod, text->repository);
	append_text(buffer, pod, text->rest);
	if (digest)
		append_hex(buffer, digest, KUBE_DIGEST_LENGTH);
}

void kube_pod_append_uid(struct buffer *buffer, const struct kube_pod *pod)
{
	static const size_t groups[] = {4, 2, 2, 2, 6}; /* bytes between a UUID's dashes */
	const uint8_t *at = pod->uid.bytes;

	for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
		if (i && !pod->is_uid_plain)
			buffer_append_byte(buffer, '-');
		append_hex(buffer, at, groups[i]);
		at += groups[i];
	}
}

static bool is_equal(struct bytes one, struct bytes other)
{
	return one.length == other.length && (!one.length || memcmp(one.data, other.data, one.length) == 0);
}

static struct bytes base_name(struct bytes path)
{
	const char *slash = path.length ? memrchr(path.data, '/', path.length) : NULL;

	if (!slash)
		return path;
	return (struct bytes){slash + 1, path.length - (size_t)(slash + 1 - path.data)};
}

/* A command without a slash is looked for in $PATH, and one with `./` from the working directory on. */
static bool is_same_binary(struct bytes binary, struct bytes command)
{
	if (command.length && command.data[0] == '/')
		return is_equal(binary, command);
	return is_equal(base_name(binary), base_name(command));
}

/* Of a script the kernel makes the interpreter's argument of, in front of its own. */
static struct bytes without_script(struct bytes arguments, struct bytes command)
{
	if (arguments.length < command.length || memcmp(arguments.data, command.data, command.length) != 0)
		return arguments;
	if (arguments.length == command.length)
		return (struct bytes){arguments.data, 0};
	if (arguments.data[command.length] != ' ')
		return arguments;
	/* a first argument with a space has one in front (core/process/arguments.h) */
	if (arguments.length > command.length + 1 && arguments.data[command.length + 1] != '"')
		command.length++;
	return (struct bytes){arguments.data + command.length, arguments.length - command.length};
}

bool kube_container_may_be_probe(const struct kube_pod *pod, const struct kube_container *container,
				 struct bytes binary, struct bytes arguments)
{
	for (size_t i = 0; i < KUBE_PROBES_MAX; i++) {
		struct bytes command = kube_pod_text(pod, container->probes[i].command);
		struct bytes wanted = kube_pod_text(pod, container->probes[i].arguments);

		if (!command.length || !is_same_binary(binary, command))
			continue;
		if (is_equal(arguments, wanted) || is_equal(without_script(arguments, command), wanted) ||
		    is_equal(without_script(arguments, binary), wanted)) /* found in $PATH */
			return true;
	}
	return false;
}
