/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Expressions on events: a part of the Common Expression Language (github.com/google/cel-spec, doc/langdef.md), typed
 * when they are read, and evaluated on the line of JSON that an event is. Its variables are the events, with the fields
 * that core/event/event_fields.h has: process_exec.process.binary.startsWith("/tmp/").
 *
 *     expr     = or ["?" or ":" expr]
 *     or       = and {"||" and}
 *     and      = relation {"&&" relation}
 *     relation = sum {OP sum}                          OP: == != < <= > >= in
 *     sum      = product {("+" | "-") product}
 *     product  = unary {("*" | "/" | "%") unary}
 *     unary    = {"!" | "-"} member
 *     member   = primary {"." NAME ["(" args ")"] | "[" expr "]"}
 *     primary  = literal | NAME ["(" args ")"] | "[" args "]" | "(" expr ")"
 *
 * Types are those of CEL: int, uint, bool, string, lists, maps of strings; a field that protobuf wraps may be null.
 * Enums are strings, as they are printed. Functions: size, contains, startsWith, endsWith, matches, has, exists, all,
 * int, uint, string; ip, isIP, cidr, isCIDR, containsIP, containsCIDR, family, isLoopback, prefixLength, as Kubernetes
 * has them.
 *
 * What cannot be computed (an index beyond a list, an order with null, an overflow) makes the whole no match, unless
 * the other side of && or || decides.
 */
#include "base/buffer.h"
#include "core/event/event_fields.h"
#include "core/filter/regex.h"

#define EVENT_CEL_TEXT_MAX 4096
#define EVENT_CEL_NODES_MAX 256
#define EVENT_CEL_DEPTH_MAX 32
#define EVENT_CEL_STEPS_MAX (1u << 16)   /* of an evaluation: one for each operator, and for each of these: */
#define EVENT_CEL_STEP_BYTES 64          /* bytes looked at; see regex_cost() for matches() */
#define EVENT_CEL_SCRATCH_MAX (64 << 10) /* bytes of strings that an evaluation makes */

struct event_cel;

/* What is wrong, and where: `column` counts the text's bytes from 1. */
struct event_cel_error {
	size_t column;
	char problem[256], remedy[256];
};

/*
 * 0, -ENOMEM, or -EINVAL with *ret_error filled. The engine, which must live as long, is for matches(), of which there
 * may be *regexes_left, from which they are taken.
 */
int event_cel_parse(const char *text, size_t length, const struct regex_engine *engine, size_t *regexes_left,
		    struct event_cel **ret, struct event_cel_error *ret_error);
struct event_cel *event_cel_free(struct event_cel *cel); /* returns NULL; accepts NULL */

/* The events that it mentions, a bit for each enum event_message. */
uint32_t event_cel_messages(const struct event_cel *cel);
/* Whether it asks for what is known of a pod only. */
bool event_cel_uses_pods(const struct event_cel *cel);

/*
 * Whether it is true for the line, which has one of its events. `scratch` has room for EVENT_CEL_SCRATCH_MAX. What it
 * takes is taken from *steps_left; it is false where these, or EVENT_CEL_STEPS_MAX, are not enough, and none are left
 * in the former case.
 */
bool event_cel_matches(const struct event_cel *cel, const char *line, size_t length, struct buffer *scratch,
		       size_t *steps_left);
