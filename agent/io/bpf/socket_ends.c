// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/socket_ends.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/util.h"
#include "core/policy/report.h"

static bool selector_tracks(const struct policy_selector *selector)
{
	for (size_t i = 0; i < selector->action_count; i++)
		if (selector->actions[i].action == WIRE_ACTION_TRACKSOCK)
			return true;
	return false;
}

static bool hook_tracks(const struct policy_hook *hook)
{
	if (hook->return_arg_action == WIRE_ACTION_TRACKSOCK)
		return true;
	for (size_t i = 0; i < hook->selector_count; i++)
		if (selector_tracks(&hook->selectors[i]))
			return true;
	return false;
}

bool socket_ends_matter(const struct policy *policy)
{
	for (size_t i = 0; i < policy->hook_count; i++)
		if (hook_tracks(&policy->hooks[i]))
			return true;
	return false;
}

static bool fill_hook(struct policy_hook *hook)
{
	hook->family = HOOK_KPROBE;
	hook->path = strdup("the end of tracked sockets");
	hook->name = strdup("security_sk_free");
	hook->return_arg_action = WIRE_ACTION_POST;
	hook->args[0] = (struct policy_arg){.type = ARG_SOCK};
	hook->arg_count = 1;
	hook->selectors = calloc(1, sizeof(*hook->selectors));
	if (!hook->path || !hook->name || !hook->selectors)
		return false;
	hook->selector_count = 1;
	hook->selectors[0].action_count = 2;
	hook->selectors[0].actions[0] = (struct policy_action){.action = WIRE_ACTION_UNTRACKSOCK, .sock_arg = 0};
	hook->selectors[0].actions[1] = (struct policy_action){.action = WIRE_ACTION_NOPOST};
	return true;
}

/* NULL: no memory. */
static struct policy *make_policy(void)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return NULL;
	policy->family = HOOK_KPROBE;
	policy->name = strdup("trigon-socket-ends");
	policy->hooks = calloc(1, sizeof(*policy->hooks));
	if (policy->hooks)
		policy->hook_count = policy->function_count = 1;
	if (policy->name && policy->hooks && fill_hook(&policy->hooks[0]))
		return policy;
	policy_free(policy);
	return NULL;
}

struct loaded_policy *socket_ends_watch(struct policy_engine *engine)
{
	struct policy *policy = make_policy();
	struct loaded_policy *loaded = NULL;
	struct policy_apply_result result;
	struct report *report = malloc(sizeof(*report));
	int r = -ENOMEM;

	if (policy && report) {
		report_init(report, "tracked sockets");
		r = policy_engine_apply(engine, policy, NULL, report, &result, &loaded);
		report_done(report);
	}
	free(report);
	if (r >= 0)
		return loaded;
	policy_free(policy);
	log_warn("policies that track sockets may tell a socket as that of an earlier one's owner: cannot hook "
		 "security_sk_free: %s",
		 strerror(-r));
	return NULL;
}
