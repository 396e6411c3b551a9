// SPDX-License-Identifier: Apache-2.0
#include "core/kube/pod_wait.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/encode/event_json.h"
#include "core/encode/pod_json.h"
#include "core/kube/pod_table.h"
#include "core/process/pod_uid.h"

#define BUCKETS 256
#define POD_WAIT_UNSEEN UINT64_MAX /* no version of a table */
#define DOCKER_SIZE sizeof(((struct process *)NULL)->docker)

/* A part of a held line's bytes. */
struct part {
	uint32_t at, length;
};

/* A pod that a line lacks, and what its object will say of the process. */
struct held_pod {
	size_t at; /* in the line */
	struct pod_uid uid;
	char docker[DOCKER_SIZE];
	uint32_t ns_pid;
	struct part binary, arguments;
};

struct held_line {
	struct held_line *queue_next;
	struct held_line *newer;
	struct queue *queue;
	uint64_t until_ns;
	struct held_pod pods[POD_SPLICES_MAX];
	size_t pod_count;     /* 0: it only stands behind another */
	bool has_process;     /* pods[0] is the process's, not the parent's */
	uint32_t to, pending; /* as in struct destinations */
	size_t length, size;
	char *bytes;                      /* behind the verdicts: the line, then what its pods refer to */
	struct filter_pending verdicts[]; /* of the pending ones, in the order of their bits */
};

/* The lines of one container, oldest first. */
struct queue {
	char docker[DOCKER_SIZE];
	struct held_line *first, *last;
	struct queue *hash_next;
};

/* A container that its pod's status did not have when an event of it came. */
struct seen_container {
	char docker[DOCKER_SIZE];
	bool is_sandbox, is_vain; /* the latter: it was waited for in vain */
};

struct pod_wait {
	struct pod_table *table;
	struct pod_wait_calls calls;
	struct pod_finder finder, finder_now;
	struct queue *buckets[BUCKETS];
	struct held_line *oldest, *newest; /* of all */
	uint64_t seen_version;             /* of the table */
	uint64_t list_until_ns;            /* how long lines wait for the first list; 0: none has waited yet */
	bool has_list;                     /* it has come */
	bool is_vain;                      /* the event being encoded lacks something that nobody waits for */
	struct seen_container seen[POD_WAIT_SEEN_MAX];
	size_t seen_at, seen_count;
	struct buffer line; /* scratch: a line with its pods */
	struct pod_wait_stats stats;
};

static void find_pod(void *context, const struct process *process, struct pod_place *ret);
static void find_pod_now(void *context, const struct process *process, struct pod_place *ret);

struct pod_wait *pod_wait_new(struct pod_table *table, const struct pod_wait_calls *calls)
{
	struct pod_wait *wait = calloc(1, sizeof(*wait));

	if (!wait)
		return NULL;
	wait->table = table;
	wait->calls = *calls;
	wait->finder = (struct pod_finder){.find = find_pod, .context = wait};
	wait->finder_now = (struct pod_finder){.find = find_pod_now, .context = wait};
	if (buffer_init(&wait->line, EVENT_JSON_LINE_MAX) < 0)
		return pod_wait_free(wait);
	return wait;
}

const struct pod_finder *pod_wait_finder(struct pod_wait *wait)
{
	return &wait->finder;
}

const struct pod_finder *pod_wait_finder_now(struct pod_wait *wait)
{
	return &wait->finder_now;
}

/* --- containers that no pod's status has */

static struct seen_container *find_seen(struct pod_wait *wait, const char *docker)
{
	for (size_t i = 0; i < wait->seen_count; i++)
		if (strcmp(wait->seen[i].docker, docker) == 0)
			return &wait->seen[i];
	return NULL;
}

/* What is known of it, in place of the container that was seen first. */
static struct seen_container *get_seen(struct pod_wait *wait, const char *docker)
{
	struct seen_container *seen = find_seen(wait, docker);

	if (seen)
		return seen;
	seen = &wait->seen[wait->seen_at];
	wait->seen_at = (wait->seen_at + 1) % POD_WAIT_SEEN_MAX;
	wait->seen_count = MIN(wait->seen_count + 1, (size_t)POD_WAIT_SEEN_MAX);
	*seen = (struct seen_container){
		.is_sandbox = wait->calls.is_sandbox && wait->calls.is_sandbox(wait->calls.context, docker),
	};
	memcpy(seen->docker, docker, DOCKER_SIZE);
	return seen;
}

/* --- what the encoder asks */

static struct pod_place look_up(struct pod_wait *wait, const struct pod_uid *uid, const char *docker)
{
	const struct seen_container *seen;
	struct pod_place place = {0};

	place.pod = pod_table_find(wait->table, uid, docker, &place.container);
	if (!place.pod)
		return place;
	place.state = POD_STATE_FOUND;
	seen = place.container ? NULL : find_seen(wait, docker);
	place.is_sandbox = seen && seen->is_sandbox;
	return place;
}

static bool is_complete(const struct pod_place *place)
{
	return place->container || place->is_sandbox;
}

static void find_pod_now(void *context, const struct process *process, struct pod_place *ret)
{
	*ret = look_up(context, &process->pod_uid, process->docker);
}

static void find_pod(void *context, const struct process *process, struct pod_place *ret)
{
	struct pod_wait *wait = context;
	const struct seen_container *seen;

	find_pod_now(wait, process, ret);
	/* a container whose path names no pod is somebody else's: Docker's, podman's */
	if (is_complete(ret) || !pod_uid_is_set(&process->pod_uid))
		return;
	seen = get_seen(wait, process->docker);
	ret->is_sandbox = ret->pod && seen->is_sandbox; /* as of now */
	if (ret->is_sandbox)
		return;
	if (seen->is_vain) {
		wait->is_vain = true;
		return;
	}
	kube_pod_unref(ret->pod);
	*ret = (struct pod_place){.state = POD_STATE_AWAITED};
}

/* --- queues */

static struct queue **bucket_of(struct pod_wait *wait, const char *docker)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *at = docker; *at; at++)
		hash = (hash ^ (uint8_t)*at) * 16777619u;
	return &wait->buckets[hash % BUCKETS];
}

static struct queue *find_queue(struct pod_wait *wait, const char *docker)
{
	struct queue *queue = *bucket_of(wait, docker);

	while (queue && strcmp(queue->docker, docker) != 0)
		queue = queue->hash_next;
	return queue;
}

/* The one with that container; NULL without memory. */
static struct queue *get_queue(struct pod_wait *wait, const char *docker)
{
	struct queue *queue = find_queue(wait, docker), **bucket = bucket_of(wait, docker);

	if (queue)
		return queue;
	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return NULL;
	memcpy(queue->docker, docker, DOCKER_SIZE);
	queue->hash_next = *bucket;
	*bucket = queue;
	return queue;
}

static void free_queue(struct pod_wait *wait, struct queue *queue)
{
	struct queue **link = bucket_of(wait, queue->docker);

	while (*link != queue)
		link = &(*link)->hash_next;
	*link = queue->hash_next;
	free(queue);
}

static bool is_for_log(const struct held_line *line)
{
	return line->to & DESTINATION_BIT(DESTINATION_LOG);
}

/* Takes the first line of its queue out. `link` is what points at it in the list of all, `older` the line before it. */
static struct held_line *unlink_line(struct pod_wait *wait, struct held_line **link, struct held_line *older)
{
	struct held_line *line = *link;
	struct queue *queue = line->queue;

	*link = line->newer;
	if (wait->newest == line)
		wait->newest = older;
	queue->first = line->queue_next;
	if (!queue->first)
		free_queue(wait, queue);
	wait->stats.lines--;
	wait->stats.waiting -= is_for_log(line);
	wait->stats.bytes -= line->size;
	return line;
}

/* --- letting go */

/* With the first list the time of the lines that waited for it begins. */
static void note_list(struct pod_wait *wait, uint64_t now_ns)
{
	if (wait->has_list || !pod_table_is_listed(wait->table))
		return;
	wait->has_list = true;
	for (struct held_line *line = wait->oldest; line; line = line->newer)
		line->until_ns = MIN(line->until_ns, now_ns + POD_WAIT_MAX_NS);
}

/* The line's pods as far as they are known; true if that is all of them. */
static bool look_up_all(struct pod_wait *wait, const struct held_line *line,
			struct pod_place ret[static POD_SPLICES_MAX])
{
	bool are_complete = true;

	for (size_t i = 0; i < line->pod_count; i++) {
		ret[i] = look_up(wait, &line->pods[i].uid, line->pods[i].docker);
		are_complete = are_complete && is_complete(&ret[i]);
	}
	return are_complete;
}

static void unref_all(struct pod_place places[static POD_SPLICES_MAX])
{
	for (size_t i = 0; i < POD_SPLICES_MAX; i++)
		kube_pod_unref(places[i].pod);
}

static struct pod_subject subject_of(const struct held_line *line, const struct held_pod *pod)
{
	return (struct pod_subject){
		.docker = pod->docker,
		.ns_pid = pod->ns_pid,
		.binary = {line->bytes + pod->binary.at, pod->binary.length},
		.arguments = {line->bytes + pod->arguments.at, pod->arguments.length},
	};
}

static bool may_be_probe(const struct held_line *line, const struct held_pod *pod, const struct pod_place *place)
{
	const struct pod_subject subject = subject_of(line, pod);

	return place->container &&
	       kube_container_may_be_probe(place->pod, place->container, subject.binary, subject.arguments);
}

/* Those of `to` that get it; `verdicts` are those of the pending ones. */
static uint32_t settle(struct pod_wait *wait, uint32_t to, uint32_t pending, const struct filter_pending *verdicts,
		       const struct filter_found *found)
{
	uint32_t takers = to & ~pending;

	for (; pending; pending &= pending - 1, verdicts++) {
		unsigned int destination = (unsigned int)__builtin_ctz(pending);

		if (wait->calls.gate(wait->calls.context, destination, verdicts, found))
			takers |= DESTINATION_BIT(destination);
	}
	return takers;
}

/* The line with its pods is in wait->line. */
static uint32_t settle_line(struct pod_wait *wait, const struct held_line *line,
			    const struct pod_place places[static POD_SPLICES_MAX])
{
	struct filter_found found = {
		.process = line->has_process ? &places[0] : NULL,
		.line = {wait->line.data, wait->line.length},
	};

	for (size_t i = 0; line->pending && i < line->pod_count; i++)
		found.is_probe = found.is_probe || may_be_probe(line, &line->pods[i], &places[i]);
	return settle(wait, line->to, line->pending, line->verdicts, &found);
}

static void splice(struct pod_wait *wait, const struct held_line *line,
		   const struct pod_place places[static POD_SPLICES_MAX])
{
	size_t at = 0;

	buffer_reset(&wait->line);
	for (size_t i = 0; i < line->pod_count; i++) {
		const struct held_pod *pod = &line->pods[i];
		const struct pod_subject subject = subject_of(line, pod);

		buffer_append(&wait->line, line->bytes + at, pod->at - at);
		pod_json_append(&wait->line, &places[i], &subject);
		at = pod->at;
	}
	buffer_append(&wait->line, line->bytes + at, line->length - at);
}

/* False if the log does not get it. */
static bool write_line(struct pod_wait *wait, const struct held_line *line,
		       const struct pod_place places[static POD_SPLICES_MAX])
{
	bool is_logged;
	uint32_t to;

	splice(wait, line, places);
	to = settle_line(wait, line, places);
	if (!to)
		return false;
	is_logged = to & DESTINATION_BIT(DESTINATION_LOG);
	wait->stats.waiting += is_logged;
	wait->calls.output(wait->calls.context, to, wait->line.data, wait->line.length);
	wait->stats.waiting -= is_logged;
	return is_logged;
}

/* Out with a line that is in no list any more. */
static void let_go(struct pod_wait *wait, struct held_line *line, enum pod_wait_cause cause)
{
	struct pod_place places[POD_SPLICES_MAX] = {0};
	bool are_complete = look_up_all(wait, line, places);

	for (size_t i = 0; cause == POD_WAIT_CAUSE_TIME && i < line->pod_count; i++)
		if (!is_complete(&places[i]))
			get_seen(wait, line->pods[i].docker)->is_vain = true;
	if (write_line(wait, line, places) && !are_complete)
		wait->stats.incomplete[cause]++;
	unref_all(places);
	free(line);
}

static void let_go_oldest(struct pod_wait *wait, enum pod_wait_cause cause)
{
	let_go(wait, unlink_line(wait, &wait->oldest, NULL), cause);
}

/* True if the line may go: it is the first of its container and complete, and is out then. */
static bool try_line(struct pod_wait *wait, struct held_line **link, struct held_line *older)
{
	struct pod_place places[POD_SPLICES_MAX] = {0};
	struct held_line *line = *link;
	bool is_known = line->queue->first == line && look_up_all(wait, line, places);

	if (is_known) {
		write_line(wait, unlink_line(wait, link, older), places);
		free(line);
	}
	unref_all(places);
	return is_known;
}

/* From the oldest line to the newest; a line that is let go makes the next of its container the first. */
static void let_go_known(struct pod_wait *wait)
{
	struct held_line **link = &wait->oldest, *older = NULL;

	while (*link) {
		if (try_line(wait, link, older))
			continue;
		older = *link;
		link = &older->newer;
	}
}

/* The container that the oldest line waits for is given up, so all its lines go: nobody waits for it any more. */
static void give_up_oldest(struct pod_wait *wait)
{
	struct queue *queue = wait->oldest->queue;
	struct held_line **link = &wait->oldest, *older = NULL;
	enum pod_wait_cause cause = POD_WAIT_CAUSE_TIME;
	bool is_last = false;

	while (*link && !is_last) {
		if ((*link)->queue != queue) {
			older = *link;
			link = &older->newer;
			continue;
		}
		is_last = queue->last == *link;
		let_go(wait, unlink_line(wait, link, older), cause);
		cause = POD_WAIT_CAUSE_VAIN;
	}
}

void pod_wait_poll(struct pod_wait *wait, uint64_t now_ns)
{
	uint64_t version;

	if (!wait->oldest)
		return;
	note_list(wait, now_ns);
	version = pod_table_version(wait->table);
	if (version != wait->seen_version) {
		wait->seen_version = version;
		let_go_known(wait);
	}
	while (wait->oldest && wait->oldest->until_ns <= now_ns)
		give_up_oldest(wait);
}

void pod_wait_end(struct pod_wait *wait)
{
	while (wait->oldest)
		let_go_oldest(wait, POD_WAIT_CAUSE_END);
}

struct pod_wait *pod_wait_free(struct pod_wait *wait)
{
	if (!wait)
		return NULL;
	while (wait->oldest)
		free(unlink_line(wait, &wait->oldest, NULL));
	buffer_done(&wait->line);
	free(wait);
	return NULL;
}

/* --- holding */

/* What a probe's command may be, or nothing: the rest is not worth keeping. */
static struct bytes worth_keeping(struct bytes text)
{
	return text.length <= 2 * KUBE_PROBE_MAX ? text : (struct bytes){0};
}

static struct part append_part(struct held_line *line, size_t *at, struct bytes text)
{
	struct part part = {.at = (uint32_t)*at, .length = (uint32_t)text.length};

	if (text.length)
		memcpy(line->bytes + *at, text.data, text.length);
	*at += text.length;
	return part;
}

static size_t size_of_line(size_t length, const struct pod_splices *splices)
{
	size_t size = length;

	for (size_t i = 0; i < splices->count; i++) {
		const struct image *image = splices->items[i].process->image;

		size += worth_keeping(image->binary).length + worth_keeping(image->arguments).length;
	}
	return size;
}

/* A line without its bytes; NULL without memory. */
static struct held_line *new_line(size_t bytes, const struct destinations *destinations)
{
	size_t count = (size_t)__builtin_popcount(destinations->pending), i = 0;
	size_t size = sizeof(struct held_line) + count * sizeof(struct filter_pending);
	struct held_line *line = malloc(size + bytes);

	if (!line)
		return NULL;
	*line = (struct held_line){
		.to = destinations->to,
		.pending = destinations->pending,
		.size = size + bytes,
		.bytes = (char *)line + size,
	};
	for (uint32_t pending = line->pending; pending; pending &= pending - 1)
		line->verdicts[i++] = destinations->verdicts[__builtin_ctz(pending)];
	return line;
}

static struct held_line *copy_line(const char *text, size_t length, const struct pod_splices *splices,
				   const struct destinations *destinations)
{
	struct held_line *line = new_line(size_of_line(length, splices), destinations);
	size_t at = length;

	if (!line)
		return NULL;
	line->length = length;
	line->pod_count = splices->count;
	memcpy(line->bytes, text, length);
	for (size_t i = 0; i < splices->count; i++) {
		const struct process *process = splices->items[i].process;
		struct held_pod *pod = &line->pods[i];

		pod->at = splices->items[i].at;
		pod->uid = process->pod_uid;
		memcpy(pod->docker, process->docker, sizeof(pod->docker));
		pod->ns_pid = process->ns_pid;
		pod->binary = append_part(line, &at, worth_keeping(process->image->binary));
		pod->arguments = append_part(line, &at, worth_keeping(process->image->arguments));
	}
	return line;
}

/* How long a line waits that comes now. */
static uint64_t until_ns(struct pod_wait *wait, uint64_t now_ns)
{
	uint64_t until_ns = now_ns + POD_WAIT_MAX_NS;

	note_list(wait, now_ns);
	if (!wait->list_until_ns)
		wait->list_until_ns = now_ns + POD_WAIT_LIST_MAX_NS;
	return wait->has_list ? until_ns : MAX(until_ns, wait->list_until_ns);
}

static void hold(struct pod_wait *wait, struct held_line *line, struct queue *queue, uint64_t now_ns)
{
	line->until_ns = until_ns(wait, now_ns);
	line->queue = queue;
	if (queue->first)
		queue->last->queue_next = line;
	else
		queue->first = line;
	queue->last = line;
	if (wait->newest)
		wait->newest->newer = line;
	else
		wait->oldest = line;
	wait->newest = line;
	wait->stats.lines++;
	wait->stats.waiting += is_for_log(line);
	wait->stats.bytes += line->size;
	wait->stats.held += is_for_log(line);
}

/* Without memory to hold a line: it goes out, and before it, to keep the order, what is held of its container. */
static void refuse(struct pod_wait *wait, const char *docker, const char *line, size_t length,
		   const struct destinations *destinations)
{
	static const struct pod_place nowhere = {0};
	const struct filter_found found = {.process = &nowhere, .line = {line, length}};
	struct filter_pending verdicts[DESTINATIONS_MAX];
	size_t count = 0;
	uint32_t to;

	while (find_queue(wait, docker))
		let_go_oldest(wait, POD_WAIT_CAUSE_ROOM);
	for (uint32_t pending = destinations->pending; pending; pending &= pending - 1)
		verdicts[count++] = destinations->verdicts[__builtin_ctz(pending)];
	to = settle(wait, destinations->to, destinations->pending, verdicts, &found);
	wait->stats.incomplete[POD_WAIT_CAUSE_ROOM] += (to & DESTINATION_BIT(DESTINATION_LOG)) != 0;
	if (to)
		wait->calls.output(wait->calls.context, to, line, length);
}

static void make_room(struct pod_wait *wait, size_t bytes)
{
	if (wait->stats.lines < POD_WAIT_LINES_MAX && wait->stats.bytes + bytes <= POD_WAIT_BYTES_MAX)
		return;
	while (wait->oldest &&
	       (wait->stats.lines >= POD_WAIT_LINES_MAX || wait->stats.bytes + bytes > POD_WAIT_BYTES_MAX))
		let_go_oldest(wait, POD_WAIT_CAUSE_ROOM);
	wait->seen_version = POD_WAIT_UNSEEN; /* what only stood behind these may go */
}

void pod_wait_take(struct pod_wait *wait, const struct event *event, const char *line, size_t length,
		   const struct pod_splices *splices, const struct destinations *destinations, uint64_t now_ns)
{
	const struct process *process = event->process;
	/* a process of the host waits with its parent's container */
	const char *docker = process->docker[0] || !event->parent ? process->docker : event->parent->docker;
	_cleanup_free_ struct held_line *copy = NULL;
	struct queue *queue;

	wait->stats.incomplete[POD_WAIT_CAUSE_VAIN] +=
		wait->is_vain && destinations->to & DESTINATION_BIT(DESTINATION_LOG);
	wait->is_vain = false;
	assert(!destinations->pending || splices->count);
	if (!splices->count && !(wait->oldest && docker[0] && find_queue(wait, docker))) {
		wait->calls.output(wait->calls.context, destinations->to, line, length);
		return;
	}
	copy = copy_line(line, length, splices, destinations);
	if (copy) {
		copy->has_process = splices->count && splices->items[0].process == process;
		make_room(wait, copy->size);
	}
	queue = copy ? get_queue(wait, docker) : NULL;
	if (queue)
		hold(wait, TAKE_PTR(copy), queue, now_ns);
	else
		refuse(wait, docker, line, length, destinations);
}

void pod_wait_add_destination(struct pod_wait *wait, unsigned int destination)
{
	for (struct held_line *line = wait->oldest; line; line = line->newer)
		line->to |= DESTINATION_BIT(destination);
}

static void remove_destination(struct held_line *line, uint32_t bit)
{
	size_t at = (size_t)__builtin_popcount(line->pending & (bit - 1));

	line->to &= ~bit;
	if (!(line->pending & bit))
		return;
	line->pending &= ~bit;
	memmove(&line->verdicts[at], &line->verdicts[at + 1],
		((size_t)__builtin_popcount(line->pending) - at) * sizeof(*line->verdicts));
}

void pod_wait_remove_destination(struct pod_wait *wait, unsigned int destination)
{
	for (struct held_line *line = wait->oldest; line; line = line->newer)
		remove_destination(line, DESTINATION_BIT(destination));
}

void pod_wait_skip(struct pod_wait *wait)
{
	wait->is_vain = false;
}

bool pod_wait_has_list(const struct pod_wait *wait)
{
	return pod_table_is_listed(wait->table);
}

bool pod_wait_is_holding(const struct pod_wait *wait)
{
	return wait->oldest != NULL;
}

const struct pod_wait_stats *pod_wait_read_stats(const struct pod_wait *wait)
{
	return &wait->stats;
}
