/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* From a label selector of the API server's to one of ours. */
#include <jansson.h>

#include "core/policy/label_selector.h"

/* As agents take it (core/policy/parse_labels.c). */
#define SELECTOR_OBJECT_CONDITIONS_MAX 64
#define SELECTOR_OBJECT_VALUES_MAX 1024 /* of a condition */

/* NULL and null are none, {} is one that selects everything. 0, -EINVAL: it is no selector; or -ENOMEM. */
int selector_object_read(const json_t *object, struct label_selector *ret);
