// SPDX-License-Identifier: Apache-2.0
#include "core/event/record.h"

#include <errno.h>
#include <string.h>

/* What remains of a record behind its fixed part. */
struct cursor {
	struct bytes record; /* all of it */
	const char *at;
	size_t left;
};

static int cursor_take(struct cursor *cursor, size_t length, size_t maximum, struct bytes *ret)
{
	if (length > maximum || length > cursor->left)
		return -EBADMSG;
	*ret = (struct bytes){.data = cursor->at, .length = length};
	cursor->at += length;
	cursor->left -= length;
	return 0;
}

static int decode_exec(struct record *record, struct cursor *strings)
{
	int r;

	r = cursor_take(strings, record->exec.cwd_length, WIRE_PATH_MAX, &record->cwd);
	if (r < 0)
		return r;
	r = cursor_take(strings, record->exec.filename_length, WIRE_PATH_MAX, &record->filename);
	if (r < 0)
		return r;
	return cursor_take(strings, record->exec.args_length, WIRE_ARGS_MAX, &record->args);
}

static int decode_cgroup(struct record *record, struct cursor *strings)
{
	return cursor_take(strings, record->cgroup.path_length, WIRE_PATH_MAX, &record->path);
}

static int decode_hook(struct record *record, struct cursor *rest)
{
	return hook_values_decode(rest->record, &record->hook, &record->values);
}

static int decode_loader(struct record *record, struct cursor *strings)
{
	int r = cursor_take(strings, record->loader.path_length, WIRE_PATH_MAX, &record->path);

	if (r < 0)
		return r;
	return cursor_take(strings, record->loader.build_id_length, RECORD_BUILD_ID_MAX, &record->build_id);
}

static const struct {
	size_t size; /* of the fixed part; 0: no such record */
	int (*decode_rest)(struct record *record, struct cursor *rest);
} record_kinds[WIRE_TYPE_MAX] = {
	[WIRE_EXEC] = {sizeof(struct wire_exec), decode_exec},
	[WIRE_FORK] = {sizeof(struct wire_fork), NULL},
	[WIRE_EXIT] = {sizeof(struct wire_exit), NULL},
	[WIRE_CGROUP] = {sizeof(struct wire_cgroup), decode_cgroup},
	[WIRE_HOOK] = {sizeof(struct wire_hook), decode_hook},
	[WIRE_LOADER] = {sizeof(struct wire_loader), decode_loader},
	[WIRE_THROTTLE] = {sizeof(struct wire_throttle), NULL},
};

/* All but the values, which are most of it and a hook's only. */
#define RECORD_FIXED_SIZE offsetof(struct record, values)

int record_decode(const void *bytes, size_t length, struct record *ret)
{
	struct wire_header header;
	struct record record;
	struct cursor rest;
	size_t size, used;
	int r;

	if (length < sizeof(header))
		return -EBADMSG;
	memcpy(&header, bytes, sizeof(header));
	if (header.version != WIRE_VERSION)
		return -EPROTONOSUPPORT;
	if (header.type >= WIRE_TYPE_MAX || !record_kinds[header.type].size)
		return -ENOMSG;
	size = record_kinds[header.type].size;
	if (header.length > length || header.length < size)
		return -EBADMSG;
	used = header.type == WIRE_HOOK ? sizeof(record) : RECORD_FIXED_SIZE;
	memset(&record, 0, used);
	record.type = header.type;
	record.ktime_ns = header.ktime_ns;
	memcpy(&record.exec, bytes, size); /* the union's members start alike */
	rest = (struct cursor){
		.record = {bytes, header.length},
		.at = (const char *)bytes + size,
		.left = header.length - size,
	};
	if (record_kinds[header.type].decode_rest) {
		r = record_kinds[header.type].decode_rest(&record, &rest);
		if (r < 0)
			return r;
	}
	memcpy(ret, &record, used);
	return 0;
}

struct credentials record_credentials(const struct wire_credentials *wire)
{
	return (struct credentials){
		.uid = wire->uid,
		.gid = wire->gid,
		.euid = wire->euid,
		.egid = wire->egid,
		.suid = wire->suid,
		.sgid = wire->sgid,
		.fsuid = wire->fsuid,
		.fsgid = wire->fsgid,
		.securebits = wire->securebits,
		.permitted = wire->permitted,
		.effective = wire->effective,
		.inheritable = wire->inheritable,
	};
}
