// SPDX-License-Identifier: Apache-2.0
/* The document, its metadata and the fields of spec that are no hooks. */
#include "core/policy/parse.h"

#include <errno.h>
#include <string.h>

#include "core/config/suggest.h"
#include "core/policy/parse_hook.h"
#include "core/policy/parse_labels.h"
#include "core/policy/parse_list.h"
#include "core/policy/parse_selector.h"

#define PARSE_NAME_MAX 253 /* of objects in Kubernetes */
#define PARSE_NAMESPACE_DEFAULT "default"
#define OPTIONS_MAX 64
#define OPTION_TEXT_MAX 256

static const char *const parse_kinds[] = {
	[POLICY_CLUSTER] = "TracingPolicy",
	[POLICY_NAMESPACED] = "TracingPolicyNamespaced",
};

/* --- metadata ----------------------------------------------------------------------------------------------------- */

/* RFC 1123 subdomains, as Kubernetes wants them. */
static bool name_is_dns(const char *name)
{
	size_t length = strlen(name);

	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == length && !strchr(".-", name[0]) &&
	       !strchr(".-", name[length - 1]);
}

static void parse_read_name(struct parse *parse, const struct place *place, void *target)
{
	const char *text = parse_text(parse, place);

	if (!text)
		return;
	if (!*text)
		parse_error(parse, place, "write a name, such as my-policy", "Required value: name is empty");
	else if (strlen(text) > PARSE_NAME_MAX)
		parse_error(parse, place, "shorten it", "is longer than %d bytes", PARSE_NAME_MAX);
	else if (!name_is_dns(text))
		parse_warn(parse, place, "use lower-case letters, digits, - and . only",
			   "Kubernetes would refuse this name: \"%s\"", text);
	parse_copy_text(parse, text, target);
}

/* Labels and annotations: strings by name; they are not used. */
static void parse_read_strings(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	if (!parse_is_map(parse, place))
		return;
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_entry(place, i);

		parse_is_string(parse, &item);
	}
}

static void parse_read_metadata(struct parse *parse, const struct place *place, void *target)
{
	static const struct parse_row rows[] = {
		{"name", parse_read_name, offsetof(struct policy, name), PARSE_REQUIRED, PARSE_OF_KUBERNETES},
		{"namespace", parse_read_name, offsetof(struct policy, namespace), PARSE_OPTIONAL, PARSE_OF_KUBERNETES},
		{"labels", parse_read_strings, 0, PARSE_OPTIONAL, PARSE_OF_KUBERNETES},
		{"annotations", parse_read_strings, 0, PARSE_OPTIONAL, PARSE_OF_KUBERNETES},
		/* what the API server adds to an object */
		{"creationTimestamp", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
		{"deletionGracePeriodSeconds", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
		{"deletionTimestamp", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
		{"finalizers", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
		{"generateName", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
		{"generation", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
		{"managedFields", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
		{"ownerReferences", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
		{"resourceVersion", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
		{"selfLink", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
		{"uid", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
	};
	static const struct parse_table table = PARSE_TABLE(rows);

	parse_object(parse, place, &table, target);
}

static void parse_read_version(struct parse *parse, const struct place *place, void *target)
{
	static const char *const versions[] = {"cilium.io/v1alpha1", NULL};

	(void)target;
	parse_choice(parse, place, versions);
}

static void parse_read_kind(struct parse *parse, const struct place *place, void *target)
{
	struct policy *policy = target;
	const char *text = parse_text(parse, place);

	if (!text)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(parse_kinds); i++) {
		if (strcmp(parse_kinds[i], text) == 0) {
			policy->kind = (enum policy_kind)i;
			return;
		}
	}
	parse_error(parse, place, "write TracingPolicy or TracingPolicyNamespaced", "unknown CRD kind: %s", text);
}

/* --- whom a policy is for ----------------------------------------------------------------------------------------- */

static bool spec_is_empty_object(const struct place *place)
{
	return place->node->kind == TREE_MAPPING && place->node->count == 0;
}

static void spec_read_host(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	if (!spec_is_empty_object(place))
		parse_error(parse, place, "write {} or remove it", "The hostSelector should be either null or {}.");
	else if (parse->policy->kind == POLICY_NAMESPACED)
		parse_error(parse, place, "remove it", "TracingPolicyNamespaced should have a null spec.hostSelector.");
	else
		parse->policy->scope.has_host = true;
}

static void spec_read_pod(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	parse_read_labels(parse, place, &parse->policy->scope.pod);
}

static void spec_read_container(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	parse_read_container_labels(parse, place, &parse->policy->scope.container);
}

static void spec_read_node(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	parse_read_labels(parse, place, &parse->policy->node);
	if (parse->policy->node.count > 0 && !parse->report->is_of_cluster)
		parse_warn(parse, place, "remove it, or have the policy in a cluster",
			   "is ignored in files: the policy is loaded on every node that has the file");
}

/* Its events come from perf, which knows nothing of pods. Behind the selectors in the table. */
static void spec_read_loader(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	parse_read_bool(parse, place, &parse->policy->has_loader);
	if (parse->policy->has_loader && policy_is_scoped(parse->policy))
		parse_error(parse, place, "remove loader, or make it a TracingPolicy without selectors",
			    "loader sensor does not implement policy filtering");
}

/* --- options ------------------------------------------------------------------------------------------------------ */

static void option_fail(struct parse *parse, const struct place *place, const char *name, const char *remedy,
			const char *reason)
{
	parse_error(parse, place, remedy, "failed to set option %s: %s", name, reason);
}

/* The spellings of Go's strconv.ParseBool. */
static bool option_parse_bool(const char *text, bool *ret)
{
	static const char *const words[] = {"0", "f", "F", "FALSE", "false", "False",
					    "1", "t", "T", "TRUE",  "true",  "True"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], text) == 0) {
			*ret = i >= ARRAY_SIZE(words) / 2;
			return true;
		}
	}
	return false;
}

/* Sets an option; `place` is that of its value. */
typedef void (*option_setter)(struct parse *parse, const struct place *place, const char *name, const char *value);

static bool option_set_bool(struct parse *parse, const struct place *place, const char *name, const char *value,
			    bool *ret)
{
	if (option_parse_bool(value, ret))
		return true;
	option_fail(parse, place, name, "write \"true\" or \"false\"", "invalid boolean");
	return false;
}

static void option_set_kprobe_multi(struct parse *parse, const struct place *place, const char *name, const char *value)
{
	option_set_bool(parse, place, name, value, &parse->policy->disable_kprobe_multi);
}

static void option_set_uprobe_multi(struct parse *parse, const struct place *place, const char *name, const char *value)
{
	bool ignored;

	option_set_bool(parse, place, name, value, &ignored);
}

static void option_set_mode(struct parse *parse, const struct place *place, const char *name, const char *value)
{
	parse->is_mode_given = true;
	if (strcmp(value, "enforce") == 0) {
		parse->policy->mode = POLICY_MODE_ENFORCE;
	} else if (strcmp(value, "monitor") == 0) {
		parse->policy->mode = POLICY_MODE_MONITOR;
	} else {
		parse_error(parse, place, "write \"enforce\" or \"monitor\"",
			    "failed to set option %s: invalid mode: \"%s\"", name, value);
	}
}

static void option_set_override(struct parse *parse, const struct place *place, const char *name, const char *value)
{
	if (strcmp(value, "override-return") != 0 && strcmp(value, "fmod-ret") != 0)
		parse_error(parse, place, "write \"override-return\" or \"fmod-ret\"",
			    "failed to set option %s: invalid override method: '%s'", name, value);
	else
		parse_warn(parse, place, "remove it",
			   "%s has no effect: it is for enforcers, which are not yet "
			   "supported",
			   name);
}

static void option_set_preload(struct parse *parse, const struct place *place, const char *name, const char *value)
{
	if (*value == '\0' || strspn(value, "0123456789") != strlen(value) || strspn(value, "0") == strlen(value))
		option_fail(parse, place, name, "write a number above 0", "not a positive number");
	else
		parse_warn(parse, place, "remove it",
			   "%s has no effect: it is for uprobes, which are not yet "
			   "supported",
			   name);
}

#define OPTION_BOOLS "0|f|F|FALSE|false|False|1|t|T|TRUE|true|True"

static const struct {
	const char *name;
	option_setter set;
	const char *pattern; /* of what `set` takes: for the API server */
} options[] = {
	{"disable-kprobe-multi", option_set_kprobe_multi, OPTION_BOOLS},
	{"disable-uprobe-multi", option_set_uprobe_multi, OPTION_BOOLS},
	{"policy-mode", option_set_mode, "enforce|monitor"},
	{"override-method", option_set_override, "override-return|fmod-ret"},
	{"sleepable-preload-size", option_set_preload, "0*[1-9][0-9]*"},
};

const char *policy_option(size_t i, const char **ret_pattern)
{
	if (i >= ARRAY_SIZE(options))
		return NULL;
	*ret_pattern = options[i].pattern;
	return options[i].name;
}

static void option_unknown(struct parse *parse, const struct place *place, const char *name)
{
	char remedy[SUGGEST_NAME_MAX + 32] = "remove it";
	struct suggestion near = {0};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		suggest_offer(&near, name, strlen(name), options[i].name);
	if (near.name)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", near.name);
	parse_warn(parse, place, remedy, "unknown option \"%s\": it has no effect", name);
}

struct option_read {
	struct place name, value;
};

static void option_read_place(struct parse *parse, const struct place *place, void *target)
{
	(void)parse;
	*(struct place *)target = *place;
}

static const struct parse_schema option_name_schema = {.shape = PARSE_STRING, .maximum = OPTION_TEXT_MAX};
static const struct parse_schema option_value_schema = {.shape = PARSE_STRING, .maximum = OPTION_TEXT_MAX};
static const struct parse_row option_rows[] = {
	{"name", option_read_place, offsetof(struct option_read, name), PARSE_REQUIRED, &option_name_schema,
	 "policy-mode (enforce or monitor), disable-kprobe-multi, or one that only other agents know: without effect."},
	{"value", option_read_place, offsetof(struct option_read, value), PARSE_REQUIRED, &option_value_schema,
	 "A string, whatever it means: \"true\"."},
};
static const struct parse_table option_table = PARSE_TABLE(option_rows);
const struct parse_schema policy_option_schema = {.shape = PARSE_OBJECT, .table = &option_table};
static const struct parse_schema options_schema = {
	.shape = PARSE_LIST, .maximum = OPTIONS_MAX, .items = &policy_option_schema};

static void option_read(struct parse *parse, const struct place *place)
{
	struct option_read read = {0};
	const char *name, *value;

	parse_object(parse, place, &option_table, &read);
	name = read.name.node ? parse_text(parse, &read.name) : NULL;
	value = read.value.node ? parse_text(parse, &read.value) : NULL;
	if (!name || !value)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(options[i].name, name) == 0) {
			options[i].set(parse, &read.value, name, value);
			return;
		}
	}
	option_unknown(parse, &read.name, name);
}

static void parse_read_options(struct parse *parse, const struct place *place, void *target)
{
	(void)target;
	if (!parse_is_list(parse, place))
		return;
	if (place->node->count > OPTIONS_MAX) {
		parse_error(parse, place, "remove some", "no more than %d options supported (%zu provided)",
			    OPTIONS_MAX, place->node->count);
		return;
	}
	for (size_t i = 0; i < place->node->count; i++) {
		const struct place item = parse_item(place, i);

		option_read(parse, &item);
	}
}

/* --- spec --------------------------------------------------------------------------------------------------------- */

static const struct parse_rule host_rules[] = {
	{"size(self) == 0", "The hostSelector should be either null or {}."},
	{NULL, NULL},
};
static const struct parse_schema host_schema = {.shape = PARSE_MAP, .items = &parse_schema_text, .rules = host_rules};

/* What hooks refer to comes before the hooks. */
static const struct parse_row spec_rows[] = {
	{"hostSelector", spec_read_host, 0, PARSE_OPTIONAL, &host_schema,
	 "{}: processes of the host, those outside of pods. Beside other selectors: these, too."},
	{"podSelector", spec_read_pod, 0, PARSE_OPTIONAL, &parse_labels_schema,
	 "Processes of pods with these labels. k8s:io.kubernetes.pod.namespace is a label of all pods."},
	{"containerSelector", spec_read_container, 0, PARSE_OPTIONAL, &parse_container_labels_schema,
	 "Processes of these containers of pods. Their labels are name, and repo: the image without its digest."},
	{"nodeSelector", spec_read_node, 0, PARSE_OPTIONAL, &parse_labels_schema,
	 "Nodes that load the policy; without it, all."},
	{"options", parse_read_options, 0, PARSE_OPTIONAL, &options_schema, "Settings of the policy, by name."},
	{"lists", parse_read_lists, 0, PARSE_OPTIONAL, &parse_lists_schema,
	 "Names for several functions, or system calls, that hooks and filters use as list:NAME."},
	{"selectorsMacros", parse_read_macros, 0, PARSE_OPTIONAL, &parse_macros_schema,
	 "Parts of selectors, by name, that selectors use by `macros`."},
	{"kprobes", parse_read_kprobes, 0, PARSE_OPTIONAL, &parse_hooks_schemas[HOOK_KPROBE],
	 "Functions of the kernel, system calls among them, by their names."},
	{"fentries", parse_read_fentries, 0, PARSE_OPTIONAL, &parse_hooks_schemas[HOOK_FENTRY],
	 "The same by trampolines alone; without enforcement."},
	{"tracepoints", parse_read_tracepoints, 0, PARSE_OPTIONAL, &parse_hooks_schemas[HOOK_TRACEPOINT],
	 "Tracepoints of the kernel, as below /sys/kernel/tracing/events."},
	{"lsmhooks", parse_read_lsmhooks, 0, PARSE_OPTIONAL, &parse_hooks_schemas[HOOK_LSM],
	 "Hooks of the Linux security modules; the kernel needs bpf among these."},
	{"loader", spec_read_loader, 0, PARSE_OPTIONAL, &parse_schema_bool,
	 "true: executables and libraries that processes map, each as an event process_loader."},
	{"uprobes", NULL, 0, PARSE_NOT_YET, &parse_schema_objects, "Functions of programs."},
	{"usdts", NULL, 0, PARSE_NOT_YET, &parse_schema_objects, "Static probes of programs."},
	{"enforcers", NULL, 0, PARSE_NOT_YET, &parse_schema_objects, "Functions that action NotifyEnforcer acts on."},
};
static const struct parse_table spec_table = PARSE_TABLE(spec_rows);

#define SECTION(name) "(has(self." name ") && size(self." name ") > 0 ? 1 : 0)"
#define SELECTORS_ALL(section, what) \
	"(!has(self." section ") || self." section ".all(h, !has(h.selectors) || h.selectors.all(s, " what ")))"
#define MACROS_ARE_THERE(section) \
	SELECTORS_ALL(section, \
		      "!has(s.macros) || s.macros.all(m, has(self.selectorsMacros) && m in self.selectorsMacros)")
#define LISTS_ARE_THERE(section) \
	"(!has(self." section ") || self." section ".all(h, !h.call.startsWith('list:') || " \
	"has(self.lists) && self.lists.exists(l, 'list:' + l.name == h.call && (has(l.values) && size(l.values) > 0 " \
	"|| " \
	"has(l.type) && l.type.startsWith('generated_')))))"
/* Kernel functions, not all of which may be overridden. */
#define IS_LIST_OF_OTHERS \
	"(!has(l.type) || l.type == '') && has(l.values) && l.values.exists(v, !v.startsWith('security_'))"
#define HAS_NO_OVERRIDE \
	"(!has(h.selectors) || h.selectors.all(s, !has(s.matchActions) || " \
	"s.matchActions.all(a, !has(a.action) || a.action != 'Override')))"

#define NO_CONDITIONS(selector) \
	"(!has(self." selector ".matchLabels) || size(self." selector ".matchLabels) == 0) && (!has(self." selector \
	".matchExpressions) || size(self." selector ".matchExpressions) == 0)"

static const struct parse_rule spec_rules[] = {
	{SECTION("kprobes") " + " SECTION("fentries") " + " SECTION("tracepoints") " + " SECTION(
		 "lsmhooks") " + " SECTION("uprobes") " + " SECTION("usdts") " <= 1",
	 "tracing policies with multiple sections of kprobes, tracepoints, lsm hooks, uprobes or usdts are currently "
	 "not "
	 "supported"},
	{MACROS_ARE_THERE("kprobes") " && " MACROS_ARE_THERE("fentries") " && " MACROS_ARE_THERE(
		 "tracepoints") " && " MACROS_ARE_THERE("lsmhooks"),
	 "a macro is used in a selector that is not defined in selectorsMacros: undefined macro"},
	{"!has(self.loader) || !self.loader || !(has(self.hostSelector) || has(self.podSelector) || "
	 "has(self.containerSelector)) || (has(self.hostSelector) && has(self.podSelector) && "
	 "has(self.containerSelector) && " NO_CONDITIONS("podSelector") " && " NO_CONDITIONS("containerSelector") ")",
	 "loader sensor does not implement policy filtering"},
	{LISTS_ARE_THERE("kprobes") " && " LISTS_ARE_THERE("fentries"),
	 "kprobes, fentries: call: a list is used that is not among lists, or is empty"},
	{"!has(self.lists) || !has(self.kprobes) || [self.lists.map(l, " IS_LIST_OF_OTHERS
	 ", 'list:' + l.name)].all(others, self.kprobes.all(h, h.syscall || !(h.call in others) || " HAS_NO_OVERRIDE
	 "))",
	 "override action can be used only with syscalls and security_ hooks, and the list that kprobes call has "
	 "others"},
	{NULL, NULL},
};
static const struct parse_schema spec_schema = {.shape = PARSE_OBJECT, .table = &spec_table, .rules = spec_rules};

/* One family of hooks in a policy, the first of which is the policy's. */
static void spec_check_families(struct parse *parse, const struct place *place)
{
	static const enum hook_family families[] = {HOOK_KPROBE, HOOK_FENTRY, HOOK_TRACEPOINT, HOOK_LSM};
	size_t found = 0;

	parse->policy->family = HOOK_LOADER;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct tree_node *section = tree_find(place->node, hook_rules(families[i])->section);

		if (section && section->count > 0 && found++ == 0)
			parse->policy->family = families[i];
	}
	if (found > 1)
		parse_error(parse, place, "make a policy of each section",
			    "tracing policies with multiple sections of kprobes, tracepoints, lsm hooks, uprobes or "
			    "usdts are currently not supported");
}

static void spec_check_hooks(struct parse *parse, const struct place *place)
{
	if (parse->policy->hook_count == 0 && !parse->policy->has_loader)
		parse_warn(parse, place, "write kprobes, fentries, tracepoints, lsmhooks or `loader: true`",
			   "has no hooks: the policy does nothing");
}

/* Section 9. */
static void spec_decide_mode(struct parse *parse, const struct place *place)
{
	if (parse->has_enforcement)
		return;
	if (parse->is_mode_given)
		parse_warn(parse, place, "remove the option policy-mode",
			   "no hook has an enforcement action: the policy's mode is monitor_only");
	if (parse->has_return_enforcement)
		parse_warn(parse, place, "move the actions to matchActions",
			   "enforcement actions in matchReturnActions alone do not make a policy enforce: its mode is "
			   "monitor_only");
	parse->policy->mode = POLICY_MODE_MONITOR_ONLY;
}

static void parse_read_spec(struct parse *parse, const struct place *place, void *target)
{
	size_t errors = parse->report->error_count;

	(void)target;
	parse_object(parse, place, &spec_table, parse->policy);
	/* the places that these refer to end here */
	parse->macros = NULL;
	parse_lists_done(parse);
	if (place->node->kind != TREE_MAPPING)
		return;
	spec_check_families(parse, place);
	if (parse->report->error_count > errors)
		return; /* what else there is to say would follow from that */
	spec_check_hooks(parse, place);
	parse_check_macros(parse, place);
	spec_decide_mode(parse, place);
}

/* --- the document ------------------------------------------------------------------------------------------------- */

static const struct parse_row document_rows[] = {
	{"apiVersion", parse_read_version, 0, PARSE_REQUIRED, PARSE_OF_KUBERNETES},
	{"kind", parse_read_kind, 0, PARSE_REQUIRED, PARSE_OF_KUBERNETES},
	{"metadata", parse_read_metadata, 0, PARSE_REQUIRED, PARSE_OF_KUBERNETES},
	{"spec", parse_read_spec, 0, PARSE_REQUIRED, &spec_schema,
	 "What to watch, with which filters, and what to do then. One family of hooks in a policy."},
	{"status", NULL, 0, PARSE_IGNORED, PARSE_OF_KUBERNETES},
};
static const struct parse_table document_table = PARSE_TABLE(document_rows);

const struct parse_table *policy_schema(void)
{
	return &document_table;
}

static void parse_check_namespace(struct parse *parse, const struct place *document)
{
	struct policy *policy = parse->policy;
	const struct place metadata = {
		.parent = document, .key = "metadata", .node = tree_find(document->node, "metadata")};

	if (policy->kind == POLICY_NAMESPACED && !policy->namespace) {
		parse_warn(parse, &metadata, "write it", "namespace is missing: default is taken");
		parse_copy_text(parse, PARSE_NAMESPACE_DEFAULT, &policy->namespace);
	} else if (policy->kind == POLICY_CLUSTER && policy->namespace) {
		parse_warn(parse, &metadata, "remove it, or use kind TracingPolicyNamespaced",
			   "namespace has no effect on kind TracingPolicy");
		free(policy->namespace);
		policy->namespace = NULL;
	}
}

static void policy_freep(struct policy **policy)
{
	policy_free(*policy);
}

int policy_parse(const struct tree *document, const struct policy_variables *variables, struct report *report,
		 struct policy **ret_policy)
{
	_cleanup_(policy_freep) struct policy *policy = calloc(1, sizeof(*policy));
	const struct place place = {.node = document->root};
	struct parse parse = {
		.report = report, .variables = variables, .policy = policy, .values_left = PARSE_VALUES_MAX};
	size_t errors = report->error_count;

	if (!policy)
		return -ENOMEM;
	if (!document->root) {
		report_add(report, FINDING_VALIDATE, (struct policy_position){0}, NULL, "remove it",
			   "the document is empty");
		return -EINVAL;
	}
	policy->position = document->root->position;
	parse_object(&parse, &place, &document_table, policy);
	parse_check_namespace(&parse, &place);
	if (parse.is_out_of_memory)
		return -ENOMEM;
	if (report->error_count > errors)
		return -EINVAL;
	*ret_policy = TAKE_PTR(policy);
	return 0;
}

static const char *document_metadata(const struct tree *document, const char *field)
{
	const struct tree_node *node = tree_find(tree_find(document->root, "metadata"), field);

	return node && node->kind == TREE_SCALAR && node->length > 0 ? node->text : NULL;
}

const char *policy_document_name(const struct tree *document)
{
	return document_metadata(document, "name");
}

const char *policy_document_namespace(const struct tree *document)
{
	const char *namespace = document_metadata(document, "namespace");

	if (!tree_is(tree_find(document->root, "kind"), parse_kinds[POLICY_NAMESPACED]))
		return NULL;
	return namespace ? namespace : PARSE_NAMESPACE_DEFAULT;
}
