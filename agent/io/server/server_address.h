/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Where an agent is asked: a unix socket, or HOST:PORT. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SERVER_PATH_DEFAULT "/run/trigon/trigon.sock"
#define SERVER_HOST_MAX 256

struct server_address {
	bool is_path;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char host[SERVER_HOST_MAX]; /* "": all of this machine's */
	uint16_t port;
};

/* 0; -ENAMETOOLONG, also of an empty path. */
int server_address_of_path(const char *path, struct server_address *ret);
/* HOST:PORT, [::1]:PORT, or :PORT. 0 or -EINVAL. */
int server_address_of_host(const char *text, struct server_address *ret);
/* Either: one with a slash, or without a colon, is a path. */
int server_address_parse(const char *text, struct server_address *ret);

/* Takes a socket and its address, and returns 0 or -errno: listens there, or connects. */
typedef int server_address_user(void *context, int fd, const struct sockaddr *address, socklen_t length);

/*
 * Makes a socket of the address, close-on-exec and with `flags` (SOCK_NONBLOCK), for the first of its meanings with
 * which `use` succeeds: IPv4 before IPv6, but all addresses of this machine are those of an IPv6 socket, if the kernel
 * has such. The fd, or the last -errno; -EADDRNOTAVAIL: the host has no address.
 */
int server_address_socket(const struct server_address *address, int flags, server_address_user *use, void *context);
