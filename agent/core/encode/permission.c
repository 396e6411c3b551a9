// SPDX-License-Identifier: Apache-2.0
#include "core/encode/permission.h"

#include <sys/stat.h>

static char type_of(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return '-';
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	default:
		return '\0';
	}
}

/* Three bits of one class; `special` is its letter where the special bit is set. */
static void append_class(struct buffer *buffer, uint32_t bits, bool is_special, char special)
{
	char execute = bits & 1 ? 'x' : '-';

	if (is_special)
		execute = bits & 1 ? special : (char)(special - 'a' + 'A');
	buffer_append_byte(buffer, bits & 4 ? 'r' : '-');
	buffer_append_byte(buffer, bits & 2 ? 'w' : '-');
	buffer_append_byte(buffer, execute);
}

void permission_append(struct buffer *buffer, uint32_t mode)
{
	if (type_of(mode))
		buffer_append_byte(buffer, type_of(mode));
	append_class(buffer, mode >> 6 & 7, mode & S_ISUID, 's');
	append_class(buffer, mode >> 3 & 7, mode & S_ISGID, 's');
	append_class(buffer, mode & 7, mode & S_ISVTX, 't');
}
