// SPDX-License-Identifier: Apache-2.0
#include "cmd/operator_numbers.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "cmd/commands.h"
#include "core/encode/operator_metrics.h"
#include "io/kube/client.h"
#include "io/procfs/own_usage.h"

struct operator_numbers {
	pthread_mutex_t lock; /* for the next two, held for a copy */
	struct operator_metrics metrics;
	bool has_metrics;
	uint64_t started_wall_ns;
};

_Static_assert(METRICS_ANSWERS_COUNT == KUBE_CLIENT_STATUS_COUNT, "classes of answers");

struct operator_numbers *operator_numbers_new(void)
{
	struct operator_numbers *numbers = calloc(1, sizeof(*numbers));

	if (!numbers)
		return NULL;
	pthread_mutex_init(&numbers->lock, NULL);
	numbers->started_wall_ns = clock_realtime_ns();
	return numbers;
}

struct operator_numbers *operator_numbers_free(struct operator_numbers *numbers)
{
	if (!numbers)
		return NULL;
	pthread_mutex_destroy(&numbers->lock);
	free(numbers);
	return NULL;
}

bool operator_numbers_leave(struct operator_numbers *numbers, const struct operator_metrics *metrics)
{
	if (pthread_mutex_trylock(&numbers->lock) != 0)
		return false;
	numbers->metrics = *metrics;
	numbers->has_metrics = true;
	pthread_mutex_unlock(&numbers->lock);
	return true;
}

void operator_numbers_write(void *context, struct buffer *body)
{
	struct operator_numbers *numbers = context;
	struct operator_metrics metrics;
	struct metrics_process process;
	struct metrics_text text;
	bool has_metrics;

	pthread_mutex_lock(&numbers->lock);
	metrics = numbers->metrics;
	has_metrics = numbers->has_metrics;
	pthread_mutex_unlock(&numbers->lock);
	metrics_text_begin(&text, body);
	metrics_add_build(&text, "trigon_operator_build_info", TRIGON_VERSION, version_commit());
	own_usage_read(&process);
	process.started_wall_ns = numbers->started_wall_ns;
	metrics_add_process(&text, &process);
	if (has_metrics) /* else zeros would be told of what is not known yet */
		operator_metrics_add(&text, &metrics);
	metrics_text_end(&text);
}
