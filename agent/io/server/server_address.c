// SPDX-License-Identifier: Apache-2.0
#include "io/server/server_address.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

int server_address_of_path(const char *path, struct server_address *ret)
{
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof(ret->path))
		return -ENAMETOOLONG;
	*ret = (struct server_address){.is_path = true};
	memcpy(ret->path, path, length);
	return 0;
}

int server_address_of_host(const char *text, struct server_address *ret)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	unsigned long port;
	char *end;

	if (!colon || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	port = strtoul(colon + 1, &end, 10);
	if (*end || port > UINT16_MAX)
		return -EINVAL;
	if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
		text++;
		length -= 2;
	} else if (memchr(text, ':', length)) {
		return -EINVAL;
	}
	if (length >= sizeof(ret->host))
		return -EINVAL;
	*ret = (struct server_address){.port = (uint16_t)port};
	memcpy(ret->host, text, length);
	return 0;
}

int server_address_parse(const char *text, struct server_address *ret)
{
	if (strchr(text, '/') || !strchr(text, ':'))
		return server_address_of_path(text, ret);
	return server_address_of_host(text, ret);
}

/* --- sockets */

static int try_socket(const struct sockaddr *address, socklen_t length, int flags, server_address_user *use,
		      void *context)
{
	_cleanup_close_ int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = use(context, fd, address, length);
	return r < 0 ? r : TAKE_FD(fd);
}

static int path_socket(const struct server_address *address, int flags, server_address_user *use, void *context)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	memcpy(name.sun_path, address->path, sizeof(name.sun_path));
	return try_socket((const struct sockaddr *)&name, sizeof(name), flags, use, context);
}

static int family_socket(const struct server_address *address, int family, int flags, server_address_user *use,
			 void *context)
{
	const struct addrinfo hints = {
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | (*address->host ? 0 : AI_PASSIVE),
	};
	struct addrinfo *found = NULL;
	int r = -EADDRNOTAVAIL;
	char port[8];

	snprintf(port, sizeof(port), "%u", address->port);
	if (getaddrinfo(*address->host ? address->host : NULL, port, &hints, &found) != 0)
		return -EADDRNOTAVAIL;
	for (const struct addrinfo *one = found; r < 0 && one; one = one->ai_next)
		r = try_socket(one->ai_addr, one->ai_addrlen, flags, use, context);
	freeaddrinfo(found);
	return r;
}

int server_address_socket(const struct server_address *address, int flags, server_address_user *use, void *context)
{
	int first, second;

	if (address->is_path)
		return path_socket(address, flags, use, context);
	first = family_socket(address, *address->host ? AF_INET : AF_INET6, flags, use, context);
	if (first >= 0 || first == -EADDRINUSE)
		return first;
	second = family_socket(address, *address->host ? AF_INET6 : AF_INET, flags, use, context);
	return second == -EADDRNOTAVAIL ? first : second;
}
