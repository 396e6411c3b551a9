/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Keeps a pod table as the reflector tells. */
#include "core/kube/pod_table.h"
#include "io/kube/handler.h"

/* The table, which is not owned, is the handler's context. */
struct kube_handler pod_handler(struct pod_table *table);
