// SPDX-License-Identifier: Apache-2.0
#include "cmd/policy_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/util.h"
#include "cmd/policy_networks.h"
#include "io/kube/own_node.h"
#include "io/kube/policy_objects.h"
#include "io/policy/policy_dir.h"
#include "io/policy/policy_file.h"

#define RETRY_NS (30 * CLOCK_NS_PER_SECOND) /* the first time; then twice as long each time, up to: */
#define RETRY_MAX_NS (300 * CLOCK_NS_PER_SECOND)

/* A file while it is loaded. */
struct loading {
	bool is_retry; /* the file has not changed */
	int error;     /* of reading it: then it has no items */
	struct policy_file file;
	struct report report;
};

/* A file as it was when it was last loaded. */
struct known {
	struct policy_dir_file file;
	bool is_unread;             /* it has not been: there was no memory */
	bool is_failed;             /* something of it is to be tried again: */
	uint64_t retry_ns, wait_ns; /* when at the latest, CLOCK_MONOTONIC, and how long that is */
	uint64_t said;              /* a hash of the errors that are in the log */
	struct label_selector
		node; /* nodeSelector of the cluster's policy that this is, and, as of when it was loaded: */
	enum own_node_answer answer;
	bool uses_networks;      /* it has been asked what the cluster's are */
	struct loading *loading; /* owned; in this pass */
};

struct policy_files {
	struct policy_set *set;         /* not owned, nor the next */
	const atomic_bool *is_ending;   /* leave off, then */
	struct policy_dir *dir;         /* NULL: no directory */
	const char *file, *directory;   /* "": none */
	struct policy_objects *objects; /* not owned; NULL: there is no cluster, nor the next: */
	struct own_node *node;
	uint64_t node_version; /* of its labels, as policies were selected by last */
	bool is_unknown_said;  /* that they cannot be had */
	struct policy_networks networks;
	struct policy_variables variables; /* from these */
	struct known *known;               /* owned, sorted by path */
	size_t count;
	bool has_room;  /* the last pass removed or changed something */
	int list_error; /* as last told, 0 when it worked, and so: */
	size_t left_out_said;
};

/* --- what is there */

static int compare_files(const void *a, const void *b)
{
	return strcmp(((const struct policy_dir_file *)a)->path, ((const struct policy_dir_file *)b)->path);
}

static int compare_known(const void *path, const void *known)
{
	return strcmp(path, ((const struct known *)known)->file.path);
}

static struct known *find_known(const struct policy_files *files, const char *path)
{
	return files->count ? bsearch(path, files->known, files->count, sizeof(*files->known), compare_known) : NULL;
}

static void known_done(struct known *known, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(known[i].file.path);
		label_selector_done(&known[i].node);
	}
	free(known);
}

static int add_single(const struct policy_files *files, struct policy_dir_list *list)
{
	struct policy_dir_file file, *grown;
	int r = *files->file ? policy_dir_stat(files->file, &file) : -ENOENT;

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (list->count && bsearch(&file, list->files, list->count, sizeof(file), compare_files)) {
		free(file.path);
		return 0;
	}
	grown = reallocarray(list->files, list->count + 1, sizeof(*grown));
	if (!grown) {
		free(file.path);
		return -ENOMEM;
	}
	list->files = grown;
	list->files[list->count++] = file;
	qsort(list->files, list->count, sizeof(file), compare_files);
	return 0;
}

/* Those of the cluster, as if they were files. */
static int add_objects(const struct policy_files *files, struct policy_dir_list *list)
{
	_cleanup_(policy_object_list_done) struct policy_object_list objects = {0};
	struct policy_dir_file *grown;
	int r = files->objects ? policy_objects_list(files->objects, &objects) : 0;

	if (r < 0 || objects.count == 0)
		return r;
	grown = reallocarray(list->files, list->count + objects.count, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	list->files = grown;
	for (size_t i = 0; i < objects.count; i++) {
		struct policy_dir_file *file = &grown[list->count++];

		*file = (struct policy_dir_file){.content = objects.objects[i].content};
		file->path = TAKE_PTR(objects.objects[i].place);
	}
	qsort(list->files, list->count, sizeof(*grown), compare_files);
	return 0;
}

static int list_files(const struct policy_files *files, struct policy_dir_list *ret)
{
	int r = files->dir ? policy_dir_list(files->dir, ret) : 0;

	if (r == -ENOENT)
		r = 0; /* not there yet, or no more */
	if (r >= 0)
		r = add_single(files, ret);
	return r < 0 ? r : add_objects(files, ret);
}

/* Each thing that is wrong with the list is told once. */
static void report_list(struct policy_files *files, int error, size_t left_out)
{
	if (error < 0 && error != files->list_error)
		log_error("%s: cannot list the policies: %s; those that run go on",
			  *files->directory ? files->directory : files->file, strerror(-error));
	if (left_out && left_out != files->left_out_said)
		log_error("%s: %zu files are left out, the last ones by name: there may be %d", files->directory,
			  left_out, POLICY_FILES_MAX);
	files->list_error = error;
	if (error >= 0)
		files->left_out_said = left_out;
}

static bool has_changed(const struct known *old, const struct policy_dir_file *file)
{
	return old->is_unread || old->file.content != file->content || old->file.error != file->error ||
	       old->file.is_directory != file->is_directory;
}

/* All but the path. */
static struct known take_known(struct known *old)
{
	struct known taken = *old;

	old->node = (struct label_selector){0};
	return taken;
}

/* What is known of a listed file: all of it if it is as it was. */
static struct known know(const struct policy_files *files, const struct policy_dir_file *file)
{
	struct known *old = find_known(files, file->path);
	struct known known = {.is_unread = !file->is_directory};

	if (old && !has_changed(old, file))
		known = take_known(old);
	else if (file->is_directory)
		log_warn("%s: cannot be read: %s; what it had before goes on", file->path, strerror(-file->error));
	known.file = *file;
	return known;
}

/* Takes the list over. Files in directories that can be read no more are taken for unchanged. */
static int take_list(struct policy_files *files, struct policy_dir_list *list)
{
	struct known *known = calloc(list->count + files->count + 1, sizeof(*known));
	size_t count = 0;

	if (!known)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		known[count++] = know(files, &list->files[i]);
	for (size_t i = 0; i < files->count; i++) {
		if (!policy_dir_list_hides(list, files->known[i].file.path))
			continue;
		known[count++] = take_known(&files->known[i]);
		files->known[i].file.path = NULL;
	}
	qsort(known, count, sizeof(*known), compare_files); /* a known file begins with the listed one */
	free(list->files);
	*list = (struct policy_dir_list){0};
	known_done(files->known, files->count);
	files->known = known;
	files->count = count;
	return 0;
}

/* --- from files to documents */

static void loading_free(struct loading *loading)
{
	if (!loading)
		return;
	report_done(&loading->report);
	policy_file_done(&loading->file);
	free(loading);
}

/* An object's text is ours, so lines and columns of it say nothing to anybody: the field does. */
static int load_object(const struct policy_files *files, const char *place, struct loading *loading)
{
	_cleanup_free_ char *text = policy_objects_text(files->objects, place);

	if (!text)
		return -ENOMEM; /* or it is gone, which the next pass will see */
	loading->report.is_of_cluster = true;
	return policy_file_parse(text, strlen(text), &files->variables, &loading->report, &loading->file);
}

static int load(const struct policy_files *files, const char *place, struct loading *loading)
{
	if (policy_set_is_object(place))
		return load_object(files, place, loading);
	return policy_file_load(place, &files->variables, &loading->report, &loading->file);
}

/* Reads the file. Without memory it stays as it is, for now. */
static void begin_load(struct policy_files *files, struct known *known, struct policy_files_pass *pass)
{
	struct loading *loading = calloc(1, sizeof(*loading));

	if (!loading) {
		log_error("%s: not enough memory to load it; it is tried again", known->file.path);
		known->is_unread = true;
		policy_set_want_all(files->set, known->file.path);
		return;
	}
	loading->is_retry = !known->is_unread;
	files->networks.has_asked = false;
	report_init(&loading->report, known->file.path);
	loading->error = load(files, known->file.path, loading);
	known->uses_networks = files->networks.has_asked;
	if (known->uses_networks && policy_networks_are_to_come(&files->networks)) {
		loading_free(loading); /* as at the start: it stays unread, and what runs of it goes on */
		policy_set_want_all(files->set, known->file.path);
		return;
	}
	known->loading = loading;
	pass->has_loaded = true;
}

/* Before anything is changed it is known what each file has: so a policy may move from one to the other. */
static void claim_names(const struct policy_files *files, const struct known *known)
{
	const struct loading *loading = known->loading;

	for (size_t i = 0; loading && i < loading->file.count; i++)
		if (loading->file.items[i].name)
			policy_set_want(files->set, loading->file.items[i].name, loading->file.items[i].namespace,
					known->file.path);
}

/* Where a document has no name, or nothing can be read, nobody knows which policies are meant. */
static void claim_rest(const struct policy_files *files, const struct known *known)
{
	const struct loading *loading = known->loading;

	if (!loading)
		return;
	if (loading->error < 0)
		policy_set_keep_rest(files->set, known->file.path, &loading->report, 0, loading->report.count);
	for (size_t i = 0; i < loading->file.count; i++)
		if (!loading->file.items[i].name)
			policy_set_keep_rest(files->set, known->file.path, &loading->report,
					     loading->file.items[i].first, loading->file.items[i].end);
}

static bool is_due(const struct policy_files *files, const struct known *known, uint64_t now_ns)
{
	return known->is_unread || (known->is_failed && (files->has_room || now_ns >= known->retry_ns));
}

static void begin_loads(struct policy_files *files, struct policy_files_pass *pass)
{
	uint64_t now_ns = clock_monotonic_ns();

	policy_set_want_none(files->set);
	for (size_t i = 0; i < files->count; i++) {
		struct known *known = &files->known[i];

		if (known->file.is_directory)
			continue;
		if (is_due(files, known, now_ns))
			begin_load(files, known, pass);
		else
			policy_set_want_all(files->set, known->file.path);
		claim_names(files, known);
	}
	/* what nobody wants any more may be what a file of these waits for: its name above all */
	for (size_t i = 0; policy_set_has_leftovers(files->set) && i < files->count; i++)
		if (files->known[i].is_failed && !files->known[i].loading)
			begin_load(files, &files->known[i], pass);
	for (size_t i = 0; i < files->count; i++)
		claim_rest(files, &files->known[i]);
}

/* --- from documents to policies */

static void log_report(const struct report *report)
{
	char text[2048];

	for (size_t i = 0; i < report->count; i++) {
		finding_print(&report->findings[i], report->file, text, sizeof(text));
		if (report->findings[i].is_warning)
			log_warn("%s", text);
		else
			log_error("%s", text);
	}
	if (report->left_out)
		log_error("%s: %zu more findings", report->file, report->left_out);
}

/* Of the texts of its errors. */
static uint64_t hash_errors(const struct report *report)
{
	uint64_t hash = HASH_BEGIN;

	for (size_t i = 0; i < report->count; i++) {
		const struct finding *finding = &report->findings[i];

		if (!finding->is_warning)
			hash = hash_bytes(hash, finding->problem, strlen(finding->problem));
	}
	return hash;
}

/* Once: what a selector is taken for, and why. */
static void say_unknown(struct policy_files *files)
{
	char why[OWN_NODE_WHY_MAX];

	if (!own_node_is_unknown(files->node, why) || files->is_unknown_said)
		return;
	files->is_unknown_said = true;
	log_warn("policies with a nodeSelector are loaded whatever it says, since the labels of node %s are not known: "
		 "%s",
		 own_node_name(files->node), why);
}

/* Whether the policy is for this node; those of files are for every node that has the file. */
static int ask_node(struct policy_files *files, struct known *known, const struct policy *policy)
{
	int r;

	known->answer = OWN_NODE_SELECTED;
	if (!files->node || !policy->node.count || !policy_set_is_object(known->file.path))
		return 0;
	r = label_selector_copy(&policy->node, &known->node);
	if (r < 0)
		return r;
	known->answer = own_node_ask(files->node, &known->node);
	say_unknown(files);
	return 0;
}

static enum policy_outcome apply_item(struct policy_files *files, struct known *known, struct policy_file_item *item)
{
	struct loading *loading = known->loading;
	const char *path = known->file.path;

	if (!item->policy) {
		if (item->name)
			policy_set_refuse(files->set, item->name, item->namespace, path, &loading->report, item->first,
					  item->end);
		return POLICY_OUTCOME_REFUSED;
	}
	if (ask_node(files, known, item->policy) < 0)
		return POLICY_OUTCOME_FAILED;
	if (known->answer == OWN_NODE_WAIT)
		return POLICY_OUTCOME_NEW; /* what runs of it stays so long */
	if (known->answer == OWN_NODE_NOT_SELECTED)
		return policy_set_skip(files->set, TAKE_PTR(item->policy), path);
	if (loading->is_retry && policy_set_is_enabled(files->set, item->name, item->namespace, path))
		return POLICY_OUTCOME_NEW; /* that was not what failed */
	return policy_set_apply(files->set, TAKE_PTR(item->policy), path, &loading->report);
}

static void plan_retry(struct known *known, bool is_retry)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (!is_retry)
		known->wait_ns = RETRY_NS;
	else if (now_ns >= known->retry_ns) /* nothing else had it tried */
		known->wait_ns = MIN(2 * known->wait_ns, RETRY_MAX_NS);
	known->retry_ns = now_ns + known->wait_ns;
}

/* Applies what a file has. What is wrong is told again when something else is. */
static void finish_load(struct policy_files *files, struct known *known, struct policy_files_pass *pass)
{
	struct loading *loading = known->loading;
	bool has_failed = loading->error < 0 && loading->error != -EINVAL;
	uint64_t said;

	label_selector_done(&known->node);
	known->answer = OWN_NODE_SELECTED;
	for (size_t i = 0; i < loading->file.count && !atomic_load(files->is_ending); i++) {
		enum policy_outcome outcome = apply_item(files, known, &loading->file.items[i]);

		has_failed |= outcome == POLICY_OUTCOME_FAILED;
		files->has_room |= outcome == POLICY_OUTCOME_CHANGED;
	}
	if (!atomic_load(files->is_ending) && known->answer != OWN_NODE_WAIT)
		policy_set_note_content(files->set, known->file.path, known->file.content);
	said = hash_errors(&loading->report);
	if (!loading->is_retry || said != known->said) {
		log_report(&loading->report);
		pass->has_changed = true;
	}
	if (has_failed)
		plan_retry(known, loading->is_retry);
	known->is_failed = has_failed;
	known->is_unread = false;
	known->said = said;
}

/* When the node's labels change, the policies of which the answer does are loaded anew, or unloaded. */
static void follow_node(struct policy_files *files)
{
	uint64_t version = files->node ? change_version(own_node_change(files->node)) : 0;

	if (version == files->node_version)
		return;
	files->node_version = version;
	for (size_t i = 0; i < files->count; i++) {
		struct known *known = &files->known[i];

		if (known->node.count && own_node_ask(files->node, &known->node) != known->answer)
			known->is_unread = true;
	}
}

/* When the cluster's networks change, what was made with them is made anew: other values for the same programs. */
static void follow_networks(struct policy_files *files)
{
	if (!policy_networks_follow(&files->networks))
		return;
	for (size_t i = 0; i < files->count; i++)
		files->known[i].is_unread |= files->known[i].uses_networks;
}

struct policy_files_pass policy_files_follow(struct policy_files *files)
{
	_cleanup_(policy_dir_list_done) struct policy_dir_list list = {0};
	struct policy_files_pass pass = {0};
	int r = list_files(files, &list);

	report_list(files, r, list.left_out);
	if (r >= 0)
		r = take_list(files, &list);
	if (r < 0)
		return pass;
	follow_node(files);
	follow_networks(files);
	begin_loads(files, &pass);
	files->has_room = false;
	for (size_t i = 0; i < files->count; i++) {
		struct known *known = &files->known[i];

		if (known->loading && !atomic_load(files->is_ending))
			finish_load(files, known, &pass);
		loading_free(TAKE_PTR(known->loading));
	}
	if (atomic_load(files->is_ending))
		return pass;
	if (policy_set_remove_unwanted(files->set)) {
		files->has_room = true;
		pass.has_changed = true;
	}
	for (size_t i = 0; i < files->count; i++)
		pass.is_open |= files->has_room && files->known[i].is_failed;
	return pass;
}

/* --- begin and end */

int policy_files_open(const struct policies_options *options, struct policy_set *set, const atomic_bool *is_ending,
		      struct policy_files **ret)
{
	struct policy_files *files = calloc(1, sizeof(*files));
	int r = 0;

	if (!files)
		return -ENOMEM;
	files->set = set;
	files->is_ending = is_ending;
	policy_networks_init(&files->networks, options->variables, options->networks);
	files->variables = policy_networks_variables(&files->networks);
	files->file = options->file ? options->file : "";
	files->directory = options->directory ? options->directory : "";
	files->objects = options->objects;
	files->node = options->node;
	if (*files->directory)
		r = policy_dir_open(files->directory, &files->dir);
	if (r < 0) {
		policy_files_close(files);
		return r;
	}
	if (*files->file && access(files->file, F_OK) < 0)
		log_error("--tracing-policy: cannot read %s: %s", files->file, strerror(errno));
	*ret = files;
	return 0;
}

struct policy_files *policy_files_close(struct policy_files *files)
{
	if (!files)
		return NULL;
	policy_dir_close(files->dir);
	policy_networks_done(&files->networks);
	known_done(files->known, files->count);
	free(files);
	return NULL;
}

int policy_files_fd(const struct policy_files *files)
{
	return files->dir ? policy_dir_fd(files->dir) : -1;
}

void policy_files_drain(struct policy_files *files)
{
	if (files->dir)
		policy_dir_drain(files->dir);
}
