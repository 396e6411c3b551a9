/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Hook sections: kprobes, fentries, tracepoints, lsmhooks (section 10 of
 * tracingpolicy.md). What the families have apart is a row of hook_rules and a table of fields.
 */
#include "core/policy/parse_field.h"

struct hook_rules {
	const char *section; /* "kprobes" */
	uint32_t args_max, index_max;
	bool has_return;          /* and matchReturnArgs, matchReturnActions */
	bool has_tracepoint_args; /* auto, data_loc, syscall64; of other types those with ARG_IN_TRACEPOINTS */
};

const struct hook_rules *hook_rules(enum hook_family family);

/* True if the hook that is read reports a returned value; else a filter or action on it is an error, which is reported.
 */
bool parse_has_return(struct parse *parse, const struct place *place);

extern const struct parse_schema parse_hooks_schemas[]; /* of a section, by family */

/* Readers of the sections; the target is the struct parse. */
void parse_read_kprobes(struct parse *parse, const struct place *place, void *target);
void parse_read_fentries(struct parse *parse, const struct place *place, void *target);
void parse_read_tracepoints(struct parse *parse, const struct place *place, void *target);
void parse_read_lsmhooks(struct parse *parse, const struct place *place, void *target);
