// SPDX-License-Identifier: Apache-2.0
#include "core/http/http_head.h"

#include <errno.h>

#include "base/util.h"
#include "test.h"

static struct bytes text_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

static void test_hosts(void)
{
	static const char *const plain[] = {
		"localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:6790", "10.1.2.3:", "[::1]", "[::1]:6790",
	};
	static const char *const others[] = {
		"",
		":80",
		"evil.example",
		"localhost.evil.example",
		"127.0.0.1.evil.example",
		"127.0.0.1a",
		"1.2.3",
		"[127.0.0.1]",
		"[::1",
		"::1",
		"[]:80",
		"localhost:x",
		"[localhost]:80",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]",
	};

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		CHECK(http_host_is_plain(text_of(plain[i])));
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		CHECK(!http_host_is_plain(text_of(others[i])));
}

static void test_origins(void)
{
	struct bytes host = text_of("localhost:6790");

	CHECK(http_origin_is_host(text_of("http://localhost:6790"), host));
	CHECK(http_origin_is_host(text_of("http://LOCALHOST:6790"), host));
	CHECK(!http_origin_is_host(text_of("http://localhost"), host));
	CHECK(!http_origin_is_host(text_of("http://localhost:6791"), host));
	CHECK(!http_origin_is_host(text_of("http://evil.example"), host));
	CHECK(!http_origin_is_host(text_of("http://localhost:6790/"), host));
	CHECK(!http_origin_is_host(text_of("localhost:6790"), host));
	CHECK(!http_origin_is_host(text_of("null"), host));
	CHECK(!http_origin_is_host(text_of(""), host));
}

static int parse(const char *text, struct http_response *ret)
{
	return http_response_parse(text_of(text), ret);
}

static void test_response(void)
{
	static const char text[] =
		"HTTP/1.1 503 Service Unavailable\r\nserver: trigon\r\nContent-Length:  12 \r\n\r\nbody";
	struct http_response response;

	CHECK_EQ(parse(text, &response), 0);
	CHECK_EQ(response.status, 503);
	CHECK_EQ(response.head_length, strlen(text) - strlen("body"));
	CHECK_EQ(response.body_length, 12);
	for (size_t i = 0; i < response.head_length; i++)
		CHECK_EQ(http_response_parse((struct bytes){text, i}, &response), -EAGAIN);
}

static void test_wrong_responses(void)
{
	static const char *const texts[] = {
		"HTTP/2 200 OK\r\ncontent-length: 1\r\n\r\n",
		"HTTP/1.1 20 OK\r\ncontent-length: 1\r\n\r\n",
		"HTTP/1.1 200\r\n\r\n",
		"\r\ncontent-length: 1\r\n\r\n",
		"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n",
		"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nnothing\r\ncontent-length: 1\r\n\r\n",
	};
	static char longer[HTTP_HEAD_MAX + 1];
	struct http_response response;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK_EQ(parse(texts[i], &response), -EPROTO);
	memset(longer, 'x', sizeof(longer));
	CHECK_EQ(http_response_parse((struct bytes){longer, sizeof(longer)}, &response), -EPROTO);
}

int main(void)
{
	RUN(test_hosts);
	RUN(test_origins);
	RUN(test_response);
	RUN(test_wrong_responses);
	return test_end();
}
