// SPDX-License-Identifier: Apache-2.0
#include "core/process/exec_id.h"

#include "base/base64.h"

void exec_id_append(struct buffer *buffer, const char *node_name, uint64_t ktime_ns, uint32_t pid)
{
	char text[EXEC_ID_NODE_MAX + sizeof(":18446744073709551615:4294967295") - 1];
	struct buffer plain = {.data = text, .capacity = sizeof(text)};

	if (node_name)
		buffer_append(&plain, node_name, strnlen(node_name, EXEC_ID_NODE_MAX));
	buffer_append_byte(&plain, ':');
	buffer_append_u64(&plain, ktime_ns);
	buffer_append_byte(&plain, ':');
	buffer_append_u64(&plain, pid);
	base64_append(buffer, text, plain.length);
}
