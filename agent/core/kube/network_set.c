// SPDX-License-Identifier: Apache-2.0
#include "core/kube/network_set.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/encode/address.h"

/* AF_INET and AF_INET6, linux/socket.h */
#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

int network_set_add(struct network_set *set, const struct policy_network *network)
{
	if (set->count == NETWORK_SET_MAX)
		return -ENOSPC;
	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? 2 * set->capacity : 16;
		struct policy_network *grown = reallocarray(set->networks, capacity, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		set->networks = grown;
		set->capacity = capacity;
	}
	set->networks[set->count++] = *network;
	return 0;
}

void network_set_done(struct network_set *set)
{
	free(set->networks);
	*set = (struct network_set){0};
}

static int compare_networks(const void *a, const void *b)
{
	const struct policy_network *one = a, *other = b;
	int order = one->is_ipv6 - other->is_ipv6;

	if (order == 0)
		order = memcmp(one->address, other->address, one->is_ipv6 ? 16 : 4);
	return order ? order : one->prefix_length - other->prefix_length;
}

static bool bit_of(const struct policy_network *network, unsigned int index)
{
	return network->address[index / 8] >> (7 - index % 8) & 1;
}

static bool has_same_bits(const struct policy_network *one, const struct policy_network *other, unsigned int bits)
{
	size_t whole = bits / 8;

	if (one->is_ipv6 != other->is_ipv6 || memcmp(one->address, other->address, whole) != 0)
		return false;
	return bits % 8 == 0 || (one->address[whole] ^ other->address[whole]) >> (8 - bits % 8) == 0;
}

static bool contains(const struct policy_network *outer, const struct policy_network *inner)
{
	return outer->prefix_length <= inner->prefix_length && has_same_bits(outer, inner, outer->prefix_length);
}

/* Are they the two halves of a network? `first` comes first in order. */
static bool are_halves(const struct policy_network *first, const struct policy_network *second)
{
	unsigned int length = first->prefix_length;

	return length > 0 && length == second->prefix_length && has_same_bits(first, second, length - 1) &&
	       !bit_of(first, length - 1) && bit_of(second, length - 1);
}

void network_set_reduce(struct network_set *set)
{
	struct policy_network *networks = set->networks;
	size_t count = 0;

	if (set->count)
		qsort(networks, set->count, sizeof(*networks), compare_networks);
	for (size_t i = 0; i < set->count; i++) {
		if (count && contains(&networks[count - 1], &networks[i]))
			continue;
		networks[count++] = networks[i];
		/* a half begins where the whole does */
		while (count > 1 && are_halves(&networks[count - 2], &networks[count - 1]))
			networks[--count - 1].prefix_length--;
	}
	set->count = count;
}

void network_text(const struct policy_network *network, char text[static NETWORK_TEXT_MAX])
{
	struct buffer buffer = {.data = text, .capacity = NETWORK_TEXT_MAX - 8};

	address_append(&buffer, network->is_ipv6 ? FAMILY_IPV6 : FAMILY_IPV4, network->address);
	snprintf(text + buffer.length, NETWORK_TEXT_MAX - buffer.length, "/%u", network->prefix_length);
}
