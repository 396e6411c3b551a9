// SPDX-License-Identifier: Apache-2.0
#include "io/kube/change.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/util.h"

int change_open(struct change *change)
{
	change->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return change->fd < 0 ? -errno : 0;
}

void change_close(struct change *change)
{
	util_closep(&change->fd);
}

/* The counter cannot be full: it is drained, or there is nobody to wake. */
void change_tell(struct change *change)
{
	const uint64_t one = 1;

	atomic_fetch_add(&change->version, 1);
	if (write(change->fd, &one, sizeof(one)) < 0)
		return;
}

void change_drain(const struct change *change)
{
	uint64_t count;

	if (read(change->fd, &count, sizeof(count)) < 0)
		return; /* nothing had changed */
}

uint64_t change_version(const struct change *change)
{
	return atomic_load(&change->version);
}
