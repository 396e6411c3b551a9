/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Events of a running agent: those of its log since a time, and those that come. */
#include "cmd/events_printer.h"

/* 0, or -errno: of the output, or said. */
int events_live_print(struct events_printer *printer);
