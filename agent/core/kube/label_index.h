/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The labels of thousands of objects, and selectors over them, in little room: names and values are numbers of a name
 * pool, so a label takes 8 bytes wherever others have its texts, and to ask a selector is to compare numbers.
 */
#include <stdbool.h>
#include <stdint.h>

#include "core/kube/name_pool.h"
#include "core/kube/pod.h"
#include "core/policy/label_selector.h"

struct index_label;
struct index_selector;

/* Holds references of the pool; zeroed: no labels. */
struct index_labels {
	struct index_label *labels; /* owned, sorted */
	uint32_t count;
	bool is_cut; /* there are more: nobody knows what a selector would say */
};

/* Those beyond `maximum`, and those for which the pool has no room, are left out. 0 or -ENOMEM. */
int index_labels_set(struct name_pool *texts, const struct kube_label_fields *labels, size_t count, size_t maximum,
		     struct index_labels *ret);
void index_labels_done(struct name_pool *texts, struct index_labels *labels); /* leaves it empty */
bool index_labels_is_equal(const struct index_labels *one, const struct index_labels *other);

/* Its conditions and their values: what it takes room for, 4 to 12 bytes each. */
size_t index_selector_size(const struct label_selector *selector);
/* Holds references of the pool. NULL: there is no room for it. */
struct index_selector *index_selector_new(struct name_pool *texts, const struct label_selector *selector);
struct index_selector *index_selector_free(struct name_pool *texts, struct index_selector *selector);

enum index_answer {
	INDEX_NOT_SELECTED,
	INDEX_SELECTED,
	INDEX_UNKNOWN, /* of labels that are cut */
};

enum index_answer index_selector_ask(const struct index_selector *selector, const struct index_labels *labels);
