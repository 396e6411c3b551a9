/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A label selector as kubectl takes it: conditions with commas between, `key=value`, `key==value`, `key!=value`,
 * `key in (a, b)`, `key notin (a, b)`, `key`, `!key`. An empty text selects everything.
 */
#include "core/policy/label_selector.h"

#define LABEL_TEXT_WHY_MAX 160
#define LABEL_TEXT_CONDITIONS_MAX 64
#define LABEL_TEXT_VALUES_MAX 64

/* 0, -EINVAL with the reason in `why`, or -ENOMEM; *ret is untouched then. Free with label_selector_done(). */
int label_text_parse(const char *text, struct label_selector *ret, char why[LABEL_TEXT_WHY_MAX]);
