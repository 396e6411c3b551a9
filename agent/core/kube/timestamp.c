// SPDX-License-Identifier: Apache-2.0
#include "core/kube/timestamp.h"

#include <string.h>

#include "base/clock.h"
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

/* Of ".123456", if there is one, which *text moves behind. */
static uint32_t read_fraction_ns(const char **text)
{
	uint32_t fraction_ns = 0, unit_ns = CLOCK_NS_PER_SECOND / 10;

	if (**text != '.' || !is_digit((*text)[1]))
		return 0;
	for ((*text)++; is_digit(**text); (*text)++, unit_ns /= 10)
		fraction_ns += (uint32_t)(**text - '0') * unit_ns;
	return fraction_ns;
}

bool timestamp_parse_ns(const char *text, uint64_t *ret_ns)
{
	static const struct part parts[PART_COUNT] = {
		[YEAR] = {4, 1970, 2499, '-'}, [MONTH] = {2, 1, 12, '-'},  [DAY] = {2, 1, 31, 'T'},
		[HOUR] = {2, 0, 23, ':'},      [MINUTE] = {2, 0, 59, ':'}, [SECOND] = {2, 0, 60, '\0'},
	};
	uint32_t values[PART_COUNT], fraction_ns;
	int64_t minutes;

	for (size_t i = 0; i < PART_COUNT; i++)
		if (!read_part(&text, &parts[i], &values[i]))
			return false;
	fraction_ns = read_fraction_ns(&text);
	if (strcmp(text, "Z") != 0)
		return false;
	minutes = (days_from_date(values[YEAR], values[MONTH], values[DAY]) * 24 + values[HOUR]) * 60 + values[MINUTE];
	*ret_ns = ((uint64_t)minutes * 60 + values[SECOND]) * CLOCK_NS_PER_SECOND + fraction_ns;
	return true;
}

bool timestamp_parse(const char *text, int64_t *ret_s)
{
	uint64_t time_ns;

	if (!timestamp_parse_ns(text, &time_ns))
		return false;
	*ret_s = (int64_t)(time_ns / CLOCK_NS_PER_SECOND);
	return true;
}
