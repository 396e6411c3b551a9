/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* An inode's mode as ls(1) shows it. */
#include "base/buffer.h"

/* Appends "-rw-r--r--"; a mode without a file type has no first character (tracingpolicy.md 11.3). */
void permission_append(struct buffer *buffer, uint32_t mode);
