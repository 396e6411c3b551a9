/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What was said of a failure that lasts over many tries, for the log to tell each reason once. Another HTTP status is
 * another reason, at once. So is another text, a minute later at the earliest, as some differ each time; numbers in it
 * do not count, such as how long a connection took. What lasts is said again every ten minutes.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define KUBE_SAID_OTHER_NS (60 * CLOCK_NS_PER_SECOND)
#define KUBE_SAID_AGAIN_NS (600 * CLOCK_NS_PER_SECOND)

/* Zeroed: nothing was. The members are to be read only. */
struct kube_said {
	bool is_failing; /* it was said, and nothing has worked since */
	int status;      /* of HTTP, as it was said last */
	uint64_t text;   /* a hash of it */
	uint64_t when_ns;
};

/* It has failed: whether to say so, and then it is taken as said. */
bool kube_said_is_news(struct kube_said *said, int status, const char *text, uint64_t now_ns);
/* It works: whether it was said that it does not. */
bool kube_said_end(struct kube_said *said);
