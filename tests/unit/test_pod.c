// SPDX-License-Identifier: Apache-2.0
#include "core/kube/pod.h"

#include <errno.h>

#include "base/util.h"
#include "pod_maker.h"
#include "test.h"

static char spelt[1024];

static struct buffer spell(const struct kube_pod *pod, const struct kube_digest_text *text)
{
	struct buffer buffer = {.data = spelt, .capacity = sizeof(spelt)};

	kube_pod_append_digest_text(&buffer, pod, text);
	return buffer;
}

#define CHECK_TEXT(pod, text, wanted) \
	do { \
		struct bytes _text = kube_pod_text((pod), (text)); \
		CHECK_BYTES(_text.data, _text.length, (wanted)); \
	} while (0)

#define CHECK_DIGEST_TEXT(pod, text, wanted) \
	do { \
		struct buffer _text = spell((pod), (text)); \
		CHECK_BYTES(_text.data, _text.length, (wanted)); \
	} while (0)

static void test_fields(void)
{
	struct kube_pod_fields fields = maker_fields();
	_cleanup_kube_pod_ struct kube_pod *pod = maker_new(&fields);
	const struct kube_container *container = &pod->containers[1];
	struct buffer uid = {.data = spelt, .capacity = sizeof(spelt)};

	CHECK_TEXT(pod, pod->namespace, "default");
	CHECK_TEXT(pod, pod->name, "xwing-7d9c5b8f6d-x2k4p");
	CHECK_TEXT(pod, pod->workload, "xwing");
	CHECK_TEXT(pod, pod->workload_kind, "Deployment");
	kube_pod_append_uid(&uid, pod);
	CHECK_BYTES(uid.data, uid.length, MAKER_UID);
	CHECK_EQ(pod->container_count, 2);
	CHECK_EQ(pod->containers[0].kind, KUBE_CONTAINER_INIT);
	CHECK(pod->containers[0].is_privileged && !container->is_privileged);
	CHECK_DIGEST_TEXT(pod, &container->id, "containerd://" MAKER_ID64);
	CHECK_EQ(kube_pod_digest(pod, &container->id)[0], 0x55);
	CHECK_TEXT(pod, container->name, "spaceship");
	CHECK_TEXT(pod, container->image, "docker.io/tgraf/netperf:v1.0");
	CHECK_DIGEST_TEXT(pod, &container->image_id, "docker.io/tgraf/netperf@sha256:" MAKER_DIGEST);
	CHECK_TEXT(pod, container->image_id.repository, "docker.io/tgraf/netperf");
	CHECK_EQ(container->started_wall_ns, MAKER_STARTED_NS);
	CHECK(!pod->is_cut);
}

/* Ids and images as the runtimes have them, and what is none. */
static const struct {
	const char *text, *repository;
	bool has_digest;
} digest_cases[] = {
	{"docker.io/library/nginx@sha256:" MAKER_DIGEST, "docker.io/library/nginx", true},
	{"docker-pullable://nginx@sha256:" MAKER_DIGEST, "docker-pullable://nginx", true},
	{"sha256:" MAKER_DIGEST, "", true},
	{MAKER_DIGEST, "", true},
	{"cri-o://" MAKER_DIGEST, "", true},
	{"docker.io/library/nginx:1", "", false},
	{"nginx@md5:0123", "nginx", false},
	{"@", "", false},
	{"", "", false},
	{"sha256:5A7e0c2f9b1dcf4f2c6d3e8a7b5c0d1e2f3a4b5c6d7e8f90a1b2c3d4e5f60718", "", false},
};

static void test_digest_texts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(digest_cases); i++) {
		struct kube_container_fields container = {.image_id = maker_bytes(digest_cases[i].text)};
		struct kube_pod_fields fields = {
			.uid = maker_bytes(MAKER_UID), .containers = &container, .container_count = 1};
		_cleanup_kube_pod_ struct kube_pod *pod = maker_new(&fields);
		const struct kube_digest_text *text = &pod->containers[0].image_id;

		CHECK_DIGEST_TEXT(pod, text, digest_cases[i].text);
		CHECK_TEXT(pod, text->repository, digest_cases[i].repository);
		CHECK_EQ(kube_pod_digest(pod, text) != NULL, digest_cases[i].has_digest);
	}
}

static void test_uids(void)
{
	static const struct {
		const char *uid, *static_uid;
		int result;
	} cases[] = {
		{MAKER_UID, "", 0},
		{MAKER_UID, "9b1dcf4f2c6d3e8a7b5c0d1e2f3a4b5c", 0},
		{"9b1dcf4f2c6d3e8a7b5c0d1e2f3a4b5c", "", 0},
		{"", "", -EINVAL},
		{"abc", "", -EINVAL},
		{MAKER_UID, "abc", -EINVAL},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kube_pod_fields fields = {.uid = maker_bytes(cases[i].uid),
						 .static_uid = maker_bytes(cases[i].static_uid)};
		_cleanup_kube_pod_ struct kube_pod *pod = NULL;
		struct buffer uid = {.data = spelt, .capacity = sizeof(spelt)};

		CHECK_EQ(kube_pod_new(&fields, &pod), cases[i].result);
		CHECK_EQ(pod != NULL, cases[i].result == 0);
		if (!pod)
			continue;
		kube_pod_append_uid(&uid, pod);
		CHECK_BYTES(uid.data, uid.length, cases[i].uid);
	}
}

static void test_labels_are_sorted(void)
{
	struct kube_pod_fields fields = maker_fields();
	_cleanup_kube_pod_ struct kube_pod *pod = maker_new(&fields);
	const struct kube_label *labels = kube_pod_labels(pod);

	CHECK_EQ(pod->label_count, 3);
	CHECK_TEXT(pod, labels[0].key, "class");
	CHECK_TEXT(pod, labels[0].value, "xwing");
	CHECK_TEXT(pod, labels[1].key, "org");
	CHECK_TEXT(pod, labels[2].key, "pod-template-hash");
	CHECK_TEXT(pod, labels[2].value, "7d9c5b8f6d");
}

/* Too much of anything is cut and flagged, and the rest is still right. */
static char many[100000];

static void check_cut(const struct kube_pod_fields *fields, const char *what)
{
	_cleanup_kube_pod_ struct kube_pod *pod = maker_new(fields);

	CHECK(pod->is_cut);
	CHECK(pod->label_count <= KUBE_POD_LABELS_MAX && pod->container_count <= KUBE_POD_CONTAINERS_MAX);
	CHECK_TEXT(pod, pod->namespace, "default");
	CHECK_DIGEST_TEXT(pod, &pod->containers[0].id, "containerd://" MAKER_INIT_ID64);
	if (!test_is_ok)
		printf("  too much of %s\n", what);
}

static void check_labels_cut(const struct kube_pod_fields *fields, bool are_cut)
{
	_cleanup_kube_pod_ struct kube_pod *pod = maker_new(fields);

	CHECK_EQ(pod->are_labels_cut, are_cut);
	CHECK_EQ(pod->label_count == fields->label_count, !are_cut);
}

static void test_bounds(void)
{
	static struct kube_label_fields labels[KUBE_POD_LABELS_MAX + 1];
	static struct kube_container_fields containers[KUBE_POD_CONTAINERS_MAX + 1];
	struct kube_pod_fields fields = maker_fields();

	/* different at every place, so that no text is part of another */
	for (size_t i = 0; i < sizeof(many); i++)
		many[i] = (char)('a' + i * i % 23 + i / 997 % 3);
	fields.name = (struct bytes){many, KUBE_NAME_MAX + 1};
	check_cut(&fields, "name");

	fields = maker_fields();
	fields.labels = labels;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		labels[i] = (struct kube_label_fields){{many + i, 3}, {many, 1}};
	fields.label_count = ARRAY_SIZE(labels);
	check_cut(&fields, "labels");
	check_labels_cut(&fields, true);
	fields.label_count = 1;
	labels[0].key.length = KUBE_LABEL_KEY_MAX + 1;
	check_cut(&fields, "a label's key");
	labels[0].key.length = 1;
	labels[0].value.length = KUBE_LABEL_VALUE_MAX + 1;
	check_cut(&fields, "a label's value");
	for (size_t i = 0; i < KUBE_POD_LABELS_MAX; i++)
		labels[i] = (struct kube_label_fields){{many + i, 200}, {many, 1}};
	fields.label_count = KUBE_POD_LABELS_MAX;
	check_cut(&fields, "labels' bytes");

	fields = maker_fields();
	for (size_t i = 0; i < ARRAY_SIZE(containers); i++)
		containers[i] = maker_containers[0];
	fields.containers = containers;
	fields.container_count = ARRAY_SIZE(containers);
	check_cut(&fields, "containers");
	check_labels_cut(&fields, false);
	/* more text than there is room for */
	for (size_t i = 0; i < KUBE_POD_CONTAINERS_MAX; i++) {
		containers[i].image = (struct bytes){many + 700 * i, KUBE_IMAGE_MAX};
		containers[i].name = (struct bytes){many + 700 * i + 100, KUBE_NAME_MAX};
	}
	fields.container_count = KUBE_POD_CONTAINERS_MAX;
	check_cut(&fields, "text");
	check_labels_cut(&fields, false);
}

static void test_equality(void)
{
	struct kube_pod_fields fields = maker_fields();
	struct kube_container_fields containers[2] = {maker_containers[0], maker_containers[1]};
	_cleanup_kube_pod_ struct kube_pod *pod = maker_new(&fields), *same = maker_new(&fields), *other = NULL;

	CHECK(kube_pod_is_equal(pod, same));
	fields.containers = containers;
	containers[1].started_wall_ns++;
	other = maker_new(&fields);
	CHECK(!kube_pod_is_equal(pod, other));
	kube_pod_unref(other);
	fields = maker_fields();
	fields.label_count--;
	other = maker_new(&fields);
	CHECK(!kube_pod_is_equal(pod, other));
	kube_pod_unref(other);
	fields = maker_fields();
	fields.name = maker_bytes("xwing-7d9c5b8f6d-x2k4q");
	other = maker_new(&fields);
	CHECK(!kube_pod_is_equal(pod, other));
}

static void test_references(void)
{
	struct kube_pod_fields fields = maker_fields();
	struct kube_pod *pod = maker_new(&fields);

	CHECK(kube_pod_ref(pod) == pod);
	CHECK(kube_pod_unref(pod) == NULL);
	CHECK_TEXT(pod, pod->name, "xwing-7d9c5b8f6d-x2k4p");
	kube_pod_unref(pod);
	CHECK(kube_pod_unref(NULL) == NULL);
}

static void test_probes(void)
{
	static const struct {
		const char *binary, *arguments;
		bool is_probe;
	} cases[] = {
		{"/usr/bin/cat", " \"/tmp/is healthy\"", true}, /* the liveness probe, found in $PATH */
		{"/usr/local/bin/cat", "/usr/local/bin/cat \"/tmp/is healthy\"", true}, /* a script found there */
		{"/probe.sh", "-q", true},
		{"/probe.sh", "/probe.sh -q", true}, /* the kernel's way with scripts */
		{"/bin/cat", "/tmp/is healthy", false},
		{"/bin/cat", "", false},
		{"/bin/dog", " \"/tmp/is healthy\"", false},
		{"/other/probe.sh", "-q", false},
		{"/probe.sh", "", false},
		{"/probe.sh", "/probe.sh-q", false},
		{"", "", false},
	};
	struct kube_pod_fields fields = maker_fields();
	_cleanup_kube_pod_ struct kube_pod *pod = maker_new(&fields);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool is_probe = kube_container_may_be_probe(pod, &pod->containers[1], maker_bytes(cases[i].binary),
							    maker_bytes(cases[i].arguments));

		CHECK_EQ(is_probe, cases[i].is_probe);
		CHECK(!kube_container_may_be_probe(pod, &pod->containers[0], maker_bytes(cases[i].binary),
						   maker_bytes(cases[i].arguments)));
		if (!test_is_ok) {
			printf("  %s %s\n", cases[i].binary, cases[i].arguments);
			break;
		}
	}
}

int main(void)
{
	RUN(test_fields);
	RUN(test_digest_texts);
	RUN(test_uids);
	RUN(test_labels_are_sorted);
	RUN(test_bounds);
	RUN(test_equality);
	RUN(test_references);
	RUN(test_probes);
	return test_end();
}
