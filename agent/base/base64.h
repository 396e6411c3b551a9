/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Base64 with the standard alphabet and padding (RFC 4648, section 4). */
#include "base/buffer.h"

/* Appends the text that stands for `length` bytes. */
void base64_append(struct buffer *buffer, const void *bytes, size_t length);
