// SPDX-License-Identifier: Apache-2.0
#include "io/kube/elector.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/util.h"
#include "core/kube/lease.h"
#include "core/kube/said.h"
#include "io/kube/exchange.h"

#define BODY_MAX 4096
#define PATH_MAX_BYTES 1024
#define GROUP_PATH "/apis/coordination.k8s.io/v1/namespaces/"

struct elector {
	struct elector_options options; /* texts are not kept */
	char namespace[LEASE_TEXT_MAX + 1], name[LEASE_TEXT_MAX + 1];
	struct lease lease;
	struct exchange exchange;
	enum lease_step step; /* of the exchange under way */
	bool led;             /* as was said last */
	bool is_releasing, is_released;
	struct kube_said said; /* of failures */
};

/* --- the object */

static void copy_text(char *to, size_t size, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(to, size, "%s", text ? text : "");
}

static void read_lease(const json_t *object, struct lease_record *ret)
{
	const json_t *spec = json_object_get(object, "spec");
	json_int_t duration_s = json_integer_value(json_object_get(spec, "leaseDurationSeconds"));

	*ret = (struct lease_record){0};
	copy_text(ret->version, sizeof(ret->version), json_object_get(object, "metadata"), "resourceVersion");
	copy_text(ret->holder, sizeof(ret->holder), spec, "holderIdentity");
	copy_text(ret->renewed, sizeof(ret->renewed), spec, "renewTime");
	copy_text(ret->acquired, sizeof(ret->acquired), spec, "acquireTime");
	ret->duration_s = (uint32_t)MIN(MAX(duration_s, 0), 3600);
	ret->transitions = (uint32_t)json_integer_value(json_object_get(spec, "leaseTransitions"));
}

/* --- requests */

static void complain(struct elector *elector, const struct exchange_answer *answer)
{
	char text[EXCHANGE_ERROR_MAX];

	exchange_describe(answer, text);
	if (kube_said_is_news(&elector->said, answer->status, text, elector->options.now_ns()))
		log_warn("lease %s/%s: %s", elector->namespace, elector->name, text);
}

static void end_exchange(void *context, const struct exchange_answer *answer)
{
	struct elector *elector = context;
	uint64_t now_ns = elector->options.now_ns();
	struct lease_record record;

	if (elector->is_releasing) {
		elector->is_released = true;
		lease_was_released(&elector->lease);
		return;
	}
	if (exchange_has_worked(answer)) {
		kube_said_end(&elector->said);
		read_lease(answer->object, &record);
		if (elector->step == LEASE_READ)
			lease_was_read(&elector->lease, &record, now_ns);
		else
			lease_was_written(&elector->lease, &record, now_ns);
		return;
	}
	if (answer->status == 404 && elector->step == LEASE_READ) {
		lease_was_absent(&elector->lease);
		return;
	}
	lease_has_failed(&elector->lease);
	if (answer->status != 409) /* else another one was faster */
		complain(elector, answer);
}

static int start(struct elector *elector)
{
	static const char *const methods[] = {[LEASE_READ] = "GET", [LEASE_CREATE] = "POST", [LEASE_UPDATE] = "PUT"};
	_cleanup_(buffer_done) struct buffer body = {0};
	bool is_create = elector->step == LEASE_CREATE, is_read = elector->step == LEASE_READ;
	char path[PATH_MAX_BYTES];
	int r = buffer_init(&body, BODY_MAX);

	if (r < 0)
		return r;
	snprintf(path, sizeof(path), GROUP_PATH "%s/leases%s%s", elector->namespace, is_create ? "" : "/",
		 is_create ? "" : elector->name);
	if (!is_read)
		lease_write(&elector->lease, elector->namespace, elector->name, elector->step, elector->is_releasing,
			    clock_realtime_ns(), &body);
	return exchange_start(&elector->exchange, methods[elector->step], path, is_read ? NULL : "application/json",
			      is_read ? NULL : &body);
}

static void say_change(struct elector *elector)
{
	bool leads = elector_leads(elector);

	if (leads == elector->led)
		return;
	elector->led = leads;
	log_info("lease %s/%s: %s %s", elector->namespace, elector->name, elector->lease.identity,
		 leads ? "leads" : "leads no more");
}

/* A request that hangs must not hide that the lease runs out. */
static uint64_t next_look(const struct elector *elector, uint64_t due_ns)
{
	return elector_leads(elector) ? MIN(due_ns, lease_held_until_ns(&elector->lease)) : due_ns;
}

uint64_t elector_tick(struct elector *elector)
{
	uint64_t now_ns = elector->options.now_ns(), due_ns = UINT64_MAX;

	say_change(elector);
	if (exchange_is_under_way(&elector->exchange) &&
	    now_ns - elector->lease.sent_ns > LEASE_RENEW_S * CLOCK_NS_PER_SECOND) {
		exchange_done(&elector->exchange);
		lease_has_failed(&elector->lease);
	}
	if (exchange_is_under_way(&elector->exchange))
		return next_look(elector, elector->lease.sent_ns + LEASE_RENEW_S * CLOCK_NS_PER_SECOND + 1);
	if (elector->is_releasing)
		return UINT64_MAX;
	elector->step = lease_next(&elector->lease, now_ns, elector->options.random(), &due_ns);
	if (elector->step != LEASE_WAIT && start(elector) < 0)
		lease_has_failed(&elector->lease);
	return next_look(elector, due_ns);
}

bool elector_leads(const struct elector *elector)
{
	return !elector->is_releasing && lease_is_held(&elector->lease, elector->options.now_ns());
}

void elector_release(struct elector *elector)
{
	bool led = elector_leads(elector);

	exchange_done(&elector->exchange);
	elector->is_releasing = true;
	elector->step = LEASE_UPDATE;
	say_change(elector);
	if (!led || start(elector) < 0)
		elector->is_released = true;
}

bool elector_is_released(const struct elector *elector)
{
	return elector->is_released;
}

/* --- begin and end */

int elector_new(const struct elector_options *options, struct elector **ret)
{
	struct elector *elector = calloc(1, sizeof(*elector));

	if (!elector)
		return -ENOMEM;
	elector->options = *options;
	snprintf(elector->namespace, sizeof(elector->namespace), "%s", options->namespace);
	snprintf(elector->name, sizeof(elector->name), "%s", options->name);
	lease_init(&elector->lease, options->identity);
	exchange_init(&elector->exchange, options->transport, elector, end_exchange);
	*ret = elector;
	return 0;
}

struct elector *elector_free(struct elector *elector)
{
	if (!elector)
		return NULL;
	exchange_done(&elector->exchange);
	free(elector);
	return NULL;
}
