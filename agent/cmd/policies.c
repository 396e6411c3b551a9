// SPDX-License-Identifier: Apache-2.0
#include "cmd/policies.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/thread.h"
#include "base/util.h"
#include "cmd/policy_files.h"
#include "cmd/policy_set.h"
#include "io/kube/cluster_networks.h"
#include "io/kube/own_node.h"
#include "io/kube/policy_objects.h"

#define SETTLE_MS 10       /* changes of one directory come in bursts: wait for the end of one */
#define SETTLE_MAX 20      /* times that, and no longer */
#define LOOK_AGAIN_MS 5000 /* without any word of changes: the directory may have come into being */
#define CLUSTER_CHANGES_MAX 3
#define REST_MS 2000 /* after the last change: what only changes need is given back; another may follow at once */

struct policies {
	struct policy_set *set;
	struct policy_files *files;
	struct change *changes[CLUSTER_CHANGES_MAX]; /* not owned: what the cluster tells */
	size_t change_count;
	bool is_awake; /* the set holds what only changes need */
	int stop_fd, done_fd;
	atomic_bool is_ending;                     /* with stop_fd: looked at where a change takes long */
	struct policies_totals totals, end_totals; /* when it begins to end them, with `has_totals`; when it has */
	atomic_bool has_totals;
	pthread_t thread;
};

/* --- the thread */

static void log_counts(const struct policy_set_counts *counts)
{
	if (counts->skipped)
		log_info("policies: %zu enabled, %zu failed, %zu for other nodes", counts->enabled, counts->failed,
			 counts->skipped);
	else
		log_info("policies: %zu enabled, %zu failed", counts->enabled, counts->failed);
}

/* Makes what runs what the files say. Returns for how long to wait then, in ms. */
static int synchronise(struct policies *policies, bool is_first)
{
	struct policy_files_pass pass = policy_files_follow(policies->files);
	bool has_changed = pass.has_changed || is_first;
	struct policy_set_counts counts = policy_set_count(policies->set);

	policy_set_check(policies->set);
	if (!pass.has_loaded && !has_changed && policies->is_awake)
		policy_set_rest(policies->set);
	policies->is_awake = pass.has_loaded || has_changed;
	if (has_changed && (counts.enabled || counts.skipped || counts.failed || !is_first))
		log_counts(&counts);
	if (pass.is_open)
		return SETTLE_MS;
	return policies->is_awake ? REST_MS : LOOK_AGAIN_MS;
}

/* Waits until changes have come to rest, or the end. False: the end. */
static bool wait_for_change(struct policies *policies, int timeout_ms)
{
	struct pollfd polled[2 + CLUSTER_CHANGES_MAX] = {
		{.fd = policies->stop_fd, .events = POLLIN},
		{.fd = policy_files_fd(policies->files), .events = POLLIN},
	};

	for (size_t i = 0; i < policies->change_count; i++)
		polled[2 + i] = (struct pollfd){.fd = policies->changes[i]->fd, .events = POLLIN};
	for (int i = 0; i < SETTLE_MAX; i++, timeout_ms = SETTLE_MS) {
		int r = poll(polled, 2 + policies->change_count, timeout_ms);

		if (r < 0 && errno != EINTR)
			return false;
		if (r > 0 && polled[0].revents)
			return false;
		if (r <= 0)
			break;
		policy_files_drain(policies->files);
		for (size_t change = 0; change < policies->change_count; change++)
			change_drain(policies->changes[change]);
	}
	return true;
}

static void *run(void *context)
{
	const uint64_t one = 1;
	struct policies *policies = context;
	int timeout_ms = synchronise(policies, true);

	while (wait_for_change(policies, timeout_ms))
		timeout_ms = synchronise(policies, false);
	policies->totals = policy_set_totals(policies->set);
	policies->end_totals = policies->totals;
	atomic_store(&policies->has_totals, true);
	policy_set_end(policies->set, &policies->end_totals);
	if (write(policies->done_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		log_error("policies: cannot say that they have ended: %s", strerror(errno));
	return NULL;
}

/* --- begin and end */

static void free_policies(struct policies *policies)
{
	policy_files_close(policies->files);
	policy_set_free(policies->set);
	util_closep(&policies->stop_fd);
	util_closep(&policies->done_fd);
	free(policies);
}

static void follow_cluster(struct policies *policies, const struct policies_options *options)
{
	if (options->objects)
		policies->changes[policies->change_count++] = policy_objects_change(options->objects);
	if (options->node)
		policies->changes[policies->change_count++] = own_node_change(options->node);
	if (options->networks)
		policies->changes[policies->change_count++] = cluster_networks_change(options->networks);
}

static int open_policies(struct policies *policies, const struct policies_options *options)
{
	int r;

	follow_cluster(policies, options);
	policies->stop_fd = eventfd(0, EFD_CLOEXEC);
	policies->done_fd = eventfd(0, EFD_CLOEXEC);
	if (policies->stop_fd < 0 || policies->done_fd < 0)
		return -errno;
	r = policy_set_new(options, &policies->is_ending, &policies->set);
	return r < 0 ? r : policy_files_open(options, policies->set, &policies->is_ending, &policies->files);
}

int policies_start(const struct policies_options *options, struct policies **ret)
{
	struct policies *policies = calloc(1, sizeof(*policies));
	int r;

	if (!policies)
		return -ENOMEM;
	policies->stop_fd = policies->done_fd = -1;
	r = open_policies(policies, options);
	if (r >= 0)
		r = thread_start(&policies->thread, run, policies);
	if (r < 0) {
		log_error("policies: cannot start: %s", strerror(-r));
		free_policies(policies);
		return r;
	}
	*ret = policies;
	return 0;
}

struct policy_board *policies_board(struct policies *policies)
{
	return policy_set_board(policies->set);
}

int policies_done_fd(const struct policies *policies)
{
	return policies->done_fd;
}

void policies_ask_to_stop(struct policies *policies)
{
	const uint64_t one = 1;

	atomic_store(&policies->is_ending, true);
	if (write(policies->stop_fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		log_error("policies: cannot end the thread: %s", strerror(errno));
}

struct policies_totals policies_leave(struct policies *policies)
{
	return atomic_load(&policies->has_totals) ? policies->totals : (struct policies_totals){0};
}

struct policies *policies_stop(struct policies *policies, struct policies_totals *ret_totals)
{
	if (!policies)
		return NULL;
	policies_ask_to_stop(policies);
	pthread_join(policies->thread, NULL);
	*ret_totals = policies->end_totals;
	free_policies(policies);
	return NULL;
}
