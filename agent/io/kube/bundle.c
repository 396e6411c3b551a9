// SPDX-License-Identifier: Apache-2.0
#include "io/kube/bundle.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "core/process/container_id.h"
#include "io/file/read_file.h"

#define BUNDLE_MAX (1 << 20) /* bytes; usual are 10,000 */
#define BUNDLES_MAX 16384    /* entries of a directory that are looked at; a node has hundreds */

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

/* Of the container below a directory of bundles. False, too, if it is not there: *ret_is_there tells. */
static bool read_in(const char *root, size_t index, const char *container_id, bool *ret_is_there,
		    struct scope_container *ret)
{
	_cleanup_free_ char *text = NULL;
	char path[PATH_MAX];
	ssize_t length;

	*ret_is_there = (size_t)snprintf(path, sizeof(path), "%s%s/%s/%s", root, bundles[index].directory, container_id,
					 bundles[index].file) < sizeof(path) &&
			access(path, F_OK) == 0;
	if (!*ret_is_there)
		return false;
	text = malloc(BUNDLE_MAX);
	length = text ? read_bundle(path, text, BUNDLE_MAX) : -1;
	return length >= 0 && bundle_parse(text, (size_t)length, ret);
}

bool bundle_read(const char *root, const char *container_id, struct scope_container *ret)
{
	bool is_there = false, is_known = false;

	for (size_t i = 0; i < ARRAY_SIZE(bundles) && !is_there; i++)
		is_known = read_in(root, i, container_id, &is_there, ret);
	return is_known;
}

/* The directory's first container whose id begins so. */
static bool find_id(const char *root, size_t index, const char *docker, char ret_id[static CONTAINER_ID_DIGITS + 1])
{
	char path[PATH_MAX];
	const struct dirent *entry;
	bool is_found = false;
	DIR *directory;

	if ((size_t)snprintf(path, sizeof(path), "%s%s", root, bundles[index].directory) >= sizeof(path))
		return false;
	directory = opendir(path);
	for (int i = 0; directory && !is_found && i < BUNDLES_MAX && (entry = readdir(directory)); i++) {
		is_found = strlen(entry->d_name) == CONTAINER_ID_DIGITS &&
			   strncmp(entry->d_name, docker, CONTAINER_ID_LENGTH) == 0;
		if (is_found)
			memcpy(ret_id, entry->d_name, CONTAINER_ID_DIGITS + 1);
	}
	if (directory)
		closedir(directory);
	return is_found;
}

bool bundle_find(const char *root, const char *docker, struct scope_container *ret)
{
	char id[CONTAINER_ID_DIGITS + 1];
	bool is_there;

	if (strlen(docker) != CONTAINER_ID_LENGTH)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(bundles); i++)
		if (find_id(root, i, docker, id))
			return read_in(root, i, id, &is_there, ret);
	return false;
}
