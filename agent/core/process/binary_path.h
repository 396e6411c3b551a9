/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The absolute path of a binary: what execve() was given, or, where that is
 * relative, joined to the working directory and cleaned of ".", ".." and doubled
 * slashes, by text alone: symbolic links are not followed.
 */
#include "base/buffer.h"
#include "core/process/process.h"

/* Appends it. A relative name stays as it is when cwd is empty (unknown). */
void binary_path_append(struct buffer *buffer, struct bytes cwd, struct bytes filename);
