/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * YAML, of which JSON is a part, to trees; the only user of libyaml. Bytes of any
 * content are fine. Limits: those of tree.h, which hold for all documents of a text together, and these.
 */
#include "core/policy/report.h"
#include "core/policy/tree.h"

enum {
	YAML_BYTES_MAX = 1 << 20,
	YAML_DOCUMENTS_MAX = 64,
	YAML_ANCHORS_MAX = 256, /* of one document */
};

struct yaml_documents {
	size_t count;
	struct tree *trees[YAML_DOCUMENTS_MAX]; /* owned */
};

/*
 * 0, -ENOMEM, or -EINVAL with one finding in the report: then it is not known what
 * the rest of the text means, and there are no documents at all. Empty documents are left out.
 */
int yaml_read(const char *text, size_t length, struct report *report, struct yaml_documents *ret);
void yaml_documents_done(struct yaml_documents *documents); /* accepts an empty struct */
