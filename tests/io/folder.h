/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The folder of a test, with all that is in it. */
#include <stdio.h>
#include <stdlib.h>

static inline void folder_remove(const char *path)
{
	char command[160];

	snprintf(command, sizeof(command), "rm -rf '%s'", path);
	if (system(command) != 0)
		printf("cannot remove %s\n", path);
}
