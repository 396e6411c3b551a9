/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The UID of a pod, as the API server and the kubelet's cgroups write it: a UUID with dashes (or with `_`, since
 * systemd takes a dash in a slice's name for a level), or the 32 digits of an MD5 sum: that of a static pod.
 */
#include "core/process/process.h"

/* False, and *ret untouched, for any other text; also for the UID of zeros, which stands for none. */
bool pod_uid_parse(struct bytes text, struct pod_uid *ret);
bool pod_uid_is_set(const struct pod_uid *uid);
bool pod_uid_is_equal(const struct pod_uid *one, const struct pod_uid *other);
