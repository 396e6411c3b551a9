/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The `pod` object of a process (events.md section 4.2), as a member of the open object. */
#include "core/encode/pod_finder.h"

/* Bytes with the key. Labels that are beyond are left out, and `truncated` says so. */
#define POD_JSON_MAX 6144

/* What the object says of the process, beside the pod. */
struct pod_subject {
	const char *docker; /* as in struct process */
	uint32_t ns_pid;
	struct bytes binary, arguments; /* as in struct image, for maybe_exec_probe */
};

struct pod_subject pod_subject_of(const struct process *process);

/* Nothing unless the place is POD_STATE_FOUND. */
void pod_json_append(struct buffer *buffer, const struct pod_place *place, const struct pod_subject *subject);
