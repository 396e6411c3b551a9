// SPDX-License-Identifier: Apache-2.0
#include "core/kube/timestamp.h"

#include <string.h>

#include "base/util.h"

#define DAYS_TO_1970 719468 /* from the first of March of year 0 */

struct part {
	uint32_t digits, minimum, maximum;
	char end; /* behind it; '\0': that is another matter */
};

enum {
	YEAR,
	MONTH,
	DAY,
	HOUR,
	MINUTE,
	SECOND,
	PART_COUNT,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Moves *text behind the part and its end. */
static bool read_part(const char **text, const struct part *part, uint32_t *ret)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < part->digits; i++, (*text)++) {
		if (!is_digit(**text))
			return false;
		value = 10 * value + (uint32_t)(**text - '0');
	}
	if (value < part->minimum || value > part->maximum || (part->end && **text != part->end))
		return false;
	*text += part->end != '\0';
	*ret = value;
	return true;
}

/* Of the proleptic Gregorian calendar: the inverse of date_from_days() (core/encode/json.c), of the same source. */
static int64_t days_from_date(uint32_t year, uint32_t month, uint32_t day)
{
	uint32_t shifted = year - (month <= 2);
	uint32_t year_of_era = shifted % 400;
	uint32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return (int64_t)(shifted / 400) * 146097 + day_of_era - DAYS_TO_1970;
}

bool timestamp_parse(const char *text, int64_t *ret_s)
{
	static const struct part parts[PART_COUNT] = {
		[YEAR] = {4, 1970, 2499, '-'}, [MONTH] = {2, 1, 12, '-'},  [DAY] = {2, 1, 31, 'T'},
		[HOUR] = {2, 0, 23, ':'},      [MINUTE] = {2, 0, 59, ':'}, [SECOND] = {2, 0, 60, '\0'},
	};
	uint32_t values[PART_COUNT];

	for (size_t i = 0; i < PART_COUNT; i++)
		if (!read_part(&text, &parts[i], &values[i]))
			return false;
	if (*text == '.' && is_digit(text[1]))
		for (text++; is_digit(*text); text++)
			;
	if (strcmp(text, "Z") != 0)
		return false;
	*ret_s =
		((days_from_date(values[YEAR], values[MONTH], values[DAY]) * 24 + values[HOUR]) * 60 + values[MINUTE]) *
			60 +
		values[SECOND];
	return true;
}
