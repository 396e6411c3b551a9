/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What is read of a Node of the API server's; anything may be missing, or of another type. */
#include <jansson.h>
#include <stddef.h>

#include "core/kube/pod.h"

/* metadata.name; "": there is none. Valid as long as the object. */
const char *node_object_name(const json_t *object);
/*
 * metadata.labels, the first `size` of them, which point into the object; labels that are no texts are left out.
 * Returns how many there are, which may be more.
 */
size_t node_object_labels(const json_t *object, struct kube_label_fields *ret, size_t size);
