/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Label selectors in policies: those of nodes, pods and containers. */
#include "core/policy/parse_field.h"

extern const struct parse_schema parse_labels_schema; /* of objects of the API server */
extern const struct parse_schema
	parse_container_labels_schema; /* of containers: an image's name is longer than a label */

/* Readers; the target is a struct label_selector. {} selects everything. */
void parse_read_labels(struct parse *parse, const struct place *place, void *target);
void parse_read_container_labels(struct parse *parse, const struct place *place, void *target);
