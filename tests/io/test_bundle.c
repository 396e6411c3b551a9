// SPDX-License-Identifier: Apache-2.0
#include "io/kube/bundle.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/test.h"
#include "base/util.h"

#define ID "551e161c47d8ff0eb665438a7bcd5b40b1e2d3c4f5a69788796a5b4c3d2e1f00"
#define DOCKER "551e161c47d8ff0eb665438a7bcd5b4"                                    /* of it */
#define OTHER_DOCKER "551e161c47d8ff0eb665438a7bcd5b5"                              /* of another */
#define LONG_NAME "a23456789012345678901234567890123456789012345678901234567890123" /* 63 */

static void test_texts(void)
{
	static const struct {
		const char *text, *name; /* NULL: not understood; "": a sandbox */
	} cases[] = {
		{"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\","
		 "\"io.kubernetes.cri.container-name\":\"main\"}}",
		 "main"},
		{"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\","
		 "\"io.kubernetes.cri.container-name\":\"main\"}}",
		 ""},
		{"{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"container\","
		 "\"io.kubernetes.cri-o.Metadata\":\"{\\\"name\\\":\\\"main\\\",\\\"attempt\\\":1}\"}}",
		 "main"},
		{"{\"annotations\":{\"io.kubernetes.cri-o.ContainerType\":\"container\","
		 "\"io.kubernetes.container.name\":\"main\"}}",
		 "main"},
		{"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\","
		 "\"io.kubernetes.cri.container-name\":\"" LONG_NAME "\"}}",
		 LONG_NAME},
		{"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\","
		 "\"io.kubernetes.cri.container-name\":\"" LONG_NAME "4\"}}",
		 NULL},
		{"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\"}}", NULL},
		{"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\","
		 "\"io.kubernetes.cri.container-name\":7}}",
		 NULL},
		{"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"other\","
		 "\"io.kubernetes.cri.container-name\":\"main\"}}",
		 NULL},
		{"{\"annotations\":[]}", NULL},
		{"[]", NULL},
		{"", NULL},
		{"{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\"}", NULL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct scope_container container = {0};
		bool is_understood = bundle_parse(cases[i].text, strlen(cases[i].text), &container);

		CHECK_EQ(is_understood, cases[i].name != NULL);
		if (cases[i].name) {
			CHECK_STR(container.name, cases[i].name);
			CHECK_EQ(container.is_sandbox, !*cases[i].name);
		}
	}
}

static void make_directories(const char *path)
{
	char part[512];

	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		mkdir(part, 0700);
	}
}

/* By the beginning of its id, as in struct process. */
static void check_find(const char *root)
{
	struct scope_container container = {0};

	CHECK(bundle_find(root, DOCKER, &container));
	CHECK_STR(container.name, "main");
	CHECK(!bundle_find(root, OTHER_DOCKER, &container));
	CHECK(!bundle_find(root, "551e", &container));
	CHECK(!bundle_find(root, "", &container));
}

static void test_files(void)
{
	static const char text[] = "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"container\","
				   "\"io.kubernetes.cri.container-name\":\"main\"}}";
	char root[] = "/tmp/test_bundle.XXXXXX", path[512], command[600];
	struct scope_container container = {0};
	FILE *file;

	CHECK(mkdtemp(root));
	CHECK(!bundle_read(root, ID, &container));
	snprintf(path, sizeof(path), "%s/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json",
		 root);
	make_directories(path);
	file = fopen(path, "w");
	CHECK(file && fputs(text, file) > 0);
	fclose(file);
	CHECK(bundle_read(root, ID, &container));
	CHECK_STR(container.name, "main");
	check_find(root);
	/* larger than any */
	file = fopen(path, "a");
	CHECK(file);
	for (int i = 0; i < 1 << 20; i++)
		fputc(' ', file);
	fclose(file);
	CHECK(!bundle_read(root, ID, &container));
	snprintf(command, sizeof(command), "rm -r '%s'", root);
	CHECK_EQ(system(command), 0);
}

int main(void)
{
	RUN(test_texts);
	RUN(test_files);
	return test_end();
}
