/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

/* Reads up to `size` bytes, until the end of the file or until full. The number read or -errno. */
ssize_t read_file(int fd, char *data, size_t size);
