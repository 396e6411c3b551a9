// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_network.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/util.h"

/* Decimal digits without leading zeros, up to `maximum`. */
static bool network_parse_prefix(const char *text, unsigned int maximum, uint8_t *ret)
{
	size_t length = strspn(text, "0123456789");
	unsigned int value = 0;

	if (length == 0 || length > 3 || text[length] || (text[0] == '0' && length > 1))
		return false;
	for (; *text; text++)
		value = 10 * value + (unsigned int)(*text - '0');
	if (value > maximum)
		return false;
	*ret = (uint8_t)value;
	return true;
}

void parse_network_clear_host_bits(struct policy_network *network)
{
	size_t bytes = network->is_ipv6 ? 16 : 4;

	for (size_t i = 0; i < bytes; i++) {
		size_t bits = MIN((size_t)8, network->prefix_length - MIN(8 * i, (size_t)network->prefix_length));

		network->address[i] &= (uint8_t)(0xff00 >> bits);
	}
}

bool parse_network(const char *text, size_t length, struct policy_network *ret)
{
	struct policy_network network = {0};
	char copy[INET6_ADDRSTRLEN + 4], *slash;

	if (length >= sizeof(copy) || memchr(text, '\0', length))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	if (inet_pton(AF_INET6, copy, network.address) == 1)
		network.is_ipv6 = true;
	else if (inet_pton(AF_INET, copy, network.address) != 1)
		return false;
	network.prefix_length = network.is_ipv6 ? 128 : 32;
	if (slash && !network_parse_prefix(slash + 1, network.prefix_length, &network.prefix_length))
		return false;
	parse_network_clear_host_bits(&network);
	*ret = network;
	return true;
}
