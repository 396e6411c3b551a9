// SPDX-License-Identifier: Apache-2.0
#include "io/sink/ledger_view.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/util.h"

#define LEDGER_VIEW_BEGIN "{\"loss_ledger\":{"

bool ledger_view_is_record(const char *line, size_t length)
{
	return length > sizeof(LEDGER_VIEW_BEGIN) - 1 &&
	       memcmp(line, LEDGER_VIEW_BEGIN, sizeof(LEDGER_VIEW_BEGIN) - 1) == 0;
}

/* A 64-bit number, in a string as protobuf's JSON has it. */
static bool ledger_view_number(const json_t *object, const char *key, uint64_t *ret)
{
	const char *text = json_string_value(json_object_get(object, key));
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

/* The same, 0 if it is left out. */
static bool ledger_view_optional(const json_t *object, const char *key, uint64_t *ret)
{
	return !json_object_get(object, key) || ledger_view_number(object, key, ret);
}

static bool ledger_view_session(const json_t *object, char ret[static LEDGER_SESSION_LENGTH + 1])
{
	const char *text = json_string_value(json_object_get(object, "session"));

	if (!text || strlen(text) != LEDGER_SESSION_LENGTH || strspn(text, "0123456789abcdef") != LEDGER_SESSION_LENGTH)
		return false;
	memcpy(ret, text, LEDGER_SESSION_LENGTH + 1);
	return true;
}

static bool ledger_view_reason(const json_t *object, enum ledger_reason *ret)
{
	const char *text = json_string_value(json_object_get(object, "reason"));

	for (int i = 0; text && i < LEDGER_REASON_COUNT; i++) {
		if (strcmp(text, ledger_reason_name((enum ledger_reason)i)) == 0) {
			*ret = (enum ledger_reason)i;
			return true;
		}
	}
	return false;
}

static bool ledger_view_losses(json_t *object, struct ledger_entry *ret)
{
	json_t *stages = json_object_get(object, "lost"), *stage;
	const char *stage_name, *what;
	const json_t *unused;
	uint64_t count;

	json_object_foreach(stages, stage_name, stage)
	{
		json_object_foreach(stage, what, unused)
		{
			if (!ledger_view_number(stage, what, &count))
				return false;
			ret->lost += count;
			if (strcmp(stage_name, "log") == 0)
				ret->lost_log += count;
			else if (strcmp(stage_name, "throttle") == 0)
				ret->lost_throttle += count;
		}
	}
	return json_is_object(stages);
}

static bool ledger_view_previous(const json_t *object, struct ledger_previous *ret)
{
	const json_t *previous = json_object_get(object, "previous");

	if (!previous)
		return true;
	ret->has_ended = json_is_true(json_object_get(previous, "ended"));
	return ledger_view_session(previous, ret->session) && ledger_view_number(previous, "lines", &ret->lines) &&
	       ledger_view_number(previous, "waiting", &ret->waiting);
}

int ledger_view_parse(const char *line, size_t length, struct ledger_entry *ret)
{
	json_error_t error;
	json_auto_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
	json_t *ledger = json_object_get(root, "loss_ledger");

	*ret = (struct ledger_entry){0};
	if (!root)
		return json_error_code(&error) == json_error_out_of_memory ? -ENOMEM : -EINVAL;
	if (!ledger_view_session(ledger, ret->session) || !ledger_view_reason(ledger, &ret->reason) ||
	    !ledger_view_number(ledger, "sequence", &ret->sequence) || ret->sequence == 0 ||
	    !ledger_view_number(ledger, "lines", &ret->lines) || !ledger_view_number(ledger, "bytes", &ret->bytes) ||
	    !ledger_view_number(ledger, "events", &ret->events) ||
	    !ledger_view_number(ledger, "waiting", &ret->waiting) ||
	    !ledger_view_optional(ledger, "filtered", &ret->filtered) ||
	    !ledger_view_optional(ledger, "rate_limited", &ret->rate_limited) || !ledger_view_losses(ledger, ret) ||
	    !ledger_view_previous(ledger, &ret->previous))
		return -EINVAL;
	return 0;
}
