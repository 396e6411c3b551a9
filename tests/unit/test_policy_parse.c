// SPDX-License-Identifier: Apache-2.0
/* What documents become. What is said of wrong ones: tests/golden/policy_check.sh. */
#include "core/policy/parse.h"

#include <errno.h>

#include "base/util.h"
#include "core/policy/operators.h"
#include "test.h"
#include "tree_maker.h"

#define HEAD "{apiVersion: cilium.io/v1alpha1, kind: TracingPolicy, metadata: {name: test}, spec: "

static struct report report;
static struct policy *policy;

static const char *find_variable(void *context, const char *name, size_t length)
{
	(void)context;
	return length == 3 && memcmp(name, "NET", 3) == 0 ? " 10.1.2.3/8\n fd00::1 " : NULL;
}

/* Parses HEAD, `spec` and a brace; 0 or -errno. */
static int parse(const char *spec)
{
	const struct policy_variables variables = {.find = find_variable};
	char text[8192];
	struct tree *tree;
	int r;

	policy_free(policy);
	policy = NULL;
	report_done(&report);
	report_init(&report, "test");
	CHECK(snprintf(text, sizeof(text), HEAD "%s}", spec) < (int)sizeof(text));
	tree = tree_make(text);
	r = policy_parse(tree, &variables, &report, &policy);
	tree_free(tree);
	CHECK_EQ(r == 0, policy != NULL);
	CHECK_EQ(r == 0, report.error_count == 0);
	return r;
}

/* The same; must be right. */
static const struct policy_hook *hook_of(const char *spec)
{
	static const struct policy_hook none;
	int r = parse(spec);

	CHECK_EQ(r, 0);
	if (r < 0)
		report_print(&report, stdout);
	return r == 0 && policy->hook_count > 0 ? &policy->hooks[0] : &none;
}

static const struct policy_selector *selector_of(const char *spec)
{
	static const struct policy_selector none;
	const struct policy_hook *hook = hook_of(spec);

	CHECK_EQ(hook->selector_count, 1);
	return hook->selector_count ? &hook->selectors[0] : &none;
}

static void test_kprobe(void)
{
	const struct policy_hook *hook = hook_of(
		"{kprobes: [{call: sk_alloc, syscall: false, return: true, returnArg: {index: 0, type: sock}, "
		"returnArgAction: tracksock, message: \"a b\", tags: [xx, yy], ignore: {callNotFound: true}, "
		"args: [{index: 1, type: long, label: Family}, {index: 0, type: char_buf, sizeArgIndex: 3}]}]}");

	CHECK_EQ(hook->family, HOOK_KPROBE);
	CHECK_STR(hook->name, "sk_alloc");
	CHECK_STR(hook->path, "spec.kprobes[0]");
	CHECK(!hook->is_syscall && hook->has_return && hook->ignore_not_found && !policy_hook_is_list(hook));
	CHECK_EQ(hook->return_arg.type, ARG_SOCK);
	CHECK_EQ(hook->return_arg_action, WIRE_ACTION_TRACKSOCK);
	CHECK_STR(hook->message, "a b");
	CHECK_EQ(hook->tag_count, 2);
	CHECK_STR(hook->tags[1], "yy");
	CHECK_EQ(hook->arg_count, 2);
	CHECK_EQ(hook->args[0].type, ARG_INT64);
	CHECK_EQ(hook->args[0].index, 1);
	CHECK_STR(hook->args[0].label, "Family");
	CHECK_EQ(hook->args[1].size_arg_index, 3);
	CHECK_EQ(hook->selector_count, 0);
	CHECK_EQ(policy->kind, POLICY_CLUSTER);
	CHECK_EQ(policy->mode, POLICY_MODE_MONITOR_ONLY);
	CHECK(hook_of("{kprobes: [{call: sys_read}]}")->is_syscall);
}

static void test_families(void)
{
	CHECK_EQ(hook_of("{fentries: [{call: sys_read}]}")->family, HOOK_FENTRY);
	CHECK_STR(hook_of("{lsmhooks: [{hook: file_open}]}")->name, "file_open");
	CHECK_STR(hook_of("{tracepoints: [{subsystem: sched, event: e, raw: true}]}")->subsystem, "sched");
	CHECK(policy->hooks[0].is_raw && policy->family == HOOK_TRACEPOINT);
	hook_of("{loader: true}");
	CHECK(policy->has_loader && policy->family == HOOK_LOADER && policy->hook_count == 0);
}

static void test_arg_positions(void)
{
	const struct policy_selector *selector =
		selector_of("{kprobes: [{call: sys_a, args: [{index: 2, type: int}, {index: 0, type: cap_effective}, "
			    "{index: 1, type: cap_permitted}], selectors: [{matchArgs: ["
			    "{index: 2, operator: Equal, values: [\"5\"]}, {args: [0], operator: LT, values: [\"5\"]}, "
			    "{args: [1, 2], operator: CapabilitiesGained}]}]}]}");

	CHECK_EQ(selector->arg_count, 3);
	CHECK_EQ(selector->args[0].arg, 0);
	CHECK_EQ(selector->args[1].arg, 0);
	CHECK_EQ(selector->args[1].operator, OPERATOR_LESS);
	CHECK_EQ(selector->args[2].arg, 1);
	CHECK_EQ(selector->args[2].second_arg, 2);
	CHECK_EQ(selector->args[2].values.kind, VALUES_NONE);
}

/* Every operator with every type: taken if and only if a row of operators.c says so. */
static void test_operators_by_type(void)
{
	for (int type = 0; type < ARG_TYPE_COUNT; type++) {
		const struct arg_type_info *info = arg_type_info((enum arg_type)type);
		char names[1024];

		operator_list((enum arg_type)type, names, sizeof(names));
		for (int i = 0; i < OPERATOR_COUNT; i++) {
			const enum filter_operator wanted = (enum filter_operator)i;
			const char *name = operator_name(wanted);
			const struct operator_info *row = operator_find(name, (enum arg_type)type);

			CHECK_EQ(row != NULL, strstr(names, name) != NULL);
			CHECK(!row || operator_find_any(name)->operator== wanted);
			CHECK(!row || row->is_negative == operator_is_negative(wanted));
			CHECK(!row || type == ARG_AUTO || row->traits & info->traits);
			CHECK(!row || (row->kind == VALUES_NONE) == (row->read == NULL));
		}
	}
	CHECK(operator_is_negative(OPERATOR_NOT_DPORT_PRIV) && !operator_is_negative(OPERATOR_DPORT_PRIV));
}

static const struct {
	const char *type, *name, *value;
	uint64_t first, last;
} number_cases[] = {
	{"int", "Equal", "-1", UINT64_MAX, UINT64_MAX},
	{"int", "Equal", "0x7fffffff", 0x7fffffff, 0x7fffffff},
	{"uint32", "Equal", "4294967295", UINT32_MAX, UINT32_MAX},
	{"int8", "Equal", "-128", (uint64_t)-128, (uint64_t)-128},
	{"uint64", "GT", "0b101", 5, 5},
	{"int", "Mask", "0xffffffff", UINT32_MAX, UINT32_MAX},
	{"int", "InRange", "-5:0x10", (uint64_t)-5, 16},
	{"uint64", "NotInRange", "1:18446744073709551615", 1, UINT64_MAX},
	{"size_t", "InMap", "7", 7, 7},
	{"int64", "NotInMap", "-9:-2", (uint64_t)-9, (uint64_t)-2},
	{"cap_effective", "Equal", "CAP_CHOWN,dac_override", 3, 3},
	{"kernel_cap_t", "Mask", "0x200000", 1 << 21, 1 << 21},
	{"sock", "DPort", "443", 443, 443},
	{"skb", "NotSPort", "1:1023", 1, 1023},
	{"sock", "Protocol", "IPPROTO_MPTCP", 262, 262},
	{"socket", "Family", "AF_INET6", 10, 10},
	{"sock", "State", "TCP_LISTEN", 10, 10},
	{"sockaddr", "Family", "1", 1, 1},
	{"file", "FileType", "LNK", 0120000, 0120000},
	{"path", "NotFileType", "pipe", 0010000, 0010000},
};

static const struct policy_values *values_of(const char *type, const char *name, const char *values)
{
	static const struct policy_values none;
	const struct policy_selector *selector;
	char spec[512];

	snprintf(spec, sizeof(spec),
		 "{kprobes: [{call: sys_a, args: [{index: 0, type: %s}], selectors: [{matchArgs: [{index: 0, "
		 "operator: %s, values: [%s]}]}]}]}",
		 type, name, values);
	selector = selector_of(spec);
	return selector->arg_count ? &selector->args[0].values : &none;
}

static void test_numbers(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(number_cases); i++) {
		const struct policy_values *values;
		char quoted[64];

		snprintf(quoted, sizeof(quoted), "\"%s\"", number_cases[i].value);
		values = values_of(number_cases[i].type, number_cases[i].name, quoted);
		CHECK_EQ(values->kind, VALUES_NUMBERS);
		CHECK_EQ(values->count, 1);
		if (values->count != 1)
			continue;
		CHECK_EQ(values->numbers[0].first, number_cases[i].first);
		CHECK_EQ(values->numbers[0].last, number_cases[i].last);
	}
}

static void test_strings(void)
{
	const struct policy_values *values = values_of("file", "NotPrefix", "\"/etc/\", /usr, \"${NET}\"");

	CHECK_EQ(values->kind, VALUES_STRINGS);
	CHECK_EQ(values->count, 3);
	CHECK_BYTES(values->strings[0].bytes, values->strings[0].length, "/etc/");
	CHECK_BYTES(values->strings[2].bytes, values->strings[2].length, "${NET}");
}

static void test_string_limits(void)
{
	static const struct {
		const char *name;
		int maximum;
	} cases[] = {{"Equal", 4096}, {"Prefix", 256}, {"NotPostfix", 127}, {"SubString", 99}};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		static char spec[6000];

		for (int more = 0; more < 2; more++) {
			snprintf(spec, sizeof(spec),
				 "{kprobes: [{call: sys_a, args: [{index: 0, type: string}], selectors: [{matchArgs: "
				 "[{index: 0, operator: %s, values: [\"%0*d\"]}]}]}]}",
				 cases[i].name, cases[i].maximum + more, 0);
			CHECK_EQ(parse(spec), more ? -EINVAL : 0);
		}
	}
}

static void test_networks(void)
{
	const struct policy_values *values = values_of("sock", "NotDAddr", "127.0.0.1, \"${NET} 1.1.1.1\"");

	CHECK_EQ(values->kind, VALUES_NETWORKS);
	CHECK_EQ(values->count, 4);
	CHECK(values->count == 4 && values->networks[1].prefix_length == 8 && values->networks[1].address[0] == 10 &&
	      values->networks[1].address[1] == 0 && values->networks[2].is_ipv6 &&
	      values->networks[3].address[3] == 1);
}

static void test_process_filters(void)
{
	const struct policy_selector *selector = selector_of(
		"{kprobes: [{call: sys_a, selectors: [{matchPIDs: [{operator: NotIn, values: [0, 1], isNamespacePID: "
		"true}], matchBinaries: [{operator: Postfix, values: [sh]}], matchNamespaces: [{namespace: Net, "
		"operator: "
		"In, values: [host_ns, \"4026531840\"]}], matchNamespaceChanges: [{operator: NotIn, values: [Uts, "
		"Mnt]}], "
		"matchCapabilities: [{type: Permitted, operator: In, values: [CAP_CHOWN]}], matchCapabilityChanges: "
		"[{operator: NotIn, values: [CAP_KILL], isNamespaceCapability: true}]}]}]}");

	CHECK(selector->pids[0].is_negative && selector->pids[0].is_namespace_pid && !selector->pids[0].follow_forks);
	CHECK_EQ(selector->pids[0].values.count, 2);
	CHECK(selector->binaries.is_set && !selector->parent_binaries.is_set);
	CHECK_EQ(selector->binaries.operator, OPERATOR_POSTFIX);
	CHECK_EQ(selector->namespaces[0].namespace, WIRE_NS_NET);
	CHECK(selector->namespaces[0].has_host && selector->namespaces[0].values.count == 1);
	CHECK(selector->namespace_changes.is_set && selector->namespace_changes.is_negative);
	CHECK_EQ(selector->namespace_changes.mask, 1 << WIRE_NS_UTS | 1 << WIRE_NS_MNT);
	CHECK_EQ(selector->capabilities[0].set, CAPABILITY_PERMITTED);
	CHECK_EQ(selector->capabilities[0].mask, 1);
	CHECK(selector->capability_changes[0].is_negative && selector->capability_changes[0].is_namespace_capability);
}

static void test_actions(void)
{
	const struct policy_selector *selector = selector_of(
		"{kprobes: [{call: sys_a, args: [{index: 0, type: int}, {index: 1, type: sock}], selectors: "
		"[{matchActions: "
		"[{action: Post, rateLimit: \"2m\", rateLimitScope: global, userStackTrace: true}, {action: Signal, "
		"argSig: 15}, {action: Override, argError: -13}]}]}]}");

	CHECK_EQ(selector->action_count, 3);
	CHECK_EQ(selector->actions[0].rate_limit_ns, 120ll * 1000 * 1000 * 1000);
	CHECK_EQ(selector->actions[0].rate_limit_scope, RATE_LIMIT_GLOBAL);
	CHECK(selector->actions[0].user_stack && !selector->actions[0].kernel_stack);
	CHECK_EQ(selector->actions[1].signal, 15);
	CHECK_EQ(selector->actions[2].error, -13);
	CHECK_EQ(policy->mode, POLICY_MODE_ENFORCE);
	selector = selector_of("{kprobes: [{call: sys_a, args: [{index: 0, type: int}, {index: 1, type: sock}], "
			       "selectors: [{matchActions: [{action: UntrackSock, argSock: 1}, {action: Sigkill}]}]}], "
			       "options: [{name: policy-mode, value: monitor}]}");
	CHECK_EQ(selector->actions[0].sock_arg, 1);
	CHECK_EQ(selector->actions[1].signal, 9);
	CHECK_EQ(policy->mode, POLICY_MODE_MONITOR);
}

/* The lists of one policy: a hook each. */
static void test_lists(void)
{
	const struct policy_hook *hooks = hook_of(
		"{lists: [{name: f, values: [a, b]}, {name: s, type: syscalls, values: [sys_x, i386/sys_y]}, "
		"{name: all, type: generated_syscalls}, {name: re, type: generated_ftrace, pattern: ^vfs}], "
		"kprobes: [{call: \"list:f\", syscall: false, selectors: [{label: one}]}, {call: \"list:s\", syscall: "
		"false}, {call: \"list:all\"}, {call: \"list:re\", syscall: false}, {call: c, syscall: false}]}");

	CHECK_EQ(policy->hook_count, 5);
	CHECK_EQ(policy->function_count, 7);
	if (policy->hook_count != 5)
		return;
	CHECK_STR(hooks[0].name, "f");
	CHECK_EQ(hooks[0].function_count, 2);
	CHECK_STR(hooks[0].functions[0], "a");
	CHECK_STR(hooks[0].functions[1], "b");
	CHECK(policy_hook_is_list(&hooks[0]) && !hooks[0].is_syscall && hooks[0].selector_count == 1);
	CHECK_STR(hooks[0].path, "spec.kprobes[0]");
	CHECK_EQ(hooks[1].function_count, 2);
	CHECK_STR(hooks[1].functions[0], "sys_x");
	CHECK_STR(hooks[1].functions[1], "__ia32_sys_y");
	CHECK(hooks[1].is_syscall);
	CHECK(hooks[2].generator == HOOK_ALL_SYSCALLS && policy_hook_is_list(&hooks[2]));
	CHECK_EQ(hooks[3].generator, HOOK_MATCHING_FTRACE);
	CHECK_STR(hooks[3].pattern, "^vfs");
	CHECK(!policy_hook_is_list(&hooks[4]));
}

static void test_syscall_numbers(void)
{
	const struct policy_selector *selector = selector_of(
		"{lists: [{name: s, type: syscalls, values: [x64/sys_read, i386/sys_read, arm64/sys_read]}], "
		"tracepoints: [{subsystem: raw_syscalls, event: sys_enter, args: [{index: 4, type: syscall64}], "
		"selectors: [{matchArgs: [{index: 4, operator: InMap, values: [\"list:s\", \"5:7\"]}]}]}]}");
	const struct policy_values *values = &selector->args[0].values;

	CHECK_EQ(values->count, 4);
	CHECK(values->count == 4 && values->numbers[0].first == 0 && values->numbers[1].first == 0x80000003 &&
	      values->numbers[2].first == 63 && values->numbers[3].last == 7);
}

static void test_macros(void)
{
	const struct policy_selector *selector =
		selector_of("{selectorsMacros: {m: {label: of-m, matchBinaries: [{operator: In, values: [/bin/sh]}], "
			    "matchActions: []}, n: "
			    "{label: of-n, matchActions: [{action: NoPost}]}}, kprobes: [{call: sys_a, selectors: "
			    "[{macros: [m, n]}]}]}");

	CHECK_STR(selector->label ? selector->label : "", "of-m");
	CHECK(selector->binaries.is_set);
	CHECK_EQ(selector->action_count, 1);
	CHECK_EQ(selector->actions[0].action, WIRE_ACTION_NOPOST);
}

/* Macros and lists multiply: a small file makes no large policy. */
static void test_bounded(void)
{
	static char values[6000];
	size_t length = 0;

	for (int i = 0; i < 1000; i++)
		length += (size_t)snprintf(values + length, sizeof(values) - length, "a%d,", i);
	CHECK_EQ(policy_parse(&(struct tree){0}, NULL, &report, &policy), -EINVAL);
	for (int uses = 1; uses < 400; uses += 200) {
		struct tree *tree;
		static char text[65536];
		int at = snprintf(text, sizeof(text),
				  HEAD "{selectorsMacros: {m: {matchBinaries: [{operator: In, values: "
				       "[%s]}]}}, kprobes: [",
				  values);

		for (int i = 0; i < uses; i++)
			at += snprintf(text + at, sizeof(text) - (size_t)at,
				       "{call: sys_a, selectors: [{macros: [m]}]}, ");
		snprintf(text + at, sizeof(text) - (size_t)at, "]}}");
		policy_free(policy);
		policy = NULL;
		report_done(&report);
		report_init(&report, "test");
		tree = tree_make(text);
		CHECK_EQ(policy_parse(tree, NULL, &report, &policy), 1000 * uses > 2 * POLICY_VALUES_MAX ? -EINVAL : 0);
		tree_free(tree);
	}
	CHECK(report.count > 0 && strstr(report.findings[0].problem, "more than 131072 values"));
}

/* `count` times `item`, whose %d is a number, between two texts. */
static int parse_many(const char *before, const char *item, int count, const char *after)
{
	char text[8000];
	int at = snprintf(text, sizeof(text), "%s", before);

	for (int i = 0; i < count; i++) {
		char number[16];
		const char *mark = strstr(item, "%d");

		snprintf(number, sizeof(number), "%d", i);
		at += snprintf(text + at, sizeof(text) - (size_t)at, "%.*s%s%s, ", (int)(mark - item), item, number,
			       mark + 2);
	}
	snprintf(text + at, sizeof(text) - (size_t)at, "%s", after);
	return parse(text);
}

/* The largest number that is right, and one more. */
static void test_limits(void)
{
	static const struct {
		const char *before, *item, *after, *problem;
		int maximum;
	} cases[] = {
		{"{loader: true, options: [", "{name: x%d, value: y}", "]}", "no more than 64 options supported", 64},
		{"{loader: true, selectorsMacros: {", "m%d: {}", "}}", "no more than 64 macros supported", 64},
		{"{loader: true, lists: [", "{name: l%d, values: [a]}", "]}", "no more than 128 lists supported", 128},
	};
	char name[192];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_EQ(parse_many(cases[i].before, cases[i].item, cases[i].maximum, cases[i].after), 0);
		CHECK_EQ(parse_many(cases[i].before, cases[i].item, cases[i].maximum + 1, cases[i].after), -EINVAL);
		CHECK(report.count > 0 && strstr(report.findings[0].problem, cases[i].problem));
	}
	snprintf(name, sizeof(name), "{loader: true, lists: [{name: %0128d}]}", 0);
	name[strcspn(name, "0")] = 'n';
	CHECK_EQ(parse(name), 0);
	snprintf(name, sizeof(name), "{loader: true, lists: [{name: %0129d}]}", 0);
	name[strcspn(name, "0")] = 'n';
	CHECK_EQ(parse(name), -EINVAL);
	CHECK(report.count > 0 && strstr(report.findings[0].problem, "longer than 128 bytes"));
}

/* Nodes' labels are a cluster's: ignored in files, with a warning. */
static void test_objects_of_cluster(void)
{
	static const struct {
		const char *kind, *spec, *problem; /* of an object; NULL: none */
		const char *in_file;               /* of a file; NULL: none */
	} cases[] = {
		{"TracingPolicy", "{loader: true}", NULL, NULL},
		{"TracingPolicy", "{loader: true, nodeSelector: {matchLabels: {a: b}}}", NULL,
		 "is ignored in files: the policy is loaded on every node that has the file"},
		{"TracingPolicyNamespaced", "{loader: true}", "loader sensor does not implement policy filtering",
		 "loader sensor does not implement policy filtering"},
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		bool is_object = i % 2;
		const char *problem = is_object ? cases[i / 2].problem : cases[i / 2].in_file;
		struct policy *parsed = NULL;
		struct tree *tree;
		char text[512];

		report_done(&report);
		report_init(&report, "test");
		report.is_of_cluster = is_object;
		snprintf(text, sizeof(text),
			 "{apiVersion: cilium.io/v1alpha1, kind: %s, metadata: {name: test, namespace: n}, spec: %s}",
			 cases[i / 2].kind, cases[i / 2].spec);
		tree = tree_make(text);
		CHECK_EQ(policy_parse(tree, NULL, &report, &parsed), report.error_count ? -EINVAL : 0);
		CHECK(!is_object || !problem == !report.error_count);
		CHECK(!problem ||
		      (report.count > 0 && strcmp(report.findings[report.count - 1].problem, problem) == 0) ||
		      (report.count > 1 && strcmp(report.findings[0].problem, problem) == 0));
		if (is_object && report.count)
			CHECK_EQ(report.findings[0].position.line, 0);
		policy_free(parsed);
		tree_free(tree);
	}
}

/* Is it for some processes only, and what is wrong with selectors. */
static void test_scope(void)
{
	static const char long_value[] = "{podSelector: {matchLabels: {a: "
					 "a123456789012345678901234567890123456789012345678901234567890123}}}";
	static const struct {
		const char *spec;
		bool is_scoped;
		const char *problem;
	} cases[] = {
		{"{}", false, NULL},
		{"{hostSelector: {}}", true, NULL},
		{"{podSelector: {}}", true, NULL},
		{"{containerSelector: {}}", true, NULL},
		{"{hostSelector: {}, podSelector: {}}", true, NULL},
		{"{hostSelector: {}, podSelector: {}, containerSelector: {}}", false, NULL},
		{"{hostSelector: {}, podSelector: {matchLabels: {a: b}}, containerSelector: {}}", true, NULL},
		{"{podSelector: {matchLabels: {a: b, \"k8s:io.kubernetes.pod.namespace\": shop}}}", true, NULL},
		{"{podSelector: {matchExpressions: [{key: a, operator: In, values: [b, c]}]}}", true, NULL},
		{"{podSelector: {matchExpressions: [{key: a, operator: DoesNotExist}]}}", true, NULL},
		{"{containerSelector: {matchLabels: {repo: docker.io/library/debian}}}", true, NULL},
		{"{hostSelector: {a: b}}", false, "The hostSelector should be either null or {}."},
		{"{podSelector: []}", false, "must be of type object: \"array\""},
		{"{podSelector: {matchLabels: {repo: docker.io/library/debian}}}", false,
		 "no label has this value: \"docker.io/library/debian\""},
		{"{podSelector: {matchLabels: {a: -b}}}", false, "no label has this value: \"-b\""},
		{long_value, false, "is longer than 63 bytes"},
		{"{podSelector: {matchLabels: {\"\": b}}}", false, "a label's name has 1 to 317 bytes"},
		{"{podSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}}", false, NULL},
		{"{podSelector: {matchExpressions: [{key: a, operator: In}]}}", false,
		 "operators In and NotIn take one or more values, Exists and DoesNotExist none"},
		{"{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}", false,
		 "operators In and NotIn take one or more values, Exists and DoesNotExist none"},
		{"{podSelector: {matchExpressions: [{operator: Exists}]}}", false, NULL},
		{"{loader: true, podSelector: {}}", false, "loader sensor does not implement policy filtering"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool is_right = i < 11;

		CHECK_EQ(parse(cases[i].spec), is_right ? 0 : -EINVAL);
		if (is_right)
			CHECK(policy && policy_is_scoped(policy) == cases[i].is_scoped);
		else
			CHECK(report.count > 0 &&
			      (!cases[i].problem || strcmp(report.findings[0].problem, cases[i].problem) == 0));
	}
	CHECK_EQ(parse(cases[7].spec), 0);
	CHECK(policy && policy->scope.pod.count == 2);
	CHECK_EQ(parse_many("{podSelector: {matchLabels: {", "l%d: v", 64, "}}}"), 0);
	CHECK_EQ(parse_many("{podSelector: {matchLabels: {", "l%d: v", 65, "}}}"), -EINVAL);
}

int main(void)
{
	RUN(test_limits);
	RUN(test_objects_of_cluster);
	RUN(test_scope);
	RUN(test_kprobe);
	RUN(test_families);
	RUN(test_arg_positions);
	RUN(test_operators_by_type);
	RUN(test_numbers);
	RUN(test_strings);
	RUN(test_string_limits);
	RUN(test_networks);
	RUN(test_process_filters);
	RUN(test_actions);
	RUN(test_lists);
	RUN(test_syscall_numbers);
	RUN(test_macros);
	RUN(test_bounded);
	policy_free(policy);
	report_done(&report);
	return test_end();
}
