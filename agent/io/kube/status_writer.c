// SPDX-License-Identifier: Apache-2.0
#include "io/kube/status_writer.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "core/kube/backoff.h"
#include "core/kube/said.h"
#include "io/kube/exchange.h"
#include "io/kube/sum_handler.h"

#define NAME_MAX_BYTES 254
#define PATH_MAX_BYTES 1024
#define BODY_MAX (POLICY_SUM_STATUS_MAX + 2048)

struct call {
	struct status_writer *writer;
	struct exchange exchange;
	/* the policy: it may go while the call is under way */
	char namespace[NAME_MAX_BYTES], name[NAME_MAX_BYTES];
	size_t bytes;
};

struct status_writer {
	struct status_writer_options options;
	struct call calls[STATUS_WRITER_CALLS_MAX];
	uint64_t not_before_ns; /* the pace */
	struct kube_said said;  /* of failures */
	struct status_writer_stats stats;
};

/* --- answers */

/* Beside Tetragon's kinds that is meant to be so: once. */
static void complain_of_absence(struct status_writer *writer, const struct call *call, uint64_t now_ns)
{
	bool is_said = writer->said.is_failing && writer->said.status == 404;

	writer->not_before_ns = now_ns + STATUS_WRITER_ABSENT_MS * CLOCK_NS_PER_MS;
	if (is_said || !kube_said_is_news(&writer->said, 404, "", now_ns))
		return;
	log_warn("policy %s: the cluster's CRDs have no status for policies, so none is written; install Trigon's: "
		 "k8s/crds",
		 call->name);
}

static void complain(struct status_writer *writer, const struct call *call, const struct exchange_answer *answer)
{
	uint64_t now_ns = writer->options.now_ns();
	char text[EXCHANGE_ERROR_MAX];

	writer->stats.failures++;
	exchange_describe(answer, text);
	if (answer->status == 404)
		complain_of_absence(writer, call, now_ns);
	else if (kube_said_is_news(&writer->said, answer->status, text, now_ns))
		log_warn("policy %s: its status cannot be written: %s", call->name, text);
}

static uint64_t after_ms(const struct status_writer *writer, uint32_t fixed_ms, uint32_t random_ms)
{
	return writer->options.now_ns() + (fixed_ms + writer->options.random() % random_ms) * CLOCK_NS_PER_MS;
}

/*
 * A policy that has gone, and whose end we have not seen yet, answers as one without the subresource does: what is
 * still there at the third try has none.
 */
static bool is_trouble(const struct policy_sum_policy *policy, const struct exchange_answer *answer)
{
	if (answer->status == 409) /* another one of its name has come */
		return false;
	return answer->status != 404 || (policy && policy->failures >= STATUS_WRITER_ABSENT_TRIES);
}

static void take_written(struct policy_sum_policy *policy, const struct exchange_answer *answer)
{
	bool was_changed = policy->is_changed; /* since it was sent */

	policy->failures = 0;
	sum_take_status(policy, json_object_get(answer->object, "status"));
	policy->is_changed = was_changed;
}

static void end_call(void *context, const struct exchange_answer *answer)
{
	struct call *call = context;
	struct status_writer *writer = call->writer;
	struct policy_sum_policy *policy = policy_sums_find(writer->options.sums, call->namespace, call->name);

	if (exchange_has_worked(answer)) {
		kube_said_end(&writer->said);
		writer->stats.written++;
		writer->stats.bytes += call->bytes;
		if (policy)
			take_written(policy, answer);
		return;
	}
	if (policy) {
		policy->is_changed = true;
		policy->failures++;
		policy->due_ns = writer->options.now_ns() + answer->retry_after_s * CLOCK_NS_PER_SECOND +
				 kube_backoff_ns(policy->failures, STATUS_WRITER_PAUSE_MIN_MS,
						 STATUS_WRITER_PAUSE_MAX_MS, writer->options.random());
	}
	if (is_trouble(policy, answer))
		complain(writer, call, answer);
}

/* --- requests */

static int start(struct call *call, const struct policy_sum_policy *policy, const struct buffer *status)
{
	_cleanup_(buffer_done) struct buffer body = {0};
	bool is_namespaced = *policy->namespace;
	char path[PATH_MAX_BYTES];
	int r = buffer_init(&body, BODY_MAX);

	if (r < 0)
		return r;
	policy_sum_write_object(&body, policy, status);
	snprintf(call->namespace, sizeof(call->namespace), "%s", policy->namespace);
	snprintf(call->name, sizeof(call->name), "%s", policy->name);
	snprintf(path, sizeof(path),
		 "/apis/cilium.io/v1alpha1/%s%s%s/%s/status?fieldManager=trigon-operator&force=true",
		 is_namespaced ? "namespaces/" : "", policy->namespace,
		 is_namespaced ? "/tracingpoliciesnamespaced" : "tracingpolicies", policy->name);
	call->bytes = body.length;
	return exchange_start(&call->exchange, "PATCH", path, "application/apply-patch+yaml", &body);
}

/* Computes the sum; true: it is another one than the cluster has, and its text is in `ret`. */
static bool is_news(struct status_writer *writer, const struct policy_sum_policy *policy, struct buffer *ret)
{
	struct policy_sum sum;
	json_t *status;
	uint64_t hash;

	writer->stats.computed++;
	policy_sums_compute(writer->options.sums, policy, &sum);
	policy_sum_write_status(ret, policy, &sum, writer->options.wall_ns());
	status = json_loadb(ret->data, ret->length, 0, NULL);
	hash = sum_hash_status(status);
	json_decref(status);
	return hash != policy->stored;
}

static int update(struct status_writer *writer, struct call *call, struct policy_sum_policy *policy)
{
	_cleanup_(buffer_done) struct buffer status = {0};
	int r = buffer_init(&status, POLICY_SUM_STATUS_MAX);

	if (r < 0)
		return r;
	policy->is_changed = false;
	policy->due_ns = 0;
	if (!is_news(writer, policy, &status))
		return 0;
	policy->due_ns = after_ms(writer, STATUS_WRITER_INTERVAL_MS, STATUS_WRITER_INTERVAL_MS / 5);
	writer->not_before_ns = writer->options.now_ns() + STATUS_WRITER_PACE_MS * CLOCK_NS_PER_MS;
	writer->stats.retries += policy->failures > 0;
	return start(call, policy, &status);
}

static struct call *free_call(struct status_writer *writer)
{
	for (size_t i = 0; i < STATUS_WRITER_CALLS_MAX; i++)
		if (!exchange_is_under_way(&writer->calls[i].exchange))
			return &writer->calls[i];
	return NULL;
}

static bool is_being_written(const struct status_writer *writer, const struct policy_sum_policy *policy)
{
	for (size_t i = 0; i < STATUS_WRITER_CALLS_MAX; i++)
		if (exchange_is_under_way(&writer->calls[i].exchange) &&
		    strcmp(writer->calls[i].name, policy->name) == 0 &&
		    strcmp(writer->calls[i].namespace, policy->namespace) == 0)
			return true;
	return false;
}

/* When the policy is due; UINT64_MAX: it is not. */
static uint64_t due_of(const struct status_writer *writer, struct policy_sum_policy *policy)
{
	if (!policy->is_changed || is_being_written(writer, policy))
		return UINT64_MAX;
	if (!policy->due_ns)
		policy->due_ns = after_ms(writer, STATUS_WRITER_SETTLE_MS, STATUS_WRITER_SETTLE_MS);
	return policy->due_ns;
}

/* The policy that is due first, so that none is passed over for those that change more often; NULL: none is. */
static struct policy_sum_policy *first_due(const struct status_writer *writer, uint64_t *ret_due_ns)
{
	struct policy_sum_policy *first = NULL;

	*ret_due_ns = UINT64_MAX;
	for (size_t i = 0; i < policy_sums_count(writer->options.sums); i++) {
		struct policy_sum_policy *policy = policy_sums_policy(writer->options.sums, i);
		uint64_t due_ns = due_of(writer, policy);

		if (due_ns >= *ret_due_ns)
			continue;
		*ret_due_ns = due_ns;
		first = policy;
	}
	return first;
}

uint64_t status_writer_tick(struct status_writer *writer)
{
	uint64_t now_ns = writer->options.now_ns(), due_ns;

	for (;;) {
		struct policy_sum_policy *policy = first_due(writer, &due_ns);
		struct call *call = free_call(writer);

		if (!policy || !call)
			return UINT64_MAX;
		due_ns = MAX(due_ns, writer->not_before_ns);
		if (due_ns > now_ns)
			return due_ns;
		if (update(writer, call, policy) == 0)
			continue;
		policy->is_changed = true;
		policy->due_ns = after_ms(writer, STATUS_WRITER_PAUSE_MIN_MS, STATUS_WRITER_PAUSE_MIN_MS);
	}
}

void status_writer_cancel(struct status_writer *writer)
{
	for (size_t i = 0; i < STATUS_WRITER_CALLS_MAX; i++) {
		struct call *call = &writer->calls[i];
		struct policy_sum_policy *policy;

		if (!exchange_is_under_way(&call->exchange))
			continue;
		exchange_done(&call->exchange);
		policy = policy_sums_find(writer->options.sums, call->namespace, call->name);
		if (policy)
			policy->is_changed = true;
	}
}

struct status_writer_stats status_writer_stats(const struct status_writer *writer)
{
	struct status_writer_stats stats = writer->stats;

	for (size_t i = 0; i < policy_sums_count(writer->options.sums); i++) {
		const struct policy_sum_policy *policy = policy_sums_policy(writer->options.sums, i);

		stats.waiting += policy->is_changed || is_being_written(writer, policy);
	}
	return stats;
}

int status_writer_new(const struct status_writer_options *options, struct status_writer **ret)
{
	struct status_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return -ENOMEM;
	writer->options = *options;
	for (size_t i = 0; i < STATUS_WRITER_CALLS_MAX; i++) {
		writer->calls[i].writer = writer;
		exchange_init(&writer->calls[i].exchange, options->transport, &writer->calls[i], end_call);
	}
	*ret = writer;
	return 0;
}

struct status_writer *status_writer_free(struct status_writer *writer)
{
	if (!writer)
		return NULL;
	for (size_t i = 0; i < STATUS_WRITER_CALLS_MAX; i++)
		exchange_done(&writer->calls[i].exchange);
	free(writer);
	return NULL;
}
