// SPDX-License-Identifier: Apache-2.0
#include "core/kube/scope_table.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"
#include "pod_maker.h"
#include "test.h"

#define POD_PATH "/kubepods/burstable/pod" MAKER_UID
#define OTHER_UID "11111111-2222-3333-4444-555555555555"
#define OTHER_PATH "/kubepods/burstable/pod" OTHER_UID

enum {
	CGROUP_POD = 100, /* of maker_new()'s pod */
	CGROUP_INIT,      /* its container prepare */
	CGROUP_MAIN,      /* its container spaceship */
	CGROUP_INSIDE,    /* in that one */
	CGROUP_NEW,       /* a container that its status does not have */
	CGROUP_OTHER_POD = 200,
	CGROUP_OTHER,
	CGROUPS = 300,
};

#define NEW_ID "00000000000000000000000000000000000000000000000000000000000000ff"

/* What the kernel would have. */
static struct {
	bool is_there;
	unsigned sets;
	struct cgroup_scopes scopes;
} kernel[CGROUPS];
static size_t kernel_max;
static int set_error;
static unsigned overflows;
static struct scope_container runtime; /* what the runtime says of any container */
static bool has_runtime;
static unsigned asked;
static uint64_t now;

static size_t kernel_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < CGROUPS; i++)
		count += kernel[i].is_there;
	return count;
}

static int set(void *context, uint64_t id, const struct cgroup_scopes *scopes)
{
	(void)context;
	CHECK(id < CGROUPS);
	if (set_error)
		return set_error;
	if (!kernel[id].is_there && kernel_count() >= kernel_max)
		return -E2BIG;
	kernel[id].is_there = true;
	kernel[id].sets++;
	kernel[id].scopes = *scopes;
	return 0;
}

static void remove_cgroup(void *context, uint64_t id)
{
	(void)context;
	CHECK(id < CGROUPS);
	CHECK(kernel[id].is_there || overflows); /* what has no room is removed in any case */
	kernel[id].is_there = false;
}

static void overflow(void *context)
{
	(void)context;
	overflows++;
}

static bool identify(void *context, const char *container_id, struct scope_container *ret)
{
	(void)context;
	CHECK_EQ(strlen(container_id), 64);
	asked++;
	if (has_runtime)
		*ret = runtime;
	return has_runtime;
}

static uint64_t get_now(void)
{
	return now;
}

static struct pod_table *pods;
static struct scope_table *table;

static void begin_with(size_t cgroups_max)
{
	const struct kube_pod_fields fields = maker_fields();
	struct scope_table_options options = {
		.now_ns = get_now,
		.cgroups_max = cgroups_max,
		.set = set,
		.remove = remove_cgroup,
		.overflow = overflow,
		.identify = identify,
	};

	kernel_max = CGROUPS;
	set_error = 0;
	overflows = 0;
	memset(kernel, 0, sizeof(kernel));
	has_runtime = false;
	asked = 0;
	now = 1000;
	pods = pod_table_new();
	options.pods = pods;
	CHECK_EQ(scope_table_new(&options, &table), 0);
	CHECK_EQ(pod_table_put(pods, maker_new(&fields)), 1);
}

static void begin(void)
{
	begin_with(SCOPE_CGROUPS_MAX);
}

static void end(void)
{
	table = scope_table_free(table);
	pods = pod_table_free(pods);
}

static void put(uint64_t id, uint64_t parent, const char *path)
{
	scope_table_put_cgroup(table, id, parent, maker_bytes(path), now);
}

static void put_all(void)
{
	put(CGROUP_POD, 1, POD_PATH);
	put(CGROUP_INIT, CGROUP_POD, POD_PATH "/" MAKER_INIT_ID64);
	put(CGROUP_MAIN, CGROUP_POD, POD_PATH "/" MAKER_ID64);
	put(CGROUP_INSIDE, CGROUP_MAIN, POD_PATH "/" MAKER_ID64 "/pod" OTHER_UID "/" NEW_ID);
	put(CGROUP_NEW, CGROUP_POD, POD_PATH "/cri-containerd-" NEW_ID ".scope");
}

static bool holds(int scope, uint64_t id)
{
	CHECK(kernel[id].is_there);
	return kernel[id].scopes.words[scope / 64] >> (scope % 64) & 1;
}

/* Of the pod, prepare, spaceship, what is in it, and the new container: in which does the scope hold? "p-s--". */
static void check_holds(int scope, const char *wanted)
{
	for (int i = 0; i < 5; i++)
		CHECK_EQ(holds(scope, CGROUP_POD + (uint64_t)i), wanted[i] != '-');
}

static struct label_selector selector(const char *key, enum label_operator operator, const char * value)
{
	struct label_selector ret = {.is_given = true};

	if (key)
		CHECK_EQ(label_selector_add(&ret, key, operator, & value, value ? 1 : 0), 0);
	return ret;
}

/* A scope of these selectors, which it copies. */
static int add(const char *namespace, struct label_selector pod, struct label_selector container)
{
	int scope = scope_table_add(table, namespace, &pod, &container);

	label_selector_done(&pod);
	label_selector_done(&container);
	CHECK(scope >= 0);
	return scope;
}

static const struct label_selector none;

static void test_pods(void)
{
	begin();
	put_all();
	check_holds(add(NULL, none, none), "-----"); /* hostSelector alone */
	check_holds(add("default", none, none), "psain");
	check_holds(add("shop", none, none), "-----");
	check_holds(add(NULL, selector(NULL, 0, NULL), none), "psain");
	check_holds(add(NULL, selector("class", LABEL_IN, "xwing"), none), "psain");
	check_holds(add(NULL, selector("class", LABEL_IN, "ywing"), none), "-----");
	check_holds(add(NULL, selector("class", LABEL_NOT_IN, "xwing"), none), "-----");
	check_holds(add(NULL, selector("tier", LABEL_DOES_NOT_EXIST, NULL), none), "psain");
	check_holds(add(NULL, selector("k8s:io.kubernetes.pod.namespace", LABEL_IN, "default"), none), "psain");
	check_holds(add(NULL, selector("k8s:io.kubernetes.pod.namespace", LABEL_IN, "shop"), none), "-----");
	check_holds(add("shop", selector("class", LABEL_IN, "xwing"), none), "-----");
	CHECK_EQ(scope_table_read_stats(table).scopes, 11);
	end();
}

static void test_containers(void)
{
	int name, not_name, repo, all;

	begin();
	put_all();
	CHECK_EQ(asked, 1); /* of the one that the status does not have; what is inside of one is that one */
	all = add(NULL, none, selector(NULL, 0, NULL));
	name = add(NULL, none, selector("name", LABEL_IN, "spaceship"));
	not_name = add(NULL, none, selector("name", LABEL_NOT_IN, "spaceship"));
	repo = add(NULL, none, selector("repo", LABEL_IN, "docker.io/tgraf/netperf"));
	check_holds(all, "psain");
	check_holds(name, "--ai-");
	check_holds(not_name, "-s---"); /* one that is not known is not another one */
	check_holds(repo, "-sai-");
	end();

	begin();
	has_runtime = true;
	runtime = (struct scope_container){.name = "spaceship"};
	put_all();
	name = add(NULL, none, selector("name", LABEL_IN, "spaceship"));
	not_name = add(NULL, none, selector("name", LABEL_NOT_IN, "spaceship"));
	repo = add(NULL, none, selector("repo", LABEL_EXISTS, NULL));
	check_holds(name, "--ain");
	check_holds(not_name, "-s---");
	check_holds(repo, "-sai-"); /* the runtime does not say that */
	end();

	begin();
	has_runtime = true;
	runtime = (struct scope_container){.is_sandbox = true};
	put_all();
	check_holds(add("default", none, none), "psai-");
	end();
}

/* With more labels than are kept nobody knows what a selector would say: then the policy holds, where it may. */
static void test_many_labels(void)
{
	static struct kube_label_fields labels[KUBE_POD_LABELS_MAX + 1];
	static char keys[KUBE_POD_LABELS_MAX][8];
	struct kube_pod_fields fields = maker_fields();
	struct kube_pod *pod;
	int team, no_team, elsewhere;

	for (int i = 0; i < KUBE_POD_LABELS_MAX; i++) {
		snprintf(keys[i], sizeof(keys[i]), "a%03d", i);
		labels[i] = (struct kube_label_fields){maker_bytes(keys[i]), maker_bytes("x")};
	}
	labels[KUBE_POD_LABELS_MAX] = (struct kube_label_fields){maker_bytes("team"), maker_bytes("red")};
	fields.labels = labels + 1;
	fields.label_count = KUBE_POD_LABELS_MAX;
	begin();
	CHECK_EQ(pod_table_put(pods, maker_new(&fields)), 1);
	put_all();
	team = add(NULL, selector("team", LABEL_IN, "red"), none);
	no_team = add(NULL, selector("team", LABEL_DOES_NOT_EXIST, NULL), none);
	elsewhere = add("elsewhere", selector("team", LABEL_IN, "red"), none);
	CHECK(holds(team, CGROUP_POD) && !holds(no_team, CGROUP_POD) && !holds(elsewhere, CGROUP_POD));
	fields.labels = labels;
	fields.label_count++;
	pod = maker_new(&fields);
	kube_pod_ref(pod);
	CHECK_EQ(pod_table_put(pods, pod), 1);
	scope_table_pod_changed(table, pod);
	kube_pod_unref(pod);
	CHECK(holds(team, CGROUP_POD) && holds(no_team, CGROUP_POD) && !holds(elsewhere, CGROUP_POD));
	end();
}

/* A pod's labels, a container's name that comes late, and a pod that is not known at first. */
static void test_changes(void)
{
	static const struct kube_label_fields labels[] = {{{"class", 5}, {"ywing", 5}}};
	struct kube_pod_fields fields = maker_fields();
	struct kube_pod *pod;
	int xwing, shop;

	begin();
	put_all();
	put(CGROUP_OTHER_POD, 2, OTHER_PATH);
	put(CGROUP_OTHER, CGROUP_OTHER_POD, OTHER_PATH "/" NEW_ID);
	xwing = add(NULL, selector("class", LABEL_IN, "xwing"), none);
	shop = add("shop", none, none);
	check_holds(xwing, "psain");
	CHECK(!holds(shop, CGROUP_OTHER)); /* but it is in a pod */
	CHECK_EQ(scope_table_read_stats(table).undecided, 2);

	fields.labels = labels;
	fields.label_count = 1;
	pod = maker_new(&fields);
	kube_pod_ref(pod);
	CHECK_EQ(pod_table_put(pods, pod), 1);
	scope_table_pod_changed(table, pod);
	kube_pod_unref(pod);
	check_holds(xwing, "-----");

	fields.uid = maker_bytes(OTHER_UID);
	fields.namespace = maker_bytes("shop");
	fields.container_count = 0;
	pod = maker_new(&fields);
	kube_pod_ref(pod);
	CHECK_EQ(pod_table_put(pods, pod), 1);
	now += 5000;
	scope_table_pod_changed(table, pod);
	CHECK(holds(shop, CGROUP_OTHER_POD) && holds(shop, CGROUP_OTHER));
	CHECK_EQ(scope_table_read_stats(table).undecided, 0);
	CHECK_EQ(scope_table_read_stats(table).containers, 4); /* and one is inside of one */
	CHECK_EQ(scope_table_read_stats(table).gap_max_ns, 5000);
	/* no news, no call */
	kernel[CGROUP_OTHER].sets = 0;
	scope_table_pod_changed(table, pod);
	CHECK_EQ(kernel[CGROUP_OTHER].sets, 0);
	kube_pod_unref(pod);
	end();
}

static void test_numbers(void)
{
	int first, second, numbers[SCOPES_MAX];
	char name[16];

	begin();
	put_all();
	first = add("default", none, none);
	CHECK_EQ(add("default", none, none), first); /* two policies' */
	second = add("shop", none, none);
	CHECK(second != first);
	CHECK(add(NULL, selector("a", LABEL_EXISTS, NULL), none) != add(NULL, none, selector("a", LABEL_EXISTS, NULL)));
	scope_table_remove(table, first);
	check_holds(first, "psain");
	scope_table_remove(table, first);
	CHECK_EQ(add("void", none, none), first); /* has the number, and not what it stood for */
	check_holds(first, "-----");
	end();

	begin();
	for (int i = 0; i < SCOPES_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		numbers[i] = add(name, none, none);
	}
	CHECK_EQ(scope_table_add(table, "one-more", &none, &none), -ENOSPC);
	put(CGROUP_MAIN, 1, POD_PATH "/" MAKER_ID64);
	scope_table_remove(table, numbers[77]);
	CHECK_EQ(add("default", none, none), numbers[77]);
	CHECK(holds(numbers[77], CGROUP_MAIN));
	CHECK(!holds(numbers[78], CGROUP_MAIN));
	end();
}

static void test_cgroups(void)
{
	begin();
	put(1, 0, "/system.slice");
	put(2, 1, "/system.slice/docker-" MAKER_ID64 ".scope");
	CHECK(!kernel[1].is_there && !kernel[2].is_there); /* the host's */
	put_all();
	put_all();
	CHECK_EQ(scope_table_read_stats(table).cgroups, 5);
	CHECK_EQ(kernel[CGROUP_MAIN].sets, 1);
	scope_table_delete_cgroup(table, CGROUP_INSIDE);
	scope_table_delete_cgroup(table, CGROUP_INSIDE);
	scope_table_delete_cgroup(table, 12345);
	CHECK(!kernel[CGROUP_INSIDE].is_there);
	CHECK_EQ(scope_table_read_stats(table).cgroups, 4);
	/* what a scan does not find is gone, unless it could not look everywhere: then it is wanted again */
	scope_table_begin_scan(table);
	scope_table_end_scan(table, false);
	CHECK_EQ(scope_table_read_stats(table).cgroups, 4);
	CHECK(scope_table_wants_scan(table));
	scope_table_begin_scan(table);
	put(CGROUP_POD, 1, POD_PATH);
	put(CGROUP_MAIN, CGROUP_POD, POD_PATH "/" MAKER_ID64);
	scope_table_end_scan(table, true);
	CHECK(kernel[CGROUP_POD].is_there && kernel[CGROUP_MAIN].is_there);
	CHECK(!kernel[CGROUP_INIT].is_there && !kernel[CGROUP_NEW].is_there);
	CHECK_EQ(scope_table_read_stats(table).cgroups, 2);
	CHECK(!scope_table_wants_scan(table));
	end();
}

/* Cgroups that a container makes take no place from pods and containers, and go by what they are in. */
static void test_room(void)
{
	int scope;

	begin_with(5);
	put_all();
	CHECK_EQ(overflows, 0);
	scope = add("default", none, none);
	put(CGROUP_INSIDE + 100, CGROUP_MAIN, POD_PATH "/" MAKER_ID64 "/more");
	CHECK(!kernel[CGROUP_INSIDE + 100].is_there && kernel[CGROUP_INSIDE].is_there);
	CHECK_EQ(overflows, 1);
	put(CGROUP_OTHER_POD, 1, OTHER_PATH);
	CHECK(kernel[CGROUP_OTHER_POD].is_there && !kernel[CGROUP_INSIDE].is_there);
	CHECK(holds(scope, CGROUP_MAIN));
	CHECK_EQ(scope_table_read_stats(table).covered, 2);
	CHECK_EQ(scope_table_read_stats(table).refused, 0);
	CHECK(!scope_table_wants_scan(table));
	/* looks like the container of its own container, which has no place */
	put(CGROUP_INSIDE + 101, CGROUP_INSIDE, POD_PATH "/" MAKER_ID64 "/a/" MAKER_ID64);
	CHECK(!kernel[CGROUP_INSIDE + 101].is_there);
	CHECK_EQ(scope_table_read_stats(table).covered, 3);
	/* no room at all */
	put(CGROUP_OTHER, CGROUP_OTHER_POD, OTHER_PATH "/" NEW_ID);
	CHECK(!kernel[CGROUP_OTHER].is_there);
	CHECK_EQ(scope_table_read_stats(table).refused, 1);
	CHECK_EQ(scope_table_read_stats(table).missing, 1);
	CHECK_EQ(scope_table_read_stats(table).cgroups, 5);
	CHECK_EQ(overflows, 1);
	end();
}

/* A scan counts anew what is missing, and finds room for it that others left. */
static void test_room_again(void)
{
	begin_with(2);
	put(CGROUP_POD, 1, POD_PATH);
	put(CGROUP_INIT, CGROUP_POD, POD_PATH "/" MAKER_INIT_ID64);
	put(CGROUP_MAIN, CGROUP_POD, POD_PATH "/" MAKER_ID64);
	for (int i = 0; i < 2; i++) {
		CHECK(scope_table_wants_scan(table));
		scope_table_begin_scan(table);
		put(CGROUP_POD, 1, POD_PATH);
		put(CGROUP_INIT, CGROUP_POD, POD_PATH "/" MAKER_INIT_ID64);
		put(CGROUP_MAIN, CGROUP_POD, POD_PATH "/" MAKER_ID64);
		put(CGROUP_OTHER_POD, 1, OTHER_PATH);
		scope_table_end_scan(table, true);
		CHECK_EQ(scope_table_read_stats(table).missing, 2);
		CHECK_EQ(scope_table_read_stats(table).refused, 2);
	}
	scope_table_delete_cgroup(table, CGROUP_INIT);
	scope_table_begin_scan(table);
	put(CGROUP_POD, 1, POD_PATH);
	put(CGROUP_MAIN, CGROUP_POD, POD_PATH "/" MAKER_ID64);
	scope_table_end_scan(table, true);
	CHECK(kernel[CGROUP_MAIN].is_there);
	CHECK_EQ(scope_table_read_stats(table).missing, 0);
	CHECK(!scope_table_wants_scan(table));
	end();
}

/* The kernel has more than the table knows of, or no memory. */
static void test_kernel_has_no_room(void)
{
	int scope;

	begin();
	put(CGROUP_POD, 1, POD_PATH);
	put(CGROUP_MAIN, CGROUP_POD, POD_PATH "/" MAKER_ID64);
	put(CGROUP_INSIDE, CGROUP_MAIN, POD_PATH "/" MAKER_ID64 "/inside");
	kernel_max = 3;
	put(CGROUP_INIT, CGROUP_POD, POD_PATH "/" MAKER_INIT_ID64);
	CHECK(kernel[CGROUP_INIT].is_there && !kernel[CGROUP_INSIDE].is_there);
	put(CGROUP_NEW, CGROUP_POD, POD_PATH "/" NEW_ID);
	CHECK(!kernel[CGROUP_NEW].is_there);
	CHECK_EQ(scope_table_read_stats(table).cgroups, 3);
	CHECK_EQ(scope_table_read_stats(table).missing, 1);
	CHECK_EQ(scope_table_read_stats(table).failed, 0);
	end();

	begin(); /* a change that the kernel does not take is made later */
	put(CGROUP_POD, 1, POD_PATH);
	set_error = -ENOMEM;
	scope = add("default", none, none);
	CHECK(!holds(scope, CGROUP_POD));
	CHECK_EQ(scope_table_read_stats(table).failed, 1);
	CHECK(scope_table_wants_scan(table));
	set_error = 0;
	scope_table_begin_scan(table);
	put(CGROUP_POD, 1, POD_PATH);
	scope_table_end_scan(table, true);
	CHECK(holds(scope, CGROUP_POD));
	CHECK(!scope_table_wants_scan(table));
	end();
}

/* Over the tables that there have been: what was counted is summed up. */
static void test_stats(void)
{
	struct scope_stats sum = {
		.table = {.cgroups = 1,
			  .missing = 1,
			  .refused = 1,
			  .covered = 2,
			  .failed = 3,
			  .containers = 4,
			  .gap_sum_ns = 9,
			  .gap_max_ns = 6,
			  .gap_last_ns = 5},
		.cgroups_max = 10,
		.lost = 7,
	};
	const struct scope_stats more = {
		.table = {.cgroups = 8,
			  .refused = 10,
			  .covered = 10,
			  .failed = 10,
			  .containers = 10,
			  .gap_sum_ns = 10,
			  .gap_max_ns = 5,
			  .gap_last_ns = 4},
		.cgroups_max = 11,
		.lost = 10,
	};
	const struct scope_stats none_now = {0};

	scope_stats_add(&sum, &more);
	scope_stats_add(&sum, &none_now);
	CHECK_EQ(sum.table.cgroups + sum.table.missing + sum.cgroups_max, 0);
	CHECK_EQ(sum.table.refused, 11);
	CHECK_EQ(sum.table.covered, 12);
	CHECK_EQ(sum.table.failed, 13);
	CHECK_EQ(sum.table.containers, 14);
	CHECK_EQ(sum.table.gap_sum_ns, 19);
	CHECK_EQ(sum.table.gap_max_ns, 6);
	CHECK_EQ(sum.table.gap_last_ns, 4);
	CHECK_EQ(sum.lost, 17);
}

int main(void)
{
	RUN(test_pods);
	RUN(test_containers);
	RUN(test_many_labels);
	RUN(test_changes);
	RUN(test_numbers);
	RUN(test_cgroups);
	RUN(test_stats);
	RUN(test_room);
	RUN(test_room_again);
	RUN(test_kernel_has_no_room);
	return test_end();
}
