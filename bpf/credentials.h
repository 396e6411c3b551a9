/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
#pragma once

/*
 * Credentials at exec, and which privileges the execution raised.
 *
 * When sched_process_exec fires, the new credentials are in force and the
 * binprm still holds the file. That file was opened by this very execve(), so its
 * f_cred are the credentials from before. The kernel sets PER_CLEAR_ON_SETID in
 * bprm->per_clear when, and only when, it honoured a set-uid or set-gid bit or the
 * permitted capabilities grew; a nosuid mount, no_new_privs, an id without mapping in the
 * user namespace or a tracer without rights leave it, or the ids, alone. So three facts that
 * are already in memory decide, on every kernel and without a further hook.
 */
#include "common.h"

static __always_inline __u64 credentials_capabilities(const struct kernel_capabilities *set)
{
	__u64 bits = 0;

	READ_BYTES(&bits, sizeof(bits), set);
	return bits;
}

static __always_inline void credentials_read(struct wire_credentials *out, struct task_struct *task,
					     const struct cred *cred)
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
	out->auid = bpf_core_field_exists(task->loginuid) ? READ(task, loginuid.val) : 0xffffffffu;
	out->inheritable = credentials_capabilities(&cred->cap_inheritable);
	out->permitted = credentials_capabilities(&cred->cap_permitted);
	out->effective = credentials_capabilities(&cred->cap_effective);
}

/* The id that root of the credentials' user namespace has on the host; an id nobody has if it has no root. */
static __always_inline __u32 credentials_namespace_root(const struct cred *cred)
{
	struct user_namespace *ns = BPF_CORE_READ(cred, user_ns);
	struct uid_gid_map *map = &ns->uid_map;
	__u32 count = BPF_CORE_READ(map, nr_extents);
	struct uid_gid_extent extent = {};

	if (count > 5) { /* sorted: root can only be in the first */
		READ_BYTES(&extent, sizeof(extent), BPF_CORE_READ(map, forward));
		return extent.first == 0 ? extent.lower_first : 0xffffffffu;
	}
	for (__u32 i = 0; i < 5 && i < count; i++) {
		READ_BYTES(&extent, sizeof(extent), (void *)&map->extent + i * sizeof(extent));
		if (extent.first == 0 && extent.count > 0)
			return extent.lower_first;
	}
	return 0xffffffffu;
}

/*
 * Did the file's capabilities raise the permitted ones? Root gains its full set
 * by being root, not by the file, unless SECBIT_NOROOT took that away.
 */
static __always_inline int credentials_gained_by_file(const struct cred *before, const struct wire_credentials *now,
						      const struct cred *cred)
{
	__u32 root;

	if (!(now->permitted & ~credentials_capabilities(&before->cap_permitted)))
		return 0;
	if (now->securebits & SECURE_NOROOT_BIT)
		return 1;
	root = credentials_namespace_root(cred);
	return now->uid != root && now->euid != root;
}

/* WIRE_EXEC_SETUID and the like. */
static __always_inline __u32 credentials_raised(struct linux_binprm *bprm, struct file *file, const struct cred *cred,
						const struct wire_credentials *now)
{
	__u32 mode, flags = 0;

	if (!(READ(bprm, per_clear) & PER_CLEAR_ON_SETID))
		return 0;
	/* binfmt_misc with flag C takes the ids from the script, which is no longer at hand: trust the ids alone */
	mode = BPF_CORE_READ_BITFIELD_PROBED(bprm, execfd_creds) ? S_ISUID | S_ISGID | S_IXGRP
								 : READ(file, f_inode, i_mode);
	if ((mode & S_ISUID) && now->euid != now->uid)
		flags |= WIRE_EXEC_SETUID | (now->euid == 0 ? WIRE_EXEC_RAISED_SETUID : 0);
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && now->egid != now->gid)
		flags |= WIRE_EXEC_SETGID | (now->egid == 0 ? WIRE_EXEC_RAISED_SETGID : 0);
	if (credentials_gained_by_file(READ(file, f_cred), now, cred))
		flags |= WIRE_EXEC_RAISED_FILE_CAP;
	return flags;
}
