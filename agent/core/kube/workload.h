/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The workload that a pod belongs to, by the name that users know: of the chain Deployment, ReplicaSet, pod it is the
 * first, though the pod tells only of its owner (tracingpolicy.md section 22).
 */
#include "core/process/process.h"

struct kube_owner {
	struct bytes pod_name;
	struct bytes generate_name;     /* metadata.generateName */
	struct bytes kind, name;        /* of the owner that is its controller; empty: none */
	struct bytes template_hash;     /* label pod-template-hash */
	struct bytes deployment_config; /* label deploymentconfig */
};

/* The results are parts of the owner's texts, or constants. */
void kube_workload(const struct kube_owner *owner, struct bytes *ret_kind, struct bytes *ret_name);
