/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* crds NAME: prints one of k8s/crds/. All that it says of policies comes from the parser's tables. */
#include "core/policy/parse_field.h"

/* What a schema is written for. */
struct crds_context {
	bool is_namespaced; /* TracingPolicyNamespaced */
	bool is_brief; /* inside of selectorsMacros, whose fields are explained elsewhere: as JSON a file must be below
			* 256 KiB */
	bool takes_lists; /* values list:NAME: in tracepoints, and in macros, which may be for these */
};

/* A key and the schema that is its value. `help` may be NULL. */
void crds_write_field(int depth, const char *name, const struct parse_schema *schema, const char *help,
		      const struct crds_context *context);

/* Rules that are made of tables, as items of x-kubernetes-validations; false: there are none for this schema. */
bool crds_write_rules(int depth, const struct parse_schema *schema, const struct crds_context *context);
/* What values must look like, by operator: an `allOf`. */
void crds_write_value_forms(int depth, const struct crds_context *context);
/* What macros may say depends on the hooks that use them: rules of spec. */
void crds_write_macro_rules(int depth);

/* One rule. */
void crds_write_rule(int depth, const char *cel, const char *message);

const struct parse_schema *crds_policy_status(void);
const struct parse_schema *crds_node_status(void);
const struct parse_schema *crds_network_status(void);
