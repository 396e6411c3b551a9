/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Forgets the owner of a tracked socket when the socket ends, whoever ends it. A policy's own UntrackSock sees only
 * what its selectors let through, and the kernel gives the address of a socket that has ended to the next one: that
 * would be told as the old owner's.
 *
 * Is a policy of its own, which nobody sees: security_sk_free(), which all sockets pass that end, with UntrackSock and
 * no events.
 */
#include "io/bpf/policy_engine.h"

/* The policy tracks sockets. */
bool socket_ends_matter(const struct policy *policy);
/* Loads it. NULL, with a warning in the log: the kernel can't; owners may then be wrong. */
struct loaded_policy *socket_ends_watch(struct policy_engine *engine);
