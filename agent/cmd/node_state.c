// SPDX-License-Identifier: Apache-2.0
#include "cmd/node_state.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/clock.h"
#include "base/util.h"
#include "cmd/policy_board.h"
#include "io/kube/policy_objects.h"

struct node_state {
	struct node_state_options options;
	struct utsname kernel;
	enum node_report_state is;
	uint64_t is_since_ns, is_version; /* since it is ready, or is not; counts changes */
	char trouble[NODE_STATE_TROUBLE_MAX];
	pthread_mutex_t losses_lock; /* for the next, held for a copy or a report; the event loop only tries it */
	struct ledger losses;
	size_t wanted; /* policies, as of the last report */
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

	if (state->is == NODE_REPORT_STOPPED) {
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
				.kernel_lacks = state->options.kernel_lacks,
				.ledger = &state->losses,
				.now_ns = clock_realtime_ns(),
				.state = state->is,
				.trouble = state->trouble,
				.ready_since_ns = state->is_since_ns,
			},
	};
	int r;

	node_report_begin(buffer, &writing.report);
	r = add_policies(&writing);
	if (r < 0)
		return r;
	note_degraded(state, writing.report.ready < writing.report.wanted);
	writing.report.degraded_since_ns = state->degraded_since_ns;
	pthread_mutex_lock(&state->losses_lock);
	node_report_end(buffer, &writing.report, form);
	pthread_mutex_unlock(&state->losses_lock);
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

	return policy_board_version(state->options.board) + policy_objects_version(state->options.objects) +
	       state->is_version;
}

void node_state_leave_losses(struct node_state *state, const struct ledger *ledger)
{
	if (pthread_mutex_trylock(&state->losses_lock) != 0)
		return; /* in a second, then */
	state->losses = *ledger;
	pthread_mutex_unlock(&state->losses_lock);
}

void node_state_set(struct node_state *state, enum node_report_state is, const char *trouble)
{
	if (state->is == is && strcmp(state->trouble, trouble) == 0)
		return;
	if ((state->is == NODE_REPORT_RUNS) != (is == NODE_REPORT_RUNS))
		state->is_since_ns = clock_realtime_ns();
	state->is = is;
	state->is_version++;
	snprintf(state->trouble, sizeof(state->trouble), "%s", trouble);
}

void node_state_stop(struct node_state *state)
{
	node_state_set(state, NODE_REPORT_STOPPED, "");
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
	pthread_mutex_init(&state->losses_lock, NULL);
	state->is_since_ns = state->degraded_since_ns = clock_realtime_ns();
	uname(&state->kernel);
	return state;
}

struct node_state *node_state_free(struct node_state *state)
{
	if (!state)
		return NULL;
	pthread_mutex_destroy(&state->losses_lock);
	free(state);
	return NULL;
}
