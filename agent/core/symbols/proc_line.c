// SPDX-License-Identifier: Apache-2.0
#include "core/symbols/proc_line.h"

#include <string.h>

/* The number at the beginning; false without a digit. */
static bool take_number(struct bytes *line, unsigned int base, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	for (; i < line->length; i++) {
		char c = line->data[i];
		unsigned int digit = c >= '0' && c <= '9' ? (unsigned int)(c - '0') : (unsigned int)(c - 'a') + 10;

		if (digit >= base || value > UINT64_MAX / base - 1)
			break;
		value = value * base + digit;
	}
	line->data += i;
	line->length -= i;
	*ret = value;
	return i > 0;
}

static bool take(struct bytes *line, char c)
{
	if (!line->length || line->data[0] != c)
		return false;
	line->data++;
	line->length--;
	return true;
}

bool proc_line_kernel_function(struct bytes line, uint64_t *ret_address, struct bytes *ret_name)
{
	const char *tab;
	char type;

	if (!take_number(&line, 16, ret_address) || !take(&line, ' ') || line.length < 3)
		return false;
	type = line.data[0];
	*ret_name = (struct bytes){line.data + 2, line.length - 2};
	tab = memchr(ret_name->data, '\t', ret_name->length);
	if (tab)
		ret_name->length = (size_t)(tab - ret_name->data);
	return memchr("tTwW", type, 4) && line.data[1] == ' ' && ret_name->length;
}

bool proc_line_mapping(struct bytes line, struct proc_mapping *ret)
{
	uint64_t major, minor;
	bool is_executable;

	if (!take_number(&line, 16, &ret->start) || !take(&line, '-') || !take_number(&line, 16, &ret->end) ||
	    !take(&line, ' ') || line.length < 5)
		return false;
	is_executable = line.data[2] == 'x';
	line.data += 4;
	line.length -= 4;
	if (!is_executable || !take(&line, ' ') || !take_number(&line, 16, &ret->offset) || !take(&line, ' ') ||
	    !take_number(&line, 16, &major) || !take(&line, ':') || !take_number(&line, 16, &minor) ||
	    !take(&line, ' ') || !take_number(&line, 10, &ret->inode))
		return false;
	while (take(&line, ' '))
		;
	ret->device_major = (uint32_t)major;
	ret->device_minor = (uint32_t)minor;
	ret->path = line;
	return true;
}
