// SPDX-License-Identifier: Apache-2.0
#include "cmd/node_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool read_variable(const char *variable, char ret[NODE_NAME_SIZE])
{
	const char *name = getenv(variable);

	if (!name || !*name)
		return false;
	snprintf(ret, NODE_NAME_SIZE, "%s", name);
	return true;
}

void node_name_in_cluster(char ret[NODE_NAME_SIZE])
{
	if (read_variable("NODE_NAME", ret))
		return;
	ret[NODE_NAME_SIZE - 1] = '\0';
	if (gethostname(ret, NODE_NAME_SIZE - 1) < 0)
		ret[0] = '\0';
}

void node_name_in_events(char ret[NODE_NAME_SIZE])
{
	if (!read_variable("HUBBLE_NODE_NAME", ret))
		node_name_in_cluster(ret);
}
