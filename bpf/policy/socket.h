/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Sockets and addresses: bodies of events (put_x) and, for filters, views
 * (view_x) that test_network() and glue look at. Each fills every byte and returns 0; or 1, all
 * zeroes, if the object cannot be read. Bodies lie in a ring reservation or a slot, views on glue's stack.
 */
#include <bpf/bpf_endian.h>

#include "piece.h"

struct sockaddr_image { /* sockaddr_in and sockaddr_in6 */
	__u16 family;
	__be16 port;
	__u32 address;
	__u8 address6[16];
};

static __always_inline void sock_read_addresses(struct sock *sk, __u16 family, __u8 *saddr, __u8 *daddr)
{
	if (family == AF_INET) {
		READ_BYTES(saddr, 4, &sk->__sk_common.skc_rcv_saddr);
		READ_BYTES(daddr, 4, &sk->__sk_common.skc_daddr);
	} else if (family == AF_INET6 && bpf_core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		READ_BYTES(saddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		READ_BYTES(daddr, 16, &sk->__sk_common.skc_v6_daddr);
	}
}

static __always_inline int has_ports(__u16 family)
{
	return family == AF_INET || family == AF_INET6;
}

static __always_inline __u64 sock_read(struct wire_sock *body, struct sock *sk)
{
	__builtin_memset(body, 0, sizeof(*body));
	if (!is_readable(sk))
		return 1;
	body->family = READ(sk, __sk_common.skc_family);
	body->type = READ(sk, sk_type);
	body->protocol = READ(sk, sk_protocol);
	body->state = READ(sk, __sk_common.skc_state);
	body->mark = READ(sk, sk_mark);
	body->priority = READ(sk, sk_priority);
	body->cookie = (__u64)sk;
	sock_read_addresses(sk, body->family, body->saddr, body->daddr);
	if (has_ports(body->family)) {
		body->sport = READ(sk, __sk_common.skc_num);
		body->dport = bpf_ntohs(READ(sk, __sk_common.skc_dport));
	}
	return 0;
}

PIECE(put_sock)
__u64 put_sock(struct wire_sock *body, struct sock *sk)
{
	return sock_read(body, sk);
}

PIECE(put_socket)
__u64 put_socket(struct wire_sock *body, struct socket *socket)
{
	return sock_read(body, is_readable(socket) ? READ(socket, sk) : NULL);
}

/* The address of the socket's struct sock; 0: it has none. */
PIECE(socket_sock)
__u64 socket_sock(struct socket *socket)
{
	return is_readable(socket) ? (__u64)READ(socket, sk) : 0;
}

static __always_inline __u64 sock_view(struct sock_view *view, struct sock *sk)
{
	__builtin_memset(view, 0, sizeof(*view));
	if (!is_readable(sk))
		return 1;
	view->family = READ(sk, __sk_common.skc_family);
	view->type = READ(sk, sk_type);
	view->protocol = READ(sk, sk_protocol);
	view->state = READ(sk, __sk_common.skc_state);
	sock_read_addresses(sk, view->family, view->saddr, view->daddr);
	if (has_ports(view->family)) {
		view->sport = READ(sk, __sk_common.skc_num);
		view->dport = bpf_ntohs(READ(sk, __sk_common.skc_dport));
	}
	return 0;
}

PIECE(view_sock)
__u64 view_sock(struct sock_view *view, struct sock *sk)
{
	return sock_view(view, sk);
}

PIECE(view_socket)
__u64 view_socket(struct sock_view *view, struct socket *socket)
{
	return sock_view(view, is_readable(socket) ? READ(socket, sk) : NULL);
}

/* Reads what the family has, the rest is zero; false if there is no address. Of other families, that alone. */
static __always_inline int sockaddr_read(struct sockaddr_image *image, __u64 address)
{
	__builtin_memset(image, 0, sizeof(*image));
	if (read_any(&image->family, sizeof(image->family), address))
		return 0;
	if (image->family == AF_INET)
		return !read_any(&image->port, 6, address + 2);
	if (image->family == AF_INET6)
		return !read_any(&image->port, 2, address + 2) && !read_any(image->address6, 16, address + 8);
	return 1;
}

static __always_inline void sockaddr_copy_address(__u8 *target, const struct sockaddr_image *image)
{
	if (image->family == AF_INET)
		__builtin_memcpy(target, &image->address, 4);
	else
		__builtin_memcpy(target, image->address6, 16);
}

/* A struct sockaddr in kernel or user memory. */
PIECE(put_sockaddr)
__u64 put_sockaddr(struct wire_sockaddr *body, __u64 address)
{
	struct sockaddr_image image;

	__builtin_memset(body, 0, sizeof(*body));
	if (!sockaddr_read(&image, address))
		return 1;
	body->family = image.family;
	body->port = bpf_ntohs(image.port);
	sockaddr_copy_address(body->addr, &image);
	return 0;
}

/* Its address and port are the view's source. */
PIECE(view_sockaddr)
__u64 view_sockaddr(struct sock_view *view, __u64 address)
{
	struct sockaddr_image image;

	__builtin_memset(view, 0, sizeof(*view));
	if (!sockaddr_read(&image, address))
		return 1;
	view->family = image.family;
	view->sport = bpf_ntohs(image.port);
	sockaddr_copy_address(view->saddr, &image);
	return 0;
}

static __always_inline int network_has4(void *map, const __u8 *address)
{
	struct network4_key key = {.prefix_bits = 32};

	__builtin_memcpy(key.address, address, 4);
	return bpf_map_lookup_elem(map, &key) != NULL;
}

static __always_inline int network_has6(void *map, const __u8 *address)
{
	struct network6_key key = {.prefix_bits = 128};

	__builtin_memcpy(key.address, address, 16);
	return bpf_map_lookup_elem(map, &key) != NULL;
}

/* ::ffff:a.b.c.d */
static __always_inline int is_mapped_ipv4(const __u8 *address)
{
	__u64 head;
	__u32 middle;

	__builtin_memcpy(&head, address, 8);
	__builtin_memcpy(&middle, address + 8, 4);
	return head == 0 && middle == bpf_htonl(0xffff);
}

/*
 * Is the view's source or destination (is_destination, a constant) in one of
 * two LPM tries, of struct network4_key and of network6_key? NETWORK_*. An IPv4
 * address inside an IPv6 socket is looked for in both.
 */
PIECE(test_network)
__u64 test_network(const struct sock_view *view, __u64 is_destination, void *map4, void *map6)
{
	const __u8 *address = is_destination ? view->daddr : view->saddr;

	if (view->family == AF_INET)
		return network_has4(map4, address) ? NETWORK_IN_SET : NETWORK_NOT_IN_SET;
	if (view->family != AF_INET6)
		return NETWORK_NO_ADDRESS;
	if (is_mapped_ipv4(address) && network_has4(map4, address + 12))
		return NETWORK_IN_SET;
	return network_has6(map6, address) ? NETWORK_IN_SET : NETWORK_NOT_IN_SET;
}

/* Is the number in the set of PORT_BITMAP_BYTES bytes? `bitmap` points to the start of a map's value. */
PIECE(test_bits)
__u64 test_bits(__u64 number, const __u8 *bitmap)
{
	__u64 byte = number / 8;

	if (number > 65535)
		return 0;
	byte &= PORT_BITMAP_BYTES - 1;
	return (bitmap[byte] >> (number % 8)) & 1;
}
