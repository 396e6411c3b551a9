// SPDX-License-Identifier: Apache-2.0
/* Heads of HTTP as anybody sends them: a response, or, split at a newline, `Host` and `Origin`. */
#include <errno.h>
#include <string.h>

#include "check.h"
#include "core/http/http_head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {(const char *)data, size}, host = text, origin = {text.data, 0};
	const char *newline = memchr(text.data, '\n', text.length);
	struct http_response response;
	int r = http_response_parse(text, &response);

	check(r == 0 || r == -EAGAIN || r == -EPROTO);
	check(r != 0 || (response.head_length <= size && response.head_length <= HTTP_HEAD_MAX));
	if (newline) {
		host.length = (size_t)(newline - text.data);
		origin = (struct bytes){newline + 1, size - host.length - 1};
	}
	http_host_is_plain(host);
	http_origin_is_host(origin, host);
	return 0;
}
