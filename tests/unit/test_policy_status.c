// SPDX-License-Identifier: Apache-2.0
#include "core/policy/status_json.h"

#include "test.h"

#define TEXT(literal) ((char *)(literal)) /* the struct would own it, and nobody frees it here */

static struct policy_status_hook hook = {
	.path = TEXT("spec.kprobes[0]"),
	.name = TEXT("tcp_connect"),
	.function_count = 1,
	.program_count = 1,
	.map_count = 3,
	.map_bytes = 12288,
	.programs = {{
		.means = ATTACH_FENTRY,
		.target = "tcp_connect",
		.program_id = 7,
		.dispatcher_ids = {8},
		.is_known = true,
		.instructions = 100,
		.run_count = 4,
		.run_time_ns = 1000,
		.turned_away = 3,
		.memory_bytes = 8192,
	}},
};

static struct policy_status make_status(void)
{
	return (struct policy_status){
		.id = 3,
		.name = TEXT("egress"),
		.file = TEXT("/etc/trigon/policies/egress.yaml"),
		.state = POLICY_STATE_ENABLED,
		.mode = POLICY_MODE_ENFORCE,
		.generation = 2,
		.hook_count = 1,
		.hooks = &hook,
		.counters = {.events = 10, .lost = 1, .suppressed = 5, .signals = 6, .rescued = 1},
	};
}

#define COUNTERS \
	"\"events\":10,\"lost\":1,\"suppressed\":5,\"not_posted\":0,\"signals\":6,\"overrides\":0,\"monitored\":0," \
	"\"errors\":0,\"stateless\":0"
#define FIELDS \
	"\"id\":3,\"name\":\"egress\",\"state\":\"enabled\",\"mode\":\"enforce\"," \
	"\"file\":\"/etc/trigon/policies/egress.yaml\",\"generation\":2,\"hook_count\":1," COUNTERS

static void check_json(void (*write)(struct buffer *buffer), const char *wanted)
{
	static char bytes[4096];
	struct buffer buffer = {.data = bytes, .capacity = sizeof(bytes)};

	write(&buffer);
	CHECK(!buffer.is_full);
	CHECK_BYTES(buffer.data, buffer.length, wanted);
}

static void write_list(struct buffer *buffer)
{
	struct policy_status status = make_status();

	status_json_begin(buffer);
	status_json_add(buffer, &status);
	status.id = 4;
	status.namespace = TEXT("default");
	status.state = POLICY_STATE_LOAD_ERROR;
	status.error = TEXT("a \"b\"\n");
	status_json_add(buffer, &status);
	status_json_end(buffer);
}

static void test_list(void)
{
	check_json(write_list,
		   "[{" FIELDS "},{\"id\":4,\"name\":\"egress\",\"namespace\":\"default\","
		   "\"state\":\"load_error\",\"mode\":\"enforce\",\"file\":\"/etc/trigon/policies/egress.yaml\","
		   "\"generation\":2,\"hook_count\":1," COUNTERS ",\"error\":\"a \\\"b\\\"\\n\"}]");
}

static void write_empty_list(struct buffer *buffer)
{
	status_json_begin(buffer);
	status_json_end(buffer);
}

static void test_empty_list(void)
{
	check_json(write_empty_list, "[]");
}

static void write_timed(struct buffer *buffer)
{
	struct policy_status status = make_status();

	policy_status_sum(&status);
	status_json_show(buffer, &status, true);
}

static void test_show(void)
{
	check_json(write_timed,
		   "{" FIELDS ",\"missed\":2,\"kernel_memory_bytes\":20480,\"is_timed\":true,\"hooks\":[{"
		   "\"path\":\"spec.kprobes[0]\",\"name\":\"tcp_connect\",\"programs\":[{\"attached\":\"fentry\","
		   "\"target\":\"tcp_connect\",\"program_id\":7,\"dispatcher_id\":8,\"instructions\":100,"
		   "\"kernel_memory_bytes\":8192,\"run_count\":4,\"run_time_ns\":1000}],\"maps\":3,"
		   "\"map_bytes\":12288}]}");
}

static void write_unknown(struct buffer *buffer)
{
	struct policy_status status = make_status();

	hook.programs[0].is_known = false;
	policy_status_sum(&status);
	status_json_show(buffer, &status, false);
	hook.programs[0].is_known = true;
}

/* What the kernel does not tell is left out, and is not zero. */
static void test_unknown(void)
{
	check_json(write_unknown,
		   "{" FIELDS ",\"is_timed\":false,\"hooks\":[{\"path\":\"spec.kprobes[0]\","
		   "\"name\":\"tcp_connect\",\"programs\":[{\"attached\":\"fentry\",\"target\":\"tcp_connect\","
		   "\"program_id\":7,\"dispatcher_id\":8}],\"maps\":3,\"map_bytes\":12288}]}");
}

/* `rescued` is of all generations, so what was turned away must be, too. */
static void test_missed(void)
{
	struct policy_status status = make_status();

	status.counters.rescued = 12;
	status.turned_away_gone = 10;
	policy_status_sum(&status);
	CHECK_EQ(status.missed, 1);
}

static void write_error(struct buffer *buffer)
{
	status_json_error(buffer, "no such policy");
}

static void test_error(void)
{
	check_json(write_error, "{\"error\":\"no such policy\"}");
}

int main(void)
{
	RUN(test_list);
	RUN(test_empty_list);
	RUN(test_show);
	RUN(test_unknown);
	RUN(test_missed);
	RUN(test_error);
	return test_end();
}
