/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A Pod as the API server sends it (core/v1, JSON): what events need of it. Fields that are absent or null are empty,
 * as the API means them; a field of a wrong type is an error, since whoever sent that is no API server.
 */
#include <jansson.h>

#include "core/kube/pod.h"

/* 0, -ENOMEM, or -EINVAL with a text of up to `size` bytes in ret_error that names the field. */
int pod_object_read(const json_t *object, struct kube_pod **ret, char *ret_error, size_t size);
/* The UID alone. 0 or -EINVAL as above. */
int pod_object_read_uid(const json_t *object, struct pod_uid *ret, char *ret_error, size_t size);
