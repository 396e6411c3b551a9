// SPDX-License-Identifier: Apache-2.0
/* A Lease as it is written: lease.h. */
#include <string.h>

#include "core/encode/json.h"
#include "core/kube/lease.h"

static struct bytes string_of(const char *text)
{
	return (struct bytes){text, strlen(text)};
}

/* Go's MicroTime reads six digits of fraction and no other number, of which json_timestamp() leaves out zeros. */
static uint64_t with_micros(uint64_t wall_ns)
{
	uint64_t micros = wall_ns / 1000;

	return (micros % 1000 ? micros : micros + 1) * 1000;
}

static void add_spec(struct buffer *buffer, const struct lease *lease, enum lease_step step, bool is_release,
		     uint64_t wall_ns)
{
	bool is_taking = lease_is_taking(lease);

	json_key(buffer, "spec");
	json_open(buffer, '{');
	json_key(buffer, "holderIdentity");
	json_string(buffer, string_of(is_release ? "" : lease->identity));
	json_field_u64(buffer, "leaseDurationSeconds", is_release ? 1 : LEASE_DURATION_S);
	json_key(buffer, "acquireTime");
	if (is_taking || !*lease->record.acquired)
		json_timestamp(buffer, with_micros(wall_ns));
	else
		json_string(buffer, string_of(lease->record.acquired));
	json_field_timestamp(buffer, "renewTime", with_micros(wall_ns));
	json_field_u64(buffer, "leaseTransitions", lease->record.transitions + (is_taking && step == LEASE_UPDATE));
	json_close(buffer, '}');
}

void lease_write(const struct lease *lease, const char *namespace, const char *name, enum lease_step step,
		 bool is_release, uint64_t wall_ns, struct buffer *buffer)
{
	json_open(buffer, '{');
	json_key(buffer, "apiVersion");
	json_plain_string(buffer, "coordination.k8s.io/v1");
	json_key(buffer, "kind");
	json_plain_string(buffer, "Lease");
	json_key(buffer, "metadata");
	json_open(buffer, '{');
	json_field_string(buffer, "name", string_of(name));
	json_field_string(buffer, "namespace", string_of(namespace));
	if (step == LEASE_UPDATE)
		json_field_string(buffer, "resourceVersion", string_of(lease->record.version));
	json_close(buffer, '}');
	add_spec(buffer, lease, step, is_release, wall_ns);
	json_close(buffer, '}');
}
