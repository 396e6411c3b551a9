// SPDX-License-Identifier: Apache-2.0
#include "tools/crds/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void text_add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	text->length += (size_t)vsnprintf(text->data + text->length, TEXT_MAX - text->length, format, arguments);
	va_end(arguments);
	if (text->length >= TEXT_MAX)
		abort(); /* larger than any rule may be: raise TEXT_MAX */
}

void text_add_name(struct text *text, const char *name)
{
	text_add(text, "%s'%s'", text->length ? ", " : "", name);
}
