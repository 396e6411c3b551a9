// SPDX-License-Identifier: Apache-2.0
#include "core/process/capabilities.h"

#include "base/util.h"

#define NAME(text) \
	{ \
		(text), sizeof(text) - 1 \
	}

/* By bit number, linux/capability.h. */
static const struct {
	const char *text;
	size_t length;
} capability_names[] = {
	NAME("CAP_CHOWN"),
	NAME("CAP_DAC_OVERRIDE"),
	NAME("CAP_DAC_READ_SEARCH"),
	NAME("CAP_FOWNER"),
	NAME("CAP_FSETID"),
	NAME("CAP_KILL"),
	NAME("CAP_SETGID"),
	NAME("CAP_SETUID"),
	NAME("CAP_SETPCAP"),
	NAME("CAP_LINUX_IMMUTABLE"),
	NAME("CAP_NET_BIND_SERVICE"),
	NAME("CAP_NET_BROADCAST"),
	NAME("CAP_NET_ADMIN"),
	NAME("CAP_NET_RAW"),
	NAME("CAP_IPC_LOCK"),
	NAME("CAP_IPC_OWNER"),
	NAME("CAP_SYS_MODULE"),
	NAME("CAP_SYS_RAWIO"),
	NAME("CAP_SYS_CHROOT"),
	NAME("CAP_SYS_PTRACE"),
	NAME("CAP_SYS_PACCT"),
	NAME("CAP_SYS_ADMIN"),
	NAME("CAP_SYS_BOOT"),
	NAME("CAP_SYS_NICE"),
	NAME("CAP_SYS_RESOURCE"),
	NAME("CAP_SYS_TIME"),
	NAME("CAP_SYS_TTY_CONFIG"),
	NAME("CAP_MKNOD"),
	NAME("CAP_LEASE"),
	NAME("CAP_AUDIT_WRITE"),
	NAME("CAP_AUDIT_CONTROL"),
	NAME("CAP_SETFCAP"),
	NAME("CAP_MAC_OVERRIDE"),
	NAME("CAP_MAC_ADMIN"),
	NAME("CAP_SYSLOG"),
	NAME("CAP_WAKE_ALARM"),
	NAME("CAP_BLOCK_SUSPEND"),
	NAME("CAP_AUDIT_READ"),
	NAME("CAP_PERFMON"),
	NAME("CAP_BPF"),
	NAME("CAP_CHECKPOINT_RESTORE"),
};

const char *capability_name(unsigned int bit)
{
	return bit < ARRAY_SIZE(capability_names) ? capability_names[bit].text : NULL;
}

void capability_append(struct buffer *buffer, unsigned int bit)
{
	if (bit < ARRAY_SIZE(capability_names)) {
		buffer_append(buffer, capability_names[bit].text, capability_names[bit].length);
	} else {
		buffer_append_literal(buffer, "CAP_");
		buffer_append_u64(buffer, bit);
	}
}
