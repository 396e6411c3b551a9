/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Pods for tests. */
#include <stdlib.h>

#include "core/kube/pod.h"
#include "core/process/pod_uid.h"
#include "test.h"

#define MAKER_ID "551e161c47d8ff0eb665438a7bcd5b4" /* as in `docker` */
#define MAKER_ID64 MAKER_ID "0b1e2d3c4f5a69788796a5b4c3d2e1f00"
#define MAKER_INIT_ID "0123456789abcdef0123456789abcde"
#define MAKER_INIT_ID64 MAKER_INIT_ID "ffedcba9876543210fedcba9876543210"
#define MAKER_UID "6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e5f"
#define MAKER_DIGEST "5a7e0c2f9b1dcf4f2c6d3e8a7b5c0d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718"
#define MAKER_STARTED_NS 1696629161000000000ULL /* 2023-10-06T21:52:41Z */

static inline struct bytes maker_bytes(const char *string)
{
	return (struct bytes){string, strlen(string)};
}

/* xwing of the default namespace: a Deployment's pod with an init container. */
static const struct kube_label_fields maker_labels[] = {
	{{"pod-template-hash", 17}, {"7d9c5b8f6d", 10}},
	{{"class", 5}, {"xwing", 5}},
	{{"org", 3}, {"alliance", 8}},
};
static const struct kube_container_fields maker_containers[] = {
	{
		.kind = KUBE_CONTAINER_INIT,
		.id = {"containerd://" MAKER_INIT_ID64, 77},
		.name = {"prepare", 7},
		.image = {"docker.io/tgraf/netperf:v1.0", 28},
		.image_id = {"docker.io/tgraf/netperf@sha256:" MAKER_DIGEST, 95},
		.is_privileged = true,
	},
	{
		.kind = KUBE_CONTAINER_REGULAR,
		.id = {"containerd://" MAKER_ID64, 77},
		.name = {"spaceship", 9},
		.image = {"docker.io/tgraf/netperf:v1.0", 28},
		.image_id = {"docker.io/tgraf/netperf@sha256:" MAKER_DIGEST, 95},
		.started_wall_ns = MAKER_STARTED_NS,
		.probes = {{.command = {"cat", 3}, .argv = {"cat\0/tmp/is healthy\0", 20}},
			   {.command = {"/probe.sh", 9}, .argv = {"/probe.sh\0-q\0", 13}}},
	},
};

static inline struct kube_pod_fields maker_fields(void)
{
	return (struct kube_pod_fields){
		.uid = maker_bytes(MAKER_UID),
		.namespace = maker_bytes("default"),
		.name = maker_bytes("xwing-7d9c5b8f6d-x2k4p"),
		.workload = maker_bytes("xwing"),
		.workload_kind = maker_bytes("Deployment"),
		.labels = maker_labels,
		.label_count = 3,
		.containers = maker_containers,
		.container_count = 2,
	};
}

static inline struct kube_pod *maker_new(const struct kube_pod_fields *fields)
{
	struct kube_pod *pod = NULL;

	CHECK_EQ(kube_pod_new(fields, &pod), 0);
	if (!pod)
		abort();
	return pod;
}

static inline struct pod_uid maker_uid(const char *text)
{
	struct pod_uid uid = {0};

	CHECK(pod_uid_parse(maker_bytes(text), &uid));
	return uid;
}
