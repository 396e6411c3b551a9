// SPDX-License-Identifier: Apache-2.0
#include "core/kube/lease.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"

void lease_init(struct lease *lease, const char *identity)
{
	*lease = (struct lease){0};
	snprintf(lease->identity, sizeof(lease->identity), "%s", identity);
}

uint64_t lease_held_until_ns(const struct lease *lease)
{
	return lease->renewed_ns ? lease->renewed_ns + LEASE_RENEW_S * CLOCK_NS_PER_SECOND : 0;
}

bool lease_is_held(const struct lease *lease, uint64_t now_ns)
{
	return now_ns < lease_held_until_ns(lease);
}

bool lease_is_taking(const struct lease *lease)
{
	return lease->is_absent || strcmp(lease->record.holder, lease->identity) != 0;
}

/* When others may take what the record says. */
static uint64_t expires_ns(const struct lease *lease)
{
	if (!*lease->record.holder || strcmp(lease->record.holder, lease->identity) == 0)
		return 0;
	return lease->observed_ns + lease->record.duration_s * CLOCK_NS_PER_SECOND;
}

enum lease_step lease_next(struct lease *lease, uint64_t now_ns, uint32_t random, uint64_t *ret_due_ns)
{
	enum lease_step step = LEASE_READ;

	if (now_ns < lease->due_ns) {
		*ret_due_ns = lease->due_ns;
		return LEASE_WAIT;
	}
	if (lease->is_absent)
		step = LEASE_CREATE;
	else if (lease->is_known && now_ns >= expires_ns(lease))
		step = LEASE_UPDATE;
	lease->is_known = false; /* what is written or read next tells more */
	lease->sent_ns = now_ns;
	lease->due_ns = now_ns + (LEASE_RETRY_MS + random % (LEASE_RETRY_MS / 5)) * CLOCK_NS_PER_MS;
	*ret_due_ns = lease->due_ns;
	return step;
}

void lease_was_read(struct lease *lease, const struct lease_record *record, uint64_t now_ns)
{
	bool is_news = strcmp(record->holder, lease->record.holder) != 0 ||
		       strcmp(record->renewed, lease->record.renewed) != 0 || !lease->observed_ns;

	if (is_news)
		lease->observed_ns = now_ns;
	lease->record = *record;
	lease->is_known = true;
	lease->is_absent = false;
	if (strcmp(record->holder, lease->identity) != 0)
		lease->renewed_ns = 0;
	/* a free one, or one that has expired, is taken at once */
	if (now_ns >= expires_ns(lease))
		lease->due_ns = now_ns;
}

void lease_was_absent(struct lease *lease)
{
	lease->is_known = false;
	lease->is_absent = true;
	lease->renewed_ns = 0;
	lease->due_ns = 0;
}

void lease_was_written(struct lease *lease, const struct lease_record *record, uint64_t now_ns)
{
	lease->record = *record;
	lease->is_known = true;
	lease->is_absent = false;
	lease->observed_ns = now_ns;
	lease->renewed_ns = lease->sent_ns;
}

void lease_has_failed(struct lease *lease)
{
	lease->is_known = false;
	lease->is_absent = false;
}

void lease_was_released(struct lease *lease)
{
	lease->renewed_ns = 0;
}
