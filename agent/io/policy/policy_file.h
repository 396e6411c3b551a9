/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Files of policies: from a path to policies and a report. */
#include "core/policy/parse.h"
#include "io/policy/yaml.h"

/* A document of a file. */
struct policy_file_item {
	char *name, *namespace; /* of its metadata; owned; NULL: it has none, or its kind has no namespace */
	struct policy *policy;  /* owned; NULL: it was refused, the report says why: */
	size_t first, end;      /* its findings are those from `first` to `end` - 1 */
};

struct policy_file {
	size_t count;
	struct policy_file_item items[YAML_DOCUMENTS_MAX];
};

/*
 * Reads all documents of a file; "-" is standard input. What is wrong is in the report, whose
 * `file` the caller has set: 0 also when policies were refused. -EINVAL: it is no YAML, or has no document; -ENOMEM; or
 * what read() says; all of these are in the report, too, and there are no items. `variables` as in parse.h.
 */
int policy_file_load(const char *path, const struct policy_variables *variables, struct report *report,
		     struct policy_file *ret);
/* The same of bytes in memory. */
int policy_file_parse(const char *text, size_t length, const struct policy_variables *variables, struct report *report,
		      struct policy_file *ret);
void policy_file_done(struct policy_file *file); /* accepts an empty struct */
