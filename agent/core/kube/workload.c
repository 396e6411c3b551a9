// SPDX-License-Identifier: Apache-2.0
#include "core/kube/workload.h"

#include <stdint.h>
#include <string.h>

/*
 * What the controller of CronJobs appends: minutes since 1970, from July 2017, of which no Job is left, to 2065.
 * Numbers that people end names with are others: YYYYMMDD is less, seconds since 1970 have two digits more. Only
 * DDMMYYYY from the 25th of a month on is taken for minutes.
 */
#define CRON_DIGITS 8
#define CRON_MINUTES_MIN 25000000
#define CRON_MINUTES_MAX 49999999

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

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool strip_minutes(struct bytes *name)
{
	uint32_t minutes = 0;
	const char *text;

	if (name->length < CRON_DIGITS)
		return false;
	text = name->data + name->length - CRON_DIGITS;
	for (size_t i = 0; i < CRON_DIGITS; i++) {
		if (!is_digit(text[i]))
			return false;
		minutes = minutes * 10 + (uint32_t)(text[i] - '0');
	}
	return minutes >= CRON_MINUTES_MIN && minutes <= CRON_MINUTES_MAX &&
	       strip_suffix(name, (struct bytes){text, CRON_DIGITS});
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
	} else if (is_equal(owner->kind, "Job") && strip_minutes(&name)) {
		*ret_kind = TEXT("CronJob");
	}
	*ret_name = name;
}
