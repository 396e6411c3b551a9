// SPDX-License-Identifier: Apache-2.0
/* Any bytes as config.json of a container's bundle: a name that fits, or the word that it is a sandbox. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "io/kube/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scope_container container = {0};

	if (!bundle_parse((const char *)data, size, &container))
		return 0;
	if (container.is_sandbox ? container.name[0] : !container.name[0])
		abort();
	if (strnlen(container.name, sizeof(container.name)) == sizeof(container.name))
		abort();
	return 0;
}
