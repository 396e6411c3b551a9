/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* One test of a selector in words: "argument 0 (file) Prefix "/etc/", "/usr/"". */
#include <stdio.h>

#include "core/policy/glue.h"

/* `glue` has plan, hook and means of the program that runs the test. */
void explain_test(const struct glue *glue, const struct glue_test *test, FILE *out);
