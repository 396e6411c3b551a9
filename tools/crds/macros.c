// SPDX-License-Identifier: Apache-2.0
/* What hooks' rules say of their selectors' own filters and actions, of those that selectors have from macros. */
#include "core/policy/parse_action.h"
#include "core/policy/parse_hook.h"
#include "core/policy/parse_selector.h"
#include "tools/crds/crds.h"
#include "tools/crds/tables.h"

/* Each selector `s` of each hook `h` of a section for which a condition does not hold; two brackets are left open. */
#define EACH_SELECTOR \
	"!has(self.selectorsMacros) || !has(self.%s) || self.%s.all(h, %s!has(h.selectors) || h.selectors.all(s, " \
	"!has(s.macros) || "
#define HAS_FIELD(macro) "has(" macro ".%s) && size(" macro ".%s) > 0"
/* The names of the macros of `s` that have a field. */
#define NAMES_WITH_FIELD "s.macros.filter(m, m in self.selectorsMacros && " HAS_FIELD("self.selectorsMacros[m]") ")"

/* A field comes from one place. */
static void write_merged(int depth, enum hook_family family)
{
	const char *section = hook_rules(family)->section, *field;
	struct text cel = {0}, message = {0};

	text_add(&cel,
		 EACH_SELECTOR
		 "[s.macros.filter(m, m in self.selectorsMacros).map(m, self.selectorsMacros[m])].all(used",
		 section, section, "");
	for (size_t i = 0; (field = parse_selector_list(i)); i++)
		text_add(&cel, "%s(" HAS_FIELD("s") " ? 1 : 0) + size(used.filter(m, " HAS_FIELD("m") ")) <= 1",
			 i ? " && " : ", ", field, field, field, field);
	text_add(&cel, ")))");
	text_add(&message, "%s: macros: a field is defined in multiple macros and/or policy selectors", section);
	crds_write_rule(depth, cel.data, message.data);
}

/* `what` holds of each item `f` of a field that comes from a macro, `unless` something of the hook does. One macro can
 * have it, as the rule above says; to look at those of all would cost too much. */
static void write_items(int depth, enum hook_family family, const char *field, const char *unless, const char *what,
			const char *why)
{
	const char *section = hook_rules(family)->section;
	struct text cel = {0}, message = {0};

	text_add(&cel,
		 EACH_SELECTOR "[" NAMES_WITH_FIELD "].all(names, size(names) == 0 || "
			       "self.selectorsMacros[names[0]].%s.all(f, %s))))",
		 section, section, unless, field, field, field, what);
	text_add(&message, "macros: %s of a macro does not fit the hook of %s: %s", field, section, why);
	crds_write_rule(depth, cel.data, message.data);
}

/* --- actions ------------------------------------------------------------------------------------------------------ */

#define IS_NO_ACTION_OF "(!has(f.action) || !(f.action in [%s]))"
#define HAS_STACK "has(f.kernelStackTrace) && f.kernelStackTrace || has(f.userStackTrace) && f.userStackTrace"
#define ARG_SOCK "(has(f.argSock) ? f.argSock : 0)"
#define IS_POSITION "(!has(f.argSock) || f.argSock == 0 || has(h.args) && f.argSock < size(h.args))"

static void write_return_actions(int depth, enum hook_family family, const struct action_names *names)
{
	struct text cel = {0};

	text_add(&cel,
		 IS_POSITION " && " IS_NO_ACTION_OF " && (!has(f.rateLimit) || f.rateLimit == '') && !(" HAS_STACK ")",
		 names->after.data);
	write_items(depth, family, "matchReturnActions", "", cel.data,
		    "an action that cannot come after the function has returned, or an argSock that is not in args");
}

static void write_actions(int depth, enum hook_family family)
{
	struct action_names names = {0};
	struct text cel = {0};

	tables_list_actions(family, &names);
	text_add(&cel, IS_POSITION " && " IS_NO_ACTION_OF, names.refused.data);
	if (names.socks.length)
		text_add(&cel,
			 " && (" IS_NO_ACTION_OF " || has(h.args) && " ARG_SOCK " < size(h.args) && (h.args[" ARG_SOCK
			 "].type in ['sock', 'socket'] || " IS_RESOLVED("h.args[" ARG_SOCK "]") "))",
			 names.socks.data);
	if (family == HOOK_LSM)
		text_add(&cel, " && !(" HAS_STACK ")");
	if (family == HOOK_KPROBE)
		text_add(&cel, " && (" IS_NO_ACTION_OF " || has(f.argError) && f.argError != 0)", "'Override'");
	write_items(depth, family, "matchActions", "", cel.data,
		    "an action, kernelStackTrace or userStackTrace that these hooks do not have, Override without "
		    "argError, or an argSock that is no socket in args");
	if (family == HOOK_KPROBE)
		write_items(depth, family, "matchActions",
			    "h.syscall || h.call.startsWith('security_') || h.call.startsWith('list:') || ",
			    "!has(f.action) || f.action != 'Override'",
			    "override action can be used only with syscalls and security_ hooks");
	if (hook_rules(family)->has_return)
		write_return_actions(depth, family, &names);
}

/* Filters and actions of the returned value, where there is none. */
static void write_returns(int depth, enum hook_family family)
{
	const char *section = hook_rules(family)->section;
	struct text cel = {0}, message = {0};

	text_add(&cel,
		 EACH_SELECTOR "s.macros.all(m, !(m in self.selectorsMacros) || !(" HAS_FIELD(
			 "self.selectorsMacros[m]") ") && !(" HAS_FIELD("self.selectorsMacros[m]") "))))",
		 section, section, hook_rules(family)->has_return ? "has(h.__return__) && h.__return__ || " : "",
		 "matchReturnArgs", "matchReturnArgs", "matchReturnActions", "matchReturnActions");
	text_add(&message,
		 "macros: matchReturnArgs and matchReturnActions of a macro need a hook of kprobes or fentries with "
		 "`return: true`");
	crds_write_rule(depth, cel.data, message.data);
}

/* --- operators ---------------------------------------------------------------------------------------------------- */

static void write_operators(int depth, enum hook_family family)
{
	struct text cel = {0};

	tables_add_arg_test(&cel, hook_rules(family), "h");
	write_items(depth, family, "matchArgs", "", cel.data,
		    "its operator needs an entry of args with the filter's index, of a type that it tests");
	if (!hook_rules(family)->has_return)
		return;
	cel.length = 0;
	tables_add_return_test(&cel, hook_rules(family), "h");
	write_items(depth, family, "matchReturnArgs", "", cel.data,
		    "its operator needs a returnArg of a type that it tests");
}

void crds_write_macro_rules(int depth)
{
	for (int family = 0; family < HOOK_LOADER; family++) {
		write_merged(depth, (enum hook_family)family);
		write_returns(depth, (enum hook_family)family);
		write_actions(depth, (enum hook_family)family);
		write_operators(depth, (enum hook_family)family);
	}
}
