// SPDX-License-Identifier: Apache-2.0
#include "core/policy/parse_filter.h"

#include <string.h>

#include "core/policy/operators.h"
#include "core/policy/parse_names.h"
#include "core/process/capabilities.h"

#define NAMESPACE_VALUES_MAX 4
#define PID_VALUES_MAX 4
#define PID_VALUES_WRITTEN_MAX 1024
#define NAMES_MAX 128 /* of namespaces or capabilities in one filter; some may come twice */
#define CAPABILITY_NAME_MAX 64

static const char *const filter_in[] = {"In", "NotIn", NULL};

static const struct parse_schema in_schema = {.shape = PARSE_STRING, .names = filter_in};
static const char in_help[] = "In: one of the values; NotIn: none of them.";

/* Reader of the operators In and NotIn; the target is the bool is_negative. */
static void filter_read_in(struct parse *parse, const struct place *place, void *target)
{
	*(bool *)target = parse_choice(parse, place, filter_in) == 1;
}

/* True if it is a list of at most `maximum` entries. */
static bool filter_is_list(struct parse *parse, const struct place *place, size_t maximum)
{
	if (!parse_is_list(parse, place))
		return false;
	if (place->node->count <= maximum)
		return true;
	parse_error(parse, place, "remove some", "%s: supports up to %zu filters (%zu provided)", place->key, maximum,
		    place->node->count);
	return false;
}

/* --- matchPIDs ---------------------------------------------------------------------------------------------------- */

static void pid_read_values(struct parse *parse, const struct place *place, void *target)
{
	struct policy_values *values = target;

	if (!parse_is_list(parse, place))
		return;
	if (place->node->count == 0)
		parse_error(parse, place, "write pids", "Required value: values is empty");
	if (place->node->count > PID_VALUES_MAX)
		parse_warn(parse, place, "remove them, or use followForks with an ancestor",
			   "supports up to %d pids: those after that have no effect", PID_VALUES_MAX);
	for (size_t i = 0; i < MIN(place->node->count, (size_t)PID_VALUES_MAX); i++) {
		const struct place item = parse_item(place, i);
		uint64_t pid;

		if (parse_number(parse, &item, UINT32_MAX, &pid))
			value_add_number(parse, &item, values, pid, pid);
	}
}

/* More values than have an effect are no error. */
static const struct parse_schema pid_values_schema = {
	.shape = PARSE_LIST, .minimum = 1, .maximum = PID_VALUES_WRITTEN_MAX, .items = &parse_schema_u32};
static const struct parse_row pid_rows[] = {
	{"operator", filter_read_in, offsetof(struct policy_pid_filter, is_negative), PARSE_REQUIRED, &in_schema,
	 in_help},
	{"values", pid_read_values, offsetof(struct policy_pid_filter, values), PARSE_REQUIRED, &pid_values_schema,
	 "Process ids, of which the first 4 have an effect."},
	{"isNamespacePID", parse_read_bool, offsetof(struct policy_pid_filter, is_namespace_pid), PARSE_OPTIONAL,
	 &parse_schema_bool, "true: ids in the process's own pid namespace; false: in the host's."},
	{"followForks", parse_read_bool, offsetof(struct policy_pid_filter, follow_forks), PARSE_OPTIONAL,
	 &parse_schema_bool, "true: their descendants, too."},
};
static const struct parse_table pid_table = PARSE_TABLE(pid_rows);

void parse_read_pids(struct parse *parse, const struct place *place, void *target)
{
	struct policy_selector *selector = target;

	if (!filter_is_list(parse, place, POLICY_PID_FILTERS_MAX))
		return;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);
		struct policy_pid_filter *filter = &selector->pids[selector->pid_count++];

		filter->position = item.node->position;
		parse_object(parse, &item, &pid_table, filter);
	}
}

/* --- matchBinaries, matchParentBinaries --------------------------------------------------------------------------- */

static const char *const binary_operators[] = {"In", "NotIn", "Prefix", "NotPrefix", "Postfix", "NotPostfix", NULL};
static const struct {
	enum filter_operator operator;
	size_t length_max;
} binary_rules[] = {
	{OPERATOR_EQUAL, POLICY_BINARY_MAX},    {OPERATOR_NOT_EQUAL, POLICY_BINARY_MAX},
	{OPERATOR_PREFIX, POLICY_PREFIX_MAX},   {OPERATOR_NOT_PREFIX, POLICY_PREFIX_MAX},
	{OPERATOR_POSTFIX, POLICY_POSTFIX_MAX}, {OPERATOR_NOT_POSTFIX, POLICY_POSTFIX_MAX},
};

struct binary_read {
	struct policy_binary_filter filter;
	int row; /* of binary_rules; -1: a wrong operator */
};

static void binary_read_operator(struct parse *parse, const struct place *place, void *target)
{
	struct binary_read *read = target;

	read->row = parse_choice(parse, place, binary_operators);
	if (read->row >= 0)
		read->filter.operator= binary_rules[read->row].operator;
}

static void binary_read_value(struct parse *parse, const struct place *place, struct binary_read *read)
{
	const char *text = parse_text(parse, place);
	size_t maximum = binary_rules[read->row].length_max;

	if (!text)
		return;
	if (!*text)
		parse_error(parse, place, "write the path of a program", "is empty");
	else if (strlen(text) > maximum && maximum == POLICY_BINARY_MAX)
		parse_error(parse, place, "use Prefix or Postfix", "Binary names > 255 chars not supported");
	else if (strlen(text) > maximum)
		parse_error(parse, place, "shorten it", "%s takes at most %zu bytes, and this has %zu",
			    binary_operators[read->row], maximum, strlen(text));
	else
		value_add_string(parse, place, &read->filter.values, text, strlen(text));
}

static void binary_read_values(struct parse *parse, const struct place *place, void *target)
{
	struct binary_read *read = target;

	if (!parse_is_list(parse, place) || read->row < 0)
		return;
	if (place->node->count == 0)
		parse_warn(parse, place, "write paths, or remove the filter",
			   "has no values: the filter has no effect");
	for (size_t i = 0; i < place->node->count && !parse->has_too_many_values; i++) {
		const struct place item = parse_item(place, i);

		binary_read_value(parse, &item, read);
	}
}

static void binary_read_follow(struct parse *parse, const struct place *place, void *target)
{
	struct binary_read *read = target;

	parse_read_bool(parse, place, &read->filter.follow_children);
	if (read->filter.follow_children && read->row > 1)
		parse_error(parse, place, "use In or NotIn", "followChildren not yet implemented for operation '%s'",
			    binary_operators[read->row]);
}

static const struct parse_schema binary_operator_schema = {.shape = PARSE_STRING, .names = binary_operators};
static const struct parse_schema binary_value_schema = {
	.shape = PARSE_STRING, .minimum = 1, .maximum = POLICY_PREFIX_MAX};
static const struct parse_schema binary_values_schema = {
	.shape = PARSE_LIST, .maximum = POLICY_VALUES_MAX, .items = &binary_value_schema};
static const struct parse_row binary_rows[] = {
	{"operator", binary_read_operator, 0, PARSE_REQUIRED, &binary_operator_schema, "How the path is compared."},
	{"values", binary_read_values, 0, PARSE_OPTIONAL, &binary_values_schema, "Paths, or their ends."},
	{"followChildren", binary_read_follow, 0, PARSE_OPTIONAL, &parse_schema_bool,
	 "true: what such a process starts counts, too, and what that starts."},
};
static const struct parse_rule binary_rules_of_api[] = {
	{"!has(self.followChildren) || !self.followChildren || self.operator in ['In', 'NotIn']",
	 "followChildren not yet implemented for operations other than In and NotIn"},
	{NULL, NULL},
};
static const struct parse_table binary_table = PARSE_TABLE(binary_rows);

static void binary_read_filter(struct parse *parse, const struct place *place, struct policy_binary_filter *ret)
{
	struct binary_read read = {.row = -1};
	struct place item;

	if (!parse_is_list(parse, place) || place->node->count == 0)
		return;
	if (place->node->count > 1) {
		parse_error(parse, place, "put all values into one filter, or use several selectors",
			    "only support a single %s per selector", place->key);
		return;
	}
	item = parse_item(place, 0);
	read.filter.position = item.node->position;
	parse_object(parse, &item, &binary_table, &read);
	read.filter.is_set = read.filter.values.count > 0;
	*ret = read.filter;
}

void parse_read_binaries(struct parse *parse, const struct place *place, void *target)
{
	struct policy_selector *selector = target;

	binary_read_filter(parse, place, &selector->binaries);
}

void parse_read_parent_binaries(struct parse *parse, const struct place *place, void *target)
{
	struct policy_selector *selector = target;

	binary_read_filter(parse, place, &selector->parent_binaries);
}

/* --- matchNamespaces, matchNamespaceChanges ----------------------------------------------------------------------- */

/* One of WIRE_NS_*; -1: it is none, which is reported. */
static int namespace_read_name(struct parse *parse, const struct place *place)
{
	const char *names[WIRE_NS_COUNT + 1] = {0};

	for (size_t i = 0; i < WIRE_NS_COUNT && parse_namespaces[i].name; i++)
		names[parse_namespaces[i].number] = parse_namespaces[i].name;
	return parse_choice(parse, place, names);
}

static void namespace_read_kind(struct parse *parse, const struct place *place, void *target)
{
	int kind = namespace_read_name(parse, place);

	if (kind >= 0)
		*(uint8_t *)target = (uint8_t)kind;
}

static void namespace_read_value(struct parse *parse, const struct place *place, struct policy_namespace_filter *filter)
{
	const char *text = parse_text(parse, place);
	uint64_t number = 0;
	bool is_negative = false;

	if (!text)
		return;
	if (strcmp(text, "host_ns") == 0)
		filter->has_host = true;
	else if (strspn(text, "0123456789") != strlen(text) ||
		 !value_parse_number(text, strlen(text), &number, &is_negative) || number > UINT32_MAX)
		parse_error(parse, place, "write the number that `readlink /proc/PID/ns/...` shows, or host_ns",
			    "values for matchNamespace can only be numeric or \"host_ns\"");
	else
		value_add_number(parse, place, &filter->values, number, number);
}

static void namespace_read_values(struct parse *parse, const struct place *place, void *target)
{
	if (!parse_is_list(parse, place))
		return;
	if (place->node->count == 0)
		parse_error(parse, place, "write a namespace's number, or host_ns", "Required value: values is empty");
	if (place->node->count > NAMESPACE_VALUES_MAX) {
		parse_error(parse, place, "remove some", "matchNamespace supports up to %d values per filter",
			    NAMESPACE_VALUES_MAX);
		return;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		namespace_read_value(parse, &item, target);
	}
}

static const char *namespace_name(size_t i)
{
	return parse_namespaces[i].name;
}

static const struct parse_schema namespace_schema = {.shape = PARSE_STRING, .name = namespace_name};
/* As value_parse_number() has it, where a zero in front announces octal digits. */
#define OCTAL_U32 "0+[1-3]?[0-7]{0,10}"
#define DECIMAL_U32 \
	"[1-9][0-9]{0,8}|[1-3][0-9]{9}|4[01][0-9]{8}|42[0-8][0-9]{7}|429[0-3][0-9]{6}|4294[0-8][0-9]{5}|" \
	"42949[0-5][0-9]{4}|429496[0-6][0-9]{3}|4294967[01][0-9]{2}|42949672[0-8][0-9]|429496729[0-5]"
static const struct parse_schema namespace_value_schema = {
	.shape = PARSE_STRING, .maximum = POLICY_STRING_MAX, .pattern = "^(host_ns|" OCTAL_U32 "|" DECIMAL_U32 ")$"};
static const struct parse_schema namespace_values_schema = {
	.shape = PARSE_LIST, .minimum = 1, .maximum = NAMESPACE_VALUES_MAX, .items = &namespace_value_schema};
static const struct parse_row namespace_rows[] = {
	{"namespace", namespace_read_kind, offsetof(struct policy_namespace_filter, namespace), PARSE_REQUIRED,
	 &namespace_schema, "Which of the process's namespaces."},
	{"operator", filter_read_in, offsetof(struct policy_namespace_filter, is_negative), PARSE_REQUIRED, &in_schema,
	 in_help},
	{"values", namespace_read_values, 0, PARSE_REQUIRED, &namespace_values_schema,
	 "Numbers, as in /proc/PID/ns, or host_ns."},
};
static const struct parse_table namespace_table = PARSE_TABLE(namespace_rows);

void parse_read_namespaces(struct parse *parse, const struct place *place, void *target)
{
	struct policy_selector *selector = target;

	if (!filter_is_list(parse, place, POLICY_NAMESPACE_FILTERS_MAX))
		return;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);
		struct policy_namespace_filter *filter = &selector->namespaces[selector->namespace_count++];

		filter->position = item.node->position;
		filter->values.kind = VALUES_NUMBERS;
		parse_object(parse, &item, &namespace_table, filter);
	}
}

static void namespace_read_mask(struct parse *parse, const struct place *place, void *target)
{
	uint32_t *mask = target;

	if (!parse_is_list(parse, place))
		return;
	if (place->node->count == 0)
		parse_error(parse, place, "write namespaces, such as Mnt", "Required value: values is empty");
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);
		int kind = namespace_read_name(parse, &item);

		if (kind >= 0)
			*mask |= 1u << kind;
	}
}

static const struct parse_schema namespace_names_schema = {
	.shape = PARSE_LIST, .minimum = 1, .maximum = NAMES_MAX, .items = &namespace_schema};
static const struct parse_row namespace_change_rows[] = {
	{"operator", filter_read_in, offsetof(struct policy_namespace_change, is_negative), PARSE_REQUIRED, &in_schema,
	 "In: one of these has changed; NotIn: one that is none of these."},
	{"values", namespace_read_mask, offsetof(struct policy_namespace_change, mask), PARSE_REQUIRED,
	 &namespace_names_schema, "Namespaces, such as Mnt."},
};
static const struct parse_table namespace_change_table = PARSE_TABLE(namespace_change_rows);

void parse_read_namespace_changes(struct parse *parse, const struct place *place, void *target)
{
	struct policy_namespace_change *change = &((struct policy_selector *)target)->namespace_changes;
	struct place item;

	if (!filter_is_list(parse, place, 1) || place->node->count == 0)
		return;
	item = parse_item(place, 0);
	change->position = item.node->position;
	change->is_set = true;
	parse_object(parse, &item, &namespace_change_table, change);
}

/* --- matchCapabilities, matchCapabilityChanges -------------------------------------------------------------------- */

static const char *const capability_sets[] = {
	[CAPABILITY_EFFECTIVE] = "Effective",
	[CAPABILITY_INHERITABLE] = "Inheritable",
	[CAPABILITY_PERMITTED] = "Permitted",
	NULL,
};

static void capability_read_set(struct parse *parse, const struct place *place, void *target)
{
	struct policy_capability_filter *filter = target;
	int set = parse_choice(parse, place, capability_sets);

	if (set >= 0)
		filter->set = (__typeof__(filter->set))set;
}

static void capability_read_values(struct parse *parse, const struct place *place, void *target)
{
	uint64_t *mask = target;

	if (!parse_is_list(parse, place))
		return;
	if (place->node->count == 0)
		parse_error(parse, place, "write capabilities, such as CAP_SYS_ADMIN",
			    "Required value: values is empty");
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);
		const char *text = parse_text(parse, &item);
		unsigned int bit;

		if (text && parse_capability_find(text, strlen(text), &bit))
			*mask |= 1ULL << bit;
		else if (text)
			parse_error(parse, &item, "write a name as in capabilities(7), such as CAP_SYS_ADMIN",
				    "value %s unknown", text);
	}
}

static const char *capability_spelling(size_t i)
{
	return i == 0 ? "DAC_OVERRIDE" : capability_name((unsigned int)i - 1);
}

static const struct parse_schema capability_name_schema = {
	.shape = PARSE_STRING, .maximum = CAPABILITY_NAME_MAX, .name = capability_spelling, .is_any_case = true};
static const struct parse_schema capability_names_schema = {
	.shape = PARSE_LIST, .minimum = 1, .maximum = NAMES_MAX, .items = &capability_name_schema};
static const struct parse_schema capability_set_schema = {
	.shape = PARSE_STRING, .names = capability_sets, .preset = "\"Effective\""};
static const struct parse_row capability_rows[] = {
	{"type", capability_read_set, 0, PARSE_OPTIONAL, &capability_set_schema, "Which of the process's sets."},
	{"operator", filter_read_in, offsetof(struct policy_capability_filter, is_negative), PARSE_REQUIRED, &in_schema,
	 in_help},
	{"values", capability_read_values, offsetof(struct policy_capability_filter, mask), PARSE_REQUIRED,
	 &capability_names_schema, "Names as in capabilities(7), such as CAP_SYS_ADMIN."},
	{"isNamespaceCapability", parse_read_bool, offsetof(struct policy_capability_filter, is_namespace_capability),
	 PARSE_OPTIONAL, &parse_schema_bool, "true: only where the process is in a user namespace of its own."},
};
static const struct parse_table capability_table = PARSE_TABLE(capability_rows);

static void capability_read_filters(struct parse *parse, const struct place *place,
				    struct policy_capability_filter *filters, size_t *count)
{
	if (!filter_is_list(parse, place, POLICY_CAPABILITY_FILTERS_MAX))
		return;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);
		struct policy_capability_filter *filter = &filters[(*count)++];

		filter->position = item.node->position;
		parse_object(parse, &item, &capability_table, filter);
	}
}

void parse_read_capabilities(struct parse *parse, const struct place *place, void *target)
{
	struct policy_selector *selector = target;

	capability_read_filters(parse, place, selector->capabilities, &selector->capability_count);
}

void parse_read_capability_changes(struct parse *parse, const struct place *place, void *target)
{
	struct policy_selector *selector = target;

	capability_read_filters(parse, place, selector->capability_changes, &selector->capability_change_count);
}

/* --- what the API server is told of it ------------------------------------------------------------------------ */

static const struct parse_schema pid_schema = {.shape = PARSE_OBJECT, .table = &pid_table};
const struct parse_schema parse_pids_schema = {
	.shape = PARSE_LIST, .maximum = POLICY_PID_FILTERS_MAX, .items = &pid_schema};
/* of values, by operator: binary_rules */
static const char binary_lengths[] = "[{anyOf: [{properties: {operator: {not: {enum: [In, NotIn]}}}}, {properties: "
				     "{values: {items: {maxLength: 255}}}}]}, "
				     "{anyOf: [{properties: {operator: {not: {enum: [Postfix, NotPostfix]}}}}, "
				     "{properties: {values: {items: {maxLength: "
				     "127}}}}]}]";
_Static_assert(POLICY_BINARY_MAX == 255 && POLICY_POSTFIX_MAX == 127, "binary_lengths has these");
static const struct parse_schema binary_schema = {
	.shape = PARSE_OBJECT, .table = &binary_table, .rules = binary_rules_of_api, .also = binary_lengths};
const struct parse_schema parse_binaries_schema = {.shape = PARSE_LIST, .maximum = 1, .items = &binary_schema};
static const struct parse_schema namespace_filter_schema = {.shape = PARSE_OBJECT, .table = &namespace_table};
const struct parse_schema parse_namespaces_schema = {
	.shape = PARSE_LIST, .maximum = POLICY_NAMESPACE_FILTERS_MAX, .items = &namespace_filter_schema};
static const struct parse_schema namespace_change_schema = {.shape = PARSE_OBJECT, .table = &namespace_change_table};
const struct parse_schema parse_namespace_changes_schema = {
	.shape = PARSE_LIST, .maximum = 1, .items = &namespace_change_schema};
static const struct parse_schema capability_schema = {.shape = PARSE_OBJECT, .table = &capability_table};
const struct parse_schema parse_capabilities_schema = {
	.shape = PARSE_LIST, .maximum = POLICY_CAPABILITY_FILTERS_MAX, .items = &capability_schema};
