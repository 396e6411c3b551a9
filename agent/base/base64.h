/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Base64 with the standard alphabet and padding (RFC 4648, section 4). */
#include "base/buffer.h"

/* Appends the text that stands for `length` bytes. */
void base64_append(struct buffer *buffer, const void *bytes, size_t length);
/*
 * The bytes that a text stands for; blanks and line ends in it are ignored. 0, with *ret_bytes owned by the
 * caller and a NUL behind its *ret_length bytes; -EINVAL: that is no Base64; -ENOMEM.
 */
int base64_decode(const char *text, size_t length, char **ret_bytes, size_t *ret_length);
