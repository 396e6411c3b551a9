/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The text of a tracepoint's `format` file: which fields its record has, and where. */
#include "core/policy/kernel_view.h"

/* `text` is NUL-terminated. 0, or -EBADMSG: no field was understood. Fields beyond KERNEL_FIELDS_MAX are left out. */
int tracepoint_format_parse(const char *text, struct kernel_tracepoint *ret);
