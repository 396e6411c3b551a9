/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The agent's own log, on standard error: what it does and what went wrong,
 * never events. The pure core does not log; it returns errors.
 */
#include "base/util.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARN,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
};

enum log_format {
	LOG_FORMAT_TEXT, /* time=... level=info msg="..." */
	LOG_FORMAT_JSON, /* {"time":...,"level":"info","msg":"..."} */
};

void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
enum log_level log_get_level(void);

/* One line; a newline at the end of `format` is not wanted. */
void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
