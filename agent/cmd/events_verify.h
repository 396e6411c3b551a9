/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "core/config/option_value.h"

/*
 * trigon events --verify: says on standard output whether the log in these files, from old to new, is complete; plain
 * or with gzip; standard input if none is named. Returns the exit code.
 */
int events_verify(const struct option_list *files);
