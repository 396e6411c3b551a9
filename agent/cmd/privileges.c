// SPDX-License-Identifier: Apache-2.0
#include "cmd/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static uint64_t effective_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capget, &header, data) < 0)
		return UINT64_MAX; /* cannot be told: let the kernel decide */
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

static bool has(uint64_t set, int capability)
{
	return set >> capability & 1;
}

int privileges_check(void)
{
	uint64_t set = effective_capabilities();

	if (has(set, CAP_SYS_ADMIN) || (has(set, CAP_BPF) && has(set, CAP_PERFMON)))
		return 0;
	log_error("watching processes with eBPF needs root, or the capabilities CAP_BPF and CAP_PERFMON; "
		  "run it with sudo, or in Kubernetes add both to the container's securityContext");
	return -EPERM;
}
