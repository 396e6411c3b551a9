/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Who of several replicas leads: they agree by a Lease object of coordination.k8s.io/v1, which the leader renews.
 * Whether it has expired is judged by our own clock alone, from when we saw it change last; the times in it are never
 * compared with ours. A leader that cannot renew ceases to lead before others may begin. Writes carry the
 * resourceVersion that was read, so of two that try one wins.
 *
 * Source: https://kubernetes.io/docs/concepts/architecture/leases/, and what client-go's leaderelection does, with
 * which this can share a lease.
 *
 * Pure: says what to do next, and is told what came of it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
	LEASE_DURATION_S = 15, /* without a renewal others may take it */
	LEASE_RENEW_S = 10,    /* without one for so long we do not lead */
	LEASE_RETRY_MS = 2000, /* between tries, and a random fifth */
	LEASE_TEXT_MAX = 253,
};

/* A lease as the API server has it. */
struct lease_record {
	char holder[LEASE_TEXT_MAX + 1]; /* "": nobody */
	char version[64];                /* resourceVersion, opaque */
	char renewed[64];                /* renewTime, and: */
	char acquired[64];               /* acquireTime, as texts: others' clocks mean nothing here */
	uint32_t duration_s;
	uint32_t transitions;
};

enum lease_step {
	LEASE_WAIT,
	LEASE_READ,
	LEASE_CREATE,
	LEASE_UPDATE, /* with `version` of what was read last */
};

struct lease {
	char identity[LEASE_TEXT_MAX + 1];
	struct lease_record record; /* as seen or written last */
	bool is_known, is_absent;   /* `record` is current, as far as we know; there is none */
	uint64_t observed_ns;       /* when holder or renewal were seen to change */
	uint64_t renewed_ns;        /* when the last renewal of ours that worked was sent; 0: we do not hold it */
	uint64_t due_ns;            /* of the next step */
	uint64_t sent_ns;           /* of the request under way */
};

void lease_init(struct lease *lease, const char *identity);
/* What to do now; *ret_due_ns is when to ask again at the latest. All times are CLOCK_MONOTONIC. */
enum lease_step lease_next(struct lease *lease, uint64_t now_ns, uint32_t random, uint64_t *ret_due_ns);
/* We lead now. */
bool lease_is_held(const struct lease *lease, uint64_t now_ns);
/* Until when, unless it is renewed. */
uint64_t lease_held_until_ns(const struct lease *lease);
/* We took it from somebody, or it was free: `acquired` and `transitions` of what is to be written are new. */
bool lease_is_taking(const struct lease *lease);

/* The object for LEASE_CREATE and LEASE_UPDATE, as JSON; `is_release`: it has no holder. `wall_ns`: CLOCK_REALTIME. */
void lease_write(const struct lease *lease, const char *namespace, const char *name, enum lease_step step,
		 bool is_release, uint64_t wall_ns, struct buffer *buffer);

/* --- what came of the step */

void lease_was_read(struct lease *lease, const struct lease_record *record, uint64_t now_ns);
void lease_was_absent(struct lease *lease);
void lease_was_written(struct lease *lease, const struct lease_record *record, uint64_t now_ns);
/* Somebody else has written, or nobody knows whether we have: to be read again. */
void lease_has_failed(struct lease *lease);
/* We give it back. */
void lease_was_released(struct lease *lease);
