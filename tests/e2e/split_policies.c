// SPDX-License-Identifier: Apache-2.0
/*
 * split_policies DIR FILE...: makes documents of one mistake each of files that have many, for a test that asks the API
 * server about each. DIR/good-N.json are documents that are right, DIR/wrong-N.json wrong ones; DIR/index has
 * a line for each of the latter: name, place, field, number of its mistakes, what is wrong; tabs between.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/encode/json.h"
#include "io/file/read_file.h"
#include "io/policy/policy_file.h"

#define JSON_MAX (1 << 20)
#define STEPS_MAX 32

/* A step of a field's path: a key, or an index where the key is NULL. */
struct step {
	char *key;
	size_t index;
};

struct path {
	struct step steps[STEPS_MAX];
	size_t count;
};

/* What is left out of a document. */
enum cut {
	CUT_NOTHING,
	CUT_HOOKS,  /* hooks, selectors, filters beside that of the path */
	CUT_VALUES, /* values, too */
	CUT_LISTS,  /* and lists */
};

struct output {
	const char *directory;
	FILE *index;
	int good, wrong;
};

static void path_done(struct path *path)
{
	for (size_t i = 0; i < path->count; i++)
		free(path->steps[i].key);
}

/* "spec.kprobes[0].call" */
static void path_read(const char *text, struct path *ret)
{
	while (text && *text && ret->count < STEPS_MAX) {
		struct step *step = &ret->steps[ret->count++];
		size_t length;

		if (*text == '[') {
			step->index = strtoul(text + 1, NULL, 10);
			text = strchr(text, ']') + 1;
			continue;
		}
		text += *text == '.';
		length = strcspn(text, ".[");
		step->key = strndup(text, length);
		text += length;
	}
}

static bool is_among(const char *name, const char *names)
{
	const char *found = strstr(names, name);

	return found && (found == names || found[-1] == ' ') && strchr(" ", found[strlen(name)]);
}

/* Whether a list has only the item of the path left. */
static bool keeps_one(const char *list, enum cut cut)
{
	if (is_among(list,
		     "kprobes fentries tracepoints lsmhooks selectors matchArgs matchReturnArgs matchActions options"))
		return cut >= CUT_HOOKS;
	if (is_among(list, "values tags"))
		return cut >= CUT_VALUES;
	return cut >= CUT_LISTS && is_among(list, "lists");
}

/* A field of spec beside that of the path. */
static bool keeps_beside(const char *on_path, const char *key, enum cut cut)
{
	bool is_hooks = is_among(on_path, "kprobes fentries tracepoints lsmhooks");

	return cut == CUT_NOTHING || (is_hooks && is_among(key, "lists selectorsMacros"));
}

static void write_scalar(struct buffer *json, const struct tree_node *node)
{
	switch (tree_scalar_type(node)) {
	case TREE_NULL:
		json_comma(json);
		buffer_append_cstring(json, "null");
		break;
	case TREE_BOOL:
		json_comma(json);
		json_bool(json, tree_scalar_bool(node));
		break;
	case TREE_INTEGER:
	case TREE_FLOAT:
		json_comma(json);
		buffer_append(json, node->text, node->length);
		break;
	case TREE_STRING:
		json_string(json, (struct bytes){node->text, node->length});
		break;
	}
}

static void write_key(struct buffer *json, const char *key)
{
	json_plain_string(json, key);
	buffer_append_byte(json, ':');
}

/* `path` is what remains of it below this node; NULL: the node is beside it. */
static void write_node(struct buffer *json, const struct tree_node *node, const struct path *path, size_t at,
		       enum cut cut, int number);

static void write_list(struct buffer *json, const struct tree_node *node, const struct path *path, size_t at,
		       enum cut cut)
{
	bool is_on_path = path && at < path->count && !path->steps[at].key;
	bool has_one = is_on_path && at > 0 && path->steps[at - 1].key && keeps_one(path->steps[at - 1].key, cut);

	json_open(json, '[');
	for (size_t i = 0; i < node->count; i++) {
		bool is_it = is_on_path && path->steps[at].index == i;

		if (!has_one || is_it)
			write_node(json, node->children[i].value, is_it ? path : NULL, at + 1, cut, 0);
	}
	json_close(json, ']');
}

static void write_mapping(struct buffer *json, const struct tree_node *node, const struct path *path, size_t at,
			  enum cut cut, int number)
{
	const char *on_path = path && at < path->count ? path->steps[at].key : NULL;
	bool is_spec = at == 1 && path && path->count > 1 && strcmp(path->steps[0].key, "spec") == 0;
	bool is_metadata = at == 1 && number > 0;

	json_open(json, '{');
	for (size_t i = 0; i < node->count; i++) {
		const char *key = node->children[i].key->text;
		bool is_it = on_path && strcmp(on_path, key) == 0;

		if (is_metadata && strcmp(key, "name") == 0)
			continue;
		if (!is_it && is_spec && on_path && !keeps_beside(on_path, key, cut))
			continue;
		if (!is_it && at == 2 && on_path && strcmp(path->steps[1].key, "selectorsMacros") == 0 &&
		    cut > CUT_NOTHING)
			continue;
		write_key(json, key);
		write_node(json, node->children[i].value, is_it ? path : NULL, at + 1, cut,
			   at == 0 && strcmp(key, "metadata") == 0 && !is_it ? number : 0);
	}
	if (is_metadata) { /* no two may have the same */
		char name[32];

		snprintf(name, sizeof(name), "case-%d", number);
		write_key(json, "name");
		json_plain_string(json, name);
	}
	json_close(json, '}');
}

static void write_node(struct buffer *json, const struct tree_node *node, const struct path *path, size_t at,
		       enum cut cut, int number)
{
	if (node->kind == TREE_SCALAR) {
		write_scalar(json, node);
	} else if (node->kind == TREE_SEQUENCE) {
		write_list(json, node, path, at, cut);
	} else {
		write_mapping(json, node, path, at, cut, number);
	}
}

static const char *find_variable(void *context, const char *name, size_t length)
{
	(void)context, (void)name, (void)length;
	return "10.0.0.0/8";
}

static const struct policy_variables variables = {.find = find_variable};

/* A finding of the same words; NULL: none. */
static const struct finding *find_problem(const struct report *report, const char *problem)
{
	for (size_t i = 0; i < report->count; i++) {
		if (!report->findings[i].is_warning && strcmp(report->findings[i].problem, problem) == 0)
			return &report->findings[i];
	}
	return NULL;
}

static int write_file(const struct output *output, const char *kind, int number, const struct buffer *json)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s-%d.json", output->directory, kind, number);
	file = fopen(path, "we");
	if (!file)
		return -errno;
	fwrite(json->data, 1, json->length, file);
	return fclose(file) == 0 ? 0 : -errno;
}

/* Tries to have the mistake alone. False: it is none any more, with so much left out. */
static bool write_wrong(struct output *output, const struct tree *tree, const struct finding *finding, const char *file,
			enum cut cut, struct buffer *json)
{
	struct path path = {0};
	struct report report;
	struct policy_file parsed = {0};
	const struct finding *same;

	path_read(finding->field, &path);
	buffer_reset(json);
	write_node(json, tree->root, &path, 0, cut, output->wrong + 1);
	path_done(&path);
	report_init(&report, file);
	policy_file_parse(json->data, json->length, &variables, &report, &parsed);
	policy_file_done(&parsed);
	same = find_problem(&report, finding->problem);
	if (same) {
		output->wrong++;
		fprintf(output->index, "wrong-%d\t%s:%" PRIu32 "\t%s\t%zu\t%s\n", output->wrong, file,
			finding->position.line, same->field ? same->field : "-", report.error_count, same->problem);
	}
	report_done(&report);
	return same && write_file(output, "wrong", output->wrong, json) == 0;
}

static bool split_document(struct output *output, const struct tree *tree, const char *file, struct buffer *json)
{
	struct report report;
	struct policy *policy = NULL;
	bool is_ok = true;

	report_init(&report, file);
	if (policy_parse(tree, &variables, &report, &policy) == 0) {
		static const struct path nowhere;

		buffer_reset(json);
		write_node(json, tree->root, &nowhere, 0, CUT_NOTHING, ++output->good);
		is_ok = write_file(output, "good", output->good, json) == 0;
	}
	policy_free(policy);
	for (size_t i = 0; i < report.count; i++) {
		int cut = CUT_LISTS;

		if (report.findings[i].is_warning)
			continue;
		while (cut >= CUT_NOTHING && !write_wrong(output, tree, &report.findings[i], file, (enum cut)cut, json))
			cut--;
		if (cut < CUT_NOTHING)
			fprintf(stderr, "split_policies: %s:%" PRIu32 ": not found again: %s\n", file,
				report.findings[i].position.line, report.findings[i].problem);
		is_ok &= cut >= CUT_NOTHING;
	}
	report_done(&report);
	return is_ok;
}

/* False: it is no YAML, or something failed, which is said. */
static bool split_file(struct output *output, const char *path, struct buffer *json)
{
	_cleanup_(yaml_documents_done) struct yaml_documents documents = {0};
	_cleanup_(buffer_done) struct buffer text = {0};
	struct report report;
	FILE *file = fopen(path, "re");
	bool is_split = true, is_ok = file && buffer_init(&text, YAML_BYTES_MAX) == 0;

	if (is_ok)
		text.length = fread(text.data, 1, text.capacity, file);
	if (file)
		fclose(file);
	report_init(&report, path);
	is_ok = is_ok && yaml_read(text.data, text.length, &report, &documents) == 0;
	report_done(&report);
	for (size_t i = 0; is_ok && i < documents.count; i++)
		is_split &= split_document(output, documents.trees[i], path, json);
	if (!is_ok)
		fprintf(stderr, "split_policies: %s cannot be read\n", path);
	return is_ok && is_split;
}

int main(int argc, char **argv)
{
	_cleanup_(buffer_done) struct buffer json = {0};
	struct output output = {.directory = argc > 1 ? argv[1] : ""};
	char path[4096];
	bool is_ok = true;

	if (argc < 3 || buffer_init(&json, JSON_MAX) < 0) {
		fputs("usage: split_policies DIR FILE...\n", stderr);
		return 2;
	}
	snprintf(path, sizeof(path), "%s/index", output.directory);
	output.index = fopen(path, "we");
	if (!output.index) {
		perror(path);
		return EXIT_FAILURE;
	}
	for (int i = 2; i < argc; i++)
		is_ok &= split_file(&output, argv[i], &json);
	return fclose(output.index) == 0 && is_ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
