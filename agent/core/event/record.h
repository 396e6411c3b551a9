/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The ring's records, checked: bytes in, a struct out. Trusts neither version
 * nor length nor any offset; see bpf/wire.h for the format.
 */
#include <stddef.h>

#include "core/event/hook_record.h"
#include "core/process/process.h"
#include "wire.h"

#define RECORD_BUILD_ID_MAX 20 /* SHA-1, the longest that linkers make and the kernel reads */

struct record {
	enum wire_type type;
	uint64_t ktime_ns;
	union {
		struct wire_exec exec;
		struct wire_fork fork;
		struct wire_exit exit;
		struct wire_cgroup cgroup;
		struct wire_hook hook;
		struct wire_loader loader;
		struct wire_throttle throttle;
	};
	/* point into the decoded bytes */
	struct bytes cwd, filename, args; /* WIRE_EXEC; args: NUL after each argument */
	struct bytes path;                /* WIRE_CGROUP, WIRE_LOADER */
	struct bytes build_id;            /* WIRE_LOADER */
	struct hook_values values;        /* WIRE_HOOK; not set otherwise */
};

/*
 * Decodes one record. 0, or -EPROTONOSUPPORT for another version, -ENOMSG
 * for an unknown type, -EBADMSG for a length that doesn't fit; `ret` is untouched then.
 */
int record_decode(const void *bytes, size_t length, struct record *ret);

/* The ids and capabilities of the wire as the process model has them. */
struct credentials record_credentials(const struct wire_credentials *wire);
