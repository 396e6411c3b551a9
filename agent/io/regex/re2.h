/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Regular expressions by RE2; the only C++ there is. No exception leaves it. */
#ifdef __cplusplus
extern "C" {
#endif

#include "core/filter/regex.h"

extern const struct regex_engine re2_engine;

#ifdef __cplusplus
}
#endif
