/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The ring's records, checked: bytes in, a struct out. Trusts neither version
 * nor length nor any offset; see bpf/wire.h for the format.
 */
#include <stddef.h>

#include "core/process/process.h"
#include "wire.h"

struct record {
	enum wire_type type;
	uint64_t ktime_ns;
	union {
		struct wire_exec exec;
		struct wire_fork fork;
		struct wire_exit exit;
		struct wire_cgroup cgroup;
	};
	/* point into the decoded bytes */
	struct bytes cwd, filename, args; /* WIRE_EXEC; args: NUL after each argument */
	struct bytes path;                /* WIRE_CGROUP */
};

/*
 * Decodes one record. 0, or -EPROTONOSUPPORT for another version, -ENOMSG
 * for an unknown type, -EBADMSG for a length that doesn't fit; `ret` is untouched then.
 */
int record_decode(const void *bytes, size_t length, struct record *ret);
