/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a container runtime says of a container before it starts: config.json of its OCI bundle, which is there before
 * its cgroup is (opencontainers/runtime-spec config.md; the annotations are those of containerd's and CRI-O's CRI). A
 * pod's status has the container only once it runs.
 */
#include "core/kube/scope_table.h"

/*
 * `root` is the host's root directory; `container_id` all its 64 digits. False if no runtime that is known here has it:
 * Docker's has no such file.
 */
bool bundle_read(const char *root, const char *container_id, struct scope_container *ret);
/* The same of a container of whose id only the first CONTAINER_ID_LENGTH digits are known, as in struct process. */
bool bundle_find(const char *root, const char *docker, struct scope_container *ret);
/* The same of a file's text. */
bool bundle_parse(const char *text, size_t length, struct scope_container *ret);
