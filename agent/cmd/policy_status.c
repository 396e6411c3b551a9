// SPDX-License-Identifier: Apache-2.0
/* trigon policy list, and show: what a running agent says of its policies, over its socket. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "base/util.h"
#include "cmd/agent_query.h"
#include "cmd/commands.h"
#include "cmd/policy_commands.h"
#include "io/config/options.h"
#include "io/server/server_address.h"

enum policy_status_output {
	POLICY_STATUS_TEXT,
	POLICY_STATUS_JSON,
};

struct policy_status_options {
	enum policy_status_output output;
	char *server_address;
	struct option_list names;
};

static const char *const policy_status_outputs[] = {"text", "json", NULL};

/* clang-format off */
static const struct option_row policy_status_rows[] = {
	{.group = "Options", .name = "output", .letter = 'o', .kind = OPTION_ENUM,
	 .offset = offsetof(struct policy_status_options, output), .choices = policy_status_outputs,
	 .default_text = "text", .placeholder = "FORMAT", .help = "How to print"},
	{.group = "Options", .name = "server-address", .kind = OPTION_STRING,
	 .offset = offsetof(struct policy_status_options, server_address), .default_text = SERVER_PATH_DEFAULT,
	 .placeholder = "ADDRESS", .help = AGENT_QUERY_ADDRESS_HELP},
};
/* clang-format on */

static const struct option_table policy_list_table = {
	.command = "trigon policy list",
	.synopsis = "[OPTION...]",
	.summary = "Prints the policies of the running agent. STATE is `enabled`; `load_error`: it was never loaded; "
		   "`error`: its last change has something wrong and the last good version runs on; or `skipped`: its "
		   "nodeSelector is for other nodes.",
	.rows = policy_status_rows,
	.count = ARRAY_SIZE(policy_status_rows),
};

static const struct option_table policy_show_table = {
	.command = "trigon policy show",
	.synopsis = "[OPTION...] NAME|NAMESPACE/NAME",
	.summary = "Prints all that the running agent knows of a policy: its state and last error, how its hooks are "
		   "attached, what they counted, how long they ran and the kernel memory that they take.",
	.rows = policy_status_rows,
	.count = ARRAY_SIZE(policy_status_rows),
	.has_operands = true,
	.operands_offset = offsetof(struct policy_status_options, names),
};

/* --- printing */

static uint64_t number_at(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

static bool has(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

#define POLICY_MEMORY_MAX 32

/* "2.40 MB"; "-": unknown */
static const char *print_memory(const json_t *object, const char *key, char text[POLICY_MEMORY_MAX])
{
	static const char *const units[] = {"kB", "MB", "GB"};
	double value = (double)number_at(object, key) / 1000;
	size_t unit = 0;

	for (; value >= 1000 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1000;
	snprintf(text, POLICY_MEMORY_MAX, "%.2f %s", value, units[unit]);
	if (!has(object, key))
		snprintf(text, POLICY_MEMORY_MAX, "-");
	return text;
}

enum {
	POLICY_COLUMNS = 11,
	POLICY_CELL_MAX = 256,
};

typedef char policy_row[POLICY_COLUMNS][POLICY_CELL_MAX];

static const char *const policy_titles[POLICY_COLUMNS] = {
	"ID", "NAME", "STATE", "NAMESPACE", "HOOKS", "KERNELMEMORY", "MODE", "EVENTS", "LOST", "ENFORCED", "MONITORED",
};

static void fill_row(const json_t *policy, policy_row row)
{
	const char *namespace = agent_query_string(policy, "namespace");
	char memory[POLICY_MEMORY_MAX];
	const uint64_t numbers[] = {
		number_at(policy, "events"),
		number_at(policy, "lost") + number_at(policy, "missed"),
		number_at(policy, "signals") + number_at(policy, "overrides"),
		number_at(policy, "monitored"),
	};

	snprintf(row[0], POLICY_CELL_MAX, "%" PRIu64, number_at(policy, "id"));
	snprintf(row[1], POLICY_CELL_MAX, "%s", agent_query_string(policy, "name"));
	snprintf(row[2], POLICY_CELL_MAX, "%s", agent_query_string(policy, "state"));
	snprintf(row[3], POLICY_CELL_MAX, "%s", *namespace ? namespace : "(global)");
	snprintf(row[4], POLICY_CELL_MAX, "%" PRIu64, number_at(policy, "hook_count"));
	snprintf(row[5], POLICY_CELL_MAX, "%s", print_memory(policy, "kernel_memory_bytes", memory));
	snprintf(row[6], POLICY_CELL_MAX, "%s", agent_query_string(policy, "mode"));
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		snprintf(row[7 + i], POLICY_CELL_MAX, "%" PRIu64, numbers[i]);
}

/* Columns three blanks apart, and as wide as their longest cell. */
static void print_rows(policy_row *rows, size_t count)
{
	int widths[POLICY_COLUMNS] = {0};

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < POLICY_COLUMNS; j++)
			widths[j] = MAX(widths[j], (int)strlen(rows[i][j]));
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < POLICY_COLUMNS; j++)
			printf("%-*s%s", j + 1 < POLICY_COLUMNS ? widths[j] : 0, rows[i][j],
			       j + 1 < POLICY_COLUMNS ? "   " : "\n");
}

static int policy_list_print(const json_t *answer)
{
	size_t count = json_array_size(answer);
	policy_row *rows = calloc(count + 1, sizeof(*rows));

	if (!rows)
		return EXIT_CODE_FAILURE;
	for (size_t i = 0; i < POLICY_COLUMNS; i++)
		snprintf(rows[0][i], POLICY_CELL_MAX, "%s", policy_titles[i]);
	for (size_t i = 0; i < count; i++)
		fill_row(json_array_get(answer, i), rows[i + 1]);
	print_rows(rows, count + 1);
	free(rows);
	return EXIT_CODE_OK;
}

/* The text of a report: its newlines are kept, and indented. */
static void print_error(const char *text)
{
	if (!*text)
		return;
	printf("last error:     ");
	for (; *text; text++) {
		if (*text == '\n')
			printf("\n                ");
		else
			putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
	}
	putchar('\n');
}

static void print_program(const json_t *program)
{
	char memory[POLICY_MEMORY_MAX];
	uint64_t count = number_at(program, "run_count"), time_ns = number_at(program, "run_time_ns");

	printf("      %s on %s", agent_query_string(program, "attached"), agent_query_string(program, "target"));
	if (has(program, "instructions"))
		printf(": %" PRIu64 " instructions, %s", number_at(program, "instructions"),
		       print_memory(program, "kernel_memory_bytes", memory));
	if (has(program, "run_count"))
		printf(", ran %" PRIu64 " times, %" PRIu64 " ns each", count, count ? time_ns / count : 0);
	putchar('\n');
}

static void print_hook(const json_t *hook)
{
	const json_t *programs = json_object_get(hook, "programs");
	char memory[POLICY_MEMORY_MAX];

	printf("  %s  %s", agent_query_string(hook, "path"), agent_query_string(hook, "name"));
	if (has(hook, "functions"))
		printf(", %" PRIu64 " functions", number_at(hook, "functions"));
	if (json_is_true(json_object_get(hook, "is_skipped")))
		printf(": left out, for this kernel does not have it");
	else
		printf(": %" PRIu64 " maps, %s", number_at(hook, "maps"), print_memory(hook, "map_bytes", memory));
	putchar('\n');
	for (size_t i = 0; i < json_array_size(programs); i++)
		print_program(json_array_get(programs, i));
}

static void print_counters(const json_t *policy)
{
	static const char *const keys[] = {"suppressed", "not_posted", "signals",  "overrides",
					   "monitored",  "errors",     "stateless"};

	printf("events:         %" PRIu64 " sent, %" PRIu64 " lost, %" PRIu64 " missed", number_at(policy, "events"),
	       number_at(policy, "lost"), number_at(policy, "missed"));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		uint64_t number = number_at(policy, keys[i]);

		if (number)
			printf(", %" PRIu64 " %s", number, keys[i]);
	}
	putchar('\n');
}

static int policy_show_print(const json_t *policy)
{
	const json_t *hooks = json_object_get(policy, "hooks");
	const char *namespace = agent_query_string(policy, "namespace");
	char memory[POLICY_MEMORY_MAX];

	printf("name:           %s\n", agent_query_string(policy, "name"));
	printf("namespace:      %s\n", *namespace ? namespace : "(global)");
	printf("file:           %s\n", agent_query_string(policy, "file"));
	printf("state:          %s\n", agent_query_string(policy, "state"));
	print_error(agent_query_string(policy, "error"));
	if (number_at(policy, "generation") == 0) {
		printf("generation:     none runs\n");
		return EXIT_CODE_OK;
	}
	printf("mode:           %s\n", agent_query_string(policy, "mode"));
	printf("generation:     %" PRIu64 "\n", number_at(policy, "generation"));
	print_counters(policy);
	printf("kernel memory:  %s\n", has(policy, "kernel_memory_bytes")
					       ? print_memory(policy, "kernel_memory_bytes", memory)
					       : "not known: the agent lacks CAP_SYS_ADMIN");
	if (!json_is_true(json_object_get(policy, "is_timed")))
		printf("run times:      not measured; sysctl kernel.bpf_stats_enabled=1 turns that on, for all of the "
		       "machine's BPF programs\n");
	printf("hooks:          %" PRIu64 "\n", number_at(policy, "hook_count"));
	for (size_t i = 0; i < json_array_size(hooks); i++)
		print_hook(json_array_get(hooks, i));
	return EXIT_CODE_OK;
}

/* --- the commands */

static int policy_status_answer(const struct policy_status_options *options, const char *target,
				int (*print)(const json_t *answer))
{
	json_t *answer = agent_query("trigon policy", options->server_address, target);
	int code = EXIT_CODE_OK;

	if (!answer)
		return EXIT_CODE_FAILURE;
	if (options->output == POLICY_STATUS_TEXT) {
		code = print(answer);
	} else {
		json_dumpf(answer, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	}
	json_decref(answer);
	return code;
}

int policy_list_command(int argc, char **argv)
{
	struct policy_status_options options = {0};
	int r = options_read(&policy_list_table, argc, argv, &options);
	int code = r ? options_exit_code(r) : policy_status_answer(&options, "/v1/policies", policy_list_print);

	option_table_clear(&policy_list_table, &options);
	return code;
}

/* NAME or NAMESPACE/NAME, as Kubernetes has names: nothing that is to be encoded in a URL. */
static bool is_policy_name(const char *name)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._/";

	return *name && strspn(name, characters) == strlen(name);
}

static int policy_show(const struct policy_status_options *options)
{
	struct option_error error = {.text = "which policy? give its NAME, as `trigon policy list` has it"};
	char target[512];
	const char *name;

	if (options->names.count != 1) {
		options_complain(&policy_show_table, &error);
		return EXIT_CODE_USAGE;
	}
	name = options->names.items[0];
	if (snprintf(target, sizeof(target), "/v1/policies/%s", name) >= (int)sizeof(target) || !is_policy_name(name)) {
		option_error_set(&error, "\"%.64s\" is no policy's name", name);
		options_complain(&policy_show_table, &error);
		return EXIT_CODE_USAGE;
	}
	return policy_status_answer(options, target, policy_show_print);
}

int policy_show_command(int argc, char **argv)
{
	struct policy_status_options options = {0};
	int r = options_read(&policy_show_table, argc, argv, &options);
	int code = r ? options_exit_code(r) : policy_show(&options);

	option_table_clear(&policy_show_table, &options);
	return code;
}
