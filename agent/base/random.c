// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <sys/random.h>
#include <sys/types.h>

#include "base/clock.h"

uint32_t random_u32(void)
{
	uint32_t number = 0;

	/* up to 256 bytes come whole, once the kernel has any (random(4)) */
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		number = (uint32_t)clock_monotonic_ns();
	return number;
}
