// SPDX-License-Identifier: Apache-2.0
#include "core/config/option_value.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "core/config/suggest.h"

#define OPTION_SHOWN_MAX 80 /* bytes of a bad value in a message */
#define OPTION_MODE_MAX 0777

/* One value to parse; `wanted` receives what would be right when the text is wrong. */
struct option_input {
	const struct option_row *row;
	const char *text;
	size_t length;
	char wanted[256];
};

int option_error_set(struct option_error *ret_error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, arguments);
	va_end(arguments);
	for (char *c = ret_error->text; *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	}
	return -EINVAL;
}

static int option_wants(struct option_input *input, const char *format, ...) PRINTF_LIKE(2, 3);
static int option_wants(struct option_input *input, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(input->wanted, sizeof(input->wanted), format, arguments);
	va_end(arguments);
	return -EINVAL;
}

/* Digits of `base` only: no sign, space or prefix. False when there are none, others, or too many for 64 bits. */
static bool option_parse_digits(const char *text, size_t length, unsigned int base, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (length == 0)
		return false;
	for (size_t i = 0; i < length; i++) {
		unsigned int digit = (unsigned int)(unsigned char)text[i] - '0';

		if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*ret_value = value;
	return true;
}

static bool option_is_word(const struct option_input *input, const char *word)
{
	return input->length == strlen(word) && strncasecmp(input->text, word, input->length) == 0;
}

static int option_parse_bool(struct option_input *input, void *destination)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {{"true", true}, {"false", false}, {"t", true}, {"f", false}, {"1", true}, {"0", false}};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (option_is_word(input, words[i].word)) {
			*(bool *)destination = words[i].value;
			return 0;
		}
	}
	return option_wants(input, "true or false");
}

static int option_parse_string(struct option_input *input, void *destination)
{
	char **string = destination;
	char *copy = strndup(input->text, input->length);

	if (!copy)
		return -ENOMEM;
	free(*string);
	*string = copy;
	return 0;
}

static int option_parse_enum(struct option_input *input, void *destination)
{
	const char *const *choices = input->row->choices;
	struct buffer wanted = {.data = input->wanted, .capacity = sizeof(input->wanted) - 1};

	for (unsigned int i = 0; choices[i]; i++) {
		if (option_is_word(input, choices[i])) {
			*(unsigned int *)destination = i;
			return 0;
		}
	}
	for (unsigned int i = 0; choices[i]; i++) {
		if (i > 0)
			buffer_append_cstring(&wanted, choices[i + 1] ? ", " : " or ");
		buffer_append_cstring(&wanted, choices[i]);
	}
	input->wanted[wanted.length] = '\0';
	return -EINVAL;
}

static int option_parse_mode(struct option_input *input, void *destination)
{
	uint64_t mode;

	if (!option_parse_digits(input->text, input->length, 8, &mode) || mode > OPTION_MODE_MAX)
		return option_wants(input, "an octal file mode up to 777, like 600 or 0640");
	*(mode_t *)destination = (mode_t)mode;
	return 0;
}

/* 65536 as "64k": the largest unit without a remainder. */
static const char *option_size_text(uint64_t size, char *text, size_t text_size)
{
	static const char suffixes[] = "\0kMG";
	size_t unit = 0;

	while (unit < 3 && size > 0 && size % 1024 == 0) {
		size /= 1024;
		unit++;
	}
	snprintf(text, text_size, "%llu%.1s", (unsigned long long)size, &suffixes[unit]);
	return text;
}

/* The power of 1024 that a suffix stands for, as a shift; 0 for none. */
static unsigned int option_size_shift(char suffix)
{
	switch (suffix) {
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	default:
		return 0;
	}
}

static int option_parse_size(struct option_input *input, void *destination)
{
	unsigned int shift = input->length > 0 ? option_size_shift(input->text[input->length - 1]) : 0;
	char low[32], high[32];
	uint64_t size;

	if (!option_parse_digits(input->text, input->length - (shift > 0), 10, &size) || size > UINT64_MAX >> shift ||
	    size << shift < input->row->minimum || size << shift > input->row->maximum)
		return option_wants(input, "a size from %s to %s: bytes, or with suffix k, M or G",
				    option_size_text(input->row->minimum, low, sizeof(low)),
				    option_size_text(input->row->maximum, high, sizeof(high)));
	*(uint64_t *)destination = size << shift;
	return 0;
}

/* One number with its unit, of the many that a duration may have. */
static bool option_take_duration(const char **text, const char *end, uint64_t *total)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"ns", 1},         {"us", 1000},       {"ms", 1000000},
		     {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
	const char *unit = *text;
	uint64_t value;
	size_t length;

	while (unit < end && *unit >= '0' && *unit <= '9')
		unit++;
	if (!option_parse_digits(*text, (size_t)(unit - *text), 10, &value))
		return false;
	for (*text = unit; *text < end && (**text < '0' || **text > '9');)
		(*text)++;
	length = (size_t)(*text - unit);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strlen(units[i].name) == length && memcmp(units[i].name, unit, length) == 0)
			return !__builtin_mul_overflow(value, units[i].ns, &value) &&
			       !__builtin_add_overflow(*total, value, total);
	return false;
}

/* `0` is the one that needs no unit. */
static bool option_parse_ns(const char *text, size_t length, uint64_t *ret_ns)
{
	const char *end = text + length;
	bool is_zero = length == 1 && *text == '0', is_good = length > 0;
	uint64_t total = 0;

	while (!is_zero && is_good && text < end)
		is_good = option_take_duration(&text, end, &total);
	if (is_good)
		*ret_ns = total;
	return is_good;
}

static int option_parse_duration(struct option_input *input, void *destination)
{
	uint64_t total;

	if (!option_parse_ns(input->text, input->length, &total) || (total > 0 && total < input->row->minimum) ||
	    total > input->row->maximum)
		return option_wants(input, "a duration like 90s, 15m or 24h, or 0");
	*(uint64_t *)destination = total;
	return 0;
}

static int option_parse_rate(struct option_input *input, void *destination)
{
	const char *comma = memchr(input->text, ',', input->length);
	size_t digits = comma ? (size_t)(comma - input->text) : 0;
	struct option_rate rate = {0};

	if (input->length > 0 &&
	    (!option_parse_digits(input->text, digits, 10, &rate.count) || rate.count == 0 ||
	     rate.count > OPTION_RATE_COUNT_MAX ||
	     !option_parse_ns(comma + 1, input->length - digits - 1, &rate.interval_ns) ||
	     rate.interval_ns < OPTION_RATE_INTERVAL_MIN_NS || rate.interval_ns > OPTION_RATE_INTERVAL_MAX_NS))
		return option_wants(input,
				    "a number from 1 to %d, a comma and an interval from 1ms to 1h, like 1000,1s, or "
				    "nothing for no limit",
				    OPTION_RATE_COUNT_MAX);
	*(struct option_rate *)destination = rate;
	return 0;
}

static int option_parse_u32(struct option_input *input, void *destination)
{
	uint64_t value;

	assert(input->row->maximum <= UINT32_MAX);
	if (!option_parse_digits(input->text, input->length, 10, &value) || value < input->row->minimum ||
	    value > input->row->maximum)
		return option_wants(input, "a number from %llu to %llu", (unsigned long long)input->row->minimum,
				    (unsigned long long)input->row->maximum);
	*(uint32_t *)destination = (uint32_t)value;
	return 0;
}

static int option_parse_limit(struct option_input *input, void *destination)
{
	uint64_t value = OPTION_NO_LIMIT;

	if (!option_is_word(input, "-1") && (!option_parse_digits(input->text, input->length, 10, &value) ||
					     value < input->row->minimum || value > input->row->maximum))
		return option_wants(input, "a number from %llu to %llu, or -1 for no limit",
				    (unsigned long long)input->row->minimum, (unsigned long long)input->row->maximum);
	*(uint64_t *)destination = value;
	return 0;
}

static int option_list_add(struct option_list *list, const char *item, size_t length)
{
	_cleanup_free_ char *copy = strndup(item, length);
	char **items;

	if (!copy)
		return -ENOMEM;
	items = reallocarray(list->items, list->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	list->items[list->count++] = TAKE_PTR(copy);
	return 0;
}

static int option_parse_list(struct option_input *input, void *destination)
{
	struct option_list *list = destination;
	const char *at = input->text, *end = input->text + input->length;
	int r;

	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *item_end = comma ? comma : end;

		if (item_end == at || list->count == OPTION_LIST_MAX)
			return option_wants(input, "up to %d non-empty items with commas between", OPTION_LIST_MAX);
		r = option_list_add(list, at, (size_t)(item_end - at));
		if (r < 0)
			return r;
		at = comma ? comma + 1 : end;
	}
	return 0;
}

static int option_parse_texts(struct option_input *input, void *destination)
{
	struct option_list *list = destination;

	if (input->length == 0 || list->count == OPTION_LIST_MAX)
		return option_wants(input, "a text that is not empty, %d times at most", OPTION_LIST_MAX);
	return option_list_add(list, input->text, input->length);
}

static void option_clear_string(void *destination)
{
	char **string = destination;

	free(*string);
	*string = NULL;
}

static void option_clear_list(void *destination)
{
	struct option_list *list = destination;

	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct option_list){0};
}

static const struct option_kind_ops {
	int (*parse)(struct option_input *input, void *destination);
	void (*clear)(void *destination); /* NULL: `size` zero bytes */
	size_t size;
} option_kinds[] = {
	[OPTION_BOOL] = {option_parse_bool, NULL, sizeof(bool)},
	[OPTION_STRING] = {option_parse_string, option_clear_string, sizeof(char *)},
	[OPTION_ENUM] = {option_parse_enum, NULL, sizeof(unsigned int)},
	[OPTION_MODE] = {option_parse_mode, NULL, sizeof(mode_t)},
	[OPTION_SIZE] = {option_parse_size, NULL, sizeof(uint64_t)},
	[OPTION_DURATION] = {option_parse_duration, NULL, sizeof(uint64_t)},
	[OPTION_RATE] = {option_parse_rate, NULL, sizeof(struct option_rate)},
	[OPTION_U32] = {option_parse_u32, NULL, sizeof(uint32_t)},
	[OPTION_LIMIT] = {option_parse_limit, NULL, sizeof(uint64_t)},
	[OPTION_LIST] = {option_parse_list, option_clear_list, sizeof(struct option_list)},
	[OPTION_TEXTS] = {option_parse_texts, option_clear_list, sizeof(struct option_list)},
};

static void *option_destination(const struct option_row *row, void *base)
{
	return (char *)base + row->offset;
}

int option_value_set(const struct option_row *row, void *base, const char *text, size_t length, const char *source,
		     struct option_error *ret_error)
{
	struct option_input input = {.row = row, .text = text, .length = length};
	int r;

	if (memchr(text, '\0', length))
		r = option_wants(&input, "text without zero bytes");
	else
		r = option_kinds[row->kind].parse(&input, option_destination(row, base));
	if (r == -ENOMEM)
		option_error_set(ret_error, "%s: out of memory", source);
	else if (r < 0)
		option_error_set(ret_error, "%s: \"%.*s\"%s is not valid; it takes %s", source,
				 (int)MIN(length, (size_t)OPTION_SHOWN_MAX), text,
				 length > OPTION_SHOWN_MAX ? "..." : "", input.wanted);
	return r;
}

int option_operand_add(const struct option_table *table, void *base, const char *text, struct option_error *ret_error)
{
	struct option_list *list = (struct option_list *)(void *)((char *)base + table->operands_offset);
	int r;

	if (list->count == OPTION_LIST_MAX)
		return option_error_set(ret_error, "more than %d arguments", OPTION_LIST_MAX);
	r = option_list_add(list, text, strlen(text));
	if (r < 0)
		option_error_set(ret_error, "out of memory");
	return r;
}

void option_value_clear(const struct option_row *row, void *base)
{
	const struct option_kind_ops *ops = &option_kinds[row->kind];

	if (ops->clear)
		ops->clear(option_destination(row, base));
	else
		memset(option_destination(row, base), 0, ops->size);
}

int option_table_set_defaults(const struct option_table *table, void *base)
{
	struct option_error error;

	assert(table->count <= OPTION_TABLE_MAX);
	for (size_t i = 0; i < table->count; i++) {
		const struct option_row *row = &table->rows[i];
		int r;

		option_value_clear(row, base);
		if (!row->default_text)
			continue;
		r = option_value_set(row, base, row->default_text, strlen(row->default_text), row->name, &error);
		if (r == -ENOMEM)
			return r;
		assert(r == 0); /* a default that its own row refuses */
	}
	return 0;
}

void option_table_clear(const struct option_table *table, void *base)
{
	for (size_t i = 0; i < table->count; i++)
		option_value_clear(&table->rows[i], base);
	if (table->has_operands)
		option_clear_list((char *)base + table->operands_offset);
}

const struct option_row *option_table_find(const struct option_table *table, const char *name, size_t length)
{
	for (size_t i = 0; i < table->count; i++) {
		const char *known = table->rows[i].name;

		if (strlen(known) == length && memcmp(known, name, length) == 0)
			return &table->rows[i];
	}
	return NULL;
}

const char *option_table_suggest(const struct option_table *table, const char *name, size_t length)
{
	struct suggestion suggestion = {0};

	for (size_t i = 0; i < table->count; i++)
		suggest_offer(&suggestion, name, length, table->rows[i].name);
	return suggestion.name;
}
