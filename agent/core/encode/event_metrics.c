// SPDX-License-Identifier: Apache-2.0
#include "core/encode/event_metrics.h"

#include "base/util.h"

#define LABELS_MAX 7
#define HOOK_MAX (sizeof("tracepoint:/") + 2 * EVENT_SERIES_TEXT_MAX)

struct writer {
	struct metrics_text *text;
	enum event_series_family family;
	const char *node_name;
};

struct labels {
	struct metrics_label items[LABELS_MAX];
	size_t count;
	char hook[HOOK_MAX];
};

const char *event_metrics_type(enum event_type type)
{
	static const char *const names[EVENT_TYPE_COUNT] = {
		[EVENT_PROCESS_EXEC] = "PROCESS_EXEC",         [EVENT_PROCESS_EXIT] = "PROCESS_EXIT",
		[EVENT_PROCESS_KPROBE] = "PROCESS_KPROBE",     [EVENT_PROCESS_TRACEPOINT] = "PROCESS_TRACEPOINT",
		[EVENT_PROCESS_LSM] = "PROCESS_LSM",           [EVENT_PROCESS_LOADER] = "PROCESS_LOADER",
		[EVENT_PROCESS_THROTTLE] = "PROCESS_THROTTLE",
	};

	return names[type];
}

/* Also without a value: else a Prometheus that honours labels would put those of the agent's own pod there. */
static void add_label(struct labels *labels, const char *name, struct bytes value)
{
	labels->items[labels->count++] = (struct metrics_label){.name = name, .value = value};
}

/* As Tetragon spells it (events.md, section 16). */
static void add_hook(struct labels *labels, const struct event_series_sample *sample)
{
	static const char *const prefixes[EVENT_TYPE_COUNT] = {
		[EVENT_PROCESS_KPROBE] = "kprobe:",
		[EVENT_PROCESS_TRACEPOINT] = "tracepoint:",
		[EVENT_PROCESS_LSM] = "lsm:",
	};
	struct buffer buffer = {.data = labels->hook, .capacity = sizeof(labels->hook)};

	buffer_append_cstring(&buffer, prefixes[sample->type]);
	buffer_append(&buffer, sample->hook.data, sample->hook.length);
	if (sample->event.length) {
		buffer_append_byte(&buffer, '/');
		buffer_append(&buffer, sample->event.data, sample->event.length);
	}
	add_label(labels, "hook", (struct bytes){buffer.data, buffer.length});
}

static void add_sample(void *context, const struct event_series_sample *sample)
{
	const struct writer *writer = context;
	struct labels labels = {.count = 0};

	if (writer->family == EVENT_SERIES_EVENTS) {
		labels.items[labels.count++] = metrics_label("type", event_metrics_type(sample->type));
	} else if (writer->family == EVENT_SERIES_POLICY_EVENTS) {
		add_label(&labels, "policy", sample->policy);
		add_hook(&labels, sample);
	} else {
		add_label(&labels, "syscall", sample->syscall);
	}
	add_label(&labels, "namespace", sample->namespace);
	add_label(&labels, "workload", sample->workload);
	add_label(&labels, "pod", sample->pod);
	add_label(&labels, "binary", sample->binary);
	labels.items[labels.count++] = metrics_label("node_name", writer->node_name);
	metrics_text_sample(writer->text, labels.items, labels.count, sample->count);
}

void event_metrics_add(struct metrics_text *text, struct event_series *series, const char *node_name)
{
	static const struct {
		const char *name, *help, *metric;
	} families[EVENT_SERIES_FAMILY_COUNT] = {
		[EVENT_SERIES_EVENTS] = {"trigon_events_total", "Events, by type and process.", "events"},
		[EVENT_SERIES_POLICY_EVENTS] = {"trigon_policy_events_total",
						"Events of policies, by hook and process.", "policy_events"},
		[EVENT_SERIES_SYSCALLS] = {"trigon_syscalls_total",
					   "System calls that policies tell of at their tracepoints.", "syscalls"},
	};

	metrics_text_family(text, "trigon_event_metrics_overflow_total", METRICS_COUNTER,
			    "Events that are counted without binary or pod, for want of room, by metric.");
	for (int i = 0; i < EVENT_SERIES_FAMILY_COUNT; i++)
		metrics_text_labelled(text, "metric", families[i].metric,
				      event_series_overflow(series, (enum event_series_family)i));
	for (int i = 0; i < EVENT_SERIES_FAMILY_COUNT; i++) {
		struct writer writer = {.text = text, .family = (enum event_series_family)i, .node_name = node_name};

		metrics_text_family(text, families[i].name, METRICS_COUNTER, families[i].help);
		event_series_visit(series, writer.family, add_sample, &writer);
	}
}
