// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_value.h"

#include <string.h>

#include "core/encode/names.h"
#include "core/policy/operators.h"
#include "core/policy/parse_list.h"
#include "core/policy/parse_names.h"
#include "core/policy/parse_network.h"

#define VALUE_EXPANDED_MAX 262144 /* bytes of a value when its variables are filled in */
#define VALUE_SHOWN 128           /* bytes of a value in messages */

/* Room for one more; the room doubles whenever the number is a power of two. */
static void *value_grow(struct parse *parse, const struct place *place, struct policy_values *values, size_t size)
{
	void *grown;

	bool is_full = values->count + values->further >= POLICY_VALUES_MAX;

	if (is_full || parse->values_left == 0) {
		parse->has_too_many_values = true;
		parse_error(parse, place, "split the policy",
			    is_full ? "has more than %d values" : "with this value the policy has more than %d values",
			    is_full ? POLICY_VALUES_MAX : PARSE_VALUES_MAX);
		return NULL;
	}
	parse->values_left--;
	if (values->count & (values->count - 1))
		return values->numbers;
	grown = reallocarray(values->numbers, values->count ? 2 * values->count : 1, size);
	if (!grown)
		parse_no_memory(parse);
	return grown;
}

bool value_add_number(struct parse *parse, const struct place *place, struct policy_values *values, uint64_t first,
		      uint64_t last)
{
	struct policy_number *numbers = value_grow(parse, place, values, sizeof(*numbers));

	if (!numbers)
		return false;
	values->kind = VALUES_NUMBERS;
	values->numbers = numbers;
	values->numbers[values->count++] = (struct policy_number){first, last};
	return true;
}

bool value_add_string(struct parse *parse, const struct place *place, struct policy_values *values, const char *text,
		      size_t length)
{
	_cleanup_free_ char *copy = malloc(length + 1);
	struct policy_string *strings;

	if (!copy) {
		parse_no_memory(parse);
		return false;
	}
	memcpy(copy, text, length);
	copy[length] = '\0';
	strings = value_grow(parse, place, values, sizeof(*strings));
	if (!strings)
		return false;
	values->kind = VALUES_STRINGS;
	values->strings = strings;
	values->strings[values->count++] = (struct policy_string){TAKE_PTR(copy), (uint32_t)length};
	return true;
}

static bool value_add_network(struct parse *parse, const struct place *place, struct policy_values *values,
			      const struct policy_network *network)
{
	struct policy_network *networks = value_grow(parse, place, values, sizeof(*networks));

	if (!networks)
		return false;
	values->kind = VALUES_NETWORKS;
	values->networks = networks;
	values->networks[values->count++] = *network;
	return true;
}

/* --- numbers ------------------------------------------------------------------------------------------------------ */

static int value_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

/* The base that a number's beginning announces; *text moves behind that. */
static unsigned int value_base(const char **text, size_t *length)
{
	unsigned int base;

	if (*length < 2 || **text != '0')
		return 10;
	base = ((*text)[1] | 0x20) == 'x' ? 16 : ((*text)[1] | 0x20) == 'b' ? 2 : ((*text)[1] | 0x20) == 'o' ? 8 : 0;
	*text += base ? 2 : 1;
	*length -= base ? 2 : 1;
	return base ? base : 8;
}

bool value_parse_number(const char *text, size_t length, uint64_t *ret_magnitude, bool *ret_is_negative)
{
	bool is_negative = length > 0 && *text == '-';
	uint64_t value = 0;
	unsigned int base;

	if (length > 0 && (*text == '-' || *text == '+')) {
		text++;
		length--;
	}
	base = value_base(&text, &length);
	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned int digit = (unsigned int)value_digit(text[i]);

		if (digit >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return false;
	}
	*ret_magnitude = value;
	*ret_is_negative = is_negative;
	return true;
}

/* What a type can hold. An argument whose type the kernel's format decides may turn out to be anything. */
struct value_bounds {
	uint64_t lowest; /* magnitude of the negative end */
	uint64_t highest;
};

static struct value_bounds value_bounds(enum arg_type type, bool with_bits)
{
	const struct arg_type_info *info = arg_type_info(type);
	unsigned int bits = info->size ? 8u * info->size : 64;
	uint64_t all = UINT64_MAX >> (64 - bits), half = all / 2;

	if (type == ARG_AUTO)
		return (struct value_bounds){half + 1, all};
	if (!(info->traits & ARG_IS_SIGNED))
		return (struct value_bounds){0, all};
	return (struct value_bounds){half + 1, with_bits ? all : half};
}

static void value_invalid(const struct value_context *context, const struct place *place, const char *remedy,
			  const char *reason)
{
	parse_error(context->parse, place, remedy, "MatchArgs value %.*s invalid: %s", VALUE_SHOWN, place->node->text,
		    reason);
}

/* A number that the type can hold, extended to 64 bits; otherwise that is reported. */
static bool value_number(const struct value_context *context, const struct place *place, const char *text,
			 size_t length, struct value_bounds bounds, uint64_t *ret)
{
	char range[128];
	uint64_t magnitude;
	bool is_negative;

	if (!value_parse_number(text, length, &magnitude, &is_negative)) {
		value_invalid(context, place, "write a number: 12, 0x1f, 0b101, 017",
			      "not a number of at most 64 bits");
		return false;
	}
	if (magnitude > (is_negative ? bounds.lowest : bounds.highest)) {
		snprintf(range, sizeof(range), "out of range: %s holds %s%llu to %llu",
			 arg_type_info(context->type)->name, bounds.lowest ? "-" : "",
			 (unsigned long long)bounds.lowest, (unsigned long long)bounds.highest);
		value_invalid(context, place, NULL, range);
		return false;
	}
	*ret = is_negative ? 0 - magnitude : magnitude;
	return true;
}

static void value_read_bounded(const struct value_context *context, const struct place *place, bool with_bits)
{
	uint64_t value;

	if (parse_is_string(context->parse, place) &&
	    value_number(context, place, place->node->text, place->node->length, value_bounds(context->type, with_bits),
			 &value))
		value_add_number(context->parse, place, context->values, value, value);
}

void value_read_integer(const struct value_context *context, const struct place *place)
{
	value_read_bounded(context, place, false);
}

void value_read_bits(const struct value_context *context, const struct place *place)
{
	value_read_bounded(context, place, true);
}

/* The order of two numbers of a type. */
static bool value_is_above(enum arg_type type, uint64_t a, uint64_t b)
{
	if (arg_type_info(type)->traits & ARG_IS_SIGNED || type == ARG_AUTO)
		return (int64_t)a > (int64_t)b;
	return a > b;
}

/* A map has each number of a range: those beyond the first count as values. False, and reported, if they are too many.
 */
static bool value_charge_range(const struct value_context *context, const struct place *place, uint64_t further)
{
	struct policy_values *values = context->values;
	size_t left = POLICY_VALUES_MAX - MIN(values->count + values->further, (size_t)POLICY_VALUES_MAX);

	if (further >= MIN(left, context->parse->values_left)) {
		value_invalid(context, place, "use InRange or NotInRange, whose ranges take no room",
			      "with the numbers of this range there are more values than a map may have");
		return false;
	}
	values->further += (size_t)further;
	context->parse->values_left -= (size_t)further;
	return true;
}

/* `colon` is in the value's text. */
static void value_add_range(const struct value_context *context, const struct place *place, const char *colon,
			    struct value_bounds bounds, bool is_member)
{
	const struct tree_node *node = place->node;
	size_t at = (size_t)(colon - node->text);
	uint64_t first, last;

	if (!value_number(context, place, node->text, at, bounds, &first) ||
	    !value_number(context, place, colon + 1, node->length - at - 1, bounds, &last))
		return;
	if (value_is_above(context->type, first, last))
		value_invalid(context, place, "write the smaller one first", "the range's end is before its beginning");
	else if (!is_member || value_charge_range(context, place, last - first))
		value_add_number(context->parse, place, context->values, first, last);
}

void value_read_range(const struct value_context *context, const struct place *place)
{
	const char *colon;

	if (!parse_is_string(context->parse, place))
		return;
	colon = memchr(place->node->text, ':', place->node->length);
	if (colon)
		value_add_range(context, place, colon, value_bounds(context->type, false), false);
	else
		value_invalid(context, place, "write min:max, both included: 10:20", "not a range");
}

/* Members of a map are decimal: a zero in front would make them octal elsewhere. */
static bool value_is_decimal(const char *text, size_t length)
{
	bool is_start = true;

	for (size_t i = 0; i < length; i++) {
		bool is_digit = text[i] >= '0' && text[i] <= '9';

		if (!is_digit && text[i] != ':' && text[i] != '-')
			return false;
		if (is_start && text[i] == '0' && i + 1 < length && text[i + 1] != ':')
			return false;
		is_start = !is_digit;
	}
	return length > 0;
}

void value_read_member(const struct value_context *context, const struct place *place)
{
	const char *colon, *text = place->node->text;

	if (!parse_is_string(context->parse, place))
		return;
	if (strncmp(text, PARSE_LIST_PREFIX, strlen(PARSE_LIST_PREFIX)) == 0) {
		parse_list_add_numbers(context, place, text + strlen(PARSE_LIST_PREFIX));
		return;
	}
	colon = memchr(text, ':', place->node->length);
	if (!value_is_decimal(text, place->node->length))
		value_invalid(context, place, "write decimal numbers, or min:max", "not a decimal number");
	else if (colon)
		value_add_range(context, place, colon, value_bounds(context->type, false), true);
	else
		value_read_integer(context, place);
}

/* --- names -------------------------------------------------------------------------------------------------------- */

/* CAP_A,CAP_B as a mask; false: one of them is unknown. */
static bool value_parse_capabilities(const char *text, size_t length, uint64_t *ret)
{
	uint64_t mask = 0;

	for (;;) {
		const char *comma = memchr(text, ',', length);
		size_t part = comma ? (size_t)(comma - text) : length;
		unsigned int bit;

		if (!parse_capability_find(text, part, &bit))
			return false;
		mask |= 1ULL << bit;
		if (!comma)
			break;
		text += part + 1;
		length -= part + 1;
	}
	*ret = mask;
	return true;
}

void value_read_capabilities(const struct value_context *context, const struct place *place)
{
	const struct tree_node *node = place->node;
	uint64_t mask;
	bool is_negative;

	if (!parse_is_string(context->parse, place))
		return;
	if (value_parse_capabilities(node->text, node->length, &mask) ||
	    (value_parse_number(node->text, node->length, &mask, &is_negative) && !is_negative))
		value_add_number(context->parse, place, context->values, mask, mask);
	else
		value_invalid(context, place, "write a number such as 0x200000, or names: CAP_SYS_ADMIN,CAP_BPF",
			      "not a set of capabilities");
}

#define VALUE_NAMED_MAX UINT16_MAX

/* A name, or a number. */
static void value_read_named(const struct value_context *context, const struct place *place, enum name_kind kind,
			     const char *remedy)
{
	const char *text = parse_text(context->parse, place);
	bool is_negative = false;
	uint64_t number;

	if (!text)
		return;
	if (!name_parse(kind, text, &number) &&
	    (!value_parse_number(text, place->node->length, &number, &is_negative) || is_negative ||
	     number > VALUE_NAMED_MAX))
		value_invalid(context, place, remedy, "neither a known name nor a number");
	else
		value_add_number(context->parse, place, context->values, number, number);
}

void value_read_protocol(const struct value_context *context, const struct place *place)
{
	value_read_named(context, place, NAME_PROTOCOL, "write it as IPPROTO_TCP, or 6");
}

void value_read_family(const struct value_context *context, const struct place *place)
{
	value_read_named(context, place, NAME_FAMILY, "write it as AF_INET, or 2");
}

void value_read_state(const struct value_context *context, const struct place *place)
{
	value_read_named(context, place, NAME_TCP_STATE, "write it as TCP_ESTABLISHED, or 1");
}

void value_read_file_type(const struct value_context *context, const struct place *place)
{
	uint32_t format;

	if (!parse_is_string(context->parse, place))
		return;
	if (parse_name_find(parse_file_types, place->node->text, place->node->length, &format))
		value_add_number(context->parse, place, context->values, format, format);
	else
		value_invalid(context, place, "write one of sock, lnk, reg, blk, dir, chr, fifo", "not a type of file");
}

/* --- strings ------------------------------------------------------------------------------------------------------ */

void value_read_string(const struct value_context *context, const struct place *place)
{
	const struct operator_info *info = context->info;
	size_t length = place->node->length;

	if (!parse_is_string(context->parse, place))
		return;
	while (context->type == ARG_STRING && length > 0 && place->node->text[length - 1] == '\0')
		length--;
	if (length > info->length_max)
		parse_error(context->parse, place, "shorten it",
			    "MatchArgs value invalid: %s takes at most %zu bytes, and this has %zu", info->name,
			    info->length_max, length);
	else if (length == 0 && OPERATOR_EQUAL != info->operator&& OPERATOR_NOT_EQUAL != info->operator)
		value_invalid(context, place, "write what it is to look for", "it is empty, which everything contains");
	else
		value_add_string(context->parse, place, context->values, place->node->text, length);
}

/* --- ports and addresses ------------------------------------------------------------------------------------------ */

void value_read_port(const struct value_context *context, const struct place *place)
{
	const struct value_context ports = {context->parse, ARG_UINT16, context->info, context->values};
	const struct value_bounds bounds = value_bounds(ARG_UINT16, false);
	const char *colon;
	uint64_t port;

	if (!parse_is_string(context->parse, place))
		return;
	colon = memchr(place->node->text, ':', place->node->length);
	if (colon)
		value_add_range(&ports, place, colon, bounds, false);
	else if (value_number(&ports, place, place->node->text, place->node->length, bounds, &port))
		value_add_number(context->parse, place, context->values, port, port);
}

static bool value_is_name(char c, bool is_first)
{
	char letter = (char)(c | 0x20);

	return c == '_' || (letter >= 'a' && letter <= 'z') || (!is_first && c >= '0' && c <= '9');
}

/* The length of NAME in "${NAME}..."; 0 if that is not what the text begins with. */
static size_t value_variable_length(const char *text, size_t length)
{
	size_t end = 2;

	if (length < 4 || text[0] != '$' || text[1] != '{')
		return 0;
	while (end < length && value_is_name(text[end], end == 2))
		end++;
	return end < length && text[end] == '}' ? end - 2 : 0;
}

/* The value of a variable, or NULL, which is reported. */
static const char *value_find_variable(const struct value_context *context, const struct place *place, const char *name,
				       size_t length)
{
	const struct policy_variables *variables = context->parse->variables;
	const char *value = variables ? variables->find(variables->context, name, length) : NULL;
	const char *known = variables && variables->remedy ? variables->remedy(variables->context, name, length) : NULL;
	char remedy[256];
	int shown = (int)MIN(length, (size_t)64);

	if (value && value[strspn(value, " \t\r\n")])
		return value;
	snprintf(remedy, sizeof(remedy),
		 "set the environment variable %.*s or give --variable %.*s=VALUE; several networks are separated by "
		 "spaces",
		 shown, name, shown, name);
	parse_error(context->parse, place, known ? known : remedy, "the variable ${%.*s} %s", shown, name,
		    value ? "is empty" : "has no value");
	return NULL;
}

/* Fills in the variables of a value. */
static bool value_expand(const struct value_context *context, const struct place *place, struct buffer *buffer)
{
	const char *text = place->node->text, *end = text + place->node->length;

	while (text < end) {
		size_t length = value_variable_length(text, (size_t)(end - text));
		const char *value;

		if (length == 0) {
			buffer_append_byte(buffer, *text++);
			continue;
		}
		value = value_find_variable(context, place, text + 2, length);
		if (!value)
			return false;
		buffer_append_cstring(buffer, value);
		text += length + strlen("${}");
	}
	if (buffer->is_full)
		value_invalid(context, place, NULL, "with its variables filled in, it is too long");
	return !buffer->is_full;
}

/* One network; false ends the reading of the value. */
static bool value_add_address(const struct value_context *context, const struct place *place, const char *text,
			      size_t length)
{
	struct policy_network network;

	if (parse_network(text, length, &network))
		return value_add_network(context->parse, place, context->values, &network);
	parse_error(context->parse, place, "write 10.0.0.1, 10.0.0.0/8, fd00::1 or fd00::/8",
		    "MatchArgs value %.*s invalid: not an address or network", (int)MIN(length, (size_t)VALUE_SHOWN),
		    text);
	return false;
}

void value_read_networks(const struct value_context *context, const struct place *place)
{
	_cleanup_(buffer_done) struct buffer buffer = {0};
	size_t found = 0, at = 0;

	if (!parse_is_string(context->parse, place))
		return;
	if (buffer_init(&buffer, VALUE_EXPANDED_MAX) < 0) {
		parse_no_memory(context->parse);
		return;
	}
	if (!value_expand(context, place, &buffer))
		return;
	while (at < buffer.length) {
		size_t start = at;

		while (at < buffer.length && !memchr(" \t\r\n", buffer.data[at], 4))
			at++;
		if (at > start && !value_add_address(context, place, buffer.data + start, at - start))
			return;
		found += at > start;
		at++;
	}
	if (found == 0)
		value_invalid(context, place, "write an address or network", "it is empty");
}
