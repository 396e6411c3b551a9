/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Packets: what put_skb() and view_skb() read from a socket buffer's network
 * header (IPv4, or IPv6 behind up to four extension headers) and, where the protocol has
 * ports, from the header behind it. A buffer that is not IP, or not yet, has family 0.
 * Both fill every byte and return 0; or 1, all zeroes, if the buffer cannot be read.
 */
#include <bpf/bpf_endian.h>

#include "piece.h"

#define IPV6_EXTENSIONS_MAX 4

enum { /* include/uapi/linux/in.h, in6.h */
	PROTOCOL_HOPOPTS = 0,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_DCCP = 33,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_AH = 51,
	PROTOCOL_DSTOPTS = 60,
	PROTOCOL_SCTP = 132,
	PROTOCOL_UDPLITE = 136,
};

struct packet {
	__u8 saddr[16], daddr[16];
	__u16 sport, dport; /* host order */
	__u16 family, protocol;
};

struct ipv4_header {
	__u8 version_length, service;
	__be16 total_length, id, fragment;
	__u8 lifetime, protocol;
	__u16 checksum;
	__u8 saddr[4], daddr[4];
};

struct ipv6_header {
	__u32 version_flow;
	__be16 payload_length;
	__u8 next, hop_limit;
	__u8 saddr[16], daddr[16];
};

struct ipv6_extension {
	__u8 next, length;
	__be16 fragment; /* of a fragment header: offset in its upper 13 bits */
};

static __always_inline void packet_read_ports(struct packet *packet, __u64 header)
{
	__be16 ports[2];

	switch (packet->protocol) {
	case PROTOCOL_TCP:
	case PROTOCOL_UDP:
	case PROTOCOL_DCCP:
	case PROTOCOL_SCTP:
	case PROTOCOL_UDPLITE:
		READ_BYTES(ports, sizeof(ports), (void *)header);
		packet->sport = bpf_ntohs(ports[0]);
		packet->dport = bpf_ntohs(ports[1]);
	}
}

static __always_inline void packet_read_ipv4(struct packet *packet, __u64 network)
{
	struct ipv4_header header;

	if (READ_BYTES(&header, sizeof(header), (void *)network))
		return;
	packet->family = AF_INET;
	packet->protocol = header.protocol;
	__builtin_memcpy(packet->saddr, header.saddr, 4);
	__builtin_memcpy(packet->daddr, header.daddr, 4);
	if (!(header.fragment & bpf_htons(0x1fff))) /* the first, or whole */
		packet_read_ports(packet, network + (header.version_length & 0xf) * 4);
}

/* Where the header behind IPv6's extensions lies; 0 if not in this packet. */
static __always_inline __u64 packet_skip_extensions(struct packet *packet, __u64 header)
{
	struct ipv6_extension extension;

	for (int i = 0; i < IPV6_EXTENSIONS_MAX; i++) {
		__u64 length;

		switch (packet->protocol) {
		case PROTOCOL_HOPOPTS:
		case PROTOCOL_ROUTING:
		case PROTOCOL_DSTOPTS:
		case PROTOCOL_FRAGMENT:
		case PROTOCOL_AH:
			break;
		default:
			return header;
		}
		if (READ_BYTES(&extension, sizeof(extension), (void *)header))
			return 0;
		length = (extension.length + 1) * 8;
		if (packet->protocol == PROTOCOL_AH)
			length = (extension.length + 2) * 4;
		if (packet->protocol == PROTOCOL_FRAGMENT)
			length = 8;
		if (packet->protocol == PROTOCOL_FRAGMENT && (extension.fragment & bpf_htons(0xfff8)))
			header = 0;
		packet->protocol = extension.next;
		if (!header)
			return 0;
		header += length;
	}
	return 0;
}

static __always_inline void packet_read_ipv6(struct packet *packet, __u64 network)
{
	struct ipv6_header header;
	__u64 transport;

	if (READ_BYTES(&header, sizeof(header), (void *)network))
		return;
	packet->family = AF_INET6;
	packet->protocol = header.next;
	__builtin_memcpy(packet->saddr, header.saddr, 16);
	__builtin_memcpy(packet->daddr, header.daddr, 16);
	transport = packet_skip_extensions(packet, network + sizeof(header));
	if (transport)
		packet_read_ports(packet, transport);
}

static __always_inline void packet_read(struct packet *packet, struct sk_buff *skb)
{
	__u64 offset = READ(skb, network_header);
	__u64 network = (__u64)READ(skb, head) + offset;
	__u16 link = bpf_ntohs(READ(skb, protocol));
	__u8 version = 0;

	__builtin_memset(packet, 0, sizeof(*packet));
	if (!offset) /* nobody set it yet */
		return;
	READ_BYTES(&version, 1, (void *)network);
	version >>= 4;
	if (version == 4 && (!link || link == ETH_P_IP)) /* 0: on its way out */
		packet_read_ipv4(packet, network);
	else if (version == 6 && (!link || link == ETH_P_IPV6))
		packet_read_ipv6(packet, network);
}

/* How many transformations of IPsec the packet went through. */
static __always_inline void packet_read_sec_path(struct wire_skb *body, struct sk_buff *skb)
{
	struct skb_ext *extensions;
	struct sec_path *path;
	__u8 offset = 0;
	__u32 id;

	if (!bpf_core_enum_value_exists(enum skb_ext_id, SKB_EXT_SEC_PATH) || !bpf_core_field_exists(skb->extensions))
		return;
	id = bpf_core_enum_value(enum skb_ext_id, SKB_EXT_SEC_PATH);
	if (!(READ(skb, active_extensions) & (1u << id)))
		return;
	extensions = READ(skb, extensions);
	READ_BYTES(&offset, sizeof(offset), (void *)&extensions->offset + id);
	path = (void *)extensions + offset * 8u;
	body->sec_path_len = BPF_CORE_READ(path, len);
	body->sec_path_olen = BPF_CORE_READ(path, olen);
}

PIECE(put_skb)
__u64 put_skb(struct wire_skb *body, struct sk_buff *skb)
{
	struct packet packet;

	__builtin_memset(body, 0, sizeof(*body));
	if (!is_readable(skb))
		return 1;
	body->hash = READ(skb, hash);
	body->length = READ(skb, len);
	body->priority = READ(skb, priority);
	body->mark = READ(skb, mark);
	packet_read(&packet, skb);
	__builtin_memcpy(body->saddr, packet.saddr, sizeof(body->saddr));
	__builtin_memcpy(body->daddr, packet.daddr, sizeof(body->daddr));
	body->sport = packet.sport;
	body->dport = packet.dport;
	body->protocol = packet.protocol;
	body->family = packet.family;
	packet_read_sec_path(body, skb);
	return 0;
}

PIECE(view_skb)
__u64 view_skb(struct sock_view *view, struct sk_buff *skb)
{
	struct packet packet;

	__builtin_memset(view, 0, sizeof(*view));
	if (!is_readable(skb))
		return 1;
	packet_read(&packet, skb);
	view->family = packet.family;
	view->protocol = packet.protocol;
	view->sport = packet.sport;
	view->dport = packet.dport;
	__builtin_memcpy(view->saddr, packet.saddr, sizeof(view->saddr));
	__builtin_memcpy(view->daddr, packet.daddr, sizeof(view->daddr));
	return 0;
}
