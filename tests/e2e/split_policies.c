// SPDX-License-Identifier: Apache-2.0
/*
 * split_policies DIR FILE...: makes documents of one mistake each of files that have many, for a test that asks the API
 * server about each. DIR/good-N.json are documents that are right, DIR/wrong-N.json wrong ones; DIR/index has
 * a line for each of the latter: name, place, field, number of its mistakes, what is wrong; tabs between.
 *
 * How it works: of a document that is wrong, each item is left out whose absence neither ends the mistake nor makes
 * another, and so are fields while there is more than one mistake, again and again. What is left is like what people
 * write, since of a filter of the wrong kind nobody says that it has no values. More than one mistake remains where
 * none comes without the other.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/encode/json.h"
#include "io/file/read_file.h"
#include "io/policy/policy_file.h"

#define JSON_MAX (1 << 20)
struct output {
	const char *directory, *file; /* the latter is that which is read */
	FILE *index;
	int good, wrong;
};

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

static void write_node(struct buffer *json, const struct tree_node *node, int depth, const char *name);

/* A document's metadata gets `name`, lest two have the same; NULL: it is left as it is. */
static void write_mapping(struct buffer *json, const struct tree_node *node, int depth, const char *name)
{
	json_open(json, '{');
	for (size_t i = 0; i < node->count; i++) {
		const struct tree_node *key = node->children[i].key;

		if (name && depth == 1 && tree_is(key, "name"))
			continue;
		write_key(json, key->text);
		write_node(json, node->children[i].value, depth + 1, tree_is(key, "metadata") ? name : NULL);
	}
	if (name && depth == 1) {
		write_key(json, "name");
		json_plain_string(json, name);
	}
	json_close(json, '}');
}

static void write_node(struct buffer *json, const struct tree_node *node, int depth, const char *name)
{
	if (node->kind == TREE_SCALAR) {
		write_scalar(json, node);
	} else if (node->kind == TREE_MAPPING) {
		write_mapping(json, node, depth, name);
	} else {
		json_open(json, '[');
		for (size_t i = 0; i < node->count; i++)
			write_node(json, node->children[i].value, depth + 1, NULL);
		json_close(json, ']');
	}
}

static void write_document(struct buffer *json, const struct tree *tree, const char *name)
{
	buffer_reset(json);
	if (tree->root->kind == TREE_MAPPING)
		write_mapping(json, tree->root, 0, name);
	else
		write_node(json, tree->root, 0, NULL);
}

static const char *find_variable(void *context, const char *name, size_t length)
{
	(void)context, (void)name, (void)length;
	return "10.0.0.0/8";
}

static const struct policy_variables variables = {.find = find_variable};

/* --- a mistake alone ---------------------------------------------------------------------------------------------- */

/* A list or mapping of the document, and what was in it. */
struct whole {
	struct tree_node *node;
	size_t count;
	struct tree_child *children;
};

struct wholes {
	struct whole *items; /* the largest first, so that much goes at once */
	size_t count;
};

static int compare_weights(const void *a, const void *b)
{
	uint32_t first = ((const struct whole *)a)->node->weight, second = ((const struct whole *)b)->node->weight;

	return first < second ? 1 : -(first > second);
}

static void wholes_done(struct wholes *wholes)
{
	for (size_t i = 0; i < wholes->count; i++)
		free(wholes->items[i].children);
	free(wholes->items);
}

static bool wholes_init(const struct tree *tree, struct wholes *ret)
{
	size_t count = 0;

	for (const struct tree_node *node = tree->owned; node; node = node->next_owned)
		count += node->count > 0;
	ret->items = calloc(count + 1, sizeof(*ret->items));
	for (struct tree_node *node = tree->owned; ret->items && node; node = node->next_owned) {
		struct whole whole = {node, node->count, NULL};

		if (node->count == 0)
			continue;
		whole.children = calloc(node->count, sizeof(*whole.children));
		if (!whole.children)
			return false;
		memcpy(whole.children, node->children, node->count * sizeof(*whole.children));
		ret->items[ret->count++] = whole;
	}
	if (ret->items)
		qsort(ret->items, ret->count, sizeof(*ret->items), compare_weights);
	return ret->items;
}

static void wholes_restore(const struct wholes *wholes)
{
	for (size_t i = 0; i < wholes->count; i++) {
		const struct whole *whole = &wholes->items[i];

		whole->node->count = whole->count;
		memcpy(whole->node->children, whole->children, whole->count * sizeof(*whole->children));
	}
}

static bool is_below(const struct tree_node *node, const struct tree_node *wanted)
{
	bool is_found = node == wanted;

	for (size_t i = 0; i < node->count && !is_found; i++)
		is_found = is_below(node->children[i].value, wanted);
	return is_found;
}

/* The same mistake in another report; NULL: none. */
static const struct finding *find_again(const struct report *report, const struct finding *mistake)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct finding *finding = &report->findings[i];

		if (!finding->is_warning && finding->position.line == mistake->position.line &&
		    finding->position.column == mistake->position.column &&
		    strcmp(finding->problem, mistake->problem) == 0)
			return finding;
	}
	return NULL;
}

/* Whether the mistake is still there, and none that the whole document did not have; how many there are. */
static bool is_like_before(const struct tree *tree, const struct report *before, const struct finding *mistake,
			   size_t *ret_count)
{
	struct policy *policy = NULL;
	struct report report;
	bool is_like;

	report_init(&report, "");
	if (policy_parse(tree, &variables, &report, &policy) == 0)
		policy_free(policy);
	is_like = find_again(&report, mistake);
	for (size_t i = 0; i < report.count && is_like; i++)
		is_like = report.findings[i].is_warning || find_again(before, &report.findings[i]);
	if (is_like)
		*ret_count = report.error_count;
	report_done(&report);
	return is_like;
}

/* Leaves out what the mistake can do without: all items of a list but one, and fields while there are other mistakes.
 * True: something went. */
static bool reduce_node(const struct tree *tree, struct tree_node *node, const struct report *before,
			const struct finding *mistake, size_t *count)
{
	bool has_changed = false;

	for (size_t i = node->count; i-- > 0;) {
		bool has_enough = node->kind == TREE_SEQUENCE ? node->count == 1 : *count == 1;
		const struct tree_child child = node->children[i];
		size_t behind = node->count - i - 1;

		if (has_enough)
			break;
		memmove(&node->children[i], &node->children[i + 1], behind * sizeof(child));
		node->count--;
		if (is_like_before(tree, before, mistake, count)) {
			has_changed = true;
			continue;
		}
		memmove(&node->children[i + 1], &node->children[i], behind * sizeof(child));
		node->children[i] = child;
		node->count++;
	}
	return has_changed;
}

static void reduce(const struct tree *tree, const struct wholes *wholes, const struct report *before,
		   const struct finding *mistake)
{
	size_t count = 0;
	bool has_changed = is_like_before(tree, before, mistake, &count);

	while (has_changed) {
		has_changed = false;
		for (size_t i = 0; i < 2 * wholes->count; i++) {
			struct tree_node *node = wholes->items[i % wholes->count].node;
			enum tree_kind kind = i < wholes->count ? TREE_SEQUENCE : TREE_MAPPING;

			if (node->kind == kind && is_below(tree->root, node))
				has_changed |= reduce_node(tree, node, before, mistake, &count);
		}
	}
}

/* --- files -------------------------------------------------------------------------------------------------------- */

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

/* A line of the index for what is wrong with the document as it is written. False: it is something else. */
static bool write_line(const struct output *output, const struct buffer *json, const struct finding *mistake)
{
	const struct finding *same = NULL;
	struct policy_file parsed = {0};
	struct report report;

	report_init(&report, "");
	policy_file_parse(json->data, json->length, &variables, &report, &parsed);
	policy_file_done(&parsed);
	for (size_t i = 0; i < report.count && !same; i++) {
		if (!report.findings[i].is_warning && strcmp(report.findings[i].problem, mistake->problem) == 0)
			same = &report.findings[i];
	}
	if (same)
		fprintf(output->index, "wrong-%d\t%s:%" PRIu32 "\t%s\t%zu\t%s\n", output->wrong, output->file,
			mistake->position.line, same->field ? same->field : "-", report.error_count, same->problem);
	else
		fprintf(stderr, "split_policies: %s:%" PRIu32 ": not found again: %s\n", output->file,
			mistake->position.line, mistake->problem);
	report_done(&report);
	return same;
}

static bool write_wrong(struct output *output, const struct tree *tree, const struct wholes *wholes,
			const struct report *report, const struct finding *mistake, struct buffer *json)
{
	bool is_of_name = mistake->field && strcmp(mistake->field, "metadata.name") == 0;
	char name[32];

	reduce(tree, wholes, report, mistake);
	snprintf(name, sizeof(name), "case-%d", ++output->wrong);
	write_document(json, tree, is_of_name ? NULL : name);
	wholes_restore(wholes);
	return write_line(output, json, mistake) && write_file(output, "wrong", output->wrong, json) == 0;
}

static bool split_document(struct output *output, const struct tree *tree, struct buffer *json)
{
	_cleanup_(wholes_done) struct wholes wholes = {0};
	struct policy *policy = NULL;
	struct report report;
	char name[32];
	bool is_ok = wholes_init(tree, &wholes);

	report_init(&report, output->file);
	if (policy_parse(tree, &variables, &report, &policy) == 0) {
		snprintf(name, sizeof(name), "case-%d", ++output->good);
		write_document(json, tree, name);
		is_ok = is_ok && write_file(output, "good", output->good, json) == 0;
	}
	policy_free(policy);
	for (size_t i = 0; is_ok && i < report.count; i++) {
		if (!report.findings[i].is_warning)
			is_ok = write_wrong(output, tree, &wholes, &report, &report.findings[i], json);
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
	output->file = path;
	report_init(&report, path);
	is_ok = is_ok && yaml_read(text.data, text.length, &report, &documents) == 0;
	report_done(&report);
	for (size_t i = 0; is_ok && i < documents.count; i++)
		is_split &= split_document(output, documents.trees[i], json);
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
