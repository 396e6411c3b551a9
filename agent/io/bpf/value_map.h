/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A value set in the kernel: a map made of a filter's values, and changed in place when only they change. */
#include <stddef.h>

#include "core/policy/plan.h"

/* A new map that holds the values; its fd, or -errno. *ret_capacity: how many entries it can have. */
int value_map_new(const struct plan_map *plan, const struct kernel_features *features, size_t *ret_capacity);
/* Is there room for a map's new values beside its old ones? */
bool value_map_fits(const struct plan_map *plan, size_t capacity);
/*
 * Makes the map hold just these values: adds before it deletes, so that a value
 * of both the old and the new set is never missing. 0, -E2BIG if they exceed the capacity, or -errno; what the map
 * holds is as before then.
 */
int value_map_update(int fd, const struct plan_map *plan, size_t capacity);
