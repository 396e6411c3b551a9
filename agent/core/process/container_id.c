// SPDX-License-Identifier: Apache-2.0
#include "core/process/container_id.h"

#include <string.h>

#include "base/util.h"
#include "core/process/pod_uid.h"

#define FULL_ID_LENGTH CONTAINER_ID_DIGITS
#define KERNEL_NAME_MAX 127 /* a name this long was cut by the 128-byte buffer that reads it in the kernel */

#define SYSBOX_ROOT "syscont-cgroup-root" /* the cgroup below which a Sysbox container has its own tree */

struct prefix {
	const char *text;
	size_t length;
};
#define PREFIX(text) \
	{ \
		(text), sizeof(text) - 1 \
	}

/* Cgroups that carry a container's id and hold the runtime's monitor, which is a process of the host. */
static const struct prefix monitor_prefixes[] = {
	PREFIX("crio-conmon-"),
	PREFIX("libpod-conmon-"),
};

static bool is_equal(struct bytes text, const char *other)
{
	return text.length == strlen(other) && memcmp(text.data, other, text.length) == 0;
}

static bool is_monitor(struct bytes name)
{
	for (size_t i = 0; i < ARRAY_SIZE(monitor_prefixes); i++) {
		const struct prefix *prefix = &monitor_prefixes[i];

		if (name.length >= prefix->length && memcmp(name.data, prefix->text, prefix->length) == 0)
			return true;
	}
	return false;
}

/* The part behind the last ':' or '-'. */
static struct bytes after_separators(struct bytes name)
{
	for (size_t at = name.length; at > 0; at--) {
		if (name.data[at - 1] == ':' || name.data[at - 1] == '-')
			return (struct bytes){name.data + at, name.length - at};
	}
	return name;
}

/* Lower case only: runtimes make no other, and other software's names are thus told apart. */
static size_t hex_length(struct bytes text)
{
	size_t at = 0;

	while (at < text.length &&
	       ((text.data[at] >= '0' && text.data[at] <= '9') || (text.data[at] >= 'a' && text.data[at] <= 'f')))
		at++;
	return at;
}

/* One component of the path: the id in it, or an empty string. */
static struct bytes id_in_name(struct bytes name)
{
	struct bytes id = after_separators(name);
	size_t digits = hex_length(id);
	bool is_whole = digits == id.length || is_equal((struct bytes){id.data + digits, id.length - digits}, ".scope");
	bool is_full = digits >= FULL_ID_LENGTH && is_whole;
	bool is_cut = name.length >= KERNEL_NAME_MAX && digits >= CONTAINER_ID_LENGTH && digits == id.length;

	/* So no `.service` (podman's health checks, on the host) and no `.slice` is taken for a container. */
	if ((!is_full && !is_cut) || is_monitor(name))
		return (struct bytes){0};
	return id;
}

/* One component of the path: true and the UID if it is, or begins with, the name of a pod's cgroup. */
static bool pod_in_name(struct bytes name, struct pod_uid *ret)
{
	static const struct prefix pod = PREFIX("pod"), slice = PREFIX(".slice");
	const char *colon = name.length ? memchr(name.data, ':', name.length) : NULL;

	if (colon) /* `<slice>:cri-containerd:<id>` */
		name.length = (size_t)(colon - name.data);
	if (name.length >= slice.length &&
	    memcmp(name.data + name.length - slice.length, slice.text, slice.length) == 0) {
		name.length -= slice.length;
		name = after_separators(name);
	}
	if (name.length < pod.length || memcmp(name.data, pod.text, pod.length) != 0)
		return false;
	return pod_uid_parse((struct bytes){name.data + pod.length, name.length - pod.length}, ret);
}

/* Takes the last component off `path` and returns it. */
static struct bytes pop_name(struct bytes *path)
{
	size_t end = path->length, start = end;

	while (start > 0 && path->data[start - 1] != '/')
		start--;
	path->length = start > 0 ? start - 1 : 0;
	return (struct bytes){path->data + start, end - start};
}

bool container_id_from_cgroup(struct bytes path, char ret_id[static CONTAINER_ID_LENGTH + 1], struct pod_uid *ret_pod)
{
	struct bytes innermost = {0}, outermost = {0}, of_pod = {0};

	while (path.length) {
		struct bytes name = pop_name(&path), id = id_in_name(name);

		if (is_equal(name, SYSBOX_ROOT)) { /* all below belongs to the container above */
			innermost = outermost = of_pod = (struct bytes){0};
			continue;
		}
		if (id.length)
			outermost = id;
		if (!innermost.length)
			innermost = id;
		if (outermost.length && pod_in_name(name, ret_pod))
			of_pod = outermost;
	}
	if (of_pod.length)
		innermost = of_pod;
	else
		*ret_pod = (struct pod_uid){0};
	if (innermost.length)
		memcpy(ret_id, innermost.data, CONTAINER_ID_LENGTH);
	ret_id[innermost.length ? CONTAINER_ID_LENGTH : 0] = '\0';
	return innermost.length != 0;
}

bool pod_from_cgroup(struct bytes path, struct pod_uid *ret_pod)
{
	bool has_pod = false;

	while (path.length)
		has_pod = pod_in_name(pop_name(&path), ret_pod) || has_pod;
	return has_pod;
}

bool container_id_of_cgroup(struct bytes path, char ret_id[static CONTAINER_ID_DIGITS + 1])
{
	struct bytes id = id_in_name(pop_name(&path));

	if (hex_length(id) != CONTAINER_ID_DIGITS)
		return false;
	memcpy(ret_id, id.data, CONTAINER_ID_DIGITS);
	ret_id[CONTAINER_ID_DIGITS] = '\0';
	return true;
}
