// SPDX-License-Identifier: Apache-2.0
#include "core/process/seen_paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

struct entry {
	uint32_t pid;
	uint64_t exec_ns;
	char *path; /* owned; NULL: free */
	size_t length;
};

/* Searched from end to end: hashes and times lie close together, which 1,024 of are read in no time. */
struct seen_paths {
	uint64_t hashes[SEEN_PATHS_MAX];
	uint64_t met_at[SEEN_PATHS_MAX]; /* 0: free */
	struct entry entries[SEEN_PATHS_MAX];
	uint64_t now; /* counts meetings */
};

struct seen_paths *seen_paths_new(void)
{
	return calloc(1, sizeof(struct seen_paths));
}

struct seen_paths *seen_paths_free(struct seen_paths *seen)
{
	for (size_t i = 0; seen && i < SEEN_PATHS_MAX; i++)
		free(seen->entries[i].path);
	free(seen);
	return NULL;
}

/* What has the same hash is compared. */
static uint64_t hash_of(uint32_t pid, uint64_t exec_ns, struct bytes path)
{
	return hash_bytes(HASH_BEGIN ^ pid ^ exec_ns, path.data, path.length);
}

static bool is_equal(const struct entry *entry, uint32_t pid, uint64_t exec_ns, struct bytes path)
{
	return entry->path && entry->pid == pid && entry->exec_ns == exec_ns && entry->length == path.length &&
	       memcmp(entry->path, path.data, path.length) == 0;
}

bool seen_paths_has(struct seen_paths *seen, uint32_t pid, uint64_t exec_ns, struct bytes path)
{
	uint64_t hash = hash_of(pid, exec_ns, path);

	for (size_t i = 0; i < SEEN_PATHS_MAX; i++) {
		if (seen->hashes[i] != hash || !is_equal(&seen->entries[i], pid, exec_ns, path))
			continue;
		seen->met_at[i] = ++seen->now;
		return true;
	}
	return false;
}

static size_t find_oldest(const struct seen_paths *seen)
{
	size_t oldest = 0;

	for (size_t i = 1; i < SEEN_PATHS_MAX; i++)
		if (seen->met_at[i] < seen->met_at[oldest])
			oldest = i;
	return oldest;
}

void seen_paths_add(struct seen_paths *seen, uint32_t pid, uint64_t exec_ns, struct bytes path)
{
	size_t at = find_oldest(seen);
	struct entry *entry = &seen->entries[at];

	free(entry->path);
	*entry = (struct entry){.pid = pid, .exec_ns = exec_ns, .length = path.length};
	seen->met_at[at] = 0;
	entry->path = malloc(path.length ? path.length : 1);
	if (!entry->path)
		return;
	memcpy(entry->path, path.data, path.length);
	seen->hashes[at] = hash_of(pid, exec_ns, path);
	seen->met_at[at] = ++seen->now;
}
