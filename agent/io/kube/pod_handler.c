// SPDX-License-Identifier: Apache-2.0
#include "io/kube/pod_handler.h"

#include <errno.h>
#include <stdio.h>

#include "io/kube/pod_object.h"

static void begin_list(void *context)
{
	pod_table_begin_list(context);
}

static void end_list(void *context)
{
	pod_table_end_list(context);
}

static int put_pod(struct pod_table *table, const json_t *object, char *ret_error, size_t size)
{
	struct kube_pod *pod;
	int r = pod_object_read(object, &pod, ret_error, size);

	if (r < 0)
		return r;
	if (pod_table_put(table, pod) == -ENOSPC) {
		snprintf(ret_error, size, "there are more pods than the %d that are kept", POD_TABLE_MAX);
		return -ENOMEM;
	}
	return 0;
}

static int delete_pod(struct pod_table *table, const json_t *object, char *ret_error, size_t size)
{
	struct pod_uid uid;
	int r = pod_object_read_uid(object, &uid, ret_error, size);

	if (r >= 0)
		pod_table_delete(table, &uid);
	return r;
}

static int take_object(void *context, enum kube_change change, const json_t *object, char *ret_error, size_t size)
{
	return change == KUBE_CHANGE_DELETE ? delete_pod(context, object, ret_error, size)
					    : put_pod(context, object, ret_error, size);
}

struct kube_handler pod_handler(struct pod_table *table)
{
	return (struct kube_handler){
		.context = table, .begin_list = begin_list, .object = take_object, .end_list = end_list};
}
