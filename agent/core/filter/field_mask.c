// SPDX-License-Identifier: Apache-2.0
#include "core/filter/field_mask.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/config/suggest.h"
#include "core/encode/json_cursor.h"

#define DEPTH_MAX 8       /* names of a path: the messages have fewer levels */
#define NODES_MAX 0x10000 /* the messages have a tenth of that */

enum field_state {
	FIELD_KEPT,
	FIELD_DROPPED,
	FIELD_PARTIAL, /* an object of which only a part is kept */
};

struct field_node {
	const char *name; /* not owned */
	size_t name_length;
	enum field_state state;
	bool keeps_others; /* FIELD_PARTIAL: fields that are no child are kept */
	uint32_t children; /* the first one; 0: none */
	uint32_t next;     /* of the same parent; 0: none */
	size_t listed;     /* the last filter with this field in a path, from 1 */
	size_t whole;      /* the same, at a path's end */
};

/* --- paths */

/* A path as far as it goes in a message. */
struct resolved {
	const struct event_field *fields[DEPTH_MAX];
	size_t count;
	const struct event_field *at; /* what the last name stands for, the message at first */
	size_t rest;                  /* where the first name begins that is no field of it */
	bool is_field;                /* all of it is one */
};

static size_t name_length(const char *path, size_t length)
{
	const char *dot = memchr(path, '.', length);

	return dot ? (size_t)(dot - path) : length;
}

static void resolve(const struct event_field *message, const char *path, size_t length, struct resolved *ret)
{
	size_t at = 0;

	*ret = (struct resolved){.at = message};
	for (;;) {
		size_t name = name_length(path + at, length - at);
		const struct event_field *field = event_field_find(ret->at, path + at, name);

		ret->rest = at;
		if (!field)
			return;
		assert(ret->count < DEPTH_MAX);
		ret->at = ret->fields[ret->count++] = field;
		ret->is_field = at + name == length;
		if (ret->is_field)
			return;
		at += name + 1;
	}
}

static void suggest(const struct field_filter *filter, const char *path, size_t length, const struct resolved *best,
		    struct suggestion *near)
{
	size_t name = name_length(path + best->rest, length - best->rest);

	for (size_t i = 0; i < EVENT_MESSAGE_COUNT; i++) {
		struct resolved resolved;

		if (!(filter->messages & 1u << i))
			continue;
		resolve(&event_messages[i], path, length, &resolved);
		if (resolved.rest != best->rest || resolved.at->kind != EVENT_FIELD_OBJECT)
			continue;
		for (size_t j = 0; j < resolved.at->count; j++)
			suggest_offer(near, path + best->rest, name, resolved.at->fields[j].name);
	}
}

static void list_fields(const struct event_field *object, char *text, size_t size)
{
	size_t length = (size_t)snprintf(text, size, "the fields of %s are", object->name);

	for (size_t i = 0; i < object->count && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s %s", i ? "," : "", object->fields[i].name);
}

/* No event of the filter has the field; `best` is how far the path went in the one where it went farthest. */
static int refuse_path(const struct field_filter *filter, const char *path, size_t length, const struct resolved *best,
		       struct field_mask_error *ret_error)
{
	static const char *const kinds[] = {
		[EVENT_FIELD_SCALAR] = "a value", [EVENT_FIELD_LIST] = "a list", [EVENT_FIELD_MAP] = "a map"};
	struct suggestion near = {0};

	if (best->at->kind != EVENT_FIELD_OBJECT) {
		snprintf(ret_error->problem, sizeof(ret_error->problem), "a path ends at %s, which is %s: \"%.*s\"",
			 best->at->name, kinds[best->at->kind], (int)length, path);
		snprintf(ret_error->remedy, sizeof(ret_error->remedy), "write %.*s", (int)best->rest - 1, path);
		return -EINVAL;
	}
	suggest(filter, path, length, best, &near);
	snprintf(ret_error->problem, sizeof(ret_error->problem), "unknown field \"%.*s\"", (int)length, path);
	if (near.name)
		snprintf(ret_error->remedy, sizeof(ret_error->remedy), "did you mean %.*s%s?", (int)best->rest, path,
			 near.name);
	else
		list_fields(best->at, ret_error->remedy, sizeof(ret_error->remedy));
	return -EINVAL;
}

/* --- the tree */

static void split(struct field_node *node)
{
	if (node->state != FIELD_KEPT)
		return;
	node->state = FIELD_PARTIAL;
	node->keeps_others = true;
}

static int append_node(struct field_masks *masks, const char *name, uint32_t *ret)
{
	assert(masks->count < NODES_MAX);
	if (masks->count == masks->size) {
		size_t size = MAX(masks->size * 2, 4 * EVENT_MESSAGE_COUNT);
		struct field_node *grown = reallocarray(masks->nodes, size, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		masks->nodes = grown;
		masks->size = size;
	}
	*ret = (uint32_t)masks->count;
	masks->nodes[masks->count++] = (struct field_node){.name = name, .name_length = strlen(name)};
	return 0;
}

/* The child of that name, made if it is kept by rule so far: 1; 0 if it is dropped; or -ENOMEM. */
static int get_child(struct field_masks *masks, uint32_t parent, const char *name, uint32_t *ret)
{
	uint32_t child = masks->nodes[parent].children;
	int r;

	while (child && strcmp(masks->nodes[child].name, name) != 0)
		child = masks->nodes[child].next;
	if (!child) {
		if (!masks->nodes[parent].keeps_others)
			return 0;
		r = append_node(masks, name, &child);
		if (r < 0)
			return r;
		masks->nodes[child].next = masks->nodes[parent].children;
		masks->nodes[parent].children = child;
	}
	*ret = child;
	return masks->nodes[child].state != FIELD_DROPPED;
}

/* Makes nodes along the path, as far as there is something left, and marks them. */
static int add_path(struct field_masks *masks, uint32_t message, const struct resolved *path, bool is_exclude)
{
	uint32_t at = message;

	for (size_t i = 0; i < path->count; i++) {
		int r;

		split(&masks->nodes[at]);
		r = get_child(masks, at, path->fields[i]->name, &at);
		if (r <= 0)
			return r;
		masks->nodes[at].listed = masks->filter_count;
	}
	if (is_exclude)
		masks->nodes[at].state = FIELD_DROPPED;
	else
		masks->nodes[at].whole = masks->filter_count;
	return 0;
}

/* Drops what the filter that was marked last does not list. As deep as a path. */
static void drop_unlisted(struct field_masks *masks, uint32_t at)
{
	struct field_node *node = &masks->nodes[at];

	split(node);
	node->keeps_others = false;
	for (uint32_t child = node->children; child; child = masks->nodes[child].next) {
		struct field_node *field = &masks->nodes[child];

		if (field->listed != masks->filter_count)
			field->state = FIELD_DROPPED;
		else if (field->whole != masks->filter_count && field->state == FIELD_PARTIAL)
			drop_unlisted(masks, child);
	}
}

static int make_roots(struct field_masks *masks)
{
	int r = 0;

	while (r == 0 && masks->count < EVENT_MESSAGE_COUNT) {
		uint32_t root;

		r = append_node(masks, event_messages[masks->count].name, &root);
	}
	return r;
}

static int take_path(struct field_masks *masks, const struct field_filter *filter, const char *path, size_t length,
		     struct field_mask_error *ret_error)
{
	struct resolved best = {0}, resolved;
	bool is_known = false;

	for (uint32_t i = 0; i < EVENT_MESSAGE_COUNT; i++) {
		int r;

		if (!(filter->messages & 1u << i))
			continue;
		resolve(&event_messages[i], path, length, &resolved);
		if (!best.at || resolved.rest > best.rest)
			best = resolved;
		if (!resolved.is_field)
			continue;
		is_known = true;
		r = add_path(masks, i, &resolved, filter->is_exclude);
		if (r < 0)
			return r;
	}
	return is_known ? 0 : refuse_path(filter, path, length, &best, ret_error);
}

int field_masks_add(struct field_masks *masks, const struct field_filter *filter, struct field_mask_error *ret_error)
{
	const char *path = filter->fields;
	int r = make_roots(masks);

	assert(filter->messages);
	masks->filter_count++;
	for (;;) {
		size_t length = strcspn(path, ",");

		if (r == 0)
			r = take_path(masks, filter, path, length, ret_error);
		if (r < 0)
			return r;
		if (!path[length])
			break;
		path += length + 1;
	}
	for (uint32_t i = 0; !filter->is_exclude && i < EVENT_MESSAGE_COUNT; i++)
		if (filter->messages & 1u << i)
			drop_unlisted(masks, i);
	return 0;
}

void field_masks_done(struct field_masks *masks)
{
	free(masks->nodes);
	*masks = (struct field_masks){0};
}

bool field_masks_is_empty(const struct field_masks *masks)
{
	return masks->count == 0;
}

/* --- a line */

struct rewriting {
	const struct field_node *nodes;
	struct json_cursor json;
	const char *pending; /* from here to json.at nothing is copied yet */
	char *out;
};

static void copy_until(struct rewriting *line, const char *until)
{
	size_t length = (size_t)(until - line->pending);

	if (line->out != line->pending)
		memmove(line->out, line->pending, length);
	line->out += length;
	line->pending = until;
}

/* What stands between the two is left out. */
static void leave_out(struct rewriting *line, const char *from, const char *until)
{
	copy_until(line, from);
	line->pending = until;
}

static bool is_named(const struct field_node *node, const char *name, size_t length)
{
	return node->name_length == length && memcmp(node->name, name, length) == 0;
}

/* The field's node; NULL if it is kept as it is, and *ret_is_kept tells if at all. */
static const struct field_node *find_child(const struct rewriting *line, const struct field_node *object,
					   const char *name, size_t length, bool *ret_is_kept)
{
	for (uint32_t i = object->children; i; i = line->nodes[i].next) {
		const struct field_node *node = &line->nodes[i];

		if (!is_named(node, name, length))
			continue;
		/* what is not the object that it should be has none of the fields that are kept of it */
		*ret_is_kept = node->state == FIELD_KEPT ||
			       (node->state == FIELD_PARTIAL && (node->keeps_others || *line->json.at == '{'));
		return node->state == FIELD_PARTIAL && *line->json.at == '{' ? node : NULL;
	}
	*ret_is_kept = object->keeps_others;
	return NULL;
}

static bool rewrite_object(struct rewriting *line, const struct field_node *object);

/* `node` is NULL for a value that is kept or left out as it is. */
static bool rewrite_value(struct rewriting *line, const struct field_node *node)
{
	return node ? rewrite_object(line, node) : json_skip_value(&line->json);
}

/* Fields that are left out go with the comma before them, or behind them where nothing before them is kept. */
static bool rewrite_object(struct rewriting *line, const struct field_node *object)
{
	const char *kept_end = ++line->json.at, *separator = kept_end;
	bool has_kept = false;

	json_skip_blanks(&line->json);
	while (line->json.at < line->json.end && *line->json.at != '}') {
		const char *key = line->json.at, *name;
		const struct field_node *node;
		bool is_kept = true;
		size_t length;

		if (!json_skip_key(&line->json, &name, &length) || line->json.at == line->json.end)
			return false;
		node = find_child(line, object, name, length, &is_kept);
		if (is_kept && separator != kept_end)
			leave_out(line, kept_end, has_kept ? separator : key);
		if (!rewrite_value(line, node))
			return false;
		if (is_kept)
			kept_end = line->json.at;
		has_kept = has_kept || is_kept;
		json_skip_blanks(&line->json);
		separator = line->json.at;
		if (!json_skip_byte(&line->json, ','))
			break;
		json_skip_blanks(&line->json);
	}
	if (line->json.at == line->json.end || *line->json.at != '}')
		return false;
	leave_out(line, kept_end, line->json.at++);
	return true;
}

/* rate_limit_info is none: what it tells is not an event's. */
static const struct field_node *find_event(const struct field_masks *masks, const char *name, size_t length)
{
	for (size_t i = 0; i < EVENT_MESSAGE_RATE_LIMIT; i++)
		if (is_named(&masks->nodes[i], name, length))
			return &masks->nodes[i];
	return NULL;
}

static void rewrite_line(struct rewriting *line, const struct field_masks *masks)
{
	const char *name;
	size_t length;

	json_skip_blanks(&line->json);
	if (!json_skip_byte(&line->json, '{'))
		return;
	do {
		const struct field_node *event;

		json_skip_blanks(&line->json);
		if (!json_skip_key(&line->json, &name, &length) || line->json.at == line->json.end)
			return;
		event = find_event(masks, name, length);
		if (event && (event->state == FIELD_KEPT || *line->json.at != '{'))
			event = NULL;
		if (!rewrite_value(line, event))
			return;
		json_skip_blanks(&line->json);
	} while (json_skip_byte(&line->json, ','));
}

size_t field_masks_apply(const struct field_masks *masks, const char *line, size_t length, char *ret)
{
	struct rewriting rewriting = {
		.nodes = masks->nodes, .json = {line, line + length}, .pending = line, .out = ret};

	if (!field_masks_is_empty(masks))
		rewrite_line(&rewriting, masks);
	copy_until(&rewriting, rewriting.json.end);
	return (size_t)(rewriting.out - ret);
}
