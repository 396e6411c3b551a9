/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* A record of the loss ledger, read back from its line. */
#include "core/event/ledger_check.h"

/* Our own encoder begins a record so, and never an event. */
bool ledger_view_is_record(const char *line, size_t length);
/* Without its newline. 0; -EINVAL when it is no record; -ENOMEM. */
int ledger_view_parse(const char *line, size_t length, struct ledger_entry *ret);
