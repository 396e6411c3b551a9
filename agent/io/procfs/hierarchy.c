// SPDX-License-Identifier: Apache-2.0
#include "io/procfs/hierarchy.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/util.h"

static const struct {
	const char *controller;
	enum cgroup_hierarchy hierarchy;
} preferences[] = {
	{"memory", CGROUP_HIERARCHY_MEMORY},
	{"pids", CGROUP_HIERARCHY_PIDS},
	{"cpuset", CGROUP_HIERARCHY_CPUSET},
};

/* Is `controller` among the comma-separated ones of a line "4:memory,cpu:/path"? */
static bool names_controller(const char *line, const char *controller)
{
	size_t length = strlen(controller);
	const char *at = strchr(line, ':');
	const char *end = at ? strchr(at + 1, ':') : NULL;

	while (end && at < end) {
		at++;
		if ((size_t)(end - at) >= length && strncmp(at, controller, length) == 0 &&
		    (at[length] == ',' || at[length] == ':'))
			return true;
		while (at < end && *at != ',')
			at++;
	}
	return false;
}

enum cgroup_hierarchy procfs_cgroup_hierarchy(const char *procfs)
{
	size_t best = ARRAY_SIZE(preferences);
	_cleanup_fclose_ FILE *file = NULL;
	char path[PATH_MAX], line[PATH_MAX];

	snprintf(path, sizeof(path), "%s/self/cgroup", procfs);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		for (size_t i = 0; i < best; i++)
			if (names_controller(line, preferences[i].controller))
				best = i;
	return best < ARRAY_SIZE(preferences) ? preferences[best].hierarchy : CGROUP_HIERARCHY_V2;
}
