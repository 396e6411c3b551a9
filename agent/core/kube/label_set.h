/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The labels of one object, which never change: all in one allocation. */
#include <stdbool.h>
#include <stddef.h>

#include "core/kube/pod.h"

#define LABEL_SET_COUNT_MAX 512 /* the API server has no bound; tools that tell of hardware make some hundreds */

struct label_set;

/* The texts are copied; NULL: no memory, or more than LABEL_SET_COUNT_MAX. */
struct label_set *label_set_new(const struct kube_label_fields *labels, size_t count);
struct label_set *label_set_free(struct label_set *set); /* accepts and returns NULL */
/* A label_finder (core/policy/label_selector.h); `set` is a struct label_set. */
bool label_set_find(const void *set, const char *key, struct bytes *ret_value);
/* The same labels in the same order, which is that of the API server: by name. Accepts NULL, which equals NULL. */
bool label_set_is_equal(const struct label_set *one, const struct label_set *other);
