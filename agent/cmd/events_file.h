/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A log from its beginning to its end: a file, plain or with gzip, or standard input. */
#include "cmd/events_printer.h"

#define EVENTS_STANDARD_INPUT "-"

/* 0, or -errno: of the output, or of reading, which has been said. */
int events_file_print(struct events_printer *printer, const char *path);
