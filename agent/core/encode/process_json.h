/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The `process` object of events (events.md section 4), also used for `parent`.
 */
#include "base/buffer.h"
#include "core/encode/event_json.h"
#include "core/encode/pod_finder.h"
#include "core/process/process.h"

struct process_json {
	const struct event_json_options *options;
	uint32_t tid;                /* the calling thread; of an exec, an exit and a parent: its pid */
	bool with_binary_properties; /* the process of an exec; also needs options->with_credentials */
	bool with_refcnt;            /* events of hooks: always 1, there is nothing to tell */
	bool is_limited;             /* cut strings as the two limits say, and flag it with truncArgs */
	bool is_flagged;             /* truncArgs in any case */
	size_t arguments_max;        /* bytes between the quotes */
	size_t paths_max;            /* bytes between the quotes, of cwd and of binary */
	const struct pod_place *pod; /* NULL: there is no cluster */
};

/* Appends the object as a value. Returns the buffer's length before the pod, or where it would be; 0 without how->pod.
 */
size_t process_json_append(struct buffer *buffer, const struct process *process, const struct process_json *how);

/* Whether `binary_properties` is in the object. */
bool process_json_has_properties(const struct process *process, const struct process_json *how);
