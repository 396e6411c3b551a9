// SPDX-License-Identifier: Apache-2.0
#include "core/process/pod_uid.h"

#include <string.h>

#define PLAIN_LENGTH (2 * POD_UID_LENGTH)
#define UUID_LENGTH (PLAIN_LENGTH + 4)

/* Lower case only, as everybody writes it; -1 for another character. */
static int digit_of(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* Between the groups of a UUID's digits: 8-4-4-4-12. */
static bool is_separator_place(size_t at)
{
	return at == 8 || at == 13 || at == 18 || at == 23;
}

bool pod_uid_parse(struct bytes text, struct pod_uid *ret)
{
	struct pod_uid uid = {0};
	bool is_uuid = text.length == UUID_LENGTH;
	size_t digits = 0;

	if (!is_uuid && text.length != PLAIN_LENGTH)
		return false;
	if (is_uuid && text.data[8] != '-' && text.data[8] != '_')
		return false;
	for (size_t at = 0; at < text.length; at++) {
		int digit = digit_of(text.data[at]);

		if (is_uuid && is_separator_place(at)) {
			if (text.data[at] != text.data[8])
				return false;
			continue;
		}
		if (digit < 0)
			return false;
		uid.bytes[digits / 2] |= (uint8_t)(digits % 2 ? digit : digit << 4);
		digits++;
	}
	if (!pod_uid_is_set(&uid))
		return false;
	*ret = uid;
	return true;
}

bool pod_uid_is_set(const struct pod_uid *uid)
{
	static const struct pod_uid none;

	return !pod_uid_is_equal(uid, &none);
}

bool pod_uid_is_equal(const struct pod_uid *one, const struct pod_uid *other)
{
	return memcmp(one->bytes, other->bytes, sizeof(one->bytes)) == 0;
}
