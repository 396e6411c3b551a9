// SPDX-License-Identifier: Apache-2.0
#include "core/http/http_head.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

static bool is_equal(struct bytes a, struct bytes b)
{
	return a.length == b.length && strncasecmp(a.data, b.data, a.length) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* --- requests */

/* The part before the port; an IPv6 address keeps its brackets. */
static struct bytes without_port(struct bytes host)
{
	size_t end = host.length;

	while (end > 0 && is_digit(host.data[end - 1]))
		end--;
	return end > 0 && host.data[end - 1] == ':' ? (struct bytes){host.data, end - 1} : host;
}

bool http_host_is_plain(struct bytes host)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t address[sizeof(struct in6_addr)];
	struct bytes name = without_port(host);
	bool is_ipv6 = name.length >= 2 && name.data[0] == '[' && name.data[name.length - 1] == ']';

	if (is_ipv6)
		name = (struct bytes){name.data + 1, name.length - 2};
	if (name.length == 0 || name.length >= sizeof(text))
		return false;
	if (!is_ipv6 && is_equal(name, (struct bytes){"localhost", strlen("localhost")}))
		return true;
	memcpy(text, name.data, name.length);
	text[name.length] = '\0';
	return inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, address) == 1;
}

bool http_origin_is_host(struct bytes origin, struct bytes host)
{
	static const char separator[] = "://";
	const char *found = memmem(origin.data, origin.length, separator, strlen(separator));
	size_t at;

	if (!found)
		return false;
	at = (size_t)(found - origin.data) + strlen(separator);
	return is_equal((struct bytes){origin.data + at, origin.length - at}, host);
}

/* --- responses */

/* Decimal digits with blanks around. */
static bool parse_length(struct bytes text, size_t *ret)
{
	size_t value = 0, digits = 0;

	for (size_t i = 0; i < text.length; i++) {
		char c = text.data[i];

		if (c == ' ' || c == '\t')
			continue;
		if (!is_digit(c) || value > (SIZE_MAX - 9) / 10)
			return false;
		value = value * 10 + (size_t)(c - '0');
		digits++;
	}
	*ret = value;
	return digits > 0;
}

static int parse_header(struct bytes line, struct http_response *response, bool *has_length)
{
	const char *colon = memchr(line.data, ':', line.length);
	struct bytes name = {line.data, colon ? (size_t)(colon - line.data) : 0};

	if (!colon)
		return -EPROTO;
	if (!is_equal(name, (struct bytes){"content-length", strlen("content-length")}))
		return 0;
	if (*has_length ||
	    !parse_length((struct bytes){colon + 1, line.length - name.length - 1}, &response->body_length))
		return -EPROTO;
	*has_length = true;
	return 0;
}

/* "HTTP/1.1 200 OK" */
static int parse_status(struct bytes line, unsigned int *ret)
{
	static const char version[] = "HTTP/1.";
	size_t at = strlen(version);

	if (line.length < at + 5 || memcmp(line.data, version, at) != 0 || line.data[at + 1] != ' ')
		return -EPROTO;
	*ret = 0;
	for (size_t i = at + 2; i < at + 5; i++) {
		if (!is_digit(line.data[i]))
			return -EPROTO;
		*ret = *ret * 10 + (unsigned int)(line.data[i] - '0');
	}
	return 0;
}

int http_response_parse(struct bytes text, struct http_response *ret)
{
	struct http_response response = {0};
	bool has_status = false, has_length = false;
	size_t at = 0;

	for (;;) {
		const char *end = memmem(text.data + at, text.length - at, "\r\n", 2);
		struct bytes line = {text.data + at, end ? (size_t)(end - text.data) - at : 0};
		int r;

		if (!end)
			return text.length < HTTP_HEAD_MAX ? -EAGAIN : -EPROTO;
		at += line.length + 2;
		if (has_status && line.length == 0)
			break;
		r = has_status ? parse_header(line, &response, &has_length) : parse_status(line, &response.status);
		if (r < 0)
			return r;
		has_status = true;
	}
	if (!has_length || at > HTTP_HEAD_MAX)
		return -EPROTO;
	response.head_length = at;
	*ret = response;
	return 0;
}
