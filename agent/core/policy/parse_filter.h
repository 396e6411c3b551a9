/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Filters on the process: matchPIDs, matchBinaries, matchNamespaces ... (section
 * 17 of tracingpolicy.md). All are readers whose target is the struct policy_selector.
 */
#include "core/policy/parse_field.h"

extern const struct parse_schema parse_pids_schema, parse_binaries_schema, parse_namespaces_schema,
	parse_namespace_changes_schema, parse_capabilities_schema; /* the latter of changes, too */

void parse_read_pids(struct parse *parse, const struct place *place, void *target);
void parse_read_binaries(struct parse *parse, const struct place *place, void *target);
void parse_read_parent_binaries(struct parse *parse, const struct place *place, void *target);
void parse_read_namespaces(struct parse *parse, const struct place *place, void *target);
void parse_read_namespace_changes(struct parse *parse, const struct place *place, void *target);
void parse_read_capabilities(struct parse *parse, const struct place *place, void *target);
void parse_read_capability_changes(struct parse *parse, const struct place *place, void *target);
