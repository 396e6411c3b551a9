// SPDX-License-Identifier: Apache-2.0
#include "core/event/event_series.h"

#include <stdlib.h>

#include "base/util.h"
#include "core/event/record.h"
#include "core/kube/pod_table.h"
#include "core/policy/hook_info.h"
#include "pod_maker.h"

#define ALL (EVENT_SERIES_OF_POD | EVENT_SERIES_BINARY)
#define OTHER_UID "7d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e5f"
#define SECOND_NS 1000000000ull
#define TEXT(literal) ((char *)(literal)) /* the struct would own it, and nobody frees it here */

static struct event_series *series;
static struct pod_table *pods;
static char shown[1 << 20]; /* a line for each sample */

static void begin(unsigned int labels)
{
	series = event_series_new(labels);
	pods = pod_table_new();
}

static void end(void)
{
	series = event_series_free(series);
	pods = pod_table_free(pods);
}

static void put_pod(const char *uid, const char *name)
{
	struct kube_pod_fields fields = maker_fields();

	fields.uid = maker_bytes(uid);
	fields.name = maker_bytes(name);
	CHECK_EQ(pod_table_put(pods, maker_new(&fields)), 1);
}

static void delete_pod(const char *uid)
{
	const struct pod_uid id = maker_uid(uid);

	pod_table_delete(pods, &id);
}

static void count_hook(const char *uid, const char *binary, enum event_type type, const struct hook_info *hook,
		       const struct record *record)
{
	struct image image = {.binary = maker_bytes(binary)};
	struct process process = {.image = &image};
	const struct event event = {.type = type, .process = &process, .hook = hook, .record = record};

	if (uid)
		process.pod_uid = maker_uid(uid);
	event_series_count(series, &event);
}

static void count(const char *uid, const char *binary)
{
	count_hook(uid, binary, EVENT_PROCESS_EXEC, NULL, NULL);
}

static void renew(uint64_t now_s)
{
	event_series_renew(series, pods, (1000 + now_s) * SECOND_NS);
}

static void show(void *context, const struct event_series_sample *sample)
{
	const struct bytes texts[] = {
		sample->policy,    sample->hook,     sample->event, sample->syscall,
		sample->namespace, sample->workload, sample->pod,   sample->binary,
	};
	size_t length = strlen(shown);

	(void)context;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		if (texts[i].length)
			length += (size_t)snprintf(shown + length, sizeof(shown) - length, "%.*s ",
						   (int)texts[i].length, texts[i].data);
	snprintf(shown + length, sizeof(shown) - length, "%llu\n", (unsigned long long)sample->count);
}

static const char *show_all(enum event_series_family family)
{
	shown[0] = '\0';
	CHECK_EQ(event_series_visit(series, family, show, NULL), 0);
	return shown;
}

#define CHECK_EVENTS(wanted) CHECK_STR(show_all(EVENT_SERIES_EVENTS), wanted)

static void test_binaries(void)
{
	begin(ALL);
	count(NULL, "/bin/b");
	count(NULL, "/bin/a");
	count(NULL, "/bin/b");
	CHECK_EVENTS("/bin/a 1\n/bin/b 2\n");
	CHECK_STR(show_all(EVENT_SERIES_POLICY_EVENTS), "");
	CHECK_STR(show_all(EVENT_SERIES_SYSCALLS), "");
	end();
}

static void test_types(void)
{
	begin(ALL);
	count(NULL, "/bin/a");
	count_hook(NULL, "/bin/a", EVENT_PROCESS_EXIT, NULL, NULL);
	CHECK_EVENTS("/bin/a 1\n/bin/a 1\n");
	end();
}

static void test_long_binary(void)
{
	char one[400], other[400], wanted[300];

	memset(one, 'x', sizeof(one));
	memset(other, 'x', sizeof(other));
	one[399] = other[350] = '\0';
	snprintf(wanted, sizeof(wanted), "%.255s 2\n", one);
	begin(ALL);
	count(NULL, one);
	count(NULL, other);
	CHECK_EVENTS(wanted);
	end();
}

static void test_pod(void)
{
	begin(ALL);
	put_pod(MAKER_UID, "xwing-1");
	count(MAKER_UID, "/bin/a");
	CHECK_EVENTS(""); /* what it is called is not known yet */
	renew(0);
	count(MAKER_UID, "/bin/a");
	count(NULL, "/bin/a");
	CHECK_EVENTS("/bin/a 1\ndefault xwing xwing-1 /bin/a 2\n");
	end();
}

static void test_labels(void)
{
	static const struct {
		unsigned int labels;
		const char *wanted;
	} rows[] = {
		{0, "4\n"},
		{EVENT_SERIES_BINARY, "/bin/a 3\n/bin/b 1\n"},
		{EVENT_SERIES_NAMESPACE, "1\ndefault 3\n"},
		{EVENT_SERIES_WORKLOAD, "1\nxwing 3\n"},
		{EVENT_SERIES_POD, "1\nxwing-1 2\nxwing-2 1\n"},
		{EVENT_SERIES_NAMESPACE | EVENT_SERIES_BINARY, "/bin/a 1\ndefault /bin/a 2\ndefault /bin/b 1\n"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		begin(rows[i].labels);
		put_pod(MAKER_UID, "xwing-1");
		put_pod(OTHER_UID, "xwing-2");
		count(NULL, "/bin/a");
		count(MAKER_UID, "/bin/a");
		count(MAKER_UID, "/bin/b");
		count(OTHER_UID, "/bin/a");
		renew(0);
		CHECK_EVENTS(rows[i].wanted);
		end();
	}
}

static void test_deleted_pod(void)
{
	begin(ALL);
	put_pod(MAKER_UID, "xwing-1");
	count(MAKER_UID, "/bin/a");
	renew(0);
	delete_pod(MAKER_UID);
	renew(10);
	renew(69);
	CHECK_EVENTS("default xwing xwing-1 /bin/a 1\n");
	renew(70);
	CHECK_EVENTS("");
	end();
}

/* A counter that others add to must not become smaller. */
static void test_deleted_pod_of_many(void)
{
	begin(EVENT_SERIES_WORKLOAD | EVENT_SERIES_BINARY);
	put_pod(MAKER_UID, "xwing-1");
	put_pod(OTHER_UID, "xwing-2");
	count(MAKER_UID, "/bin/a");
	count(OTHER_UID, "/bin/a");
	count(MAKER_UID, "/bin/b");
	renew(0);
	delete_pod(MAKER_UID);
	renew(10);
	renew(70);
	CHECK_EVENTS("xwing /bin/a 2\nxwing /bin/b 1\n");
	delete_pod(OTHER_UID);
	renew(80);
	renew(140);
	CHECK_EVENTS("");
	end();
}

/* Its events count as nobody's after a while. */
static void test_unknown_pod(void)
{
	begin(ALL);
	count(MAKER_UID, "/bin/a");
	count(NULL, "/bin/a");
	renew(0);
	renew(59);
	CHECK_EVENTS("/bin/a 1\n");
	renew(60);
	CHECK_EVENTS("/bin/a 2\n");
	end();
}

static void test_pod_known_late(void)
{
	begin(ALL);
	count(MAKER_UID, "/bin/a");
	renew(0);
	put_pod(MAKER_UID, "xwing-1");
	renew(30);
	renew(90);
	CHECK_EVENTS("default xwing xwing-1 /bin/a 1\n");
	end();
}

/* Some of them go with each renewal, so that none takes long. */
static void test_many_deleted_pods(void)
{
	char uid[64], name[32];

	begin(ALL);
	for (unsigned int i = 0; i < 20; i++) {
		snprintf(uid, sizeof(uid), "6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e%02x", i);
		snprintf(name, sizeof(name), "pod-%u", i);
		put_pod(uid, name);
		count(uid, "/bin/a");
	}
	renew(0);
	for (unsigned int i = 0; i < 20; i++) {
		snprintf(uid, sizeof(uid), "6d2a4f3e-1b2c-4d5e-8f90-0a1b2c3d4e%02x", i);
		delete_pod(uid);
	}
	renew(10);
	renew(70);
	show_all(EVENT_SERIES_EVENTS);
	CHECK(strstr(shown, "pod-"));
	renew(71);
	CHECK_EVENTS("");
	end();
}

static void test_many_binaries(void)
{
	char name[32];
	size_t limit = EVENT_SERIES_MAX * 3 / 4;

	begin(ALL);
	put_pod(MAKER_UID, "xwing-1");
	for (size_t i = 0; i < limit + 5; i++) {
		snprintf(name, sizeof(name), "/tmp/%zu", i);
		count(NULL, name);
	}
	count(MAKER_UID, "/bin/a");
	renew(0);
	CHECK_EQ(event_series_overflow(series, EVENT_SERIES_EVENTS), 6);
	CHECK_EQ(event_series_overflow(series, EVENT_SERIES_SYSCALLS), 0);
	show_all(EVENT_SERIES_EVENTS);
	CHECK(strncmp(shown, "5\n/tmp/0 1\n", 11) == 0); /* the sum stays right */
	CHECK(strstr(shown, "\ndefault xwing xwing-1 1\n"));
	end();
}

static void test_policy_events(void)
{
	const struct hook_info kprobe = {.policy_name = TEXT("p"), .function_name = TEXT("tcp_close")};
	const struct hook_info tracepoint = {
		.policy_name = TEXT("p"), .subsystem = TEXT("syscalls"), .event = TEXT("sys_enter_chroot")};

	begin(ALL);
	count_hook(NULL, "/bin/a", EVENT_PROCESS_KPROBE, &kprobe, NULL);
	count_hook(NULL, "/bin/a", EVENT_PROCESS_TRACEPOINT, &tracepoint, NULL);
	count_hook(NULL, "/bin/a", EVENT_PROCESS_TRACEPOINT, &tracepoint, NULL);
	CHECK_EVENTS("/bin/a 1\n/bin/a 2\n");
	CHECK_STR(show_all(EVENT_SERIES_POLICY_EVENTS), "p syscalls sys_enter_chroot /bin/a 2\np tcp_close /bin/a 1\n");
	CHECK_STR(show_all(EVENT_SERIES_SYSCALLS), "chroot /bin/a 2\n");
	end();
}

static void test_raw_syscalls(void)
{
	const struct hook_info hook = {
		.policy_name = TEXT("p"),
		.subsystem = TEXT("raw_syscalls"),
		.event = TEXT("sys_enter"),
		.arg_count = 1,
		.args = {{.type = ARG_SYSCALL64}},
	};
	struct record record = {.values = {.count = 1, .values = {{.kind = WIRE_VALUE_NUMBER}}}};

	begin(ALL);
	record.values.values[0].number = 20; /* writev or getpid, epoll_create1 */
	count_hook(NULL, "/bin/a", EVENT_PROCESS_TRACEPOINT, &hook, &record);
	record.values.values[0].number = 4000;
	count_hook(NULL, "/bin/a", EVENT_PROCESS_TRACEPOINT, &hook, &record);
#ifdef __x86_64__
	record.values.values[0].number = 20 | WIRE_SYSCALL_COMPAT;
	count_hook(NULL, "/bin/a", EVENT_PROCESS_TRACEPOINT, &hook, &record);
	CHECK_STR(show_all(EVENT_SERIES_SYSCALLS), "getpid /bin/a 1\nunknown /bin/a 1\nwritev /bin/a 1\n");
#else
	CHECK_STR(show_all(EVENT_SERIES_SYSCALLS), "epoll_create1 /bin/a 1\nunknown /bin/a 1\n");
#endif
	end();
}

int main(void)
{
	RUN(test_binaries);
	RUN(test_types);
	RUN(test_long_binary);
	RUN(test_pod);
	RUN(test_labels);
	RUN(test_deleted_pod);
	RUN(test_deleted_pod_of_many);
	RUN(test_unknown_pod);
	RUN(test_pod_known_late);
	RUN(test_many_deleted_pods);
	RUN(test_many_binaries);
	RUN(test_policy_events);
	RUN(test_raw_syscalls);
	return test_end();
}
