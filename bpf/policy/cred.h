/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Credentials, user namespaces and capability masks as arguments. put_x fill
 * every byte of a body and return 0; or 1, all zeroes, if the object cannot be read.
 */
#include "piece.h"

static __always_inline void user_ns_read(struct wire_user_ns *body, struct user_namespace *ns)
{
	body->level = READ(ns, level);
	body->uid = READ(ns, owner.val);
	body->gid = READ(ns, group.val);
	body->inum = READ(ns, ns.inum);
}

PIECE(put_user_ns)
__u64 put_user_ns(struct wire_user_ns *body, struct user_namespace *ns)
{
	__builtin_memset(body, 0, sizeof(*body));
	if (!is_readable(ns))
		return 1;
	user_ns_read(body, ns);
	return 0;
}

static __always_inline void cred_read(struct wire_credentials *out, struct cred *cred)
{
	out->uid = READ(cred, uid.val);
	out->gid = READ(cred, gid.val);
	out->suid = READ(cred, suid.val);
	out->sgid = READ(cred, sgid.val);
	out->euid = READ(cred, euid.val);
	out->egid = READ(cred, egid.val);
	out->fsuid = READ(cred, fsuid.val);
	out->fsgid = READ(cred, fsgid.val);
	out->securebits = READ(cred, securebits);
	READ_BYTES(&out->inheritable, sizeof(out->inheritable), &cred->cap_inheritable);
	READ_BYTES(&out->permitted, sizeof(out->permitted), &cred->cap_permitted);
	READ_BYTES(&out->effective, sizeof(out->effective), &cred->cap_effective);
}

PIECE(put_cred)
__u64 put_cred(struct wire_cred *body, struct cred *cred)
{
	__builtin_memset(body, 0, sizeof(*body));
	if (!is_readable(cred))
		return 1;
	cred_read(&body->credentials, cred);
	user_ns_read(&body->user_ns, READ(cred, user_ns));
	return 0;
}

/* The mask that a pointer to kernel_cap_t leads to, 0 if it cannot be read. */
PIECE(get_kernel_cap)
__u64 get_kernel_cap(__u64 address)
{
	__u64 bits = 0; /* eight bytes on all kernels: kernel.h */

	bpf_probe_read_kernel(&bits, sizeof(bits), (void *)address);
	return bits;
}
