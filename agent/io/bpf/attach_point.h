/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where a policy's programs hang in the kernel: a dispatcher, a few instructions that stay attached over all
 * generations and tail-call place 0 or 1 of the point's program array, as the policy's `active` word says.
 *
 * Where the kernel may preempt a process inside a program, and keeps others out of it meanwhile, the dispatcher is
 * attached several times; bpf/policy/backup.h says how the copies share the calls.
 */
#include <stdint.h>

#include "core/policy/kernel_view.h"
#include "core/policy/plan.h"
#include "io/bpf/pieces.h"

#define ATTACH_POINT_COPIES 3

struct attach_point {
	int array_fd; /* of two programs */
	int copies;   /* of the dispatcher; 1 where there is nothing to back up */
	int dispatcher_fds[ATTACH_POINT_COPIES], link_fds[ATTACH_POINT_COPIES];
};

void attach_point_init(struct attach_point *point); /* closed, with all fds -1 */
/*
 * Attaches to the program's target; nothing runs until its array has a program. `values`: map_fds and policy_slot.
 * 0, or -errno, -E2BIG if the target takes no more programs; attach_point_close() also after a failure.
 */
int attach_point_open(struct attach_point *point, const struct pieces *pieces, const struct plan_hook *hook,
		      const struct plan_program *program, const struct kernel_features *features,
		      const struct link_values *values);
void attach_point_close(struct attach_point *point);
/* How often a call was not let into the first dispatcher, since a process was in it on that CPU already. */
uint64_t attach_point_turned_away(const struct attach_point *point);
