// SPDX-License-Identifier: Apache-2.0
/* Any bytes as the path of a cgroup: an id of 31 hexadecimal digits or none comes out, and a pod only with it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/process/container_id.h"
#include "core/process/pod_uid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char id[CONTAINER_ID_LENGTH + 1], whole[CONTAINER_ID_DIGITS + 1];
	struct pod_uid pod;
	bool is_found = container_id_from_cgroup((struct bytes){(const char *)data, size}, id, &pod);
	size_t length = strnlen(id, sizeof(id));

	if (length != (is_found ? CONTAINER_ID_LENGTH : 0) || strspn(id, "0123456789abcdef") != length)
		abort();
	if (!is_found && pod_uid_is_set(&pod))
		abort();
	if (container_id_of_cgroup((struct bytes){(const char *)data, size}, whole) &&
	    (strspn(whole, "0123456789abcdef") != CONTAINER_ID_DIGITS || whole[CONTAINER_ID_DIGITS]))
		abort();
	if (pod_from_cgroup((struct bytes){(const char *)data, size}, &pod) && !pod_uid_is_set(&pod))
		abort();
	return 0;
}
