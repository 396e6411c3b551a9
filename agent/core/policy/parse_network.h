/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Addresses and networks as text: 10.0.0.1, 10.0.0.0/8, fd00::1, fd00::/8. */
#include "core/policy/policy.h"

/* Bits beyond the prefix are cleared. False: it is no address, or its prefix is too long. */
bool parse_network(const char *text, size_t length, struct policy_network *ret);
/* Those beyond its prefix. */
void parse_network_clear_host_bits(struct policy_network *network);
