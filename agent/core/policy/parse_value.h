/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Readers of filter values: text in, numbers, strings or networks out. Each is the `read` of rows in operators.c; a new
 * kind of value is a new reader.
 */
#include "core/policy/parse_field.h"

struct operator_info;

/* Of whose values, and how they are to be read. */
struct value_context {
	struct parse *parse;
	enum arg_type type;
	const struct operator_info *info;
	struct policy_values *values; /* grows; its kind is that of `info` */
};

/* Appends what one value says to context->values; reports what is wrong with it at `place`. */
typedef void (*value_reader)(const struct value_context *context, const struct place *place);

void value_read_integer(const struct value_context *context, const struct place *place);
/* The same, but 0xffffffff is good for signed types, too. */
void value_read_bits(const struct value_context *context, const struct place *place);
void value_read_range(const struct value_context *context, const struct place *place); /* min:max */
/* Decimal, min:max, or list:NAME of a tracepoint's syscall64. */
void value_read_member(const struct value_context *context, const struct place *place);
void value_read_capabilities(const struct value_context *context,
			     const struct place *place); /* number or CAP_A,CAP_B */
void value_read_string(const struct value_context *context, const struct place *place);
void value_read_port(const struct value_context *context, const struct place *place); /* number or min:max */
void value_read_protocol(const struct value_context *context, const struct place *place);
void value_read_family(const struct value_context *context, const struct place *place);
void value_read_state(const struct value_context *context, const struct place *place);
void value_read_file_type(const struct value_context *context, const struct place *place);
/* Addresses, with ${NAME} filled in, and several of them in one value. */
void value_read_networks(const struct value_context *context, const struct place *place);

/* Each appends one value. False: no more may be had, which is reported. */
bool value_add_number(struct parse *parse, const struct place *place, struct policy_values *values, uint64_t first,
		      uint64_t last);
bool value_add_string(struct parse *parse, const struct place *place, struct policy_values *values, const char *text,
		      size_t length);
/* "-5", "0x1f", "0b1", "0o17", "017"; false: not a number, or beyond 64 bits. */
bool value_parse_number(const char *text, size_t length, uint64_t *ret_magnitude, bool *ret_is_negative);
