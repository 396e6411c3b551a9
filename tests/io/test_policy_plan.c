// SPDX-License-Identifier: Apache-2.0
/*
 * What the library's policies become on a kernel that never changes (fake_kernel.h): `trigon policy explain`, and each
 * program's instructions, against tests/golden/plan/NAME.txt. GOLDEN_UPDATE=1 writes the files anew, for a look at
 * `git diff`: a change of the compiler shows there what it does to real policies.
 */
#include "core/policy/explain.h"

#include <stdlib.h>

#include "../unit/test.h"
#include "core/policy/compile.h"
#include "disassembler.h"
#include "fake_kernel.h"
#include "io/policy/policy_file.h"

static const char *find_variable(void *context, const char *name, size_t length)
{
	(void)context;
	(void)length;
	return strncmp(name, "PODCIDR", strlen("PODCIDR")) == 0 ? "10.0.0.0/8 fd00::/8" : "10.96.0.0/12";
}

static void print_program(const struct plan_program *program, FILE *out)
{
	fprintf(out, "  %s on %s, %zu instructions\n", attach_means_name(program->means), program->target,
		program->code.count);
	disassembler_print(&program->code, out);
}

static void print_plan(const struct plan *plan, FILE *out)
{
	static const char *const kinds[] = {
		[PLAN_MAP_STRINGS] = "strings",
		[PLAN_MAP_LONG_STRINGS] = "long strings",
		[PLAN_MAP_PREFIXES] = "prefixes",
		[PLAN_MAP_PATH_TOPS] = "path tops",
		[PLAN_MAP_PATH_ENDS] = "path ends",
		[PLAN_MAP_POSTFIXES] = "postfixes",
		[PLAN_MAP_NETWORKS4] = "IPv4 networks",
		[PLAN_MAP_NETWORKS6] = "IPv6 networks",
		[PLAN_MAP_PORTS] = "ports",
		[PLAN_MAP_NUMBERS] = "numbers",
		[PLAN_MAP_PIDS] = "pids",
		[PLAN_MAP_SUBSTRINGS] = "substrings",
		[PLAN_MAP_SUBSTRINGS_IGN_CASE] = "substrings, any case",
		[PLAN_MAP_PENDING] = "pending records",
	};

	for (size_t i = 0; i < plan->hook_count; i++) {
		const struct plan_hook *hook = &plan->hooks[i];

		fprintf(out, "\n%s %s%s\n", hook->hook->path, hook->name, hook->is_skipped ? ": skipped" : "");
		for (size_t j = 0; j < hook->map_count; j++)
			fprintf(out, "  map %zu: %s, of %zu values\n", SHARED_MAP_COUNT + j, kinds[hook->maps[j].kind],
				hook->maps[j].values ? hook->maps[j].values->count : 0);
		for (size_t j = 0; j < hook->program_count; j++)
			print_program(&hook->programs[j], out);
	}
}

static bool is_plan_printed = true;

static void print_policy(const struct policy *policy, const struct kernel_view *kernel, int result, FILE *out)
{
	_cleanup_(plan_done) struct plan plan = {0};
	_cleanup_(report_done) struct report report;

	report_init(&report, "policy");
	CHECK_EQ(policy_explain(policy, kernel, out), result);
	CHECK_EQ(policy_compile(policy, kernel, &report, &plan), result);
	report_print(&report, out);
	if (is_plan_printed)
		print_plan(&plan, out);
}

static void compare(const char *golden, const char *got, size_t length)
{
	char path[256], *wanted = calloc(1, length + 2);
	FILE *file;
	size_t read;

	snprintf(path, sizeof(path), "tests/golden/plan/%s.txt", golden);
	file = fopen(path, getenv("GOLDEN_UPDATE") ? "w+" : "r");
	CHECK(file && wanted);
	if (file && wanted) {
		if (getenv("GOLDEN_UPDATE")) {
			CHECK(fwrite(got, 1, length, file) == length);
			rewind(file);
		}
		read = fread(wanted, 1, length + 1, file);
		if (read != length || memcmp(wanted, got, length) != 0) {
			size_t same = 0, line = 1;

			for (; same < read && same < length && wanted[same] == got[same]; same++)
				line += got[same] == '\n';
			printf("%s:%zu differs; run this with GOLDEN_UPDATE=1 and look at git diff\n", path, line);
			test_is_ok = false;
		}
	} else {
		printf("%s: %m (run from the repository's root)\n", path);
	}
	if (file)
		fclose(file);
	free(wanted);
}

/* `result`: of policy_explain(). */
static void check_file(const char *path, const char *golden, const struct kernel_view *kernel, int result)
{
	const struct policy_variables variables = {.find = find_variable};
	_cleanup_(policy_file_done) struct policy_file file = {0};
	_cleanup_(report_done) struct report report;
	_cleanup_free_ char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	report_init(&report, path);
	CHECK_EQ(policy_file_load(path, &variables, &report, &file), 0);
	CHECK_EQ(report.error_count, 0);
	report_print(&report, stdout);
	for (size_t i = 0; i < file.count; i++) {
		CHECK(file.items[i].policy);
		if (file.items[i].policy)
			print_policy(file.items[i].policy, kernel, result, out);
	}
	fclose(out);
	compare(golden, text, length);
}

static void check_plan(const char *policy, const char *golden, const struct kernel_view *kernel)
{
	char path[256];

	snprintf(path, sizeof(path), "policies/%s.yaml", policy);
	check_file(path, golden, kernel, 0);
}

static void test_bpf(void)
{
	check_plan("bpf", "bpf", &fake_kernel);
}

static void test_egress(void)
{
	check_plan("egress", "egress", &fake_kernel);
}

static void test_library(void)
{
	check_plan("library", "library", &fake_kernel);
}

static void test_modules(void)
{
	check_plan("modules", "modules", &fake_kernel);
}

static void test_privileges(void)
{
	check_plan("privileges-raise", "privileges-raise", &fake_kernel);
}

static void test_sshd(void)
{
	check_plan("sshd", "sshd", &fake_kernel);
}

/* Entry and return are two programs, and a record waits between them. */
static void test_modules_with_kprobes(void)
{
	struct kernel_view kernel = fake_kernel;

	kernel.features.has_fentry = false;
	check_plan("modules", "modules-kprobe", &kernel);
}

/* 5.10: no atomic operations that return a value. */
static void test_sshd_on_old_kernel(void)
{
	struct kernel_view kernel = fake_kernel;

	kernel.features.has_atomic_fetch = kernel.features.has_fentry_structs = kernel.features.has_large_keys = false;
	check_plan("sshd", "sshd-5.10", &kernel);
}

static void test_everything(void)
{
	check_file("tests/golden/plan/everything.yaml", "everything", &fake_kernel, 0);
}

/* What `auto` stands for, a format says. */
static void test_auto(void)
{
	check_file("tests/golden/plan/auto.yaml", "auto", &fake_kernel, 0);
}

/* And with it which filters make sense. */
static void test_auto_refused(void)
{
	check_file("tests/golden/plan/auto-refused.yaml", "auto-refused", &fake_kernel, -EINVAL);
}

/* Lists, written and generated: which functions one program serves, and what is left out. */
static void test_lists(void)
{
	check_file("tests/golden/plan/lists.yaml", "lists", &fake_kernel, 0);
}

/* The same on 5.10: a hook for each function. Explained only: it is long. */
static void test_lists_on_old_kernel(void)
{
	struct kernel_view kernel = fake_kernel;

	kernel.features.has_kprobe_multi = kernel.features.has_atomic_fetch = false;
	is_plan_printed = false;
	check_file("tests/golden/plan/lists.yaml", "lists-5.10", &kernel, 0);
	is_plan_printed = true;
}

/* More functions than a policy can hook, none, and none that can be hooked. */
static void test_lists_refused(void)
{
	check_file("tests/golden/plan/lists-refused.yaml", "lists-refused", &fake_kernel, -EINVAL);
}

/* What generators find counts as well. */
static void test_lists_full(void)
{
	struct kernel_view kernel = fake_kernel;
	int many = FAKE_MANY;

	kernel.context = &many;
	is_plan_printed = false;
	check_file("tests/golden/plan/lists-full-refused.yaml", "lists-full-refused", &kernel, -EINVAL);
	is_plan_printed = true;
}

static void test_sizes(void)
{
	check_file("tests/golden/plan/sizes.yaml", "sizes", &fake_kernel, 0);
}

static void test_registers(void)
{
	struct kernel_view kernel = fake_kernel;

	kernel.features.has_fentry = false;
	check_file("tests/golden/plan/registers-refused.yaml", "registers-refused", &kernel, -EINVAL);
}

/* By one program at the function's end, and by two. */
static void test_returns(void)
{
	struct kernel_view kernel = fake_kernel;

	check_file("tests/golden/plan/returns.yaml", "returns", &kernel, 0);
	kernel.features.has_fentry = false;
	check_file("tests/golden/plan/returns.yaml", "returns-kprobe", &kernel, 0);
}

static void test_lacks(void)
{
	struct kernel_view kernel = fake_kernel;

	kernel.features.has_large_keys = false;
	memset(kernel.features.host_namespaces, 0, sizeof(kernel.features.host_namespaces));
	check_file("tests/golden/plan/lacks-refused.yaml", "lacks-refused", &kernel, -EINVAL);
	check_file("tests/golden/plan/host-unknown.yaml", "host-unknown", &kernel, 0);
}

/* The tree says which hook is the one, and why. */
static void test_refused(void)
{
	struct kernel_view kernel = fake_kernel;

	kernel.features.has_fentry = kernel.features.has_kprobes = false;
	check_file("tests/golden/plan/everything.yaml", "everything-refused", &kernel, -EINVAL);
}

/* Each document has another error that only a kernel can tell. */
static void test_errors(void)
{
	check_file("tests/golden/plan/errors.yaml", "errors", &fake_kernel, -EINVAL);
}

static void test_namespaced(void)
{
	check_file("tests/golden/plan/namespaced.yaml", "namespaced", &fake_kernel, 0);
}

/* Policies for some processes only, where pods are known. */
static void test_scope(void)
{
	struct kernel_view clustered = fake_kernel;

	clustered.has_workloads = true;
	check_file("tests/golden/plan/scope.yaml", "scope", &clustered, 0);
	check_file("tests/golden/plan/scope-refused.yaml", "scope-refused", &fake_kernel, -EINVAL);
}

/* What two policies do at return, where that takes a program of its own: is it the same? */
static bool is_same_return(const char *first, const char *second)
{
	const char *const selectors[] = {first, second};
	struct kernel_view kernel = fake_kernel;
	struct policy_file files[2] = {0};
	struct plan plans[2] = {0};
	struct report report;
	char text[1024];
	bool is_same;

	kernel.features.has_fentry = false;
	report_init(&report, "inline");
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text),
			 "apiVersion: cilium.io/v1alpha1\nkind: TracingPolicy\nmetadata: {name: p}\nspec:\n  kprobes:\n"
			 "  - {call: security_file_permission, syscall: false, args: [{index: 1, type: int}],\n"
			 "     return: true, returnArg: {index: 0, type: int}, selectors: [%s]}\n",
			 selectors[i]);
		CHECK_EQ(policy_file_parse(text, strlen(text), NULL, &report, &files[i]), 0);
		CHECK_EQ(report.error_count, 0);
		CHECK_EQ(policy_compile(files[i].items[0].policy, &kernel, &report, &plans[i]), 0);
	}
	is_same = plan_hook_is_same_return(&plans[0].hooks[0], &plans[1].hooks[0]);
	for (int i = 0; i < 2; i++) {
		plan_done(&plans[i]);
		policy_file_done(&files[i]);
	}
	report_done(&report);
	return is_same;
}

#define KILL(value) \
	"{matchReturnArgs: [{index: 0, operator: Equal, values: [\"" value \
	"\"]}], matchReturnActions: [{action: Sigkill}]}"
#define IN_MAP(value) "{matchReturnArgs: [{index: 0, operator: InMap, values: [\"" value "\"]}]}"
#define AT_ENTRY(values) "{matchArgs: [{index: 1, operator: InMap, values: [" values "]}]}"

/* Then a new generation may finish what the old one has begun. */
static void test_same_return(void)
{
	CHECK(is_same_return(AT_ENTRY("\"1\", \"2\""), AT_ENTRY("\"3\"")));
	CHECK(is_same_return("{}", AT_ENTRY("\"3\""))); /* that is no matter of the return */
	CHECK(is_same_return(KILL("1"), KILL("1")));
	CHECK(!is_same_return(KILL("1"), KILL("2")));
	CHECK(!is_same_return("{}", KILL("1")));
	CHECK(!is_same_return(IN_MAP("1"), IN_MAP("1"))); /* the maps are not compared */
}

int main(void)
{
	RUN(test_bpf);
	RUN(test_egress);
	RUN(test_library);
	RUN(test_modules);
	RUN(test_privileges);
	RUN(test_sshd);
	RUN(test_modules_with_kprobes);
	RUN(test_sshd_on_old_kernel);
	RUN(test_everything);
	RUN(test_auto);
	RUN(test_auto_refused);
	RUN(test_refused);
	RUN(test_errors);
	RUN(test_namespaced);
	RUN(test_scope);
	RUN(test_lists);
	RUN(test_lists_on_old_kernel);
	RUN(test_lists_refused);
	RUN(test_lists_full);
	RUN(test_sizes);
	RUN(test_registers);
	RUN(test_returns);
	RUN(test_lacks);
	RUN(test_same_return);
	return test_end();
}
