// SPDX-License-Identifier: Apache-2.0
#include "core/policy/operators.h"

#include <string.h>

#include "core/config/suggest.h"

#define INTEGER ARG_IS_INTEGER
#define MASK ARG_IS_CAP_MASK
#define STRING ARG_IS_STRING
#define NETWORK (ARG_IS_SOCK | ARG_IS_SKB)
#define SOURCE (NETWORK | ARG_IS_SOCKADDR)

/* Rows: the operator, its name, types; then kind, reader and number of values. */
#define NUMBERS(reader) VALUES_NUMBERS, reader, POLICY_NUMBERS_MAX, 0
#define NAMES(reader) VALUES_NUMBERS, reader, POLICY_NAMES_MAX, 0
#define NUMBER_SET(reader) VALUES_NUMBERS, reader, POLICY_VALUES_MAX, 0
#define STRINGS(length) VALUES_STRINGS, value_read_string, POLICY_VALUES_MAX, length
#define SUBSTRINGS VALUES_STRINGS, value_read_string, POLICY_SUBSTRINGS_MAX, POLICY_SUBSTRING_MAX
#define NETWORKS VALUES_NETWORKS, value_read_networks, POLICY_VALUES_MAX, 0
#define NOTHING VALUES_NONE, NULL, 0, 0

/* clang-format off */
static const struct operator_info operators[] = {
	/* the first row of an operator has its usual name */
	{OPERATOR_EQUAL, "Equal", INTEGER, NUMBERS(value_read_integer), false, 1},
	{OPERATOR_EQUAL, "Equal", MASK, NUMBERS(value_read_capabilities), false, 1},
	{OPERATOR_EQUAL, "Equal", STRING, STRINGS(POLICY_STRING_MAX), false, 1},
	{OPERATOR_NOT_EQUAL, "NotEqual", INTEGER, NUMBERS(value_read_integer), true, 1},
	{OPERATOR_NOT_EQUAL, "NotEqual", MASK, NUMBERS(value_read_capabilities), true, 1},
	{OPERATOR_NOT_EQUAL, "NotEqual", STRING, STRINGS(POLICY_STRING_MAX), true, 1},
	{OPERATOR_PREFIX, "Prefix", STRING, STRINGS(POLICY_PREFIX_MAX), false, 1},
	{OPERATOR_NOT_PREFIX, "NotPrefix", STRING, STRINGS(POLICY_PREFIX_MAX), true, 1},
	{OPERATOR_POSTFIX, "Postfix", STRING, STRINGS(POLICY_POSTFIX_MAX), false, 1},
	{OPERATOR_NOT_POSTFIX, "NotPostfix", STRING, STRINGS(POLICY_POSTFIX_MAX), true, 1},
	{OPERATOR_GREATER, "GreaterThan", INTEGER, NUMBERS(value_read_integer), false, 1},
	{OPERATOR_GREATER, "GT", INTEGER, NUMBERS(value_read_integer), false, 1},
	{OPERATOR_LESS, "LessThan", INTEGER, NUMBERS(value_read_integer), false, 1},
	{OPERATOR_LESS, "LT", INTEGER, NUMBERS(value_read_integer), false, 1},
	{OPERATOR_MASK, "Mask", INTEGER, NUMBERS(value_read_bits), false, 1},
	{OPERATOR_MASK, "Mask", MASK, NUMBERS(value_read_capabilities), false, 1},
	{OPERATOR_IN_RANGE, "InRange", INTEGER, NUMBERS(value_read_range), false, 1},
	{OPERATOR_NOT_IN_RANGE, "NotInRange", INTEGER, NUMBERS(value_read_range), true, 1},
	{OPERATOR_IN_MAP, "InMap", INTEGER, NUMBER_SET(value_read_member), false, 1},
	{OPERATOR_NOT_IN_MAP, "NotInMap", INTEGER, NUMBER_SET(value_read_member), true, 1},
	{OPERATOR_SADDR, "SAddr", SOURCE, NETWORKS, false, 1},
	{OPERATOR_NOT_SADDR, "NotSAddr", SOURCE, NETWORKS, true, 1},
	{OPERATOR_DADDR, "DAddr", NETWORK, NETWORKS, false, 1},
	{OPERATOR_NOT_DADDR, "NotDAddr", NETWORK, NETWORKS, true, 1},
	{OPERATOR_SPORT, "SPort", SOURCE, NUMBER_SET(value_read_port), false, 1},
	{OPERATOR_NOT_SPORT, "NotSPort", SOURCE, NUMBER_SET(value_read_port), true, 1},
	{OPERATOR_DPORT, "DPort", NETWORK, NUMBER_SET(value_read_port), false, 1},
	{OPERATOR_NOT_DPORT, "NotDPort", NETWORK, NUMBER_SET(value_read_port), true, 1},
	{OPERATOR_SPORT_PRIV, "SPortPriv", SOURCE, NOTHING, false, 1},
	{OPERATOR_NOT_SPORT_PRIV, "NotSportPriv", SOURCE, NOTHING, true, 1}, /* the schema's spelling */
	{OPERATOR_NOT_SPORT_PRIV, "NotSPortPriv", SOURCE, NOTHING, true, 1},
	{OPERATOR_DPORT_PRIV, "DPortPriv", NETWORK, NOTHING, false, 1},
	{OPERATOR_NOT_DPORT_PRIV, "NotDPortPriv", NETWORK, NOTHING, true, 1},
	{OPERATOR_PROTOCOL, "Protocol", NETWORK, NAMES(value_read_protocol), false, 1},
	{OPERATOR_FAMILY, "Family", SOURCE, NAMES(value_read_family), false, 1},
	{OPERATOR_STATE, "State", ARG_IS_SOCK, NAMES(value_read_state), false, 1},
	{OPERATOR_FILE_TYPE, "FileType", ARG_HAS_FILE_TYPE, NUMBERS(value_read_file_type), false, 1},
	{OPERATOR_NOT_FILE_TYPE, "NotFileType", ARG_HAS_FILE_TYPE, NUMBERS(value_read_file_type), true, 1},
	{OPERATOR_CAPABILITIES_GAINED, "CapabilitiesGained", MASK, NOTHING, false, 2},
	{OPERATOR_SUBSTRING, "SubString", STRING, SUBSTRINGS, false, 1},
	{OPERATOR_SUBSTRING_IGN_CASE, "SubStringIgnCase", STRING, SUBSTRINGS, false, 1},
	{OPERATOR_CEL_EXPR, "CelExpr", 0, VALUES_EXPRESSION, NULL, 1, CEL_TEXT_MAX, false, 0},
};
/* clang-format on */

/* What operators see of a type: where the kernel's format decides, integers. */
static uint32_t operator_traits(enum arg_type type)
{
	return type == ARG_AUTO ? ARG_IS_INTEGER : arg_type_info(type)->traits;
}

const struct operator_info *operator_find(const char *name, enum arg_type type)
{
	uint32_t traits = operator_traits(type);

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		if ((operators[i].traits & traits) && strcmp(operators[i].name, name) == 0)
			return &operators[i];
	}
	return NULL;
}

const struct operator_info *operator_find_any(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		if (strcmp(operators[i].name, name) == 0)
			return &operators[i];
	}
	return NULL;
}

static const struct operator_info *operator_first_row(enum filter_operator wanted)
{
	const struct operator_info *row = operators;

	while (wanted != row->operator)
		row++;
	return row;
}

const char *operator_name(enum filter_operator wanted)
{
	return operator_first_row(wanted)->name;
}

bool operator_is_negative(enum filter_operator wanted)
{
	return operator_first_row(wanted)->is_negative;
}

void operator_list(enum arg_type type, char *text, size_t size)
{
	uint32_t traits = type == ARG_TYPE_COUNT ? 0 : operator_traits(type);
	const char *last = "";
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(operators) && length < size; i++) {
		const struct operator_info *row = &operators[i];

		if ((type != ARG_TYPE_COUNT && !(row->traits & traits)) || strcmp(row->name, last) == 0)
			continue;
		length += (size_t)snprintf(text + length, size - length, "%s%s", length ? " " : "", row->name);
		last = row->name;
	}
}

const char *operator_suggest(const char *name)
{
	struct suggestion near = {0};

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		suggest_offer(&near, name, strlen(name), operators[i].name);
	return near.name;
}

const struct operator_info *operator_row(size_t i)
{
	return i < ARRAY_SIZE(operators) ? &operators[i] : NULL;
}

const char *operator_spelling(size_t i)
{
	for (size_t at = 0; at < ARRAY_SIZE(operators); at++) {
		bool is_new = at == 0 || strcmp(operators[at].name, operators[at - 1].name) != 0;

		if (is_new && i-- == 0)
			return operators[at].name;
	}
	return NULL;
}
