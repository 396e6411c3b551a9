// SPDX-License-Identifier: Apache-2.0
#include "core/kube/pod_table.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>

#include "base/util.h"
#include "pod_maker.h"
#include "test.h"

static struct pod_table *table;

/* Pod `number`, with a container id made of the same number if it has one. */
static struct kube_pod *numbered(uint64_t number, bool has_container)
{
	static char uid[64], id[128], name[64];
	static struct kube_container_fields container;
	struct kube_pod_fields fields = {.uid = {uid, 36}, .namespace = maker_bytes("default")};

	snprintf(uid, sizeof(uid), "%08" PRIx64 "-0000-4000-8000-%012" PRIx64, number, number);
	snprintf(name, sizeof(name), "pod-%" PRIu64, number);
	snprintf(id, sizeof(id), "containerd://%064" PRIx64, number * 0x9e3779b97f4a7c15u);
	/* the digits that tell are at the beginning */
	memmove(id + 13, id + 13 + 48, 16);
	container = (struct kube_container_fields){.id = maker_bytes(id), .name = maker_bytes("c")};
	fields.name = maker_bytes(name);
	fields.containers = &container;
	fields.container_count = has_container;
	return maker_new(&fields);
}

static struct pod_uid numbered_uid(uint64_t number)
{
	struct kube_pod *pod = numbered(number, false);
	struct pod_uid uid = pod->uid;

	kube_pod_unref(pod);
	return uid;
}

static bool has(uint64_t number)
{
	const struct kube_container *container;
	struct pod_uid uid = numbered_uid(number);
	_cleanup_kube_pod_ struct kube_pod *pod = pod_table_find(table, &uid, "", &container);

	return pod != NULL;
}

static struct pod_table_stats stats_of(void)
{
	struct pod_table_stats stats;

	pod_table_read_stats(table, &stats);
	return stats;
}

static void begin(void)
{
	table = pod_table_new();
	if (!table)
		abort();
}

static void end(void)
{
	table = pod_table_free(table);
}

static void test_find(void)
{
	static const struct {
		const char *uid, *docker; /* uid "": the path has none */
		bool is_found;
		int container; /* index; -1: none */
	} cases[] = {
		{MAKER_UID, MAKER_ID, true, 1},
		{MAKER_UID, MAKER_INIT_ID, true, 0},
		{"", MAKER_ID, true, 1},
		{"11111111-1b2c-4d5e-8f90-0a1b2c3d4e5f", MAKER_ID, true, 1},
		{MAKER_UID, "551e161c47d8ff0eb665438a7bcd5b5", true, -1}, /* the last digit */
		{MAKER_UID, "551e161c47d8ff0eb665438a7bcd5b", true, -1},
		{MAKER_UID, "", true, -1},
		{MAKER_UID, "not hexadecimal at all, oh no!!", true, -1},
		{"", "551e161c47d8ff0eb665438a7bcd5b5", false, -1},
		{"", "", false, -1},
		{"11111111-1b2c-4d5e-8f90-0a1b2c3d4e5f", "", false, -1},
	};
	struct kube_pod_fields fields = maker_fields();

	begin();
	CHECK_EQ(pod_table_put(table, maker_new(&fields)), 1);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pod_uid uid = cases[i].uid[0] ? maker_uid(cases[i].uid) : (struct pod_uid){0};
		const struct kube_container *container;
		_cleanup_kube_pod_ struct kube_pod *pod = pod_table_find(table, &uid, cases[i].docker, &container);

		CHECK_EQ(pod != NULL, cases[i].is_found);
		CHECK_EQ(container ? container - pod->containers : -1, cases[i].container);
		if (!test_is_ok) {
			printf("  case %zu\n", i);
			break;
		}
	}
	end();
}

/* A mirror pod is found by the UID of its static pod, but nobody passes for a pod by an annotation. */
static void test_static_pod(void)
{
	struct pod_uid uid = maker_uid("9b1dcf4f2c6d3e8a7b5c0d1e2f3a4b5c");
	struct kube_pod_fields mirror = {.uid = maker_bytes(MAKER_UID),
					 .static_uid = maker_bytes("9b1dcf4f2c6d3e8a7b5c0d1e2f3a4b5c"),
					 .name = maker_bytes("mirror")};
	struct kube_pod_fields owner = {.uid = maker_bytes("9b1dcf4f-2c6d-3e8a-7b5c-0d1e2f3a4b5c"),
					.name = maker_bytes("real")};
	const struct kube_container *container;
	struct kube_pod *pod;

	begin();
	pod_table_put(table, maker_new(&mirror));
	pod = pod_table_find(table, &uid, MAKER_ID, &container);
	CHECK(pod && pod->name.length == strlen("mirror"));
	kube_pod_unref(pod);
	pod_table_put(table, maker_new(&owner));
	pod = pod_table_find(table, &uid, MAKER_ID, &container);
	CHECK(pod && pod->name.length == strlen("real"));
	kube_pod_unref(pod);
	end();
}

static void check_found(const char *static_uid, const char *docker, const char *name)
{
	struct pod_uid uid = maker_uid(static_uid);
	const struct kube_container *container;
	_cleanup_kube_pod_ struct kube_pod *pod = pod_table_find(table, &uid, docker, &container);
	struct bytes found = pod ? kube_pod_text(pod, pod->name) : (struct bytes){0};

	CHECK(found.length == strlen(name) && memcmp(found.data, name, found.length) == 0);
}

static void note_mirror(void *context, const struct kube_pod *pod)
{
	CHECK(pod->name.length == strlen("etcd"));
	++*(int *)context;
}

/* Who may create pods may write a mirror pod's annotations: the static pod's events are not his for that. */
static void test_false_mirror(void)
{
	static const char hash[] = "9b1dcf4f2c6d3e8a7b5c0d1e2f3a4b5c", own[] = "11111111-1b2c-4d5e-8f90-0a1b2c3d4e5f";
	struct kube_pod_fields known = maker_fields(), fresh = {.uid = maker_bytes(MAKER_UID)};
	struct kube_pod_fields evil = {.uid = maker_bytes(own), .static_uid = maker_bytes(hash)};
	struct pod_uid static_uid = maker_uid(hash), evil_uid = maker_uid(own);
	int told = 0;

	known.name = fresh.name = maker_bytes("etcd");
	known.static_uid = fresh.static_uid = maker_bytes(hash);
	evil.name = maker_bytes("evil");
	for (int comes_first = 0; comes_first < 2; comes_first++) {
		begin();
		pod_table_put(table, maker_new(comes_first ? &evil : &fresh));
		pod_table_put(table, maker_new(comes_first ? &fresh : &evil));
		check_found(hash, MAKER_ID, comes_first ? "evil" : "etcd"); /* nobody can tell them apart yet */
		pod_table_put(table, maker_new(&known));
		check_found(hash, MAKER_ID, "etcd");
		pod_table_watch(table, note_mirror, &told);
		pod_table_delete(table, &evil_uid);
		CHECK_EQ(told, comes_first + 1);
		check_found(hash, MAKER_ID, "etcd");
		check_found(hash, "", "etcd");
		CHECK(pod_table_has(table, &static_uid));
		end();
	}
}

static void test_changes(void)
{
	struct kube_pod_fields fields = maker_fields();
	const struct kube_container *container;
	struct pod_uid uid = maker_uid(MAKER_UID);
	struct kube_pod *old, *new;
	uint64_t version;

	begin();
	fields.container_count = 0;
	CHECK_EQ(pod_table_put(table, maker_new(&fields)), 1);
	version = pod_table_version(table);
	CHECK_EQ(pod_table_put(table, maker_new(&fields)), 0);
	CHECK_EQ(pod_table_version(table), version);
	old = pod_table_find(table, &uid, MAKER_ID, &container);
	CHECK(old && !container);
	fields = maker_fields();
	CHECK_EQ(pod_table_put(table, maker_new(&fields)), 1);
	CHECK_EQ(pod_table_version(table), version + 1);
	CHECK_EQ(stats_of().pods, 1);
	new = pod_table_find(table, &uid, MAKER_ID, &container);
	CHECK(new &&new != old &&container);
	CHECK_EQ(old->container_count, 0); /* still there, and as it was */
	kube_pod_unref(old);
	kube_pod_unref(new);
	/* the container went: it is not found any more */
	fields.container_count = 1;
	CHECK_EQ(pod_table_put(table, maker_new(&fields)), 1);
	CHECK(pod_table_find(table, &(struct pod_uid){0}, MAKER_ID, &container) == NULL);
	end();
}

static void test_deleted_pods_stay(void)
{
	struct pod_uid uid = numbered_uid(1);
	uint64_t version;

	begin();
	pod_table_put(table, numbered(1, true));
	pod_table_put(table, numbered(2, true));
	version = pod_table_version(table);
	pod_table_delete(table, &uid);
	CHECK_EQ(pod_table_version(table), version + 1);
	pod_table_delete(table, &uid);
	CHECK_EQ(pod_table_version(table), version + 1);
	CHECK(has(1) && has(2));
	CHECK(stats_of().pods == 1 && stats_of().deleted == 1);
	/* it is back, as after a list that lacked it */
	CHECK_EQ(pod_table_put(table, numbered(1, true)), 1);
	CHECK(stats_of().pods == 2 && stats_of().deleted == 0);
	uid = numbered_uid(77);
	pod_table_delete(table, &uid); /* never seen */
	CHECK_EQ(stats_of().pods, 2);
	end();
}

static void test_least_used_deleted_pod_goes(void)
{
	begin();
	for (uint64_t i = 0; i < POD_TABLE_DELETED_MAX; i++) {
		struct pod_uid uid = numbered_uid(i);

		pod_table_put(table, numbered(i, true));
		pod_table_delete(table, &uid);
	}
	CHECK(has(0)); /* used: now 1 is the oldest */
	for (uint64_t i = 5000; i < 5002; i++) {
		struct pod_uid uid = numbered_uid(i);

		pod_table_put(table, numbered(i, true));
		pod_table_delete(table, &uid);
	}
	CHECK(has(0) && !has(1) && !has(2) && has(3) && has(5001));
	CHECK_EQ(stats_of().deleted, POD_TABLE_DELETED_MAX);
	CHECK_EQ(stats_of().evicted, 2);
	end();
}

static void test_bounded(void)
{
	size_t bytes;

	begin();
	bytes = stats_of().bytes;
	for (uint64_t i = 0; i < POD_TABLE_MAX; i++)
		if (pod_table_put(table, numbered(i, false)) != 1)
			CHECK(false);
	CHECK_EQ(pod_table_put(table, numbered(POD_TABLE_MAX, false)), -ENOSPC);
	CHECK_EQ(stats_of().refused, 1);
	CHECK_EQ(pod_table_put(table, numbered(5, true)), 1); /* one that is there may change */
	CHECK_EQ(stats_of().pods, POD_TABLE_MAX);
	CHECK(!has(POD_TABLE_MAX));
	/* everything away and evicted: no byte is counted any more */
	for (uint64_t i = 0; i < POD_TABLE_MAX; i++) {
		struct pod_uid uid = numbered_uid(i);

		pod_table_delete(table, &uid);
	}
	CHECK_EQ(stats_of().pods, 0);
	CHECK_EQ(stats_of().deleted, POD_TABLE_DELETED_MAX);
	CHECK(stats_of().bytes > bytes);
	end();
}

/* Pods as large as they get: bytes are bounded, and deleted pods go before one is refused. */
static void test_bounded_bytes(void)
{
	static struct kube_container_fields containers[KUBE_POD_CONTAINERS_MAX];
	static char text[70000], uid[64];
	struct kube_pod_fields fields = {
		.uid = {uid, 36}, .containers = containers, .container_count = KUBE_POD_CONTAINERS_MAX};
	struct pod_uid first;
	int r = 1;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i * i % 23 + i / 997 % 3);
	for (size_t i = 0; i < ARRAY_SIZE(containers); i++)
		containers[i] = (struct kube_container_fields){.image = {text + 500 * i, KUBE_IMAGE_MAX}};
	begin();
	for (unsigned int i = 1; r == 1 && i < 4000; i++) {
		snprintf(uid, sizeof(uid), "%08x-0000-4000-8000-000000000000", i);
		r = pod_table_put(table, maker_new(&fields));
		if (i == 1) {
			first = maker_uid(uid);
			pod_table_delete(table, &first);
		}
	}
	CHECK_EQ(r, -ENOSPC);
	CHECK_EQ(stats_of().evicted, 1);
	CHECK(stats_of().pods > 100);
	CHECK(stats_of().bytes <= POD_TABLE_BYTES_MAX);
	end();
}

static void test_sweep(void)
{
	begin();
	for (uint64_t i = 1; i <= 3; i++)
		pod_table_put(table, numbered(i, true));
	/* a list that fails half-way sweeps nothing */
	pod_table_begin_list(table);
	pod_table_put(table, numbered(1, true));
	CHECK_EQ(stats_of().pods, 3);
	/* what it told does not count in the next one */
	pod_table_begin_list(table);
	pod_table_put(table, numbered(2, true));
	pod_table_put(table, numbered(4, false));
	pod_table_end_list(table);
	CHECK_EQ(stats_of().pods, 2);
	CHECK_EQ(stats_of().deleted, 2);
	/* what the watch adds between lists stays until the next one */
	pod_table_put(table, numbered(5, true));
	CHECK_EQ(stats_of().pods, 3);
	pod_table_begin_list(table);
	pod_table_end_list(table);
	CHECK_EQ(stats_of().pods, 0);
	end();
}

/* A node's pods as they are: half of them with a sidecar of their own image, all with ids of their own. */
static struct kube_pod *realistic(unsigned int i)
{
	static char uid[64], name[64], workload[64], hash[16], ids[2][128], images[2][128], image_ids[2][256];
	unsigned int service = i / 5;
	struct kube_label_fields labels[] = {
		{maker_bytes("app.kubernetes.io/name"), maker_bytes(workload)},
		{maker_bytes("app.kubernetes.io/instance"), maker_bytes(workload)},
		{maker_bytes("app.kubernetes.io/version"), maker_bytes("1.14.2")},
		{maker_bytes("app.kubernetes.io/part-of"), maker_bytes("shop")},
		{maker_bytes("pod-template-hash"), maker_bytes(hash)},
	};
	struct kube_container_fields containers[2] = {0};
	struct kube_pod_fields fields = {.labels = labels,
					 .label_count = ARRAY_SIZE(labels),
					 .containers = containers,
					 .container_count = 2,
					 .namespace = maker_bytes("production")};

	snprintf(uid, sizeof(uid), "%08x-1b2c-4d5e-8f90-%012x", i * 2654435761u, i);
	snprintf(hash, sizeof(hash), "%08x8d", service * 2654435761u);
	snprintf(workload, sizeof(workload), "payment-service-%u", service);
	snprintf(name, sizeof(name), "%s-%s-x%04u", workload, hash, i % 10000);
	for (unsigned int c = 0; c < 2; c++) {
		unsigned int image = c ? service % 2 : service + 2;

		snprintf(ids[c], sizeof(ids[c]), "containerd://%08x%056x", i * 2246822519u + c, i);
		snprintf(images[c], sizeof(images[c]), "registry.example.com/team-%u/payment-service-%u:v1.%u.2",
			 image % 30, image, image);
		snprintf(image_ids[c], sizeof(image_ids[c]),
			 "registry.example.com/team-%u/payment-service-%u@sha256:%08x%056x", image % 30, image,
			 image * 2654435761u, image);
		containers[c] = (struct kube_container_fields){.kind = KUBE_CONTAINER_REGULAR,
							       .id = maker_bytes(ids[c]),
							       .name = maker_bytes(c ? "istio-proxy" : "app"),
							       .image = maker_bytes(images[c]),
							       .image_id = maker_bytes(image_ids[c]),
							       .started_wall_ns = MAKER_STARTED_NS};
	}
	fields.uid = maker_bytes(uid);
	fields.name = maker_bytes(name);
	fields.workload = maker_bytes(workload);
	fields.workload_kind = maker_bytes("Deployment");
	return maker_new(&fields);
}

#define MEMORY_PODS 5000
#define MEMORY_MAX 4000000

static void test_memory_of_5000_pods(void)
{
	begin();
	for (unsigned int i = 1; i <= MEMORY_PODS; i++)
		if (pod_table_put(table, realistic(i)) != 1)
			CHECK(false);
	printf("  %d pods of two containers and five labels: %zu bytes, %zu each\n", MEMORY_PODS, stats_of().bytes,
	       stats_of().bytes / MEMORY_PODS);
	CHECK_EQ(stats_of().pods, MEMORY_PODS);
	CHECK(stats_of().bytes <= MEMORY_MAX);
	end();
}

/* One thread changes pods, another looks them up: sanitizers see what is wrong. */
#define TURNS 20000

static void *change_pods(void *context)
{
	(void)context;
	for (uint64_t i = 0; i < TURNS; i++) {
		struct kube_pod_fields fields = maker_fields();
		struct pod_uid uid = maker_uid(MAKER_UID);

		fields.label_count = i % 4 ? 3 : 2;
		pod_table_put(table, maker_new(&fields));
		if (i % 3 == 0)
			pod_table_delete(table, &uid);
	}
	return NULL;
}

static void test_two_threads(void)
{
	struct pod_uid uid = maker_uid(MAKER_UID);
	pthread_t thread;
	uint64_t version, last = 0;

	begin();
	CHECK_EQ(pthread_create(&thread, NULL, change_pods, NULL), 0);
	for (uint64_t i = 0; i < TURNS; i++) {
		const struct kube_container *container;
		_cleanup_kube_pod_ struct kube_pod *pod = pod_table_find(table, &uid, MAKER_ID, &container);

		version = pod_table_version(table);
		if (version < last || (pod && (!container || pod->label_count < 2)))
			CHECK(false);
		last = version;
	}
	pthread_join(thread, NULL);
	end();
}

static void note_pod(void *context, const struct kube_pod *pod)
{
	CHECK(pod->name.length > 0);
	++*(int *)context;
}

/* Told of what is new or has changed, and of nothing else. */
static void test_watch(void)
{
	struct kube_pod_fields fields = maker_fields();
	struct pod_uid uid = maker_uid(MAKER_UID);
	int count = 0;

	begin();
	pod_table_put(table, maker_new(&fields));
	pod_table_watch(table, note_pod, &count);
	pod_table_put(table, maker_new(&fields));
	CHECK_EQ(count, 0);
	fields.label_count = 1;
	pod_table_put(table, maker_new(&fields));
	CHECK_EQ(count, 1);
	pod_table_delete(table, &uid);
	CHECK_EQ(count, 1);
	pod_table_watch(table, NULL, NULL);
	fields.label_count = 2;
	pod_table_put(table, maker_new(&fields));
	CHECK_EQ(count, 1);
	end();
}

int main(void)
{
	RUN(test_find);
	RUN(test_static_pod);
	RUN(test_false_mirror);
	RUN(test_changes);
	RUN(test_deleted_pods_stay);
	RUN(test_least_used_deleted_pod_goes);
	RUN(test_bounded);
	RUN(test_bounded_bytes);
	RUN(test_sweep);
	RUN(test_memory_of_5000_pods);
	RUN(test_two_threads);
	RUN(test_watch);
	return test_end();
}
