/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The agent's answers about policies. Whoever carries them (io/server/) knows nothing of what is in them.
 *
 *     [{"id":1,"name":"x",...}]      list
 *     {"id":1,...,"hooks":[...]}     show
 *     {"error":"what is wrong"}
 */
#include "base/buffer.h"
#include "core/policy/status.h"

/* One element of `list`, between status_json_begin() and _end(). */
void status_json_begin(struct buffer *buffer);
void status_json_add(struct buffer *buffer, const struct policy_status *status);
void status_json_end(struct buffer *buffer);
/* `is_timed`: the kernel measures run times (sysctl kernel.bpf_stats_enabled). */
void status_json_show(struct buffer *buffer, const struct policy_status *status, bool is_timed);
void status_json_error(struct buffer *buffer, const char *text);
