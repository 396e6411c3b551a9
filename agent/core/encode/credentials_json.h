/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Ids, secure bits and capabilities, of processes and of arguments. */
#include "base/buffer.h"
#include "core/process/process.h"

/* The fields uid to fsgid, then securebits if there are any, into an object that is open. */
void credentials_json_append_ids(struct buffer *buffer, const struct credentials *credentials);

/* The fields permitted, effective, inheritable, each if it is not empty, into an object that is open. */
void credentials_json_append_capabilities(struct buffer *buffer, const struct credentials *credentials);

/*
 * The name of a capability in events: as capabilities(7) has it, but capability
 * 1 is DAC_OVERRIDE (tracingpolicy.md 11.3). NULL for a bit that has none yet.
 */
const char *credentials_json_capability_name(unsigned int bit);
