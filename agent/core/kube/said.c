// SPDX-License-Identifier: Apache-2.0
#include "core/kube/said.h"

#include "base/hash.h"

static uint64_t hash_without_numbers(const char *text)
{
	uint64_t hash = HASH_BEGIN;

	for (; *text; text++)
		if (*text < '0' || *text > '9')
			hash = hash_bytes(hash, text, 1);
	return hash;
}

bool kube_said_is_news(struct kube_said *said, int status, const char *text, uint64_t now_ns)
{
	uint64_t hash = hash_without_numbers(text), age_ns = now_ns - said->when_ns;

	if (said->is_failing && said->status == status && age_ns <= KUBE_SAID_AGAIN_NS &&
	    (said->text == hash || age_ns <= KUBE_SAID_OTHER_NS))
		return false;
	*said = (struct kube_said){.is_failing = true, .status = status, .text = hash, .when_ns = now_ns};
	return true;
}

bool kube_said_end(struct kube_said *said)
{
	bool was_failing = said->is_failing;

	said->is_failing = false;
	return was_failing;
}
