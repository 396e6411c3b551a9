// SPDX-License-Identifier: Apache-2.0
#include "core/encode/operator_metrics.h"

static void add_sums(struct metrics_text *text, const struct policy_sums_stats *sums)
{
	metrics_text_single(text, "trigon_operator_nodes", METRICS_GAUGE,
			    "Nodes that are known, those without an agent's report included.", sums->nodes);
	metrics_text_single(text, "trigon_operator_nodes_silent", METRICS_GAUGE,
			    "Nodes whose agent reports no more, or whose Node is not ready.", sums->silent);
	metrics_text_single(text, "trigon_operator_policies", METRICS_GAUGE, "Policies of the cluster.",
			    sums->policies);
	metrics_text_single(text, "trigon_operator_policy_reports", METRICS_GAUGE,
			    "What nodes say of policies: one for each policy of each node.", sums->reports);
	metrics_text_single(text, "trigon_operator_node_labels", METRICS_GAUGE, "Labels of nodes that are kept.",
			    sums->labels);
	metrics_text_single(text, "trigon_operator_texts", METRICS_GAUGE,
			    "Different names, errors and labels that are kept.", sums->texts);
	metrics_text_single(text, "trigon_operator_text_bytes", METRICS_GAUGE, "Their bytes.", sums->text_bytes);
	metrics_text_single(text, "trigon_operator_refused_total", METRICS_COUNTER,
			    "Nodes, policies, selectors, reports, labels and texts for which there was no room.",
			    sums->refused);
}

static void add_statuses(struct metrics_text *text, const struct operator_metrics *metrics)
{
	metrics_text_single(
		text, "trigon_operator_status_queue", METRICS_GAUGE,
		"Policies whose status is to be computed anew, or is being written; 0 where another replica "
		"leads.",
		metrics->leads ? metrics->statuses.queue : 0);
	metrics_text_single(text, "trigon_operator_status_sums_total", METRICS_COUNTER, "Sums that were computed.",
			    metrics->statuses.computed);
	metrics_text_single(text, "trigon_operator_status_writes_total", METRICS_COUNTER,
			    "Statuses of policies that were written.", metrics->statuses.written);
	metrics_text_single(text, "trigon_operator_status_written_bytes_total", METRICS_COUNTER, "Their bytes.",
			    metrics->statuses.bytes);
	metrics_text_single(text, "trigon_operator_status_failures_total", METRICS_COUNTER,
			    "Statuses that could not be written.", metrics->statuses.failures);
	metrics_text_single(text, "trigon_operator_status_retries_total", METRICS_COUNTER,
			    "Writes of a status that could not be written before.", metrics->statuses.retries);
}

static void add_networks(struct metrics_text *text, const struct operator_metrics *metrics)
{
	metrics_text_single(text, "trigon_operator_network_writes_total", METRICS_COUNTER,
			    "Writes of the cluster's networks, for policies that name them.",
			    metrics->networks.written);
	metrics_text_single(text, "trigon_operator_network_failures_total", METRICS_COUNTER,
			    "Writes of them that failed; each is tried again.", metrics->networks.failures);
}

static size_t watch_count(const struct operator_metrics *metrics)
{
	size_t count = 0;

	while (count < OPERATOR_METRICS_WATCHES_MAX && metrics->watches[count].resource)
		count++;
	return count;
}

static void add_watches(struct metrics_text *text, const struct operator_metrics *metrics)
{
	size_t count = watch_count(metrics);

	metrics_text_family(text, "trigon_operator_watch_synced", METRICS_GAUGE,
			    "Whether all objects of a kind have been listed once: 1, or 0.");
	for (size_t i = 0; i < count; i++)
		metrics_text_labelled(text, "resource", metrics->watches[i].resource, metrics->watches[i].has_synced);
	metrics_text_family(text, "trigon_operator_watch_objects_total", METRICS_COUNTER,
			    "Objects that were listed, or have changed.");
	for (size_t i = 0; i < count; i++)
		metrics_text_labelled(text, "resource", metrics->watches[i].resource, metrics->watches[i].objects);
	metrics_text_family(text, "trigon_operator_watch_skipped_total", METRICS_COUNTER,
			    "Objects that could not be read or kept; the log names them.");
	for (size_t i = 0; i < count; i++)
		metrics_text_labelled(text, "resource", metrics->watches[i].resource, metrics->watches[i].skipped);
	metrics_text_family(text, "trigon_operator_watch_failures_total", METRICS_COUNTER,
			    "Lists and watches that failed or broke off; each is tried again.");
	for (size_t i = 0; i < count; i++)
		metrics_text_labelled(text, "resource", metrics->watches[i].resource, metrics->watches[i].failures);
}

void operator_metrics_add(struct metrics_text *text, const struct operator_metrics *metrics)
{
	metrics_text_single(text, "trigon_operator_leader", METRICS_GAUGE,
			    "Whether this is the replica that writes: 1, or 0.", metrics->leads);
	add_sums(text, &metrics->sums);
	add_statuses(text, metrics);
	add_networks(text, metrics);
	add_watches(text, metrics);
	metrics_add_requests(text, "trigon_operator_kube_client_requests_total", metrics->api_answers);
}
