/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * That something has changed: told by the thread of the Kubernetes client, followed by the one that loads policies. The
 * follower polls `fd`, or compares versions.
 */
#include <stdatomic.h>
#include <stdint.h>

struct change {
	int fd; /* an eventfd: readable when something has changed, until change_drain() */
	atomic_uint_least64_t version;
};

int change_open(struct change *change); /* 0 or -errno */
void change_close(struct change *change);
void change_tell(struct change *change);
void change_drain(const struct change *change);
/* Grows with each change. */
uint64_t change_version(const struct change *change);
