/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The name of a process incarnation in events: base64 of
 * `<node name>:<ktime ns>:<pid>`, unique across a cluster and its reboots for
 * all practical purposes.
 */
#include "base/buffer.h"

#define EXEC_ID_NODE_MAX 253 /* bytes: a Kubernetes name is a DNS subdomain; more is cut */

/* Appends the base64 text, without quotes. `node_name` may be NULL, which is as "". */
void exec_id_append(struct buffer *buffer, const char *node_name, uint64_t ktime_ns, uint32_t pid);
