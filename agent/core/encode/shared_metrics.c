// SPDX-License-Identifier: Apache-2.0
#include "core/encode/shared_metrics.h"

#include "base/util.h"

void metrics_add_build(struct metrics_text *text, const char *name, const char *version, const char *commit)
{
	const struct metrics_label labels[] = {metrics_label("version", version), metrics_label("commit", commit)};

	metrics_text_family(text, name, METRICS_GAUGE, "What was built, and from what; always 1.");
	metrics_text_sample(text, labels, ARRAY_SIZE(labels), 1);
}

void metrics_add_requests(struct metrics_text *text, const char *name, const uint64_t answers[METRICS_ANSWERS_COUNT])
{
	static const char *const codes[METRICS_ANSWERS_COUNT] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

	metrics_text_family(text, name, METRICS_COUNTER,
			    "Requests to the API server that have ended, by status; none: there was no answer.");
	for (size_t i = 0; i < METRICS_ANSWERS_COUNT; i++)
		metrics_text_labelled(text, "code", codes[i], answers[i]);
}

static void add_seconds(struct metrics_text *text, const char *name, enum metrics_kind kind, const char *help,
			uint64_t ns)
{
	metrics_text_family(text, name, kind, help);
	metrics_text_seconds(text, NULL, 0, ns);
}

void metrics_add_process(struct metrics_text *text, const struct metrics_process *process)
{
	const struct {
		const char *name, *help;
		uint64_t value;
	} gauges[] = {
		{"process_resident_memory_bytes", "Resident memory.", process->resident_bytes},
		{"process_virtual_memory_bytes", "Virtual memory.", process->virtual_bytes},
		{"process_open_fds", "Open file descriptors.", process->open_fds},
		{"process_max_fds", "How many there may be.", process->max_fds},
		{"process_threads", "Threads.", process->threads},
	};

	add_seconds(text, "process_cpu_seconds_total", METRICS_COUNTER, "CPU time, of user and kernel.",
		    process->cpu_ns);
	add_seconds(text, "process_start_time_seconds", METRICS_GAUGE, "When the process began, since 1970.",
		    process->started_wall_ns);
	for (size_t i = 0; i < ARRAY_SIZE(gauges); i++)
		if (gauges[i].value)
			metrics_text_single(text, gauges[i].name, METRICS_GAUGE, gauges[i].help, gauges[i].value);
}
