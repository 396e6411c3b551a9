// SPDX-License-Identifier: Apache-2.0
#include "core/policy/substring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* Numbers of states in the table that the machine is made in. */
enum {
	FOUND = 0,
	START = 1,
};
#define NOWHERE UINT32_MAX

#define BLOCKS_MIN 32 /* of a half: a page for both */

struct builder {
	uint8_t classes[256]; /* 0: bytes of no string */
	size_t class_count;
	uint32_t *next; /* owned: by state and class */
	uint32_t *fail; /* owned: the state of the longest end of what was read that begins a string */
	uint32_t *rows; /* owned: states in the order in which they are met, the first ones first */
	size_t state_count, row_count;
};

static void builder_done(struct builder *builder)
{
	free(builder->next);
	free(builder->fail);
	free(builder->rows);
}

static uint32_t *next_of(const struct builder *builder, uint32_t state, size_t class)
{
	return &builder->next[state * builder->class_count + class];
}

static uint8_t fold(char c, bool is_case_ignored)
{
	uint8_t byte = (uint8_t)c;

	return is_case_ignored && byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

/* Gives each byte of the strings a class. The number of states that they can have, or -errno. */
static int64_t classify(struct builder *builder, const struct policy_values *values, bool is_case_ignored)
{
	int64_t states = START + 1;

	builder->class_count = 1;
	if (values->count == 0 || values->count > POLICY_SUBSTRINGS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < values->count; i++) {
		const struct policy_string *string = &values->strings[i];

		if (string->length == 0 || string->length > POLICY_SUBSTRING_MAX)
			return -E2BIG;
		states += string->length;
		for (uint32_t j = 0; j < string->length; j++) {
			uint8_t *class = &builder->classes[fold(string->bytes[j], is_case_ignored)];

			if (*class == 0 && builder->class_count > UINT8_MAX)
				return -E2BIG;
			if (*class == 0)
				*class = (uint8_t)builder->class_count++;
		}
	}
	for (int c = 'A'; c <= 'Z' && is_case_ignored; c++)
		builder->classes[c] = builder->classes[c | 0x20];
	return states;
}

static int take_memory(struct builder *builder, size_t states)
{
	builder->next = calloc(states, builder->class_count * sizeof(*builder->next));
	builder->fail = calloc(states, sizeof(*builder->fail));
	builder->rows = calloc(states, sizeof(*builder->rows));
	if (!builder->next || !builder->fail || !builder->rows)
		return -ENOMEM;
	memset(builder->next, 0xff, states * builder->class_count * sizeof(*builder->next)); /* NOWHERE */
	builder->state_count = START + 1;
	return 0;
}

/* Adds a string to the tree. What begins with another string needs no states of its own: that one is found first. */
static void add_string(struct builder *builder, const struct policy_string *string)
{
	uint32_t state = START;

	for (uint32_t i = 0; i < string->length && state != FOUND; i++) {
		uint32_t *next = next_of(builder, state, builder->classes[(uint8_t)string->bytes[i]]);

		if (i + 1 == string->length)
			*next = FOUND;
		else if (*next == NOWHERE)
			*next = (uint32_t)builder->state_count++;
		state = *next;
	}
}

/* Fills in where a state goes with bytes that its strings do not go on with: where its end would go. */
static void complete_state(struct builder *builder, uint32_t state)
{
	for (size_t class = 0; class < builder->class_count; class ++) {
		uint32_t *next = next_of(builder, state, class);
		uint32_t other = state == START ? START : *next_of(builder, builder->fail[state], class);

		if (*next == NOWHERE || other == FOUND) {
			*next = other;
		} else if (*next != FOUND) {
			builder->fail[*next] = other;
			builder->rows[builder->row_count++] = *next;
		}
	}
}

/* By distance from the start: a state's end is shorter, and complete before it. */
static void complete(struct builder *builder)
{
	builder->rows[builder->row_count++] = START;
	for (size_t i = 0; i < builder->row_count; i++)
		complete_state(builder, builder->rows[i]);
}

static int write_blocks(const struct builder *builder, struct substring_machine *ret)
{
	size_t width = (builder->class_count + SUBSTRING_BLOCK_ROWS - 1) / SUBSTRING_BLOCK_ROWS;
	size_t count = SUBSTRING_CLASS_BLOCKS + builder->row_count * width;
	union substring_block *blocks = calloc(count, sizeof(*blocks));
	_cleanup_free_ uint32_t *places = calloc(builder->state_count, sizeof(*places));

	if (!blocks || !places) {
		free(blocks);
		return -ENOMEM;
	}
	memcpy(blocks, builder->classes, sizeof(builder->classes));
	for (size_t i = 0; i < builder->row_count; i++)
		places[builder->rows[i]] = (uint32_t)(SUBSTRING_CLASS_BLOCKS + i * width);
	for (size_t i = 0; i < builder->row_count; i++)
		for (size_t class = 0; class < builder->class_count; class ++) {
			union substring_block *block = &blocks[places[builder->rows[i]] + class / SUBSTRING_BLOCK_ROWS];

			block->next[class % SUBSTRING_BLOCK_ROWS] = places[*next_of(builder, builder->rows[i], class)];
		}
	*ret = (struct substring_machine){.blocks = blocks, .count = count};
	return 0;
}

int substring_machine_make(const struct policy_values *values, bool is_case_ignored, struct substring_machine *ret)
{
	_cleanup_(builder_done) struct builder builder = {0};
	int64_t states = classify(&builder, values, is_case_ignored);
	int r;

	if (states < 0)
		return (int)states;
	r = take_memory(&builder, (size_t)states);
	if (r < 0)
		return r;
	for (size_t i = 0; i < values->count; i++)
		add_string(&builder, &values->strings[i]);
	complete(&builder);
	return write_blocks(&builder, ret);
}

void substring_machine_done(struct substring_machine *machine)
{
	free(machine->blocks);
	*machine = (struct substring_machine){0};
}

size_t substring_capacity(size_t count)
{
	return 1 + 2 * MAX(count + count / 2, (size_t)BLOCKS_MIN - 1);
}

size_t substring_half(size_t capacity)
{
	return capacity ? (capacity - 1) / 2 : 0;
}
