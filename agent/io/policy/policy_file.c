// SPDX-License-Identifier: Apache-2.0
#include "io/policy/policy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "io/file/read_file.h"

static const struct policy_position nowhere;

static bool policy_is_same(const struct policy *a, const struct policy *b)
{
	return a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
	       (!a->namespace || strcmp(a->namespace, b->namespace) == 0);
}

/* Whether a policy of the file has the name already; that is reported. */
static bool policy_file_has(const struct policy_file *file, const struct policy *policy, struct report *report)
{
	for (size_t i = 0; i < file->count; i++) {
		const struct policy *other = file->items[i].policy;

		if (!other || !policy_is_same(other, policy))
			continue;
		report_add(report, FINDING_VALIDATE, policy->position, "metadata.name", "rename one of them",
			   "failed to add tracing policy %s, a sensor collection with the key already exists: line %u",
			   policy->name, other->position.line);
		return true;
	}
	return false;
}

static void policy_file_item_done(struct policy_file_item *item)
{
	free(item->name);
	free(item->namespace);
	policy_free(item->policy);
	*item = (struct policy_file_item){0};
}

/* The names of a document, which may be wrong in everything else. */
static int policy_file_name_item(struct policy_file_item *item, const struct tree *tree)
{
	const char *name = policy_document_name(tree), *namespace = policy_document_namespace(tree);

	item->name = name ? strdup(name) : NULL;
	item->namespace = namespace ? strdup(namespace) : NULL;
	return (name && !item->name) || (namespace && !item->namespace) ? -ENOMEM : 0;
}

static int policy_file_add(struct policy_file *file, const struct tree *tree, const struct policy_variables *variables,
			   struct report *report)
{
	_cleanup_(policy_file_item_done) struct policy_file_item item = {.first = report->count};
	int r = policy_file_name_item(&item, tree);

	if (r == 0)
		r = policy_parse(tree, variables, report, &item.policy);
	if (r == -ENOMEM)
		return r;
	if (r == 0 && policy_file_has(file, item.policy, report)) {
		policy_free(item.policy);
		item.policy = NULL;
	}
	item.end = report->count;
	file->items[file->count++] = item;
	item = (struct policy_file_item){0};
	return 0;
}

static int policy_file_add_all(struct policy_file *file, const struct yaml_documents *documents,
			       const struct policy_variables *variables, struct report *report)
{
	int r = 0;

	if (documents->count == 0) {
		report_add(report, FINDING_PARSE, nowhere, NULL, "write a policy, or remove the file",
			   "has no policy in it");
		return -EINVAL;
	}
	for (size_t i = 0; r == 0 && i < documents->count; i++)
		r = policy_file_add(file, documents->trees[i], variables, report);
	return r;
}

int policy_file_parse(const char *text, size_t length, const struct policy_variables *variables, struct report *report,
		      struct policy_file *ret)
{
	_cleanup_(yaml_documents_done) struct yaml_documents documents = {0};
	struct policy_file file = {0};
	int r = yaml_read(text, length, report, &documents);

	if (r == 0)
		r = policy_file_add_all(&file, &documents, variables, report);
	if (r == -ENOMEM)
		report_add(report, FINDING_PARSE, nowhere, NULL, NULL, "not enough memory to read it");
	if (r < 0) {
		policy_file_done(&file);
		return r;
	}
	*ret = file;
	return 0;
}

void policy_file_done(struct policy_file *file)
{
	while (file->count > 0)
		policy_file_item_done(&file->items[--file->count]);
}

/* The number of bytes read, or -errno. */
static ssize_t policy_file_read(const char *path, char *text, size_t size)
{
	/* O_NONBLOCK: a FIFO must not hold up the agent */
	_cleanup_close_ int fd = -1;
	struct stat status;

	if (strcmp(path, "-") == 0)
		return read_file(STDIN_FILENO, text, size);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	return read_file(fd, text, size);
}

int policy_file_load(const char *path, const struct policy_variables *variables, struct report *report,
		     struct policy_file *ret)
{
	_cleanup_free_ char *text = malloc(YAML_BYTES_MAX + 1);
	ssize_t length = text ? policy_file_read(path, text, YAML_BYTES_MAX + 1) : -ENOMEM;

	if (length >= 0)
		return policy_file_parse(text, (size_t)length, variables, report, ret);
	report_add(report, FINDING_PARSE, nowhere, NULL, NULL, "cannot be read: %s", strerror((int)-length));
	return (int)length;
}
