// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/tracefs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "core/policy/tracepoint_format.h"

static const char *const mounts[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

/* Names come from policies: they are no paths. */
static bool is_name(const char *text)
{
	return *text && *text != '.' && !strchr(text, '/');
}

static int format_path(const char *subsystem, const char *event, char *path, size_t size)
{
	if (!is_name(subsystem) || !is_name(event))
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		int length = snprintf(path, size, "%s/events/%s/%s/format", mounts[i], subsystem, event);

		if (length > 0 && (size_t)length < size && access(path, R_OK) == 0)
			return 0;
	}
	return -errno;
}

bool tracefs_has_tracepoint(const char *subsystem, const char *event)
{
	char path[512];

	return format_path(subsystem, event, path, sizeof(path)) == 0;
}

int tracefs_read_format(const char *subsystem, const char *event, struct kernel_tracepoint *ret)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[512], text[16384];
	size_t length;
	int r = format_path(subsystem, event, path, sizeof(path));

	if (r < 0)
		return r;
	file = fopen(path, "re");
	if (!file)
		return -errno;
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	return tracepoint_format_parse(text, ret);
}

int tracefs_each_function(kernel_visitor visit, void *data)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[128], line[1024];
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(mounts) && !file; i++) {
		snprintf(path, sizeof(path), "%s/available_filter_functions", mounts[i]);
		file = fopen(path, "re");
	}
	if (!file)
		return -errno;
	while (r == 0 && fgets(line, sizeof(line), file)) {
		line[strcspn(line, " \t\n")] = '\0'; /* "NAME [MODULE]" */
		if (*line)
			r = visit(data, line);
	}
	return r == 0 && ferror(file) ? -EIO : r;
}
