/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Tracepoints and their formats, as tracefs shows them (Documentation/trace/events.rst, "Event formats"). */
#include "core/policy/kernel_view.h"

bool tracefs_has_tracepoint(const char *subsystem, const char *event);
/* 0, -ENOENT: there is no such tracepoint, -EACCES and others: tracefs cannot be read. */
int tracefs_read_format(const char *subsystem, const char *event, struct kernel_tracepoint *ret);
/* Functions that ftrace can trace, those of modules too: kernel_view.each_traceable(). */
int tracefs_each_function(kernel_visitor visit, void *data);
