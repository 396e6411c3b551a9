// SPDX-License-Identifier: Apache-2.0
#include "core/encode/event_pods.h"

void event_pods_begin(struct event_pods *pods, const struct event *event)
{
	pods->processes[0] = event->process;
	pods->processes[1] = event->parent;
	pods->is_looked_up = false;
}

void event_pods_end(struct event_pods *pods)
{
	for (size_t i = 0; i < POD_SPLICES_MAX; i++) {
		kube_pod_unref(pods->places[i].pod);
		pods->places[i] = (struct pod_place){0};
		pods->processes[i] = NULL;
	}
}

const struct pod_place *event_pods_look_up(struct event_pods *pods)
{
	if (pods->is_looked_up)
		return pods->places;
	pods->is_looked_up = true;
	for (size_t i = 0; i < POD_SPLICES_MAX; i++)
		if (pods->finder && pod_finder_concerns(pods->processes[i]))
			pods->finder->find(pods->finder->context, pods->processes[i], &pods->places[i]);
	return pods->places;
}

void event_pods_find(void *context, const struct process *process, struct pod_place *ret)
{
	const struct pod_place *places = event_pods_look_up(context);
	const struct event_pods *pods = context;

	for (size_t i = 0; i < POD_SPLICES_MAX; i++) {
		if (pods->processes[i] != process)
			continue;
		*ret = places[i];
		if (ret->pod)
			kube_pod_ref(ret->pod);
		return;
	}
}
