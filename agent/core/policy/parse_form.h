/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the readers of parse_value.h take, as patterns for the API server. */
#include "base/buffer.h"
#include "core/policy/parse_value.h"

/* Appends an RE2 expression that matches all of a value which the reader takes. False: no expression could say it. */
bool value_form(value_reader read, struct buffer *pattern);
