/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The HTTP client of the Kubernetes API, over libcurl, whose only user this is: TLS always verified, HTTP/2 where the
 * server has it (all calls share one connection then), gzip. One thread uses it; all callbacks come from
 * kube_client_run().
 *
 * Files that say who we are, and whom to trust, are read again: a token each minute and after status 401, certificates
 * with each call, which takes a new connection if they have changed.
 *
 * A call that hears nothing for too long takes its connection along, and all that are on it: they begin anew on
 * another.
 */
#include <stdint.h>

#include "io/kube/kube_config.h"
#include "io/kube/transport.h"

struct kube_client;

enum {
	KUBE_CLIENT_CALLS_MAX = 32,
	KUBE_CLIENT_CONNECT_TIMEOUT_S = 10,
	KUBE_CLIENT_IDLE_TIMEOUT_S = 60, /* of answers that are no streams */
	KUBE_CLIENT_ANSWER_TIMEOUT_S =
		180, /* of these in all: the server itself gives up after 60 (--request-timeout) */
	KUBE_CLIENT_RETRY_AFTER_MAX_S = 60, /* heeded; it says 1 s, but what is in front of it may say an hour */
	KUBE_CLIENT_STATUS_COUNT = 6,
	KUBE_CLIENT_BODY_MAX = 16 << 10, /* kept of an answer that says what is wrong */
};

/* Calls that have ended, but for those that were cancelled. */
struct kube_client_stats {
	uint64_t answers[KUBE_CLIENT_STATUS_COUNT]; /* by the first digit of HTTP's status; [0]: none came, or it broke
						       off */
};

/*
 * Takes the config over, also on failure, and leaves it empty. 0; -ENOENT: libcurl is missing, of which
 * ret_error (KUBE_CONFIG_ERROR_MAX bytes) tells; -ENOMEM.
 */
int kube_client_new(struct kube_config *config, struct kube_client **ret, char *ret_error);
struct kube_client *kube_client_free(struct kube_client *client); /* accepts and returns NULL; calls are cancelled */
struct kube_transport kube_client_transport(struct kube_client *client);
/* Does what is to be done, waits at most timeout_ms for more; not if a call has ended before there was anything to wait
 * for. */
void kube_client_run(struct kube_client *client, int timeout_ms);
/* From any thread: ends the wait. */
void kube_client_wake(struct kube_client *client);
/* From any thread. */
void kube_client_read_stats(const struct kube_client *client, struct kube_client_stats *ret);
