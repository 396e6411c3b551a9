// SPDX-License-Identifier: Apache-2.0
#include "core/policy/explain_test.h"

#include <arpa/inet.h>
#include <inttypes.h>

#include "base/util.h"
#include "core/policy/operators.h"
#include "core/policy/parse_names.h"

#define VALUES_SHOWN 4 /* the rest is counted */

/* --- values */

static void print_string(const struct policy_string *string, FILE *out)
{
	fputc('"', out);
	for (uint32_t i = 0; i < string->length; i++) {
		unsigned char c = (unsigned char)string->bytes[i];

		fputc(c < ' ' || c == 0x7f ? '?' : c, out);
	}
	fputc('"', out);
}

static void print_network(const struct policy_network *network, FILE *out)
{
	char text[INET6_ADDRSTRLEN] = "";

	inet_ntop(network->is_ipv6 ? AF_INET6 : AF_INET, network->address, text, sizeof(text));
	fprintf(out, "%s/%u", text, network->prefix_length);
}

static void print_bound(uint64_t number, bool is_signed, FILE *out)
{
	if (is_signed)
		fprintf(out, "%" PRId64, (int64_t)number);
	else if (number > UINT32_MAX) /* a mask, as a rule */
		fprintf(out, "%#" PRIx64, number);
	else
		fprintf(out, "%" PRIu64, number);
}

static void print_number(const struct policy_number *number, bool is_signed, FILE *out)
{
	print_bound(number->first, is_signed, out);
	if (number->last == number->first)
		return;
	fputs(" to ", out);
	print_bound(number->last, is_signed, out);
}

static void print_value(const struct policy_values *values, size_t index, bool is_signed, FILE *out)
{
	switch (values->kind) {
	case VALUES_STRINGS:
		print_string(&values->strings[index], out);
		return;
	case VALUES_NETWORKS:
		print_network(&values->networks[index], out);
		return;
	default:
		print_number(&values->numbers[index], is_signed, out);
	}
}

static void print_values(const struct policy_values *values, bool is_signed, FILE *out)
{
	for (size_t i = 0; i < MIN(values->count, (size_t)VALUES_SHOWN); i++) {
		fputs(i ? ", " : " ", out);
		print_value(values, i, is_signed, out);
	}
	if (values->count > VALUES_SHOWN)
		fprintf(out, " and %zu more", values->count - VALUES_SHOWN);
}

/* --- kinds of tests */

/* On one line, whatever the policy's were. */
static void print_expression(const struct cel_expression *expression, FILE *out)
{
	fputs("expression ", out);
	for (const char *c = expression->text; *c; c++)
		fputc((unsigned char)*c < ' ' ? ' ' : *c, out);
}

static void print_arg(const struct glue *glue, int position, const struct policy_arg_filter *filter, FILE *out)
{
	const struct arg_type_info *info;

	if (filter->operator== OPERATOR_CEL_EXPR) {
		print_expression(filter->values.expression, out);
		return;
	}
	info = arg_type_info(glue_arg(glue, position)->type);
	if (position == GLUE_RETURN)
		fprintf(out, "returned value (%s) %s", info->name, operator_name(filter->operator));
	else if (filter->operator== OPERATOR_CAPABILITIES_GAINED)
		fprintf(out, "argument %u has capabilities that argument %u has not",
			glue->hook->args[filter->second_arg].index, glue->hook->args[position].index);
	else
		fprintf(out, "argument %u (%s) %s", glue->hook->args[position].index, info->name,
			operator_name(filter->operator));
	print_values(&filter->values, info->traits & ARG_IS_SIGNED, out);
}

static void print_pid(const struct policy_pid_filter *filter, FILE *out)
{
	fprintf(out, "%spid %s%s", filter->is_namespace_pid ? "namespace " : "", filter->is_negative ? "NotIn" : "In",
		filter->follow_forks ? " (or an ancestor's)" : "");
	print_values(&filter->values, false, out);
}

static const char *namespace_name(uint64_t kind)
{
	for (const struct number_name *row = parse_namespaces; row->name; row++)
		if (row->number == kind)
			return row->name;
	return "?";
}

static void print_namespace(const struct policy_namespace_filter *filter, FILE *out)
{
	fprintf(out, "%s namespace %s%s", namespace_name(filter->namespace), filter->is_negative ? "NotIn" : "In",
		filter->has_host ? " the host's" : "");
	print_values(&filter->values, false, out);
}

static void print_namespace_change(const struct policy_namespace_change *change, FILE *out)
{
	fputs(change->is_negative ? "a namespace has changed since execve() that is none of"
				  : "a namespace has changed since execve() of",
	      out);
	for (uint64_t kind = 0; kind < WIRE_NS_COUNT; kind++)
		if (change->mask & 1u << kind)
			fprintf(out, " %s", namespace_name(kind));
}

static void print_capability(const struct policy_capability_filter *filter, bool is_change, FILE *out)
{
	static const char *const sets[] = {
		[CAPABILITY_EFFECTIVE] = "effective",
		[CAPABILITY_INHERITABLE] = "inheritable",
		[CAPABILITY_PERMITTED] = "permitted",
	};

	fprintf(out, "%s capabilities %s%s mask %#" PRIx64 "%s", sets[filter->set],
		is_change ? "that have changed since execve() " : "", filter->is_negative ? "NotIn" : "In",
		filter->mask, filter->is_namespace_capability ? ", in a user namespace" : "");
}

static void print_binary(const struct policy_binary_filter *filter, const char *whose, FILE *out)
{
	const char *name = operator_name(filter->operator);

	if (filter->operator== OPERATOR_EQUAL || filter->operator== OPERATOR_NOT_EQUAL) /* as policies write it */
		name = filter->operator== OPERATOR_EQUAL ? "In" : "NotIn";
	fprintf(out, "%s %s%s", whose, name, filter->follow_children ? " (or an ancestor's)" : "");
	print_values(&filter->values, false, out);
}

void explain_test(const struct glue *glue, const struct glue_test *test, FILE *out)
{
	const struct policy_arg_filter *arg = test->filter;

	switch (test->kind) {
	case GLUE_TEST_ARG:
		print_arg(glue, arg->arg, arg, out);
		return;
	case GLUE_TEST_RETURN:
		print_arg(glue, GLUE_RETURN, arg, out);
		return;
	case GLUE_TEST_PID:
		print_pid(test->filter, out);
		return;
	case GLUE_TEST_NAMESPACE:
		print_namespace(test->filter, out);
		return;
	case GLUE_TEST_CAPABILITY:
	case GLUE_TEST_CAPABILITY_CHANGE:
		print_capability(test->filter, test->kind == GLUE_TEST_CAPABILITY_CHANGE, out);
		return;
	case GLUE_TEST_NAMESPACE_CHANGE:
		print_namespace_change(test->filter, out);
		return;
	case GLUE_TEST_BINARY:
		print_binary(test->filter, "binary", out);
		return;
	case GLUE_TEST_PARENT_BINARY:
		print_binary(test->filter, "parent's binary", out);
		return;
	default:
		fputs("a test", out);
	}
}
