/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Names of Linux capabilities, as capabilities(7) and the kernel's headers spell them. */
#include "base/buffer.h"

/* The name, such as "CAP_SYS_ADMIN"; NULL for a bit that has none yet. */
const char *capability_name(unsigned int bit);

/* Appends the name, CAP_<bit> for a bit that has none yet. */
void capability_append(struct buffer *buffer, unsigned int bit);
