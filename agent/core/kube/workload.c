// SPDX-License-Identifier: Apache-2.0
#include "core/kube/workload.h"

#include <string.h>

/* What the controller of CronJobs appends: minutes since 1970, today 8 digits, formerly seconds, 10 digits. */
#define CRON_DIGITS_MIN 8
#define CRON_DIGITS_MAX 10

#define TEXT(literal) \
	(struct bytes) \
	{ \
		(literal), sizeof(literal) - 1 \
	}

static bool is_equal(struct bytes text, const char *other)
{
	return text.length == strlen(other) && memcmp(text.data, other, text.length) == 0;
}

/* Takes `-` and `suffix` off the end of a name; false if there is no such end or nothing before it. */
static bool strip_suffix(struct bytes *name, struct bytes suffix)
{
	size_t left;

	if (!suffix.length || name->length <= suffix.length + 1)
		return false;
	left = name->length - suffix.length;
	if (name->data[left - 1] != '-' || memcmp(name->data + left, suffix.data, suffix.length) != 0)
		return false;
	name->length = left - 1;
	return true;
}

static bool strip_time(struct bytes *name)
{
	size_t digits = 0;

	while (digits < name->length && name->data[name->length - digits - 1] >= '0' &&
	       name->data[name->length - digits - 1] <= '9')
		digits++;
	if (digits < CRON_DIGITS_MIN || digits > CRON_DIGITS_MAX)
		return false;
	return strip_suffix(name, (struct bytes){name->data + name->length - digits, digits});
}

void kube_workload(const struct kube_owner *owner, struct bytes *ret_kind, struct bytes *ret_name)
{
	struct bytes name = owner->name;

	*ret_kind = TEXT("Pod");
	*ret_name = owner->pod_name;
	if (!owner->generate_name.length || !owner->kind.length)
		return;
	*ret_kind = owner->kind;
	if (is_equal(owner->kind, "ReplicaSet") && strip_suffix(&name, owner->template_hash)) {
		*ret_kind = TEXT("Deployment");
	} else if (is_equal(owner->kind, "ReplicationController") && owner->deployment_config.length) {
		*ret_kind = TEXT("DeploymentConfig");
		name = owner->deployment_config;
	} else if (is_equal(owner->kind, "Job") && strip_time(&name)) {
		*ret_kind = TEXT("CronJob");
	}
	*ret_name = name;
}
