/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Leads, or waits to: keeps a Lease in the API server (core/kube/lease.h). Used by the thread of its transport only.
 */
#include <stdbool.h>
#include <stdint.h>

#include "io/kube/transport.h"

struct elector;

/* Texts are copied. Names are DNS names, which need no encoding in a path. */
struct elector_options {
	const char *namespace, *name, *identity;
	struct kube_transport transport;
	uint64_t (*now_ns)(void);
	uint32_t (*random)(void);
};

int elector_new(const struct elector_options *options, struct elector **ret); /* 0 or -ENOMEM */
struct elector *elector_free(struct elector *elector);                        /* accepts and returns NULL */
/* Starts what is due. When there is something to do next; UINT64_MAX: answers come first. */
uint64_t elector_tick(struct elector *elector);
bool elector_leads(const struct elector *elector);
/* Gives the lease back, if we have it, so that another one need not wait: elector_is_released() when that is over. */
void elector_release(struct elector *elector);
bool elector_is_released(const struct elector *elector);
