/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* Resident bytes of this process now; 0 when it cannot be told. */
uint64_t own_memory_resident_bytes(void);
