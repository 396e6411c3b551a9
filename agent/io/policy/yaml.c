// SPDX-License-Identifier: Apache-2.0
#include "io/policy/yaml.h"

#include <errno.h>
#include <string.h>

#include <yaml.h>

#define YAML_STRING_TAG "tag:yaml.org,2002:str"

/* A mapping or sequence that has not ended yet. */
struct yaml_open {
	struct tree_node *node;
	struct tree_node *key; /* of the value that comes next; NULL: a key comes next */
	size_t anchor;         /* position in anchors plus one; 0: none */
};

struct yaml_anchor {
	char *name;                   /* owned */
	const struct tree_node *node; /* NULL: it has not ended yet */
};

struct yaml_reader {
	struct report *report;
	struct tree *tree; /* of the document that is being read; owned */
	struct yaml_open open[TREE_DEPTH_MAX];
	size_t depth;
	struct yaml_anchor anchors[YAML_ANCHORS_MAX];
	size_t anchor_count;
	size_t nodes_left; /* of TREE_NODES_MAX */
};

static struct policy_position yaml_position(const yaml_mark_t *mark)
{
	return (struct policy_position){(uint32_t)mark->line + 1, (uint32_t)mark->column + 1};
}

/* Reports; returns -EINVAL. */
static int yaml_refuse(const struct yaml_reader *reader, const yaml_mark_t *mark, const char *remedy,
		       const char *problem)
{
	report_add(reader->report, FINDING_PARSE, yaml_position(mark), NULL, remedy, "%s", problem);
	return -EINVAL;
}

/* What tree_append() says, as a finding. */
static int yaml_refuse_node(const struct yaml_reader *reader, const yaml_mark_t *mark, const struct tree_node *key,
			    int error)
{
	if (error == -EEXIST) {
		report_add(reader->report, FINDING_PARSE, yaml_position(mark), NULL, "remove one of them",
			   "duplicate key \"%s\"", key->text);
		return -EINVAL;
	}
	if (error == -E2BIG)
		return yaml_refuse(reader, mark, "split the file",
				   "too large: more than 100000 nodes in a file, or 1024 keys in a mapping");
	if (error == -ELOOP)
		return yaml_refuse(reader, mark, NULL, "nested deeper than 32 levels");
	return error;
}

static int yaml_count(struct yaml_reader *reader, const yaml_mark_t *mark, size_t nodes)
{
	if (nodes > reader->nodes_left)
		return yaml_refuse_node(reader, mark, NULL, -E2BIG);
	reader->nodes_left -= nodes;
	return 0;
}

/* --- anchors ------------------------------------------------------------------------------------------------------ */

static struct yaml_anchor *yaml_find_anchor(struct yaml_reader *reader, const char *name)
{
	for (size_t i = reader->anchor_count; i > 0; i--) { /* the last of a name counts */
		if (strcmp(reader->anchors[i - 1].name, name) == 0)
			return &reader->anchors[i - 1];
	}
	return NULL;
}

/* 0 and the anchor's position plus one, 0 if there is no name. */
static int yaml_add_anchor(struct yaml_reader *reader, const yaml_mark_t *mark, const yaml_char_t *name,
			   size_t *ret_anchor)
{
	struct yaml_anchor *anchor = &reader->anchors[reader->anchor_count];

	*ret_anchor = 0;
	if (!name)
		return 0;
	if (reader->anchor_count == YAML_ANCHORS_MAX)
		return yaml_refuse(reader, mark, NULL, "more than 256 anchors in a document");
	anchor->name = strdup((const char *)name);
	if (!anchor->name)
		return -ENOMEM;
	anchor->node = NULL;
	*ret_anchor = ++reader->anchor_count;
	return 0;
}

static void yaml_end_document(struct yaml_reader *reader)
{
	while (reader->anchor_count > 0)
		free(reader->anchors[--reader->anchor_count].name);
	reader->tree = tree_free(reader->tree);
	reader->depth = 0;
}

/* --- nodes -------------------------------------------------------------------------------------------------------- */

/* Puts a node that has ended where it belongs: it is the document, an item, a key or a value. */
static int yaml_place(struct yaml_reader *reader, const yaml_mark_t *mark, struct tree_node *node)
{
	struct yaml_open *open = reader->depth ? &reader->open[reader->depth - 1] : NULL;
	struct tree_node *key = open ? open->key : NULL;
	int r;

	if (!open) {
		reader->tree->root = node;
		return 0;
	}
	if (open->node->kind == TREE_MAPPING && !key) {
		if (node->kind != TREE_SCALAR)
			return yaml_refuse(reader, mark, "write a name", "a key must be a plain text");
		if (tree_is(node, "<<") && !node->is_text)
			return yaml_refuse(reader, mark, "write the fields out, or use selectorsMacros",
					   "merge keys (<<) are not supported");
		open->key = node;
		return 0;
	}
	open->key = NULL;
	r = tree_append(open->node, key, node);
	return r < 0 ? yaml_refuse_node(reader, mark, key, r) : 0;
}

static int yaml_read_tag(const struct yaml_reader *reader, const yaml_mark_t *mark, const yaml_char_t *tag,
			 bool *ret_is_text)
{
	*ret_is_text = false;
	if (!tag)
		return 0;
	if (strcmp((const char *)tag, YAML_STRING_TAG) != 0 && strcmp((const char *)tag, "!") != 0)
		return yaml_refuse(reader, mark, "remove it", "tags other than !!str are not supported");
	*ret_is_text = true;
	return 0;
}

static int yaml_read_scalar(struct yaml_reader *reader, const yaml_event_t *event)
{
	bool is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE, is_tagged;
	struct tree_node *node;
	size_t anchor;
	int r = yaml_count(reader, &event->start_mark, 1);

	if (r == 0)
		r = yaml_read_tag(reader, &event->start_mark, event->data.scalar.tag, &is_tagged);
	if (r == 0)
		r = yaml_add_anchor(reader, &event->start_mark, event->data.scalar.anchor, &anchor);
	if (r < 0)
		return r;
	node = tree_add_scalar(reader->tree, (const char *)event->data.scalar.value, event->data.scalar.length,
			       is_quoted || is_tagged, yaml_position(&event->start_mark));
	if (!node)
		return -ENOMEM;
	if (anchor)
		reader->anchors[anchor - 1].node = node;
	return yaml_place(reader, &event->start_mark, node);
}

static int yaml_begin(struct yaml_reader *reader, const yaml_event_t *event, enum tree_kind kind,
		      const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct yaml_open *open = &reader->open[reader->depth];
	int r;

	if (tag)
		return yaml_refuse(reader, &event->start_mark, "remove it", "tags other than !!str are not supported");
	if (reader->depth == TREE_DEPTH_MAX)
		return yaml_refuse_node(reader, &event->start_mark, NULL, -ELOOP);
	r = yaml_count(reader, &event->start_mark, 1);
	if (r == 0)
		r = yaml_add_anchor(reader, &event->start_mark, anchor, &open->anchor);
	if (r < 0)
		return r;
	open->key = NULL;
	open->node = tree_add(reader->tree, kind, yaml_position(&event->start_mark));
	if (!open->node)
		return -ENOMEM;
	reader->depth++;
	return 0;
}

static int yaml_end(struct yaml_reader *reader, const yaml_event_t *event)
{
	const struct yaml_open *open = &reader->open[--reader->depth];

	if (open->anchor)
		reader->anchors[open->anchor - 1].node = open->node;
	return yaml_place(reader, &event->start_mark, open->node);
}

static int yaml_read_alias(struct yaml_reader *reader, const yaml_event_t *event)
{
	const struct yaml_anchor *anchor = yaml_find_anchor(reader, (const char *)event->data.alias.anchor);
	int r;

	if (!anchor)
		return yaml_refuse(reader, &event->start_mark, NULL, "there is no anchor of this name");
	if (!anchor->node)
		return yaml_refuse(reader, &event->start_mark, NULL, "an alias inside of what it stands for");
	r = yaml_count(reader, &event->start_mark, anchor->node->weight);
	return r < 0 ? r : yaml_place(reader, &event->start_mark, (struct tree_node *)anchor->node);
}

/* --- documents ---------------------------------------------------------------------------------------------------- */

static int yaml_finish_document(struct yaml_reader *reader, const yaml_event_t *event, struct yaml_documents *documents)
{
	const struct tree_node *root = reader->tree->root;

	if (root && !(root->kind == TREE_SCALAR && tree_scalar_type(root) == TREE_NULL)) {
		if (documents->count == YAML_DOCUMENTS_MAX)
			return yaml_refuse(reader, &event->start_mark, "split the file",
					   "more than 64 documents in a file");
		documents->trees[documents->count++] = TAKE_PTR(reader->tree);
	}
	yaml_end_document(reader);
	return 0;
}

static int yaml_handle(struct yaml_reader *reader, const yaml_event_t *event, struct yaml_documents *documents)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		reader->tree = tree_new();
		return reader->tree ? 0 : -ENOMEM;
	case YAML_DOCUMENT_END_EVENT:
		return yaml_finish_document(reader, event, documents);
	case YAML_SCALAR_EVENT:
		return yaml_read_scalar(reader, event);
	case YAML_ALIAS_EVENT:
		return yaml_read_alias(reader, event);
	case YAML_MAPPING_START_EVENT:
		return yaml_begin(reader, event, TREE_MAPPING, event->data.mapping_start.anchor,
				  event->data.mapping_start.tag);
	case YAML_SEQUENCE_START_EVENT:
		return yaml_begin(reader, event, TREE_SEQUENCE, event->data.sequence_start.anchor,
				  event->data.sequence_start.tag);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return yaml_end(reader, event);
	default:
		return 0;
	}
}

/* What libyaml says is wrong. */
static int yaml_refuse_syntax(const struct yaml_reader *reader, const yaml_parser_t *parser)
{
	const char *problem = parser->problem ? parser->problem : "cannot be read";
	const yaml_mark_t *mark = &parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_READER_ERROR) {
		report_add(reader->report, FINDING_PARSE, (struct policy_position){0}, NULL,
			   "save the file as UTF-8 text", "not YAML: %s at byte %zu", problem, parser->problem_offset);
		return -EINVAL;
	}
	report_add(reader->report, FINDING_PARSE, yaml_position(mark), NULL,
		   "mend what stands here or on the line before; see that it is indented with spaces",
		   "not YAML: %s%s%s", problem, parser->context ? " " : "", parser->context ? parser->context : "");
	return -EINVAL;
}

static int yaml_read_events(struct yaml_reader *reader, yaml_parser_t *parser, struct yaml_documents *documents)
{
	bool is_end = false;

	while (!is_end) {
		yaml_event_t event;
		int r;

		if (!yaml_parser_parse(parser, &event))
			return yaml_refuse_syntax(reader, parser);
		is_end = event.type == YAML_STREAM_END_EVENT;
		r = yaml_handle(reader, &event, documents);
		yaml_event_delete(&event);
		if (r < 0)
			return r;
	}
	return 0;
}

int yaml_read(const char *text, size_t length, struct report *report, struct yaml_documents *ret)
{
	struct yaml_documents documents = {0};
	struct yaml_reader reader = {.report = report, .nodes_left = TREE_NODES_MAX};
	yaml_parser_t parser;
	int r;

	if (length > YAML_BYTES_MAX) {
		report_add(report, FINDING_PARSE, (struct policy_position){0}, NULL, "split the file",
			   "larger than 1 MiB");
		return -EINVAL;
	}
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, length);
	r = yaml_read_events(&reader, &parser, &documents);
	yaml_end_document(&reader);
	yaml_parser_delete(&parser);
	if (r < 0) {
		yaml_documents_done(&documents);
		return r;
	}
	*ret = documents;
	return 0;
}

void yaml_documents_done(struct yaml_documents *documents)
{
	while (documents->count > 0) {
		documents->count--;
		documents->trees[documents->count] = tree_free(documents->trees[documents->count]);
	}
}
