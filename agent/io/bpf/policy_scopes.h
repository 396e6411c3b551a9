/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the policy engine has of scope_sensor.h: it is there while generations of policies have a scope, and each of
 * these has its number.
 */
#include "core/policy/plan.h"
#include "core/policy/report.h"
#include "io/bpf/scope_sensor.h"

struct policy_scopes {
	struct scope_sensor_options options;
	struct scope_sensor *sensor; /* NULL: no policy has a scope */
	size_t users;                /* generations that have */
	struct scope_stats gone;     /* what sensors counted that are no more */
};

#define SCOPE_NONE (-1)

void policy_scopes_done(struct policy_scopes *scopes); /* accepts a zeroed struct */

/* Since the agent's start. */
struct scope_stats policy_scopes_stats(const struct policy_scopes *scopes);

/* Gives the generation its scope, SCOPE_NONE if its plan has none. 0, or -errno with a finding. */
int policy_scopes_join(struct policy_scopes *scopes, const struct plan *plan, const struct kernel_features *features,
		       struct report *report, int *ret_scope);
/* The generation goes; accepts SCOPE_NONE. */
void policy_scopes_leave(struct policy_scopes *scopes, int scope);
