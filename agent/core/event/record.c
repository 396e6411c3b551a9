// SPDX-License-Identifier: Apache-2.0
#include "core/event/record.h"

#include <errno.h>
#include <string.h>

/* What remains of a record behind its fixed part. */
struct cursor {
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

static const struct {
	size_t size; /* of the fixed part; 0: no such record */
	int (*decode_strings)(struct record *record, struct cursor *strings);
} record_kinds[WIRE_TYPE_MAX] = {
	[WIRE_EXEC] = {sizeof(struct wire_exec), decode_exec},
	[WIRE_FORK] = {sizeof(struct wire_fork), NULL},
	[WIRE_EXIT] = {sizeof(struct wire_exit), NULL},
	[WIRE_CGROUP] = {sizeof(struct wire_cgroup), decode_cgroup},
};

int record_decode(const void *bytes, size_t length, struct record *ret)
{
	struct wire_header header;
	struct record record = {0};
	struct cursor strings;
	size_t size;
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
	record.type = header.type;
	record.ktime_ns = header.ktime_ns;
	memcpy(&record.exec, bytes, size); /* the union's members start alike */
	strings = (struct cursor){.at = (const char *)bytes + size, .left = header.length - size};
	if (record_kinds[header.type].decode_strings) {
		r = record_kinds[header.type].decode_strings(&record, &strings);
		if (r < 0)
			return r;
	}
	*ret = record;
	return 0;
}
