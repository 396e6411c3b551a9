// SPDX-License-Identifier: Apache-2.0
#include "core/encode/object_cache.h"

#include "core/process/cache.h"
#include "pod_maker.h"
#include "test.h"

#define PID 52699

static struct object_cache *cache;
static struct event_json_options options = {.node_name = "node", .with_credentials = true};
static char fresh_text[EVENT_JSON_LINE_MAX], text[EVENT_JSON_LINE_MAX];

static struct process *new_process(uint32_t pid)
{
	const struct image fields = {.auid = 1000, .binary_flags = BINARY_SETUID};
	struct process *process = process_new();

	process->pid = pid;
	process->ktime_ns = 5;
	process->flags = PROCESS_FLAG_EXECVE;
	process->image =
		image_new(&fields, (struct bytes){"/", 1}, (struct bytes){"/bin/ls", 7}, (struct bytes){"-l", 2});
	snprintf(process->docker, sizeof(process->docker), "%s", MAKER_ID);
	return process;
}

static struct process_json common(const struct process *process)
{
	return (struct process_json){.options = &options, .tid = process->pid};
}

/* Prints the object as the encoder does. True if it came from the cache. */
static bool print(const struct process *process, const struct process_json *how)
{
	struct buffer buffer = {.data = text, .capacity = sizeof(text)};
	bool is_kept = object_cache_append(cache, &buffer, process, how);

	if (!is_kept) {
		process_json_append(&buffer, process, how);
		object_cache_keep(cache, &buffer, 0, process, how);
	}
	text[buffer.length] = '\0';
	return is_kept;
}

static void check_fresh(const struct process *process, const struct process_json *how)
{
	struct buffer fresh = {.data = fresh_text, .capacity = sizeof(fresh_text)};

	process_json_append(&fresh, process, how);
	CHECK_BYTES(fresh_text, fresh.length, text);
}

static void check_printed(struct process *process, const struct process_json *how, bool is_kept)
{
	CHECK_EQ(print(process, how), is_kept);
	check_fresh(process, how);
}

static void test_same_object_comes_from_the_cache(void)
{
	struct process *process = new_process(PID);
	struct process_json how = common(process);

	check_printed(process, &how, false);
	check_printed(process, &how, true);
	process->flags |= PROCESS_FLAG_IN_INIT_TREE;
	check_printed(process, &how, false);
	check_printed(process, &how, true);
	process_unref(process);
}

static void test_what_differs_from_other_events_does_not(void)
{
	struct process *process = new_process(PID);
	struct process_json how = common(process), other;

	print(process, &how);
	other = how;
	other.tid++;
	check_printed(process, &other, false);
	other = how;
	other.with_binary_properties = true;
	check_printed(process, &other, false);
	other = how;
	other.is_flagged = true;
	check_printed(process, &other, false);
	other = how;
	other.is_limited = true;
	check_printed(process, &other, false);
	check_printed(process, &how, true);
	other = how;
	other.with_refcnt = true;
	check_printed(process, &other, false);
	process_unref(process);
}

static void test_another_process_takes_the_place(void)
{
	struct process *process = new_process(PID), *same_pid = new_process(PID);
	struct process_json how = common(process);

	print(process, &how);
	same_pid->ktime_ns++;
	check_printed(same_pid, &how, false);
	check_printed(process, &how, false);
	CHECK_EQ(same_pid->ref_count, 1);
	CHECK_EQ(process->ref_count, 2);
	process_unref(process);
	process_unref(same_pid);
}

static void test_pod(void)
{
	struct kube_pod_fields fields = maker_fields();
	struct kube_pod *pod = maker_new(&fields), *changed;
	struct pod_place place = {.state = POD_STATE_FOUND, .pod = pod};
	struct process *process = new_process(PID);
	struct process_json how = common(process);

	how.pod = &place;
	check_printed(process, &how, false);
	check_printed(process, &how, true);
	place.container = &pod->containers[1];
	check_printed(process, &how, false);
	check_printed(process, &how, true);
	fields.label_count = 1;
	changed = maker_new(&fields);
	place = (struct pod_place){.state = POD_STATE_FOUND, .pod = changed, .container = &changed->containers[1]};
	check_printed(process, &how, false);
	place = (struct pod_place){.state = POD_STATE_AWAITED};
	check_printed(process, &how, false);
	place = (struct pod_place){.state = POD_STATE_NONE};
	check_printed(process, &how, false);
	check_printed(process, &how, true);
	kube_pod_unref(pod);
	kube_pod_unref(changed);
	process_unref(process);
}

static void test_long_object_is_not_kept(void)
{
	static char arguments[OBJECT_CACHE_TEXT_MAX];
	const struct image fields = {0};
	struct process *process = new_process(PID);
	struct process_json how = common(process);

	memset(arguments, 'x', sizeof(arguments));
	image_unref(process->image);
	process->image = image_new(&fields, (struct bytes){"/", 1}, (struct bytes){"/bin/ls", 7},
				   (struct bytes){arguments, sizeof(arguments)});
	check_printed(process, &how, false);
	check_printed(process, &how, false);
	process_unref(process);
}

int main(void)
{
	cache = object_cache_new();
	RUN(test_same_object_comes_from_the_cache);
	RUN(test_what_differs_from_other_events_does_not);
	RUN(test_another_process_takes_the_place);
	RUN(test_pod);
	RUN(test_long_object_is_not_kept);
	cache = object_cache_free(cache);
	return test_end();
}
