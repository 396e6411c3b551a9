/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The least of an HTTPS server that tests need: HTTP/1.1 with a made-up answer, or HTTP/2 (RFC 9113), and connections
 * that are open and say nothing more. A thread for each connection; what it does is set before tls_server_open() or by
 * atomic members.
 */
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/util.h"

enum {
	TLS_SERVER_CONNECTIONS_MAX = 8,
	TLS_SERVER_TEXT_MAX = 8192,
	TLS_SERVER_FRAME_HEAD = 9,
	TLS_SERVER_FRAME_MAX = 16384,
	TLS_SERVER_HEADERS = 1,
	TLS_SERVER_SETTINGS = 4,
};

struct tls_server {
	bool is_http2;
	const char *answer; /* of HTTP/1.1: to each request; the connection is closed then */
	size_t answer_length;
	atomic_uint silent;                /* of HTTP/2: what the first so many connections answer has no end */
	atomic_uint streams;               /* requests of HTTP/2 that came, answered or not */
	atomic_uint connections;           /* that there have been */
	char request[TLS_SERVER_TEXT_MAX]; /* of HTTP/1.1: the last one; read it after the answer */
	char ca[TLS_SERVER_TEXT_MAX];      /* PEM */
	char url[64];
	SSL_CTX *tls;
	int listener;
	int fds[TLS_SERVER_CONNECTIONS_MAX];
	pthread_t acceptor, threads[TLS_SERVER_CONNECTIONS_MAX];
};

struct tls_server_connection {
	struct tls_server *server;
	unsigned int number;
};

/* --- HTTP */

static bool tls_server_read(SSL *tls, void *data, size_t length)
{
	size_t done;

	for (size_t at = 0; at < length; at += done)
		if (SSL_read_ex(tls, (char *)data + at, length - at, &done) != 1)
			return false;
	return true;
}

static void tls_server_answer(struct tls_server *server, SSL *tls)
{
	char request[TLS_SERVER_TEXT_MAX] = "";
	size_t length = 0, done;

	while (!strstr(request, "\r\n\r\n")) {
		if (SSL_read_ex(tls, request + length, sizeof(request) - 1 - length, &done) != 1)
			return;
		length += done;
		request[length] = '\0';
	}
	memcpy(server->request, request, sizeof(request));
	SSL_write_ex(tls, server->answer, server->answer_length, &done);
	SSL_shutdown(tls);
}

/* Status 200 to each request, with an empty body, or one that never comes. */
static void tls_server_answer_frames(struct tls_server *server, SSL *tls, unsigned int number)
{
	static const unsigned char settings[] = {0, 0, 0, TLS_SERVER_SETTINGS, 0, 0, 0, 0, 0};
	static const unsigned char acknowledgement[] = {0, 0, 0, TLS_SERVER_SETTINGS, 1, 0, 0, 0, 0};
	unsigned char answer[] = {0, 0, 1, TLS_SERVER_HEADERS, 0, 0, 0, 0, 0, 0x88}; /* ":status: 200" in RFC 7541 */
	unsigned char head[TLS_SERVER_FRAME_HEAD], payload[TLS_SERVER_FRAME_MAX];
	size_t done;

	if (!tls_server_read(tls, payload, strlen("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")))
		return;
	SSL_write_ex(tls, settings, sizeof(settings), &done);
	while (tls_server_read(tls, head, sizeof(head))) {
		size_t length = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];

		if (length > sizeof(payload) || !tls_server_read(tls, payload, length))
			return;
		if (head[3] == TLS_SERVER_SETTINGS && !head[4])
			SSL_write_ex(tls, acknowledgement, sizeof(acknowledgement), &done);
		if (head[3] != TLS_SERVER_HEADERS)
			continue;
		answer[4] = number < atomic_load(&server->silent) ? 0x4 : 0x5; /* END_HEADERS, and END_STREAM */
		memcpy(answer + 5, head + 5, 4);                               /* the stream */
		SSL_write_ex(tls, answer, sizeof(answer), &done);
		atomic_fetch_add(&server->streams, 1);
	}
}

/* --- connections */

static void *tls_server_serve(void *argument)
{
	_cleanup_free_ struct tls_server_connection *connection = argument;
	struct tls_server *server = connection->server;
	SSL *tls = SSL_new(server->tls);

	SSL_set_fd(tls, server->fds[connection->number]);
	if (SSL_accept(tls) == 1) {
		if (server->is_http2)
			tls_server_answer_frames(server, tls, connection->number);
		else
			tls_server_answer(server, tls);
	}
	shutdown(server->fds[connection->number], SHUT_RDWR);
	SSL_free(tls);
	return NULL;
}

static void *tls_server_accept(void *argument)
{
	struct tls_server *server = argument;
	unsigned int count = 0;
	int fd;

	while (count < TLS_SERVER_CONNECTIONS_MAX && (fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct tls_server_connection *connection = malloc(sizeof(*connection));

		*connection = (struct tls_server_connection){.server = server, .number = count};
		server->fds[count] = fd;
		pthread_create(&server->threads[count], NULL, tls_server_serve, connection);
		atomic_store(&server->connections, ++count);
	}
	return NULL;
}

/* --- the server */

static int tls_server_select(SSL *tls, const unsigned char **out, unsigned char *out_length, const unsigned char *in,
			     unsigned int in_length, void *context)
{
	const struct tls_server *server = context;
	const char *wanted = server->is_http2 ? "\2h2" : "\10http/1.1";
	unsigned char *selected;

	(void)tls;
	if (SSL_select_next_proto(&selected, out_length, (const unsigned char *)wanted, (unsigned int)strlen(wanted),
				  in, in_length) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = selected;
	return SSL_TLSEXT_ERR_OK;
}

/* One that signs itself, for 127.0.0.1. */
static void tls_server_certify(struct tls_server *server)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = X509_new();
	X509_EXTENSION *name = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	BIO *text = BIO_new(BIO_s_mem());

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
				   (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	X509_set_pubkey(certificate, key);
	X509_add_ext(certificate, name, -1);
	X509_sign(certificate, key, EVP_sha256());
	SSL_CTX_use_certificate(server->tls, certificate);
	SSL_CTX_use_PrivateKey(server->tls, key);
	PEM_write_bio_X509(text, certificate);
	BIO_read(text, server->ca, sizeof(server->ca) - 1);
	BIO_free(text);
	X509_EXTENSION_free(name);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static int tls_server_open(struct tls_server *server)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->listener, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(server->listener, TLS_SERVER_CONNECTIONS_MAX) < 0 ||
	    getsockname(server->listener, (struct sockaddr *)&address, &length) < 0)
		return -1;
	snprintf(server->url, sizeof(server->url), "https://127.0.0.1:%u", ntohs(address.sin_port));
	server->tls = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_alpn_select_cb(server->tls, tls_server_select, server);
	tls_server_certify(server);
	return pthread_create(&server->acceptor, NULL, tls_server_accept, server);
}

static void tls_server_close(struct tls_server *server)
{
	shutdown(server->listener, SHUT_RDWR);
	pthread_join(server->acceptor, NULL);
	for (unsigned int i = 0; i < server->connections; i++) {
		shutdown(server->fds[i], SHUT_RDWR);
		pthread_join(server->threads[i], NULL);
		close(server->fds[i]);
	}
	close(server->listener);
	SSL_CTX_free(server->tls);
}
