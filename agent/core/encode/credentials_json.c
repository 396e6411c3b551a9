// SPDX-License-Identifier: Apache-2.0
#include "core/encode/credentials_json.h"

#include "base/util.h"
#include "core/encode/json.h"
#include "core/process/capabilities.h"

#define DAC_OVERRIDE_BIT 1

/* By bit number, linux/securebits.h. */
static const char *const securebit_names[] = {
	"SecBitNoRoot",   "SecBitNoRootLocked",   "SecBitNoSetUidFixup",     "SecBitNoSetUidFixupLocked",
	"SecBitKeepCaps", "SecBitKeepCapsLocked", "SecBitNoCapAmbientRaise", "SecBitNoCapAmbientRaiseLocked",
};

const char *credentials_json_capability_name(unsigned int bit)
{
	return bit == DAC_OVERRIDE_BIT ? "DAC_OVERRIDE" : capability_name(bit);
}

static void append_capability(struct buffer *buffer, unsigned int bit)
{
	if (bit == DAC_OVERRIDE_BIT)
		buffer_append_literal(buffer, "DAC_OVERRIDE");
	else
		capability_append(buffer, bit);
}

/* The names of a set that is not empty, under a key that the caller has written. */
static void append_capability_names(struct buffer *buffer, uint64_t set)
{
	buffer_append_literal(buffer, "[\"");
	append_capability(buffer, (unsigned int)__builtin_ctzll(set));
	while (set &= set - 1) {
		buffer_append_literal(buffer, "\",\"");
		append_capability(buffer, (unsigned int)__builtin_ctzll(set));
	}
	buffer_append_literal(buffer, "\"]");
}

void credentials_json_append_capabilities(struct buffer *buffer, const struct credentials *credentials)
{
	if (credentials->permitted) {
		json_key(buffer, "permitted");
		append_capability_names(buffer, credentials->permitted);
	}
	if (credentials->effective) {
		json_key(buffer, "effective");
		append_capability_names(buffer, credentials->effective);
	}
	if (credentials->inheritable) {
		json_key(buffer, "inheritable");
		append_capability_names(buffer, credentials->inheritable);
	}
}

/* A bit without a name is printed as its value, as protobuf's JSON does with enums. */
static void append_securebits(struct buffer *buffer, uint32_t securebits)
{
	json_key(buffer, "securebits");
	json_open(buffer, '[');
	for (; securebits; securebits &= securebits - 1) {
		unsigned int bit = (unsigned int)__builtin_ctz(securebits);

		if (bit < ARRAY_SIZE(securebit_names)) {
			json_plain_string(buffer, securebit_names[bit]);
		} else {
			json_comma(buffer);
			buffer_append_u64(buffer, 1u << bit);
		}
	}
	json_close(buffer, ']');
}

void credentials_json_append_ids(struct buffer *buffer, const struct credentials *credentials)
{
	json_field_u64(buffer, "uid", credentials->uid);
	json_field_u64(buffer, "gid", credentials->gid);
	json_field_u64(buffer, "euid", credentials->euid);
	json_field_u64(buffer, "egid", credentials->egid);
	json_field_u64(buffer, "suid", credentials->suid);
	json_field_u64(buffer, "sgid", credentials->sgid);
	json_field_u64(buffer, "fsuid", credentials->fsuid);
	json_field_u64(buffer, "fsgid", credentials->fsgid);
	if (credentials->securebits)
		append_securebits(buffer, credentials->securebits);
}
