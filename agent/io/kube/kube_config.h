/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where the API server is and who we are to it: from a kubeconfig file, or from what every pod finds
 * in /var/run/secrets/kubernetes.io/serviceaccount.
 */
#include <stdbool.h>
#include <stddef.h>

/* A secret or certificate: bytes, or the file that has them; both NULL: none. */
struct kube_material {
	char *data; /* owned, NUL-terminated; PEM or a token */
	char *path; /* owned; read again when it changes */
};

struct kube_config {
	char *server;      /* owned: "https://host:port[/prefix]", without a slash at the end */
	char *server_name; /* owned: whom the certificate must name, if not the server's host; NULL: the host */
	struct kube_material ca;
	struct kube_material certificate, key;
	struct kube_material token;
};

#define KUBE_CONFIG_ERROR_MAX 512

/*
 * Of a kubeconfig: its current context. 0; -EINVAL or what open() says, with a text of at most KUBE_CONFIG_ERROR_MAX
 * bytes in ret_error: what is wrong, where, and what to do.
 */
int kube_config_load(const char *path, struct kube_config *ret, char *ret_error);
/*
 * Of a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, the token and the CA of the service account, in
 * `directory` (KUBE_CONFIG_SERVICE_ACCOUNT). As above.
 */
int kube_config_in_cluster(const char *directory, struct kube_config *ret, char *ret_error);
void kube_config_done(struct kube_config *config); /* accepts an empty struct */

#define KUBE_CONFIG_SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"
