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
