/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A CEL expression or a message while it is put together. */
#include <stddef.h>

#include "base/util.h"

#define TEXT_MAX 16384

struct text {
	char data[TEXT_MAX];
	size_t length;
};

void text_add(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
/* An item of a list: 'name', behind a comma if it is not the first. */
void text_add_name(struct text *text, const char *name);
