// SPDX-License-Identifier: Apache-2.0
#include "core/policy/quote.h"

#include <assert.h>
#include <stdlib.h>

#include "core/encode/display.h"

char *quote_new(const char *text, size_t length)
{
	size_t maximum = DISPLAY_GROWTH_MAX * length;
	char *quoted = malloc(maximum + 1);
	struct buffer buffer = {.data = quoted, .capacity = maximum};

	if (!quoted)
		return NULL;
	display_quoted(&buffer, (struct bytes){text, length});
	assert(!buffer.is_full);
	quoted[buffer.length] = '\0';
	return quoted;
}
