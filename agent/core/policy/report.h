/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is wrong with a policy: a bounded list of findings, each with place, field
 * path, what is wrong and what would be right. All of a file's findings are gathered before anything fails.
 */
#include <stdio.h>

#include "base/util.h"
#include "core/policy/policy.h"

enum finding_stage {
	FINDING_PARSE,    /* not YAML or JSON, or beyond its limits */
	FINDING_VALIDATE, /* not a policy */
	FINDING_KERNEL,   /* not for this kernel */
	FINDING_APPLY,    /* the kernel refused it */
};

struct finding {
	enum finding_stage stage;
	bool is_warning;
	struct policy_position position;
	char *field; /* "spec.kprobes[0].args[1].type"; NULL: the document */
	char *problem;
	char *remedy; /* NULL: none known */
};

#define REPORT_FINDINGS_MAX 100 /* the rest is counted */

struct report {
	const char *file;   /* for messages; not owned */
	bool is_of_cluster; /* an object of the API server: the lines of its text say nothing to the user, fields do */
	size_t count, error_count, left_out;
	struct finding findings[REPORT_FINDINGS_MAX];
};

void report_init(struct report *report, const char *file);
void report_done(struct report *report);
/* `remedy` may be NULL; `field` is copied. What does not fit in memory or the list is counted only. */
void report_add(struct report *report, enum finding_stage stage, struct policy_position position, const char *field,
		const char *remedy, const char *problem, ...) PRINTF_LIKE(6, 7);
void report_warn(struct report *report, enum finding_stage stage, struct policy_position position, const char *field,
		 const char *remedy, const char *problem, ...) PRINTF_LIKE(6, 7);
/* "FILE:LINE:COLUMN: error: spec.kprobes[0].call: is missing\n    remedy: ...", one finding. Returns bytes as snprintf.
 */
int finding_print(const struct finding *finding, const char *file, char *text, size_t size);
/* All of them, in order of their places. */
void report_print(const struct report *report, FILE *stream);
