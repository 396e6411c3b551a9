// SPDX-License-Identifier: Apache-2.0
/* trigon status: what a running agent says of itself. */
#include <inttypes.h>
#include <jansson.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "cmd/agent_query.h"
#include "cmd/commands.h"
#include "core/encode/display.h"
#include "core/kube/timestamp.h"
#include "io/config/options.h"
#include "io/server/server_address.h"

#define COMMAND "trigon status"
#define LABEL_WIDTH 15

enum status_output {
	STATUS_OUTPUT_TEXT,
	STATUS_OUTPUT_JSON,
};

struct status_options {
	enum status_output output;
	char *server_address;
};

static const char *const status_outputs[] = {"text", "json", NULL};

#define STATUS_OPTION(member) .offset = offsetof(struct status_options, member)

/* clang-format off */
static const struct option_row status_rows[] = {
	{.group = "Options", .name = "output", .letter = 'o', .kind = OPTION_ENUM, STATUS_OPTION(output),
	 .choices = status_outputs, .default_text = "text", .placeholder = "FORMAT", .help = "How to print"},
	{.group = "Options", .name = "server-address", .kind = OPTION_STRING, STATUS_OPTION(server_address),
	 .default_text = SERVER_PATH_DEFAULT, .placeholder = "ADDRESS", .help = AGENT_QUERY_ADDRESS_HELP},
};
/* clang-format on */

static const struct option_table status_table = {
	.command = COMMAND,
	.synopsis = "[OPTION...]",
	.summary =
		"Prints what the running agent says of itself: whether it is ready, what it has seen, logged and lost, "
		"its "
		"policies and its readers. The exit code is 0 if it is ready, else 1. Events that were lost since its "
		"start do not change that, as nothing could mend it: `trigon events --verify` judges the log.",
	.rows = status_rows,
	.count = ARRAY_SIZE(status_rows),
};

/* --- lines */

static void print_label(const char *label)
{
	printf("%-*s ", LABEL_WIDTH, label);
}

/* Safe for a terminal, whatever it is. */
static void print_text(const char *text)
{
	char data[1024];
	struct buffer buffer = {.data = data, .capacity = sizeof(data)};

	display_text(&buffer, (struct bytes){text, strlen(text)});
	fwrite(data, 1, buffer.length, stdout);
}

static void print_string(const char *label, const json_t *object, const char *key)
{
	const char *text = agent_query_string(object, key);

	if (!*text)
		return;
	print_label(label);
	print_text(text);
	putchar('\n');
}

/* "2 d 3 h", of the agent's own two clocks. */
static void print_age(const json_t *status)
{
	uint64_t started_ns, now_ns, seconds;
	static const struct {
		uint64_t seconds;
		const char *name, *rest_name;
		uint64_t rest_seconds;
	} units[] = {
		{86400, "d", "h", 3600},
		{3600, "h", "min", 60},
		{60, "min", "s", 1},
	};

	if (!timestamp_parse_ns(agent_query_string(status, "started"), &started_ns) ||
	    !timestamp_parse_ns(agent_query_string(status, "time"), &now_ns) || now_ns < started_ns)
		return;
	seconds = (now_ns - started_ns) / CLOCK_NS_PER_SECOND;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (seconds < units[i].seconds)
			continue;
		printf(" for %" PRIu64 " %s %" PRIu64 " %s", seconds / units[i].seconds, units[i].name,
		       seconds % units[i].seconds / units[i].rest_seconds, units[i].rest_name);
		return;
	}
	printf(" for %" PRIu64 " s", seconds);
}

static void print_state(const json_t *status)
{
	const char *reason = agent_query_string(status, "reason");

	print_label("agent");
	printf(json_is_true(json_object_get(status, "ready")) ? "ready" : "not ready");
	print_age(status);
	printf(", pid %" JSON_INTEGER_FORMAT ", version ", json_integer_value(json_object_get(status, "pid")));
	print_text(agent_query_string(status, "version"));
	putchar('\n');
	if (!*reason)
		return;
	print_label("reason");
	print_text(reason);
	putchar('\n');
}

/* "12 process_exec, 11 process_exit", of an object of numbers, which may be strings. */
static void print_counts(const char *label, json_t *object, const char *none)
{
	const char *key, *separator = "";
	json_t *value;

	print_label(label);
	json_object_foreach(object, key, value)
	{
		printf("%s", separator);
		if (json_is_string(value))
			print_text(json_string_value(value));
		else
			printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
		putchar(' ');
		print_text(key);
		separator = ", ";
	}
	printf("%s\n", *separator ? "" : none);
}

/* By stage, as in the ledger. */
static void print_losses(json_t *lost)
{
	const char *stage;
	json_t *counts;

	if (json_object_size(lost) == 0) {
		print_label("lost");
		printf("0\n");
		return;
	}
	json_object_foreach(lost, stage, counts)
	{
		char label[64];

		snprintf(label, sizeof(label), "lost: %.32s", stage);
		print_counts(label, counts, "0");
	}
}

static void print_kept_back(const json_t *status)
{
	static const struct {
		const char *key, *label;
	} rows[] = {
		{"filtered", "by filters"},
		{"rate_limited", "by rate limit"},
		{"waiting", "wait for pod"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(agent_query_string(status, rows[i].key), "0") != 0)
			print_string(rows[i].label, status, rows[i].key);
}

static void print_log(const json_t *log)
{
	if (!log)
		return;
	print_label("log");
	print_text(agent_query_string(log, "path"));
	printf(", ");
	print_text(agent_query_string(log, "lines"));
	printf(" lines, ");
	print_text(agent_query_string(log, "bytes"));
	printf(" bytes\n");
}

static void print_sizes(const json_t *status)
{
	const json_t *processes = json_object_get(status, "processes"), *cluster = json_object_get(status, "cluster");
	const json_t *memory = json_object_get(status, "memory");

	if (processes) {
		print_label("processes");
		printf("%" JSON_INTEGER_FORMAT " of at most %" JSON_INTEGER_FORMAT "\n",
		       json_integer_value(json_object_get(processes, "known")),
		       json_integer_value(json_object_get(processes, "maximum")));
	}
	if (cluster) {
		print_label("cluster");
		printf("%s, %" JSON_INTEGER_FORMAT " pods\n",
		       json_is_true(json_object_get(cluster, "synced")) ? "known" : "not known yet",
		       json_integer_value(json_object_get(cluster, "pods")));
	}
	print_label("memory");
	printf("%.1f MB\n", strtod(agent_query_string(memory, "resident_bytes"), NULL) / 1e6);
}

/* Which processes policies are for, where one is not for all of them. */
static void print_scopes(const json_t *scopes)
{
	json_int_t undecided = json_integer_value(json_object_get(scopes, "undecided"));
	json_int_t missing = json_integer_value(json_object_get(scopes, "missing"));

	if (!scopes)
		return;
	print_label("pods' cgroups");
	printf("%" JSON_INTEGER_FORMAT " of at most %" JSON_INTEGER_FORMAT,
	       json_integer_value(json_object_get(scopes, "cgroups")),
	       json_integer_value(json_object_get(scopes, "maximum")));
	if (undecided)
		printf(", %" JSON_INTEGER_FORMAT " not known yet", undecided);
	if (missing)
		printf(", no room for %" JSON_INTEGER_FORMAT ", which are taken for the host's", missing);
	printf("\n");
	if (strcmp(agent_query_string(scopes, "containers"), "0") == 0)
		return;
	print_label("new containers");
	print_text(agent_query_string(scopes, "containers"));
	printf(", known after %.3f ms at most, the last after %.3f ms\n",
	       strtod(agent_query_string(scopes, "gap_max_ns"), NULL) / CLOCK_NS_PER_MS,
	       strtod(agent_query_string(scopes, "gap_last_ns"), NULL) / CLOCK_NS_PER_MS);
}

static void print_readers(const json_t *readers)
{
	for (size_t i = 0; i < json_array_size(readers); i++) {
		const json_t *reader = json_array_get(readers, i);
		char label[64];

		snprintf(label, sizeof(label), "reader %.20s", agent_query_string(reader, "reader"));
		print_label(label);
		printf("since ");
		print_text(agent_query_string(reader, "since"));
		printf(", ");
		print_text(agent_query_string(reader, "sent"));
		printf(" sent, ");
		print_text(agent_query_string(reader, "lost"));
		printf(" lost\n");
	}
}

static void print_status(const json_t *status)
{
	print_state(status);
	print_string("node", status, "node_name");
	print_string("cluster name", status, "cluster_name");
	print_string("kernel", status, "kernel");
	if (json_object_get(status, "events")) {
		print_counts("events", json_object_get(status, "events"), "none yet");
		print_kept_back(status);
		print_losses(json_object_get(status, "lost"));
	}
	print_log(json_object_get(status, "log"));
	print_counts("policies", json_object_get(status, "policies"), "none");
	print_scopes(json_object_get(status, "scopes"));
	print_sizes(status);
	print_readers(json_object_get(status, "readers"));
}

/* --- the command */

static int status_run(const struct status_options *options)
{
	json_auto_t *status = agent_query(COMMAND, options->server_address, "/v1/status");

	if (!status)
		return EXIT_CODE_FAILURE;
	if (options->output == STATUS_OUTPUT_TEXT) {
		print_status(status);
	} else {
		json_dumpf(status, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
		putchar('\n');
	}
	return json_is_true(json_object_get(status, "ready")) ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

int cmd_status(int argc, char **argv)
{
	struct status_options options = {0};
	int r = options_read(&status_table, argc, argv, &options);
	int code = r ? options_exit_code(r) : status_run(&options);

	option_table_clear(&status_table, &options);
	return code;
}
