// SPDX-License-Identifier: Apache-2.0
#include "io/kube/kube_config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/base64.h"
#include "io/file/read_file.h"
#include "io/policy/yaml.h"

#define refuse(ret_error, ...) (snprintf((ret_error), KUBE_CONFIG_ERROR_MAX, __VA_ARGS__), -EINVAL)

/* A kubeconfig that is being read. */
struct kubeconfig {
	const char *path; /* for messages */
	char *error;
};

static void material_done(struct kube_material *material)
{
	free(material->data);
	free(material->path);
}

void kube_config_done(struct kube_config *config)
{
	free(config->server);
	free(config->server_name);
	material_done(&config->ca);
	material_done(&config->certificate);
	material_done(&config->key);
	material_done(&config->token);
	*config = (struct kube_config){0};
}

static const char *text_of(const struct tree_node *node, const char *key)
{
	const struct tree_node *value = tree_find(node, key);

	return value && value->kind == TREE_SCALAR && value->length ? value->text : NULL;
}

/* Of a list of {name: NAME, KIND: {...}}, what is under KIND for this NAME. */
static const struct tree_node *find_named(const struct tree_node *root, const char *list, const char *kind,
					  const char *name)
{
	const struct tree_node *items = tree_find(root, list);

	for (size_t i = 0; items && items->kind == TREE_SEQUENCE && i < items->count; i++) {
		const char *found = text_of(items->children[i].value, "name");

		if (found && strcmp(found, name) == 0)
			return tree_find(items->children[i].value, kind);
	}
	return NULL;
}

/* Paths in a kubeconfig are relative to its folder. */
static char *resolve_path(const char *kubeconfig, const char *path)
{
	const char *slash = strrchr(kubeconfig, '/');
	char *resolved;

	if (*path == '/' || !slash)
		return strdup(path);
	return asprintf(&resolved, "%.*s/%s", (int)(slash - kubeconfig), kubeconfig, path) < 0 ? NULL : resolved;
}

/* KEY-data: Base64 of what is needed; KEY: the file that has it. The former wins, as with kubectl. */
static int read_material(const struct kubeconfig *from, const struct tree_node *node, const char *key,
			 struct kube_material *ret)
{
	const char *path = text_of(node, key), *data;
	char data_key[64];
	size_t length;

	snprintf(data_key, sizeof(data_key), "%s-data", key);
	data = text_of(node, data_key);
	if (data) {
		int r = base64_decode(data, strlen(data), &ret->data, &length);

		return r == -EINVAL ? refuse(from->error, "%s: %s is no Base64", from->path, data_key) : r;
	}
	if (!path)
		return 0;
	ret->path = resolve_path(from->path, path);
	return ret->path ? 0 : -ENOMEM;
}

static int copy_text(const char *text, char **ret)
{
	if (!text)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int read_server(const struct kubeconfig *from, const char *server, char **ret)
{
	size_t length;
	int r;

	if (!server)
		return refuse(from->error, "%s: the cluster of the current context has no server", from->path);
	if (strncmp(server, "https://", 8) != 0)
		return refuse(from->error, "%s: server %s is not https://: without TLS nobody knows who answers",
			      from->path, server);
	r = copy_text(server, ret);
	length = r < 0 ? 0 : strlen(*ret);
	while (length && (*ret)[length - 1] == '/')
		(*ret)[--length] = '\0';
	return r;
}

static int read_cluster(const struct kubeconfig *from, const struct tree_node *cluster, struct kube_config *ret)
{
	const struct tree_node *insecure = tree_find(cluster, "insecure-skip-tls-verify");
	int r;

	if (insecure && tree_is(insecure, "true"))
		return refuse(from->error,
			      "%s: insecure-skip-tls-verify is not supported: the server is always verified; "
			      "give certificate-authority or certificate-authority-data instead",
			      from->path);
	if (text_of(cluster, "proxy-url"))
		return refuse(from->error, "%s: proxy-url is not supported; set the environment variable HTTPS_PROXY",
			      from->path);
	r = read_server(from, text_of(cluster, "server"), &ret->server);
	if (r == 0)
		r = copy_text(text_of(cluster, "tls-server-name"), &ret->server_name);
	if (r == 0)
		r = read_material(from, cluster, "certificate-authority", &ret->ca);
	return r;
}

/* Ways to say who we are that take running other programs or that are out of use. */
static int refuse_user(const struct kubeconfig *from, const struct tree_node *user)
{
	static const char *const refused[][2] = {
		{"exec", "plugins are not run by an agent; use a client certificate, or a token from `kubectl create "
			 "token`"},
		{"auth-provider", "it was removed from Kubernetes; use a client certificate or a token"},
		{"username", "passwords were removed from Kubernetes; use a client certificate or a token"},
		{"as", "impersonation is not supported; give the rights to the user itself"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (tree_find(user, refused[i][0]))
			return refuse(from->error, "%s: the user of the current context has `%s`: %s", from->path,
				      refused[i][0], refused[i][1]);
	return 0;
}

static int read_user(const struct kubeconfig *from, const struct tree_node *user, struct kube_config *ret)
{
	const char *token_file = text_of(user, "tokenFile");
	int r = refuse_user(from, user);

	if (r == 0)
		r = read_material(from, user, "client-certificate", &ret->certificate);
	if (r == 0)
		r = read_material(from, user, "client-key", &ret->key);
	if (r < 0)
		return r;
	if ((ret->certificate.data || ret->certificate.path) != (ret->key.data || ret->key.path))
		return refuse(from->error, "%s: client-certificate and client-key belong together: one is missing",
			      from->path);
	if (token_file) {
		ret->token.path = resolve_path(from->path, token_file);
		return ret->token.path ? 0 : -ENOMEM;
	}
	return copy_text(text_of(user, "token"), &ret->token.data);
}

static int read_root(const struct kubeconfig *from, const struct tree_node *root, struct kube_config *ret)
{
	const char *name = text_of(root, "current-context"), *cluster_name, *user_name;
	const struct tree_node *context, *cluster, *user;
	int r;

	if (!name)
		return refuse(from->error, "%s: has no current-context; set one with `kubectl config use-context`",
			      from->path);
	context = find_named(root, "contexts", "context", name);
	if (!context)
		return refuse(from->error, "%s: has no context %s, which is its current-context", from->path, name);
	cluster_name = text_of(context, "cluster");
	user_name = text_of(context, "user");
	cluster = cluster_name ? find_named(root, "clusters", "cluster", cluster_name) : NULL;
	user = user_name ? find_named(root, "users", "user", user_name) : NULL;
	if (!cluster)
		return refuse(from->error, "%s: has no cluster %s, which context %s names", from->path,
			      cluster_name ? cluster_name : "", name);
	if (user_name && !user)
		return refuse(from->error, "%s: has no user %s, which context %s names", from->path, user_name, name);
	r = read_cluster(from, cluster, ret);
	return r < 0 || !user ? r : read_user(from, user, ret);
}

static int parse(const struct kubeconfig *from, const char *text, size_t length, struct kube_config *ret)
{
	_cleanup_(yaml_documents_done) struct yaml_documents documents = {0};
	struct report *report = calloc(1, sizeof(*report));
	int r;

	if (!report)
		return -ENOMEM;
	report_init(report, from->path);
	r = yaml_read(text, length, report, &documents);
	if (r == -EINVAL && report->count)
		finding_print(&report->findings[0], from->path, from->error, KUBE_CONFIG_ERROR_MAX);
	else if (r == 0 && documents.count != 1)
		r = refuse(from->error, "%s: is no kubeconfig", from->path);
	report_done(report);
	free(report);
	return r < 0 ? r : read_root(from, documents.trees[0]->root, ret);
}

int kube_config_load(const char *path, struct kube_config *ret, char *ret_error)
{
	_cleanup_free_ char *text = malloc(YAML_BYTES_MAX);
	_cleanup_(kube_config_done) struct kube_config config = {0};
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct kubeconfig from = {.path = path, .error = ret_error};
	ssize_t length;
	int r;

	*ret_error = '\0';
	length = fd < 0 ? -errno : text ? read_file(fd, text, YAML_BYTES_MAX) : -ENOMEM;
	if (length < 0) {
		snprintf(ret_error, KUBE_CONFIG_ERROR_MAX, "cannot read the kubeconfig %s: %s", path,
			 strerror((int)-length));
		return (int)length;
	}
	r = parse(&from, text, (size_t)length, &config);
	if (r < 0) {
		if (!*ret_error)
			snprintf(ret_error, KUBE_CONFIG_ERROR_MAX, "%s: %s", path, strerror(-r));
		return r;
	}
	*ret = config;
	config = (struct kube_config){0};
	return 0;
}

int kube_config_in_cluster(const char *directory, struct kube_config *ret, char *ret_error)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
	_cleanup_(kube_config_done) struct kube_config config = {0};
	bool is_ipv6;

	if (!host || !*host || !port || !*port)
		return refuse(ret_error, "this is no pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not "
					 "set; name a cluster with --kubeconfig FILE");
	is_ipv6 = strchr(host, ':');
	if (asprintf(&config.server, "https://%s%s%s:%s", is_ipv6 ? "[" : "", host, is_ipv6 ? "]" : "", port) < 0)
		config.server = NULL;
	if (asprintf(&config.ca.path, "%s/ca.crt", directory) < 0)
		config.ca.path = NULL;
	if (asprintf(&config.token.path, "%s/token", directory) < 0)
		config.token.path = NULL;
	if (!config.server || !config.ca.path || !config.token.path) {
		snprintf(ret_error, KUBE_CONFIG_ERROR_MAX, "not enough memory");
		return -ENOMEM;
	}
	if (access(config.token.path, R_OK) < 0)
		return refuse(ret_error,
			      "cannot read %s: %s; the pod needs a service account whose token is mounted "
			      "(automountServiceAccountToken)",
			      config.token.path, strerror(errno));
	*ret = config;
	config = (struct kube_config){0};
	return 0;
}
