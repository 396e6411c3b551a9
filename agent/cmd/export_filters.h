/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the agent's options say of what is exported, compiled. */
#include "core/filter/event_filter.h"
#include "core/filter/field_mask.h"
#include "core/filter/redaction.h"

struct agent_options;

/* 0 or -errno, said on standard error. Free with event_filters_done(), whatever it returns. */
int export_filters_compile(const struct agent_options *options, struct event_filters *ret);
/* The same with redactions_done(). */
int redactions_compile(const struct agent_options *options, struct redactions *ret);
/* And with field_masks_done(). */
int field_masks_compile(const struct agent_options *options, struct field_masks *ret);
