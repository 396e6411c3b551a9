// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/policy_scopes.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

struct scope_stats policy_scopes_stats(const struct policy_scopes *scopes)
{
	struct scope_stats stats = scopes->gone, now = {0};

	if (scopes->sensor)
		scope_sensor_read_stats(scopes->sensor, &now);
	scope_stats_add(&stats, &now);
	return stats;
}

void policy_scopes_done(struct policy_scopes *scopes)
{
	scopes->gone = policy_scopes_stats(scopes);
	scopes->sensor = scope_sensor_close(scopes->sensor);
}

static int add(struct policy_scopes *scopes, const struct policy *policy, struct report *report)
{
	int r = scope_sensor_add(scopes->sensor, policy->namespace, &policy->scope.pod, &policy->scope.container);

	if (r == -ENOSPC)
		report_add(report, FINDING_APPLY, policy->position, "spec.podSelector",
			   "remove policies, or give several the same selectors",
			   "more than %d different selectors and namespaces are in use on this node", SCOPES_MAX);
	return r;
}

int policy_scopes_join(struct policy_scopes *scopes, const struct plan *plan, const struct kernel_features *features,
		       struct report *report, int *ret_scope)
{
	struct scope_sensor_options options = scopes->options;
	int r = 0;

	if (!plan->is_scoped) {
		*ret_scope = SCOPE_NONE;
		return 0;
	}
	options.has_map_allocator = features->has_map_allocator;
	options.has_preemptible_tracepoints = features->has_preemptible_tracepoints;
	if (!scopes->sensor)
		r = scope_sensor_open(&options, &scopes->sensor);
	if (r < 0) {
		report_add(report, FINDING_APPLY, plan->policy->position, "spec.podSelector", NULL,
			   "the cgroups of pods cannot be followed: %s", strerror(-r));
		return r;
	}
	r = add(scopes, plan->policy, report);
	if (r < 0) {
		if (!scopes->users)
			policy_scopes_done(scopes);
		return r;
	}
	scopes->users++;
	*ret_scope = r;
	return 0;
}

void policy_scopes_leave(struct policy_scopes *scopes, int scope)
{
	if (scope == SCOPE_NONE)
		return;
	scope_sensor_remove(scopes->sensor, scope);
	if (--scopes->users == 0)
		policy_scopes_done(scopes);
}
