/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A set of networks of both families, made as few as they can be: the same addresses, none more and none less. */
#include "base/buffer.h"
#include "core/policy/policy.h"

#define NETWORK_SET_MAX 160000 /* before they are made few: 20,000 objects of 8 */

struct network_set {
	struct policy_network *networks; /* owned */
	size_t count, capacity;
};

/* 0, -ENOMEM, or -ENOSPC. */
int network_set_add(struct network_set *set, const struct policy_network *network);
/* Contained ones vanish, and two halves become the whole. Sorted then: IPv4 first, by address. */
void network_set_reduce(struct network_set *set);
void network_set_done(struct network_set *set); /* leaves it empty; accepts an empty one */

/* "10.0.0.0/8", as Kubernetes writes it. */
#define NETWORK_TEXT_MAX 52
void network_text(const struct policy_network *network, char text[static NETWORK_TEXT_MAX]);
