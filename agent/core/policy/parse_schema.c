// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_field.h"

const struct parse_schema parse_schema_any = {.shape = PARSE_ANY};
const struct parse_schema parse_schema_bool = {.shape = PARSE_BOOL};
const struct parse_schema parse_schema_u32 = {.shape = PARSE_INTEGER, .maximum = UINT32_MAX};
const struct parse_schema parse_schema_text = {.shape = PARSE_STRING, .maximum = POLICY_STRING_MAX};
static const struct parse_schema any_object = {.shape = PARSE_ANY_OBJECT};
const struct parse_schema parse_schema_objects = {.shape = PARSE_LIST, .items = &any_object};
