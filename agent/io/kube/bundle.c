// SPDX-License-Identifier: Apache-2.0
#include "io/kube/bundle.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "io/file/read_file.h"

#define BUNDLE_MAX (1 << 20) /* bytes; usual are 10,000 */

/* Where config.json of a container is: below DIRECTORY/ID. */
static const struct {
	const char *directory, *file;
} bundles[] = {
	{"/run/containerd/io.containerd.runtime.v2.task/k8s.io", "config.json"},
	{"/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io", "config.json"}, /* and RKE2 */
	{"/run/k0s/containerd/io.containerd.runtime.v2.task/k8s.io", "config.json"},
	{"/var/snap/microk8s/common/run/containerd/io.containerd.runtime.v2.task/k8s.io", "config.json"},
	{"/run/containers/storage/overlay-containers", "userdata/config.json"}, /* CRI-O */
};

static const char *const type_annotations[] = {"io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"};
static const char *const name_annotations[] = {"io.kubernetes.cri.container-name", "io.kubernetes.container.name"};
#define CRIO_METADATA "io.kubernetes.cri-o.Metadata" /* JSON: {"name": ...} */

static const char *annotation(const json_t *annotations, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = json_string_value(json_object_get(annotations, names[i]));

		if (value)
			return value;
	}
	return NULL;
}

/* False if it is no name of a container. */
static bool take_name(const char *name, struct scope_container *ret)
{
	if (!name || !*name || strlen(name) >= sizeof(ret->name))
		return false;
	*ret = (struct scope_container){0};
	memcpy(ret->name, name, strlen(name));
	return true;
}

bool bundle_parse(const char *text, size_t length, struct scope_container *ret)
{
	json_auto_t *config = json_loadb(text, length, 0, NULL), *metadata = NULL;
	const json_t *annotations = json_object_get(config, "annotations");
	const char *type = annotation(annotations, type_annotations, ARRAY_SIZE(type_annotations)), *name;

	if (!type)
		return false;
	if (strcmp(type, "sandbox") == 0) {
		*ret = (struct scope_container){.is_sandbox = true};
		return true;
	}
	name = annotation(annotations, name_annotations, ARRAY_SIZE(name_annotations));
	if (!name) {
		name = json_string_value(json_object_get(annotations, CRIO_METADATA));
		metadata = name ? json_loads(name, 0, NULL) : NULL;
		name = json_string_value(json_object_get(metadata, "name"));
	}
	return strcmp(type, "container") == 0 && take_name(name, ret);
}

/* Bytes read; -1: there is none, or it is larger than any. */
static ssize_t read_bundle(const char *path, char *text, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t length = fd < 0 ? -1 : read_file(fd, text, size);

	return length == (ssize_t)size ? -1 : length;
}

bool bundle_read(const char *root, const char *container_id, struct scope_container *ret)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	ssize_t length;

	for (size_t i = 0; i < ARRAY_SIZE(bundles); i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s%s/%s/%s", root, bundles[i].directory, container_id,
				     bundles[i].file) >= sizeof(path) ||
		    access(path, F_OK) < 0)
			continue;
		text = malloc(BUNDLE_MAX);
		length = text ? read_bundle(path, text, BUNDLE_MAX) : -1;
		return length >= 0 && bundle_parse(text, (size_t)length, ret);
	}
	return false;
}
