// SPDX-License-Identifier: Apache-2.0
#include "io/file/read_file.h"

#include <errno.h>
#include <unistd.h>

ssize_t read_file(int fd, char *data, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t n = read(fd, data + length, size - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	return (ssize_t)length;
}
