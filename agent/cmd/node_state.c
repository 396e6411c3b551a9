// SPDX-License-Identifier: Apache-2.0
#include "cmd/node_state.h"

#include <errno.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/util.h"
#include "cmd/policy_board.h"
#include "core/kube/node_report.h"
#include "io/bpf/base_sensor.h"
#include "io/kube/policy_objects.h"

struct node_state {
	struct node_state_options options;
	struct utsname kernel;
	uint64_t began_ns, stopped_ns; /* 0: it runs */
	size_t wanted;                 /* policies, as of the last report */
	bool was_degraded;
	uint64_t degraded_since_ns;
};

/* A text in the making. */
struct writing {
	struct node_state *state;
	struct node_report report;
	struct node_report_form form;
	struct buffer *buffer;
};

static void add_policy(void *context, const struct policy_status *status)
{
	struct writing *writing = context;
	struct policy_object_identity identity;
	struct node_report_policy policy = {.status = status};

	if (!policy_objects_identify(writing->state->options.objects, status->file, &identity))
		return; /* a file's, or one that is about to go */
	policy.uid = identity.uid;
	policy.generation = identity.generation;
	policy.is_loading = status->content != identity.content;
	writing->report.wanted += policy.is_loading || status->state != POLICY_STATE_SKIPPED;
	writing->report.ready += !policy.is_loading && status->state == POLICY_STATE_ENABLED;
	node_report_add(writing->buffer, &policy, writing->form);
}

static uint64_t count_lost(struct base_sensor *sensor)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < WIRE_TYPE_MAX; i++)
		lost += base_sensor_shared(sensor)->lost[i];
	return lost;
}

static void note_degraded(struct node_state *state, bool is_degraded)
{
	if (is_degraded == state->was_degraded)
		return;
	state->was_degraded = is_degraded;
	state->degraded_since_ns = clock_realtime_ns();
}

/* Counts them as well. */
static int add_policies(struct writing *writing)
{
	struct node_state *state = writing->state;
	int r;

	if (state->stopped_ns) {
		writing->report.wanted = state->wanted;
		return 0;
	}
	r = policy_board_visit(state->options.board, writing->form.has_counters, add_policy, writing);
	state->wanted = writing->report.wanted;
	return r;
}

static int write_form(struct node_state *state, const char *node_uid, struct node_report_form form,
		      struct buffer *buffer)
{
	struct writing writing = {
		.state = state,
		.form = form,
		.buffer = buffer,
		.report =
			{
				.node_name = state->options.node_name,
				.node_uid = node_uid,
				.kernel_release = state->kernel.release,
				.kernel_machine = state->kernel.machine,
				.lost = count_lost(state->options.sensor),
				.now_ns = clock_realtime_ns(),
				.has_stopped = state->stopped_ns,
				.ready_since_ns = state->stopped_ns ? state->stopped_ns : state->began_ns,
			},
	};
	int r;

	node_report_begin(buffer, &writing.report);
	r = add_policies(&writing);
	if (r < 0)
		return r;
	note_degraded(state, writing.report.ready < writing.report.wanted);
	writing.report.degraded_since_ns = state->degraded_since_ns;
	node_report_end(buffer, &writing.report, form);
	return 0;
}

static int write_state(void *context, const char *node_uid, bool has_counters, struct buffer *ret)
{
	_cleanup_(buffer_done) struct buffer buffer = {0};
	struct node_report_form form = {.has_counters = has_counters};
	int r = buffer_init(&buffer, NODE_REPORT_MAX);

	if (r == 0)
		r = write_form(context, node_uid, form, &buffer);
	if (r == 0 && buffer.is_full) {
		buffer_reset(&buffer);
		form.is_brief = true;
		r = write_form(context, node_uid, form, &buffer);
	}
	if (r < 0)
		return r;
	if (buffer.is_full)
		return -EFBIG;
	*ret = buffer;
	buffer = (struct buffer){0};
	return 0;
}

static uint64_t read_version(void *context)
{
	const struct node_state *state = context;

	return policy_board_version(state->options.board) + policy_objects_version(state->options.objects);
}

void node_state_stop(struct node_state *state)
{
	state->stopped_ns = clock_realtime_ns();
}

struct node_reporter_source node_state_source(struct node_state *state)
{
	return (struct node_reporter_source){.context = state, .version = read_version, .write = write_state};
}

struct node_state *node_state_new(const struct node_state_options *options)
{
	struct node_state *state = calloc(1, sizeof(*state));

	if (!state)
		return NULL;
	state->options = *options;
	state->began_ns = state->degraded_since_ns = clock_realtime_ns();
	uname(&state->kernel);
	return state;
}

struct node_state *node_state_free(struct node_state *state)
{
	free(state);
	return NULL;
}
