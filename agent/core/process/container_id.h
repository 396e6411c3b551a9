/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The container of a process, from the path of its cgroup: container runtimes
 * name a container's cgroup after its id of 64 hexadecimal digits, with a
 * prefix or suffix of their own (`cri-containerd-<id>.scope`, `libpod-<id>`,
 * `...:cri-containerd:<id>`, `<id>`). The kubelet names the cgroup of a pod, in which those of its containers are,
 * after the pod's UID: `pod<uid>` with the driver cgroupfs, `kubepods-burstable-pod<uid with _>.slice` with systemd.
 */
#include <stdbool.h>

#include "core/process/process.h"

#define CONTAINER_ID_LENGTH 31 /* of the id's 64, as events have it in `docker` */

/*
 * Processes may be deeper than their container's cgroup (`<id>.scope/init.scope`), and a container may be in another.
 *
 * In a pod, it is the pod's container, whatever that makes below: Docker's in a pod, a cluster of its own, or cgroups
 * that are named to look like those of another pod. Of several pods the outermost counts, which is the one that the
 * kubelet has made. Without a pod, the innermost container counts, except that what a Sysbox container starts is that
 * container's.
 *
 * True, and the id NUL-terminated in ret_id, if there is one; false, and "" in ret_id, for a process of the host.
 * *ret_pod is the pod; zeros if it is in none.
 */
bool container_id_from_cgroup(struct bytes path, char ret_id[static CONTAINER_ID_LENGTH + 1], struct pod_uid *ret_pod);

/* The pod whose cgroup it is, or is in: the outermost. False if there is none, and *ret_pod is untouched. */
bool pod_from_cgroup(struct bytes path, struct pod_uid *ret_pod);
/* The container whose cgroup it is, not one that it is in: all 64 digits of the id. False for any other name. */
#define CONTAINER_ID_DIGITS 64
bool container_id_of_cgroup(struct bytes path, char ret_id[static CONTAINER_ID_DIGITS + 1]);
