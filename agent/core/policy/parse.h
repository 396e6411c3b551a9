/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From a document to a policy: tracingpolicy.md sections 1 to 20, but for what
 * needs the running kernel. Everything that is wrong is reported, not only the first thing.
 *
 * How it works: parse_field.h reads mappings by tables of fields, one row per field, in the order of the
 * table. parse_hook.c, parse_arg.c, parse_selector.c, parse_filter.c, parse_arg_filter.c and parse_action.c have
 * these tables; operators.c says which operator takes which types and values, parse_value.c reads the values.
 */
#include "core/policy/policy.h"
#include "core/policy/report.h"
#include "core/policy/tree.h"

/* What ${NAME} stands for in values of address operators. */
struct policy_variables {
	/* The value of a name, which is not NUL-terminated: networks separated by blanks; NULL: it has none. */
	const char *(*find)(void *context, const char *name, size_t length);
	/* How a name gets a value that it does not have; NULL, as the function itself: by the ways that there always
	 * are. Static text. */
	const char *(*remedy)(void *context, const char *name, size_t length);
	void *context;
};

/*
 * 0; -EINVAL with at least one more error in the report; -ENOMEM. `variables` may be
 * NULL: there are none. The document may be freed afterwards; the policy is the caller's.
 */
int policy_parse(const struct tree *document, const struct policy_variables *variables, struct report *report,
		 struct policy **ret_policy);

/* metadata.name of a document, which may be no policy at all; NULL: it has none. Lives as long as the document. */
const char *policy_document_name(const struct tree *document);
/* Its namespace, if it is of a kind that has one, as well; "default" if it is not written. */
const char *policy_document_namespace(const struct tree *document);
