// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "base/util.h"
#include "core/filter/event_cel_value.h"
#include "core/policy/parse_network.h"

static bool is_true(struct cel_value value)
{
	return value.kind == CEL_VALUE_BOOL && value.truth;
}

static bool is_false(struct cel_value value)
{
	return value.kind == CEL_VALUE_BOOL && !value.truth;
}

/* --- operators; each is given its node */

static struct cel_value do_literal(struct cel_run *run, const struct cel_expr *node)
{
	(void)run;
	switch (node->type.base) {
	case CEL_OF_BOOL:
		return cel_value_truth(node->number);
	case CEL_OF_INT:
		return cel_value_number((int64_t)node->number);
	case CEL_OF_UINT:
		return (struct cel_value){.kind = CEL_VALUE_UINT, .count = node->number};
	case CEL_OF_STRING:
		return cel_value_string(node->text.data, node->text.length);
	default:
		return (struct cel_value){.kind = CEL_VALUE_NULL};
	}
}

static struct cel_value do_list(struct cel_run *run, const struct cel_expr *node)
{
	(void)run;
	return (struct cel_value){.kind = CEL_VALUE_ITEMS, .items = node->left};
}

static struct cel_value do_message(struct cel_run *run, const struct cel_expr *node)
{
	const char *name = event_messages[node->number].name;
	const char *at = cel_find_member(run, run->line, name, strlen(name));

	return at ? (struct cel_value){.kind = CEL_VALUE_JSON, .json = at} : cel_value_error();
}

static struct cel_value do_variable(struct cel_run *run, const struct cel_expr *node)
{
	return run->variables[node->number];
}

static const char *find_field(struct cel_run *run, const struct cel_expr *node, struct cel_value object)
{
	return object.json ? cel_find_member(run, object.json, node->field->name, strlen(node->field->name)) : NULL;
}

static struct cel_value do_field(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value object = cel_run_eval(run, node->left);

	if (object.kind != CEL_VALUE_JSON)
		return cel_value_error();
	return cel_read_value(run, find_field(run, node, object), node->type);
}

static struct cel_value do_has(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value object = cel_run_eval(run, node->left);

	return object.kind == CEL_VALUE_JSON ? cel_value_truth(find_field(run, node, object)) : cel_value_error();
}

static struct cel_value find_item(struct cel_run *run, struct cel_value list, struct cel_of type, int64_t index)
{
	struct cel_items items = cel_items_begin(run, list, type);
	struct cel_value item = cel_value_error();

	if (index < 0)
		return cel_value_error();
	while (cel_items_next(run, &items, &item))
		if (index-- == 0)
			return item;
	return cel_value_error();
}

static struct cel_value do_index(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value left = cel_run_eval(run, node->left), index = cel_run_eval(run, node->right);
	const char *at;

	if (left.kind < CEL_VALUE_JSON)
		return cel_value_error();
	if (index.kind == CEL_VALUE_INT)
		return find_item(run, left, run->cel->nodes[node->left].type, index.number);
	if (index.kind != CEL_VALUE_STRING)
		return cel_value_error();
	at = cel_find_key(run, left.json, index.text);
	return at ? cel_read_string(run, at) : cel_value_error();
}

static struct cel_value do_not(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value value = cel_run_eval(run, node->left);

	return value.kind == CEL_VALUE_BOOL ? cel_value_truth(!value.truth) : cel_value_error();
}

static struct cel_value do_negate(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value value = cel_run_eval(run, node->left);

	return value.kind == CEL_VALUE_INT && value.number != INT64_MIN ? cel_value_number(-value.number)
									: cel_value_error();
}

/* What decides is `decisive`, also against an error of the other side. */
static struct cel_value join(struct cel_run *run, const struct cel_expr *node, bool decisive)
{
	struct cel_value left = cel_run_eval(run, node->left), right;

	if (left.kind == CEL_VALUE_BOOL && left.truth == decisive)
		return left;
	right = cel_run_eval(run, node->right);
	if (right.kind == CEL_VALUE_BOOL && right.truth == decisive)
		return right;
	return left.kind == CEL_VALUE_BOOL && right.kind == CEL_VALUE_BOOL ? cel_value_truth(!decisive)
									   : cel_value_error();
}

static struct cel_value do_and(struct cel_run *run, const struct cel_expr *node)
{
	return join(run, node, false);
}

static struct cel_value do_or(struct cel_run *run, const struct cel_expr *node)
{
	return join(run, node, true);
}

static struct cel_value do_choose(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value condition = cel_run_eval(run, node->left);

	if (condition.kind != CEL_VALUE_BOOL)
		return cel_value_error();
	return cel_run_eval(run, condition.truth ? node->right : node->third);
}

static int compare_texts(struct bytes a, struct bytes b)
{
	int order = memcmp(a.data, b.data, MIN(a.length, b.length));

	return order ? order : (a.length > b.length) - (a.length < b.length);
}

static bool is_null(struct cel_value value)
{
	return value.kind == CEL_VALUE_NULL || (value.kind == CEL_VALUE_JSON && !value.json);
}

static bool is_same_network(const struct policy_network *a, const struct policy_network *b)
{
	return a->is_ipv6 == b->is_ipv6 && a->prefix_length == b->prefix_length &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

/* Of one type, or null. */
static bool is_equal(struct cel_value a, struct cel_value b)
{
	if (is_null(a) || is_null(b))
		return is_null(a) && is_null(b);
	switch (a.kind) {
	case CEL_VALUE_BOOL:
		return a.truth == b.truth;
	case CEL_VALUE_INT:
	case CEL_VALUE_UINT:
		return a.count == b.count;
	case CEL_VALUE_STRING:
		return compare_texts(a.text, b.text) == 0;
	case CEL_VALUE_NETWORK:
		return is_same_network(&a.network, &b.network);
	default:
		return false;
	}
}

static struct cel_value do_equality(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value left = cel_run_eval(run, node->left), right = cel_run_eval(run, node->right);

	if (left.kind == CEL_VALUE_ERROR || right.kind == CEL_VALUE_ERROR)
		return cel_value_error();
	if (left.kind == CEL_VALUE_STRING && right.kind == CEL_VALUE_STRING && !cel_run_spend(run, left.text.length))
		return cel_value_error();
	return cel_value_truth(is_equal(left, right) == (node->what == CEL_DO_EQUAL));
}

/* -1, 0, 1; both are of the same kind. */
static int order_of(struct cel_value a, struct cel_value b)
{
	if (a.kind == CEL_VALUE_INT)
		return (a.number > b.number) - (a.number < b.number);
	if (a.kind == CEL_VALUE_UINT)
		return (a.count > b.count) - (a.count < b.count);
	return compare_texts(a.text, b.text);
}

static struct cel_value do_order(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value left = cel_run_eval(run, node->left), right = cel_run_eval(run, node->right);
	int order;

	if (left.kind < CEL_VALUE_INT || left.kind != right.kind ||
	    (left.kind == CEL_VALUE_STRING && !cel_run_spend(run, left.text.length)))
		return cel_value_error();
	order = order_of(left, right);
	switch (node->what) {
	case CEL_DO_LESS:
		return cel_value_truth(order < 0);
	case CEL_DO_LESS_EQUAL:
		return cel_value_truth(order <= 0);
	case CEL_DO_GREATER:
		return cel_value_truth(order > 0);
	default:
		return cel_value_truth(order >= 0);
	}
}

static struct cel_value do_in(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value left = cel_run_eval(run, node->left), right = cel_run_eval(run, node->right), item;
	struct cel_of type = run->cel->nodes[node->right].type;
	struct cel_items items;
	bool is_wrong = false;

	if (left.kind == CEL_VALUE_ERROR || right.kind < CEL_VALUE_JSON)
		return cel_value_error();
	if (type.base == CEL_OF_MAP)
		return left.kind == CEL_VALUE_STRING ? cel_value_truth(cel_find_key(run, right.json, left.text))
						     : cel_value_truth(false);
	items = cel_items_begin(run, right, type);
	while (cel_items_next(run, &items, &item)) {
		if (item.kind == CEL_VALUE_ERROR)
			is_wrong = true;
		else if (is_equal(left, item))
			return cel_value_truth(true);
	}
	return is_wrong ? cel_value_error() : cel_value_truth(false);
}

static struct cel_value join_texts(struct cel_run *run, struct bytes a, struct bytes b)
{
	struct buffer *scratch = run->scratch;
	size_t start = scratch->length;

	buffer_append(scratch, a.data, a.length);
	buffer_append(scratch, b.data, b.length);
	if (scratch->is_full || !cel_run_spend(run, a.length + b.length))
		return cel_value_error();
	return cel_value_string(scratch->data + start, scratch->length - start);
}

static bool compute_signed(enum cel_do what, int64_t a, int64_t b, int64_t *ret)
{
	switch (what) {
	case CEL_DO_ADD:
		return !__builtin_add_overflow(a, b, ret);
	case CEL_DO_SUBTRACT:
		return !__builtin_sub_overflow(a, b, ret);
	case CEL_DO_MULTIPLY:
		return !__builtin_mul_overflow(a, b, ret);
	default:
		if (b == 0 || (a == INT64_MIN && b == -1))
			return false;
		*ret = what == CEL_DO_DIVIDE ? a / b : a % b;
		return true;
	}
}

static bool compute_unsigned(enum cel_do what, uint64_t a, uint64_t b, uint64_t *ret)
{
	switch (what) {
	case CEL_DO_ADD:
		return !__builtin_add_overflow(a, b, ret);
	case CEL_DO_SUBTRACT:
		return !__builtin_sub_overflow(a, b, ret);
	case CEL_DO_MULTIPLY:
		return !__builtin_mul_overflow(a, b, ret);
	default:
		if (b == 0)
			return false;
		*ret = what == CEL_DO_DIVIDE ? a / b : a % b;
		return true;
	}
}

static struct cel_value do_arithmetic(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value left = cel_run_eval(run, node->left), right = cel_run_eval(run, node->right), result = left;

	if (left.kind != right.kind)
		return cel_value_error();
	if (left.kind == CEL_VALUE_STRING)
		return join_texts(run, left.text, right.text);
	if (left.kind == CEL_VALUE_INT && compute_signed(node->what, left.number, right.number, &result.number))
		return result;
	if (left.kind == CEL_VALUE_UINT && compute_unsigned(node->what, left.count, right.count, &result.count))
		return result;
	return cel_value_error();
}

/* exists() and all(): what decides ends them. */
static struct cel_value do_macro(struct cel_run *run, const struct cel_expr *node)
{
	bool decisive = node->what == CEL_DO_EXISTS, is_wrong = false;
	struct cel_value list = cel_run_eval(run, node->left);
	struct cel_items items;

	if (list.kind < CEL_VALUE_JSON)
		return cel_value_error();
	items = cel_items_begin(run, list, run->cel->nodes[node->left].type);
	while (cel_items_next(run, &items, &run->variables[node->number])) {
		struct cel_value value = cel_run_eval(run, node->right);

		if (decisive ? is_true(value) : is_false(value))
			return value;
		is_wrong |= value.kind == CEL_VALUE_ERROR;
	}
	return is_wrong || run->steps > run->steps_max ? cel_value_error() : cel_value_truth(!decisive);
}

/* --- functions */

static int64_t count_characters(struct bytes text)
{
	int64_t count = 0;

	for (size_t i = 0; i < text.length; i++)
		count += ((uint8_t)text.data[i] & 0xc0) != 0x80;
	return count;
}

static struct cel_value count_items(struct cel_run *run, struct cel_value list, struct cel_of type)
{
	struct cel_items items = cel_items_begin(run, list, type);
	struct cel_value item;
	int64_t count = 0;

	while (cel_items_next(run, &items, &item))
		count++;
	return cel_value_number(count);
}

static struct cel_value do_size(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value value = cel_run_eval(run, node->left);

	if (value.kind == CEL_VALUE_STRING)
		return cel_run_spend(run, value.text.length) ? cel_value_number(count_characters(value.text))
							     : cel_value_error();
	if (value.kind < CEL_VALUE_JSON)
		return cel_value_error();
	if (run->cel->nodes[node->left].type.base == CEL_OF_MAP)
		return cel_count_members(run, value.json);
	return count_items(run, value, run->cel->nodes[node->left].type);
}

static struct cel_value do_find(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value left = cel_run_eval(run, node->left), right = cel_run_eval(run, node->right);
	struct bytes text = left.text, wanted = right.text;

	if (left.kind != CEL_VALUE_STRING || right.kind != CEL_VALUE_STRING || !cel_run_spend(run, text.length))
		return cel_value_error();
	if (wanted.length > text.length)
		return cel_value_truth(false);
	if (node->what == CEL_DO_STARTS_WITH)
		return cel_value_truth(memcmp(text.data, wanted.data, wanted.length) == 0);
	if (node->what == CEL_DO_ENDS_WITH)
		return cel_value_truth(memcmp(text.data + text.length - wanted.length, wanted.data, wanted.length) ==
				       0);
	return cel_value_truth(memmem(text.data, text.length, wanted.data, wanted.length));
}

static struct cel_value do_matches(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value text = cel_run_eval(run, node->left);
	int r;

	if (text.kind != CEL_VALUE_STRING ||
	    !cel_run_spend(run, regex_cost(run->cel->engine, node->regex, text.text.length)))
		return cel_value_error();
	r = run->cel->engine->matches(node->regex, text.text);
	return r < 0 ? cel_value_error() : cel_value_truth(r);
}

static struct cel_value do_convert(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value value = cel_run_eval(run, node->left);
	enum cel_value_kind kind = node->what == CEL_DO_TO_INT ? CEL_VALUE_INT : CEL_VALUE_UINT;

	if (value.kind == kind)
		return value;
	if ((value.kind != CEL_VALUE_INT && value.kind != CEL_VALUE_UINT) || value.number < 0)
		return cel_value_error();
	value.kind = kind;
	return value;
}

static struct cel_value do_to_string(struct cel_run *run, const struct cel_expr *node)
{
	struct buffer *scratch = run->scratch;
	struct cel_value value = cel_run_eval(run, node->left);
	size_t start = scratch->length;

	switch (value.kind) {
	case CEL_VALUE_STRING:
		return value;
	case CEL_VALUE_BOOL:
		return value.truth ? cel_value_string("true", 4) : cel_value_string("false", 5);
	case CEL_VALUE_INT:
		buffer_append_i64(scratch, value.number);
		break;
	case CEL_VALUE_UINT:
		buffer_append_u64(scratch, value.count);
		break;
	default:
		return cel_value_error();
	}
	return scratch->is_full ? cel_value_error() : cel_value_string(scratch->data + start, scratch->length - start);
}

/* --- addresses and networks */

/* An address has no prefix, a network has one. */
static struct cel_value read_network(struct cel_value text, bool is_cidr)
{
	struct cel_value network = {.kind = CEL_VALUE_NETWORK};

	if (text.kind != CEL_VALUE_STRING || (memchr(text.text.data, '/', text.text.length) != NULL) != is_cidr ||
	    !parse_network(text.text.data, text.text.length, &network.network))
		return cel_value_error();
	return network;
}

static bool is_of_networks(enum cel_do what)
{
	return what == CEL_DO_CIDR || what == CEL_DO_IS_CIDR || what == CEL_DO_CONTAINS_CIDR;
}

static struct cel_value do_network(struct cel_run *run, const struct cel_expr *node)
{
	return read_network(cel_run_eval(run, node->left), is_of_networks(node->what));
}

static struct cel_value do_is_network(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value text = cel_run_eval(run, node->left);

	if (text.kind != CEL_VALUE_STRING)
		return cel_value_error();
	return cel_value_truth(read_network(text, is_of_networks(node->what)).kind == CEL_VALUE_NETWORK);
}

/* A text on the right is read as what is asked for. */
static struct cel_value do_contains_network(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value outer = cel_run_eval(run, node->left), inner = cel_run_eval(run, node->right);
	struct policy_network cut;

	if (inner.kind == CEL_VALUE_STRING)
		inner = read_network(inner, is_of_networks(node->what));
	if (outer.kind != CEL_VALUE_NETWORK || inner.kind != CEL_VALUE_NETWORK)
		return cel_value_error();
	cut = inner.network;
	if (cut.is_ipv6 != outer.network.is_ipv6 || cut.prefix_length < outer.network.prefix_length)
		return cel_value_truth(false);
	cut.prefix_length = outer.network.prefix_length;
	parse_network_clear_host_bits(&cut);
	return cel_value_truth(is_same_network(&outer.network, &cut));
}

static struct cel_value do_family(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value address = cel_run_eval(run, node->left);

	return address.kind == CEL_VALUE_NETWORK ? cel_value_number(address.network.is_ipv6 ? 6 : 4)
						 : cel_value_error();
}

static struct cel_value do_is_loopback(struct cel_run *run, const struct cel_expr *node)
{
	static const uint8_t loopback[16] = {[15] = 1};
	struct cel_value address = cel_run_eval(run, node->left);

	if (address.kind != CEL_VALUE_NETWORK)
		return cel_value_error();
	if (!address.network.is_ipv6)
		return cel_value_truth(address.network.address[0] == 127);
	return cel_value_truth(memcmp(address.network.address, loopback, sizeof(loopback)) == 0);
}

static struct cel_value do_prefix_length(struct cel_run *run, const struct cel_expr *node)
{
	struct cel_value network = cel_run_eval(run, node->left);

	return network.kind == CEL_VALUE_NETWORK ? cel_value_number(network.network.prefix_length) : cel_value_error();
}

/* --- the whole */

static struct cel_value (*const operators[])(struct cel_run *run, const struct cel_expr *node) = {
	[CEL_DO_LITERAL] = do_literal,
	[CEL_DO_LIST] = do_list,
	[CEL_DO_MESSAGE] = do_message,
	[CEL_DO_VARIABLE] = do_variable,
	[CEL_DO_FIELD] = do_field,
	[CEL_DO_HAS] = do_has,
	[CEL_DO_INDEX] = do_index,
	[CEL_DO_NOT] = do_not,
	[CEL_DO_NEGATE] = do_negate,
	[CEL_DO_AND] = do_and,
	[CEL_DO_OR] = do_or,
	[CEL_DO_CHOOSE] = do_choose,
	[CEL_DO_EQUAL] = do_equality,
	[CEL_DO_NOT_EQUAL] = do_equality,
	[CEL_DO_LESS] = do_order,
	[CEL_DO_LESS_EQUAL] = do_order,
	[CEL_DO_GREATER] = do_order,
	[CEL_DO_GREATER_EQUAL] = do_order,
	[CEL_DO_IN] = do_in,
	[CEL_DO_ADD] = do_arithmetic,
	[CEL_DO_SUBTRACT] = do_arithmetic,
	[CEL_DO_MULTIPLY] = do_arithmetic,
	[CEL_DO_DIVIDE] = do_arithmetic,
	[CEL_DO_REMAINDER] = do_arithmetic,
	[CEL_DO_EXISTS] = do_macro,
	[CEL_DO_ALL] = do_macro,
	[CEL_DO_SIZE] = do_size,
	[CEL_DO_CONTAINS] = do_find,
	[CEL_DO_STARTS_WITH] = do_find,
	[CEL_DO_ENDS_WITH] = do_find,
	[CEL_DO_MATCHES] = do_matches,
	[CEL_DO_TO_INT] = do_convert,
	[CEL_DO_TO_UINT] = do_convert,
	[CEL_DO_TO_STRING] = do_to_string,
	[CEL_DO_IP] = do_network,
	[CEL_DO_IS_IP] = do_is_network,
	[CEL_DO_CIDR] = do_network,
	[CEL_DO_IS_CIDR] = do_is_network,
	[CEL_DO_CONTAINS_IP] = do_contains_network,
	[CEL_DO_CONTAINS_CIDR] = do_contains_network,
	[CEL_DO_FAMILY] = do_family,
	[CEL_DO_IS_LOOPBACK] = do_is_loopback,
	[CEL_DO_PREFIX_LENGTH] = do_prefix_length,
};

/* As deep as the expression is. */
struct cel_value cel_run_eval(struct cel_run *run, uint16_t node)
{
	const struct cel_expr *expr = &run->cel->nodes[node];

	return cel_run_spend(run, 0) ? operators[expr->what](run, expr) : cel_value_error();
}

static bool has_event(struct cel_run *run)
{
	for (uint32_t messages = run->cel->messages; messages; messages &= messages - 1) {
		const char *name = event_messages[__builtin_ctz(messages)].name;

		if (cel_find_member(run, run->line, name, strlen(name)))
			return true;
	}
	return false;
}

bool event_cel_matches(const struct event_cel *cel, const char *line, size_t length, struct buffer *scratch,
		       size_t *steps_left)
{
	struct cel_run run = {
		.cel = cel,
		.line = line,
		.end = line + length,
		.scratch = scratch,
		.steps_max = MIN(*steps_left, (size_t)EVENT_CEL_STEPS_MAX),
	};
	bool is_match;

	buffer_reset(scratch);
	is_match = has_event(&run) && is_true(cel_run_eval(&run, cel->root)) && run.steps <= run.steps_max;
	*steps_left -= MIN(*steps_left, run.steps);
	return is_match;
}
