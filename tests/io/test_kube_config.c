// SPDX-License-Identifier: Apache-2.0
#include "io/kube/kube_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/test.h"
#include "base/util.h"

static char directory[] = "/tmp/trigon-kube-config.XXXXXX";
static char error[KUBE_CONFIG_ERROR_MAX];

static const char *in_directory(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(in_directory(name), "w");

	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* A kubeconfig with these members of its cluster and its user. */
static int load(const char *cluster, const char *user, struct kube_config *ret)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
		 "contexts: [{name: there, context: {cluster: x, user: y}}, {name: here, context: {cluster: c, user: "
		 "u}}]\n"
		 "clusters: [{name: c, cluster: {%s}}]\nusers: [{name: u, user: {%s}}]\n",
		 cluster, user);
	write_file("config", text);
	return kube_config_load(in_directory("config"), ret, error);
}

static void test_data(void)
{
	struct kube_config config;

	CHECK_EQ(load("server: 'https://h:6443/', certificate-authority-data: Q0E=, tls-server-name: kubernetes",
		      "client-certificate-data: Q0VSVA==, client-key-data: S0VZ", &config),
		 0);
	CHECK_STR(config.server, "https://h:6443");
	CHECK_STR(config.server_name, "kubernetes");
	CHECK_STR(config.ca.data, "CA");
	CHECK_STR(config.certificate.data, "CERT");
	CHECK_STR(config.key.data, "KEY");
	CHECK(!config.token.data && !config.token.path);
	kube_config_done(&config);
}

/* Paths are relative to the kubeconfig's folder; a token file wins over a token. */
static void test_files(void)
{
	struct kube_config config;
	char wanted[256];

	CHECK_EQ(load("server: 'https://h', certificate-authority: pki/ca.crt", "token: t, tokenFile: /run/token",
		      &config),
		 0);
	snprintf(wanted, sizeof(wanted), "%s/pki/ca.crt", directory);
	CHECK_STR(config.ca.path, wanted);
	CHECK_STR(config.token.path, "/run/token");
	CHECK(!config.token.data);
	kube_config_done(&config);
	CHECK_EQ(load("server: 'https://h'", "token: t", &config), 0);
	CHECK_STR(config.token.data, "t");
	kube_config_done(&config);
}

static void test_refused(void)
{
	static const struct {
		const char *cluster, *user, *says;
	} cases[] = {
		{"server: 'http://h'", "", "is not https://"},
		{"certificate-authority-data: Q0E=", "", "has no server"},
		{"server: 'https://h', insecure-skip-tls-verify: true", "", "give certificate-authority"},
		{"server: 'https://h', proxy-url: 'http://p'", "", "set the environment variable HTTPS_PROXY"},
		{"server: 'https://h', certificate-authority-data: '*'", "", "certificate-authority-data is no Base64"},
		{"server: 'https://h'", "exec: {command: aws}", "has `exec`: plugins are not run"},
		{"server: 'https://h'", "auth-provider: {name: gcp}", "has `auth-provider`"},
		{"server: 'https://h'", "username: u, password: p", "has `username`"},
		{"server: 'https://h'", "token: t, as: other", "has `as`"},
		{"server: 'https://h'", "client-key-data: S0VZ", "belong together"},
		{"server: [", "", "config:"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kube_config config = {0};

		CHECK_EQ(load(cases[i].cluster, cases[i].user, &config), -EINVAL);
		if (!strstr(error, cases[i].says))
			CHECK_STR(error, cases[i].says);
		CHECK(!config.server);
	}
}

static void test_missing_parts(void)
{
	static const char *const cases[][2] = {
		{"kind: Config\n", "has no current-context"},
		{"current-context: a\n", "has no context a"},
		{"current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n", "has no cluster c"},
		{"current-context: a\ncontexts: [{name: a, context: {cluster: c, user: u}}]\n"
		 "clusters: [{name: c, cluster: {server: 'https://h'}}]\n",
		 "has no user u"},
		{"", "is no kubeconfig"},
		{"a: 1\n---\nb: 2\n", "is no kubeconfig"},
	};
	struct kube_config config;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		write_file("config", cases[i][0]);
		CHECK_EQ(kube_config_load(in_directory("config"), &config, error), -EINVAL);
		if (!strstr(error, cases[i][1]))
			CHECK_STR(error, cases[i][1]);
	}
	CHECK_EQ(kube_config_load(in_directory("absent"), &config, error), -ENOENT);
	CHECK(strstr(error, "cannot read the kubeconfig"));
}

static void test_in_cluster(void)
{
	struct kube_config config;
	char wanted[256];

	unsetenv("KUBERNETES_SERVICE_HOST");
	CHECK_EQ(kube_config_in_cluster(directory, &config, error), -EINVAL);
	CHECK(strstr(error, "--kubeconfig FILE"));
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	CHECK_EQ(kube_config_in_cluster(directory, &config, error), -EINVAL);
	CHECK(strstr(error, "automountServiceAccountToken"));
	write_file("token", "t");
	CHECK_EQ(kube_config_in_cluster(directory, &config, error), 0);
	CHECK_STR(config.server, "https://[fd00::1]:443");
	snprintf(wanted, sizeof(wanted), "%s/token", directory);
	CHECK_STR(config.token.path, wanted);
	kube_config_done(&config);
}

int main(void)
{
	if (!mkdtemp(directory))
		return 1;
	RUN(test_data);
	RUN(test_files);
	RUN(test_refused);
	RUN(test_missing_parts);
	RUN(test_in_cluster);
	unlink(in_directory("config"));
	unlink(in_directory("token"));
	rmdir(directory);
	return test_end();
}
