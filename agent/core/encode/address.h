/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Internet addresses as text. */
#include "base/buffer.h"

/*
 * Appends an address in network order: four bytes of `address` for AF_INET,
 * sixteen for AF_INET6 (RFC 5952; IPv4-mapped ones as ::ffff:1.2.3.4), and
 * "invalid IP" for any other family, as Tetragon's events have it.
 */
void address_append(struct buffer *buffer, uint32_t family, const uint8_t address[static 16]);
