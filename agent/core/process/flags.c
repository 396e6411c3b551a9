// SPDX-License-Identifier: Apache-2.0
#include "core/process/flags.h"

#include <errno.h>

#include "base/util.h"

/* By bit number of enum process_flag. */
static const char *const flag_names[] = {
	"execve",
	"procFS",
	"errorEnvs",
	"truncArgs",
	"miss",
	"errorFilename",
	"errorArgs",
	"nocwd",
	"rootcwd",
	"errorCWD",
	"clone",
	"errorCgroupName",
	"errorCgroupID",
	"errorCgroupSubsysCgrp",
	"errorCgroupSubsys",
	"errorCgroups",
	"errorPathResolutionCwd",
	"dataFilename",
	"dataArgs",
	"inInitTree",
	"unknown",
};
_Static_assert(PROCESS_FLAG_UNKNOWN == 1u << (ARRAY_SIZE(flag_names) - 1), "a name per flag");

const char *flags_name(unsigned int bit)
{
	return bit < ARRAY_SIZE(flag_names) ? flag_names[bit] : NULL;
}

void flags_append(struct buffer *buffer, uint32_t flags)
{
	size_t start = buffer->length;

	flags &= (1u << ARRAY_SIZE(flag_names)) - 1;
	if (flags & PROCESS_FLAG_UNKNOWN)
		flags = PROCESS_FLAG_UNKNOWN;
	for (; flags; flags &= flags - 1) {
		if (buffer->length > start)
			buffer_append_byte(buffer, ' ');
		buffer_append_cstring(buffer, flag_names[__builtin_ctz(flags)]);
	}
}

/* The bit of one name, 0 if there is no such flag. */
static uint32_t flag_of(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(flag_names); i++) {
		if (strlen(flag_names[i]) == length && memcmp(flag_names[i], name, length) == 0)
			return 1u << i;
	}
	return 0;
}

int flags_parse(struct bytes text, uint32_t *ret_flags)
{
	uint32_t flags = 0;
	size_t at = 0;

	while (at < text.length) {
		const char *name = text.data + at;
		const char *space = memchr(name, ' ', text.length - at);
		size_t length = space ? (size_t)(space - name) : text.length - at;
		uint32_t flag = flag_of(name, length);

		if (!flag || (space && at + length + 1 == text.length))
			return -EINVAL;
		flags |= flag;
		at += length + 1;
	}
	*ret_flags = flags;
	return 0;
}
