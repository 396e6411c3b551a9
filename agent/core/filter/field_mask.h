/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which fields of an event are printed: field filters (docs/filters.md), compiled to a tree of names for each event, by
 * which a line of JSON is rewritten. Filters are applied one after another; what one has taken away no other brings
 * back, so all of them together are one tree, and a line is gone through once.
 *
 * An object of which no field is left is `{}`, as in protobuf. What is beside the event (node_name, time, ...) stays,
 * and so do lines of rate_limit_info and of the loss ledger.
 */
#include "core/event/event_fields.h"

#define FIELD_MASK_PROBLEM_MAX 256
#define FIELD_MASK_REMEDY_MAX 1024

struct field_filter {
	uint32_t messages;  /* the events that it is about, a bit for each enum event_message */
	const char *fields; /* paths behind commas: process.pid,status */
	bool is_exclude;    /* takes these fields away; else it takes away all others */
};

struct field_node; /* field_mask.c */

struct field_masks {
	struct field_node *nodes; /* owned; those of the events come first */
	size_t count, size;       /* 0: there is no filter */
	size_t filter_count;
};

struct field_mask_error {
	char problem[FIELD_MASK_PROBLEM_MAX];
	char remedy[FIELD_MASK_REMEDY_MAX];
};

/* Accepts a zeroed struct. */
void field_masks_done(struct field_masks *masks);
bool field_masks_is_empty(const struct field_masks *masks);

/*
 * Adds a filter; `masks` is zeroed at first. Each path must be that of a field of one of its events. 0, -EINVAL
 * and what is wrong in *ret_error, or -ENOMEM; then the masks are good for field_masks_done() only.
 */
int field_masks_add(struct field_masks *masks, const struct field_filter *filter, struct field_mask_error *ret_error);

/*
 * Writes the line as it is to be printed, with its newline if it has one, to `ret`, which has room for `length` bytes
 * and may be the line itself. Returns its length. What is no JSON stays as it is from there on.
 */
size_t field_masks_apply(const struct field_masks *masks, const char *line, size_t length, char *ret);
