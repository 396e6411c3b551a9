// SPDX-License-Identifier: Apache-2.0
#include "core/kube/scope_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/util.h"
#include "core/process/container_id.h"
#include "core/process/pod_uid.h"

#define BUCKETS 1024    /* a power of two */
#define EVICTIONS_MAX 8 /* for one cgroup: new ones may take what becomes free */

#define LABEL_NAMESPACE "k8s:io.kubernetes.pod.namespace"

struct scope {
	unsigned users; /* policies; 0: free */
	char *namespace;
	struct label_selector pod, container;
};

struct scope_cgroup {
	uint64_t id, parent, made_ns;
	struct pod_uid pod;
	char docker[CONTAINER_ID_LENGTH + 1]; /* "": the pod's own cgroup */
	struct scope_container container;     /* as the runtime says; name "": unknown */
	bool is_inside;                       /* of a container's cgroup */
	bool is_stale;                        /* the kernel would not take the last change */
	bool is_decided;                      /* nothing but changes of pods and policies changes what holds for it */
	unsigned scan;
	struct cgroup_scopes scopes; /* as last told */
	struct scope_cgroup *next;
};

/* Cgroups without a place. A scan counts those of now anew. */
struct shortage {
	size_t now, in_scan;
	uint64_t total;
};

struct scope_table {
	struct scope_table_options options;
	struct scope scopes[SCOPES_MAX];
	struct scope_cgroup *buckets[BUCKETS];
	size_t hand; /* of evictions: a bucket */
	unsigned scan;
	bool is_scanning, is_scan_wanted, has_overflowed, has_stale;
	struct shortage missing, covered;
	struct scope_table_stats stats; /* but for what is counted when it is asked for */
};

int scope_table_new(const struct scope_table_options *options, struct scope_table **ret)
{
	struct scope_table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->options = *options;
	*ret = table;
	return 0;
}

static void scope_done(struct scope *scope)
{
	free(scope->namespace);
	label_selector_done(&scope->pod);
	label_selector_done(&scope->container);
	*scope = (struct scope){0};
}

struct scope_table *scope_table_free(struct scope_table *table)
{
	if (!table)
		return NULL;
	for (size_t i = 0; i < BUCKETS; i++) {
		while (table->buckets[i]) {
			struct scope_cgroup *cgroup = table->buckets[i];

			table->buckets[i] = cgroup->next;
			free(cgroup);
		}
	}
	for (size_t i = 0; i < SCOPES_MAX; i++)
		scope_done(&table->scopes[i]);
	free(table);
	return NULL;
}

/* --- whom a scope is for */

static bool is_text(struct bytes bytes, const char *text)
{
	return bytes.length == strlen(text) && memcmp(bytes.data, text, bytes.length) == 0;
}

static bool find_pod_label(const void *object, const char *key, struct bytes *ret_value)
{
	const struct kube_pod *pod = object;

	if (kube_pod_find_label(pod, key, ret_value))
		return true;
	/* behind the pod's own: no label of the API server has a name with a colon */
	if (strcmp(key, LABEL_NAMESPACE) != 0)
		return false;
	*ret_value = kube_pod_text(pod, pod->namespace);
	return true;
}

/* A container by its pod's status, where that has it, else by the runtime. */
struct container_view {
	const struct kube_pod *pod;
	const struct kube_container *status; /* NULL: not yet */
	const struct scope_container *runtime;
};

static bool find_container_label(const void *object, const char *key, struct bytes *ret_value)
{
	const struct container_view *view = object;

	if (strcmp(key, "name") == 0) {
		*ret_value = view->status ? kube_pod_text(view->pod, view->status->name)
					  : (struct bytes){view->runtime->name, strlen(view->runtime->name)};
		return true;
	}
	if (strcmp(key, "repo") != 0 || !view->status)
		return false;
	*ret_value = kube_pod_text(view->pod, view->status->image_id.repository);
	return true;
}

/* Does a condition ask for what only the pod's status has? */
static bool asks_for_status(const struct label_selector *selector)
{
	for (size_t i = 0; i < selector->count; i++)
		if (strcmp(selector->requirements[i].key, "name") != 0)
			return true;
	return false;
}

static bool container_matches(const struct scope *scope, const struct container_view *view)
{
	if (!scope->container.count)
		return true;
	if (!view->status && (!view->runtime->name[0] || asks_for_status(&scope->container)))
		return false; /* not known yet: also not that it is another one */
	return label_selector_matches(&scope->container, find_container_label, view);
}

/* A policy that watches too much is better than one that is evaded by too many labels. */
static bool pod_matches(const struct scope *scope, const struct kube_pod *pod)
{
	return (scope->pod.count && pod->are_labels_cut) || label_selector_matches(&scope->pod, find_pod_label, pod);
}

static bool scope_holds(const struct scope *scope, const struct container_view *view)
{
	if (!scope->namespace && !scope->pod.is_given && !scope->container.is_given)
		return false; /* for the host alone, which is not asked for here */
	if (scope->namespace && !is_text(kube_pod_text(view->pod, view->pod->namespace), scope->namespace))
		return false;
	return pod_matches(scope, view->pod) && container_matches(scope, view);
}

/* --- decisions */

static struct scope_cgroup **bucket_of(struct scope_table *table, uint64_t id)
{
	return &table->buckets[hash_bytes(HASH_BEGIN, &id, sizeof(id)) & (BUCKETS - 1)];
}

static struct scope_cgroup *find_cgroup(struct scope_table *table, uint64_t id)
{
	struct scope_cgroup *cgroup = *bucket_of(table, id);

	while (cgroup && cgroup->id != id)
		cgroup = cgroup->next;
	return cgroup;
}

static void decided(struct scope_table *table, struct scope_cgroup *cgroup)
{
	if (cgroup->is_decided)
		return;
	cgroup->is_decided = true;
	if (!cgroup->made_ns || !cgroup->docker[0] || cgroup->is_inside)
		return;
	table->stats.containers++;
	table->stats.gap_last_ns = table->options.now_ns() - cgroup->made_ns;
	table->stats.gap_sum_ns += table->stats.gap_last_ns;
	table->stats.gap_max_ns = MAX(table->stats.gap_max_ns, table->stats.gap_last_ns);
}

/* True if nothing is missing that the decision takes. */
static bool scopes_of(struct scope_table *table, struct scope_cgroup *cgroup, struct cgroup_scopes *ret)
{
	struct container_view view = {.runtime = &cgroup->container};
	_cleanup_kube_pod_ struct kube_pod *pod =
		pod_table_find(table->options.pods, &cgroup->pod, cgroup->docker, &view.status);
	bool needs_status = false, is_named;

	*ret = (struct cgroup_scopes){0};
	if (!pod || cgroup->container.is_sandbox)
		return pod;
	view.pod = pod;
	is_named = view.status || cgroup->container.name[0] || !cgroup->docker[0];
	for (size_t i = 0; i < SCOPES_MAX; i++) {
		const struct scope *scope = &table->scopes[i];

		if (!scope->users)
			continue;
		needs_status |= !view.status && cgroup->docker[0] && scope->container.count &&
				(!is_named || asks_for_status(&scope->container));
		if (scope_holds(scope, &view))
			ret->words[i / 64] |= 1ull << (i % 64);
	}
	return !needs_status;
}

/* 0, or what the kernel says: it is counted, and tried again, but for a new cgroup. */
static int decide(struct scope_table *table, struct scope_cgroup *cgroup, bool is_new)
{
	struct cgroup_scopes scopes;
	bool is_final = scopes_of(table, cgroup, &scopes);
	int r = 0;

	if (is_new || cgroup->is_stale || memcmp(&scopes, &cgroup->scopes, sizeof(scopes)) != 0)
		r = table->options.set(table->options.context, cgroup->id, &scopes);
	cgroup->scopes = scopes;
	cgroup->is_stale = r < 0;
	if (r < 0 && !is_new) {
		table->has_stale = true;
		table->stats.failed++;
	}
	if (r >= 0 && is_final)
		decided(table, cgroup);
	return r;
}

static void decide_all(struct scope_table *table)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct scope_cgroup *cgroup = table->buckets[i]; cgroup; cgroup = cgroup->next)
			decide(table, cgroup, false);
}

/* --- scopes */

static bool scope_is(const struct scope *scope, const char *namespace, const struct label_selector *pod,
		     const struct label_selector *container)
{
	if (!scope->users || !namespace != !scope->namespace || (namespace && strcmp(namespace, scope->namespace) != 0))
		return false;
	return label_selector_is_equal(&scope->pod, pod) && label_selector_is_equal(&scope->container, container);
}

static int scope_init(struct scope *scope, const char *namespace, const struct label_selector *pod,
		      const struct label_selector *container)
{
	int r;

	if (namespace) {
		scope->namespace = strdup(namespace);
		if (!scope->namespace)
			return -ENOMEM;
	}
	r = label_selector_copy(pod, &scope->pod);
	return r < 0 ? r : label_selector_copy(container, &scope->container);
}

int scope_table_add(struct scope_table *table, const char *namespace, const struct label_selector *pod,
		    const struct label_selector *container)
{
	int free_scope = -1, r;

	for (int i = SCOPES_MAX - 1; i >= 0; i--) {
		struct scope *scope = &table->scopes[i];

		if (scope_is(scope, namespace, pod, container)) {
			scope->users++;
			return i;
		}
		if (!scope->users)
			free_scope = i;
	}
	if (free_scope < 0)
		return -ENOSPC;
	r = scope_init(&table->scopes[free_scope], namespace, pod, container);
	if (r < 0) {
		scope_done(&table->scopes[free_scope]);
		return r;
	}
	table->scopes[free_scope].users = 1;
	table->stats.scopes++;
	decide_all(table);
	return free_scope;
}

/* The bits that it leaves stand for nothing: who gets the number next has all cgroups decided on anew. */
void scope_table_remove(struct scope_table *table, int scope)
{
	if (--table->scopes[scope].users)
		return;
	scope_done(&table->scopes[scope]);
	table->stats.scopes--;
}

/* --- cgroups */

static bool has_status(const struct scope_table *table, const struct scope_cgroup *cgroup)
{
	const struct kube_container *status = NULL;
	_cleanup_kube_pod_ struct kube_pod *pod =
		pod_table_find(table->options.pods, &cgroup->pod, cgroup->docker, &status);

	return pod && status;
}

/* Is what the path's last name is in, in a pod's container? */
static bool is_inside(struct bytes path)
{
	const char *slash = path.length ? memrchr(path.data, '/', path.length) : NULL;
	char docker[CONTAINER_ID_LENGTH + 1];
	struct pod_uid pod;

	path.length = slash ? (size_t)(slash - path.data) : 0;
	return container_id_from_cgroup(path, docker, &pod) && pod_uid_is_set(&pod);
}

/* Whose it is; false: no pod's. */
static bool identify(struct scope_table *table, struct scope_cgroup *cgroup, struct bytes path)
{
	const struct scope_cgroup *parent = find_cgroup(table, cgroup->parent);
	char id[CONTAINER_ID_DIGITS + 1];
	struct pod_uid ignored;

	cgroup->is_inside = parent ? parent->docker[0] != '\0' : is_inside(path);
	if (parent && parent->docker[0]) {
		cgroup->pod = parent->pod;
		memcpy(cgroup->docker, parent->docker, sizeof(cgroup->docker));
		cgroup->container = parent->container;
		return true;
	}
	if (parent)
		cgroup->pod = parent->pod;
	else if (!pod_from_cgroup(path, &cgroup->pod))
		return false;
	container_id_from_cgroup(path, cgroup->docker, &ignored);
	if (container_id_of_cgroup(path, id) && memcmp(id, cgroup->docker, CONTAINER_ID_LENGTH) == 0 &&
	    !cgroup->is_inside && !has_status(table, cgroup))
		table->options.identify(table->options.context, id, &cgroup->container);
	return true;
}

static void delete_at(struct scope_table *table, struct scope_cgroup **place)
{
	struct scope_cgroup *cgroup = *place;

	*place = cgroup->next;
	table->options.remove(table->options.context, cgroup->id);
	table->stats.cgroups--;
	free(cgroup);
}

/* --- want of room */

static void add_shortage(struct scope_table *table, struct shortage *shortage)
{
	if (!table->has_overflowed)
		table->options.overflow(table->options.context);
	table->has_overflowed = true;
	if (table->is_scanning) {
		shortage->in_scan++;
	} else {
		shortage->now++;
		shortage->total++;
	}
}

static void end_shortage(struct shortage *shortage)
{
	shortage->total += shortage->in_scan > shortage->now ? shortage->in_scan - shortage->now : 0;
	shortage->now = shortage->in_scan;
	shortage->in_scan = 0;
}

/* Of one that is not in the table. The kernel may have given it what holds for its parent, which nobody would change.
 */
static void refuse(struct scope_table *table, uint64_t id, bool is_inside_container)
{
	add_shortage(table, is_inside_container ? &table->covered : &table->missing);
	table->options.remove(table->options.context, id);
}

/* Takes out a cgroup inside of a container. False: there is none. */
static bool evict(struct scope_table *table)
{
	for (size_t i = 0; i < BUCKETS; i++, table->hand = (table->hand + 1) % BUCKETS) {
		struct scope_cgroup **place = &table->buckets[table->hand];

		while (*place && !(*place)->is_inside)
			place = &(*place)->next;
		if (!*place)
			continue;
		add_shortage(table, &table->covered);
		delete_at(table, place);
		return true;
	}
	return false;
}

static bool has_room(struct scope_table *table, const struct scope_cgroup *cgroup)
{
	return table->stats.cgroups < table->options.cgroups_max || (!cgroup->is_inside && evict(table));
}

/* A cgroup that the table has just got gets its place in the kernel. */
static int place(struct scope_table *table, struct scope_cgroup *cgroup)
{
	int r = decide(table, cgroup, true);

	for (int i = 0; r == -E2BIG && !cgroup->is_inside && i < EVICTIONS_MAX && evict(table); i++)
		r = decide(table, cgroup, true);
	return r;
}

/* --- cgroups that come and go */

static void insert(struct scope_table *table, struct scope_cgroup *cgroup)
{
	struct scope_cgroup **bucket = bucket_of(table, cgroup->id);

	cgroup->scan = table->scan;
	cgroup->next = *bucket;
	*bucket = cgroup;
	table->stats.cgroups++;
}

/* One whose container has no place goes without, too: of whom it is, only that knows for sure. */
static bool is_orphan(struct scope_table *table, const struct scope_cgroup *cgroup)
{
	return cgroup->is_inside && !find_cgroup(table, cgroup->parent);
}

void scope_table_put_cgroup(struct scope_table *table, uint64_t id, uint64_t parent, struct bytes path,
			    uint64_t made_ns)
{
	struct scope_cgroup *cgroup = find_cgroup(table, id), new = {.id = id, .parent = parent, .made_ns = made_ns};

	if (cgroup) {
		cgroup->scan = table->scan;
		return;
	}
	if (!identify(table, &new, path))
		return;
	cgroup = !is_orphan(table, &new) && has_room(table, &new) ? malloc(sizeof(*cgroup)) : NULL;
	if (!cgroup) {
		refuse(table, id, new.is_inside);
		return;
	}
	*cgroup = new;
	insert(table, cgroup);
	if (place(table, cgroup) >= 0)
		return;
	scope_table_delete_cgroup(table, id);
	refuse(table, id, new.is_inside);
}

void scope_table_delete_cgroup(struct scope_table *table, uint64_t id)
{
	struct scope_cgroup **place = bucket_of(table, id);

	while (*place && (*place)->id != id)
		place = &(*place)->next;
	if (*place)
		delete_at(table, place);
}

void scope_table_begin_scan(struct scope_table *table)
{
	table->scan++;
	table->is_scanning = true;
}

/* What was not put is gone. */
static void sweep(struct scope_table *table)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		struct scope_cgroup **place = &table->buckets[i];

		while (*place) {
			if ((*place)->scan == table->scan)
				place = &(*place)->next;
			else
				delete_at(table, place);
		}
	}
}

void scope_table_end_scan(struct scope_table *table, bool is_whole)
{
	if (is_whole)
		sweep(table);
	end_shortage(&table->missing);
	end_shortage(&table->covered);
	table->is_scanning = false;
	table->is_scan_wanted = !is_whole;
	if (!table->has_stale)
		return;
	table->has_stale = false;
	decide_all(table);
}

bool scope_table_wants_scan(const struct scope_table *table)
{
	return table->missing.now || table->has_stale || table->is_scan_wanted;
}

void scope_table_pod_changed(struct scope_table *table, const struct kube_pod *pod)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct scope_cgroup *cgroup = table->buckets[i]; cgroup; cgroup = cgroup->next)
			if (pod_uid_is_equal(&cgroup->pod, &pod->uid) ||
			    pod_uid_is_equal(&cgroup->pod, &pod->static_uid))
				decide(table, cgroup, false);
}

struct scope_table_stats scope_table_read_stats(const struct scope_table *table)
{
	struct scope_table_stats stats = table->stats;

	stats.missing = table->missing.now;
	stats.refused = table->missing.total;
	stats.covered = table->covered.total;
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct scope_cgroup *cgroup = table->buckets[i]; cgroup; cgroup = cgroup->next)
			stats.undecided += !cgroup->is_decided;
	return stats;
}

void scope_stats_add(struct scope_stats *sum, const struct scope_stats *more)
{
	const struct scope_table_stats before = sum->table;
	struct scope_table_stats *table = &sum->table;

	*table = more->table;
	table->refused += before.refused;
	table->covered += before.covered;
	table->failed += before.failed;
	table->containers += before.containers;
	table->gap_sum_ns += before.gap_sum_ns;
	table->gap_max_ns = MAX(table->gap_max_ns, before.gap_max_ns);
	if (!more->table.containers)
		table->gap_last_ns = before.gap_last_ns;
	sum->cgroups_max = more->cgroups_max;
	sum->lost += more->lost;
}
