// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_form.h"

#include <string.h>

#include "core/encode/names.h"
#include "core/policy/parse_names.h"

#define MAGNITUDE "(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)"
#define NUMBER "[-+]?" MAGNITUDE
#define DECIMAL "-?(0|[1-9][0-9]*)"
/* up to 65535 */
#define PORT_DECIMAL "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
#define PORT "[+]?(0[xX]0*[0-9a-fA-F]{1,4}|0[bB]0*[01]{1,16}|0[oO]?0*[01]?[0-7]{0,5}|" PORT_DECIMAL ")"
#define BYTE "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
#define IPV4 "(" BYTE "\\.){3}" BYTE "(/(3[0-2]|[12]?[0-9]))?"
/* Up to seven groups with two colons somewhere; the last two groups may be written as IPv4. */
#define GROUP "[0-9a-f]{1,4}"
#define IPV6_OF(groups) "(" GROUP ":){" groups "}"
#define AND(groups) "(:" GROUP "){" groups "}"
#define IPV6_GROUPS \
	IPV6_OF("7") \
	GROUP "|" IPV6_OF("1,7") ":|" IPV6_OF("1,6") ":" GROUP "|" IPV6_OF("1,5") AND("2") "|" IPV6_OF("1,4") \
		AND("3") "|" IPV6_OF("1,3") AND("4") "|" IPV6_OF("1,2") AND("5") "|" GROUP \
										 ":" AND("6") "|:(" AND("1,7") "|:)"
#define IPV6_BEFORE_IPV4 \
	IPV6_OF("6") \
	"|:" AND("0,5") ":|" IPV6_OF("1,5") ":|" IPV6_OF("1,4") ":" GROUP ":|" IPV6_OF("1,3") \
		AND("2") ":|" IPV6_OF("1,2") AND("3") ":|" GROUP ":" AND("4") ":"
#define IPV6 "(?i:" IPV6_GROUPS "|(" IPV6_BEFORE_IPV4 ")(" BYTE "\\.){3}" BYTE ")(/(12[0-8]|1[01][0-9]|[1-9]?[0-9]))?"
#define VARIABLE "\\S*\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}\\S*"
#define NETWORK "(" IPV4 "|" IPV6 "|" VARIABLE ")"

static const struct {
	value_reader read;
	const char *pattern;
} forms[] = {
	{value_read_integer, NUMBER},           {value_read_bits, NUMBER},
	{value_read_range, NUMBER ":" NUMBER},  {value_read_member, DECIMAL "(:" DECIMAL ")?"},
	{value_read_port, PORT "(:" PORT ")?"}, {value_read_networks, "\\s*(" NETWORK "(\\s+|$))+"},
};

/* All begin with `prefix`, which is written once: schemas have this many times. */
static void append_names(struct buffer *pattern, enum name_kind kind, const char *prefix)
{
	bool is_first = true;

	for (uint64_t i = 0; i <= UINT16_MAX; i++) {
		const char *name = name_find(kind, i);

		if (!name)
			continue;
		buffer_append_cstring(pattern, is_first ? prefix : "|");
		buffer_append_cstring(pattern, is_first ? "(" : "");
		buffer_append_cstring(pattern, name + strlen(prefix));
		is_first = false;
	}
	buffer_append_cstring(pattern, ")|" PORT);
}

static void append_file_types(struct buffer *pattern)
{
	buffer_append_cstring(pattern, "(?i:");
	for (size_t i = 0; parse_file_types[i].name; i++) {
		buffer_append_cstring(pattern, i ? "|" : "");
		buffer_append_cstring(pattern, parse_file_types[i].name);
	}
	buffer_append_cstring(pattern, ")");
}

bool value_form(value_reader read, struct buffer *pattern)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		if (forms[i].read == read) {
			buffer_append_cstring(pattern, forms[i].pattern);
			return true;
		}
	}
	if (read == value_read_protocol)
		append_names(pattern, NAME_PROTOCOL, "IPPROTO_");
	else if (read == value_read_family)
		append_names(pattern, NAME_FAMILY, "AF_");
	else if (read == value_read_state)
		append_names(pattern, NAME_TCP_STATE, "TCP_");
	else if (read == value_read_file_type)
		append_file_types(pattern);
	else
		return false;
	return true;
}
