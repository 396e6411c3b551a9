/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Random numbers, of the kernel; for pauses and names. */
#include <stdint.h>

uint32_t random_u32(void);
