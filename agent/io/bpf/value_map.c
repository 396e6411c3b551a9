// SPDX-License-Identifier: Apache-2.0
#include "io/bpf/value_map.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "core/policy/substring.h"
#include "io/bpf/hook_program.h"
#include "policy/interface.h"

#define CAPACITY_MIN 16 /* so that a few more values don't need another map */
/* Inside one function at the same time. No LRU hash: that one would drop the record of a thread that is to return. */
#define PENDING_THREADS 1024 /* where the memory is taken beforehand: */
#define PENDING_THREADS_PREALLOCATED 64
#define PREALLOCATED_BYTES_MAX (1u << 20)

/* The kinds of maps; an entry's value is not used. */
static const struct map_kind {
	enum bpf_map_type type;
	uint32_t key_bytes, value_bytes;
	bool is_by_content; /* entries are the values; else there is one entry */
} kinds[] = {
	[PLAN_MAP_STRINGS] = {BPF_MAP_TYPE_HASH, sizeof(struct string_key), 1, true},
	[PLAN_MAP_LONG_STRINGS] = {BPF_MAP_TYPE_HASH, sizeof(struct long_string_key), 1, true},
	[PLAN_MAP_PREFIXES] = {BPF_MAP_TYPE_LPM_TRIE, sizeof(struct prefix_key), 1, true},
	[PLAN_MAP_PATH_TOPS] = {BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(struct path_names), false},
	[PLAN_MAP_PATH_ENDS] = {BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(struct path_names), false},
	[PLAN_MAP_POSTFIXES] = {BPF_MAP_TYPE_LPM_TRIE, sizeof(struct postfix_key), 1, true},
	[PLAN_MAP_SUBSTRINGS] = {BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(union substring_block), false},
	[PLAN_MAP_SUBSTRINGS_IGN_CASE] = {BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(union substring_block), false},
	[PLAN_MAP_NETWORKS4] = {BPF_MAP_TYPE_LPM_TRIE, sizeof(struct network4_key), 1, true},
	[PLAN_MAP_NETWORKS6] = {BPF_MAP_TYPE_LPM_TRIE, sizeof(struct network6_key), 1, true},
	[PLAN_MAP_PORTS] = {BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), PORT_BITMAP_BYTES, false},
	[PLAN_MAP_NUMBERS] = {BPF_MAP_TYPE_HASH, sizeof(uint64_t), 1, true},
	[PLAN_MAP_PIDS] = {BPF_MAP_TYPE_HASH, sizeof(uint32_t), 1, true},
	[PLAN_MAP_PENDING] = {BPF_MAP_TYPE_HASH, sizeof(uint64_t), PENDING_RECORD_MAX, true},
};

/* Keys of the map that the values should make: count of them, key_bytes each, sorted, each once. */
struct key_set {
	char *keys; /* owned */
	size_t count, key_bytes;
};

static void key_set_done(struct key_set *set)
{
	free(set->keys);
}

/* --- keys */

static bool make_string_key(const struct policy_string *string, size_t maximum, char *key)
{
	if (string->length > maximum)
		return false;
	memcpy(key, &string->length, sizeof(string->length));
	memcpy(key + sizeof(string->length), string->bytes, string->length);
	return true;
}

static bool make_prefix_key(const struct policy_string *string, char *key)
{
	uint32_t bits = string->length * 8;

	if (string->length > STRING_KEY_MAX)
		return false;
	memcpy(key, &bits, sizeof(bits));
	memcpy(key + sizeof(bits), string->bytes, string->length);
	return true;
}

static bool make_postfix_key(const struct policy_string *string, char *key)
{
	uint32_t bits = string->length * 8;

	if (string->length > POSTFIX_KEY_MAX)
		return false;
	memcpy(key, &bits, sizeof(bits));
	for (uint32_t i = 0; i < string->length; i++)
		key[sizeof(bits) + i] = string->bytes[string->length - 1 - i];
	return true;
}

static bool make_network_key(bool is_ipv6, const struct policy_network *network, char *key)
{
	uint32_t bits = network->prefix_length;

	if (network->is_ipv6 != is_ipv6)
		return false;
	memcpy(key, &bits, sizeof(bits));
	memcpy(key + sizeof(bits), network->address, is_ipv6 ? 16 : 4);
	return true;
}

/* The key of one value, zeroed before; false if this map does not hold it. */
static bool make_key(const struct plan_map *plan, size_t index, uint64_t offset, char *key)
{
	const struct policy_values *values = plan->values;
	uint64_t number;
	uint32_t pid;

	switch (plan->kind) {
	case PLAN_MAP_STRINGS:
		return make_string_key(&values->strings[index], STRING_KEY_MAX, key);
	case PLAN_MAP_LONG_STRINGS:
		return make_string_key(&values->strings[index], LONG_STRING_KEY_MAX, key);
	case PLAN_MAP_PREFIXES:
		return make_prefix_key(&values->strings[index], key);
	case PLAN_MAP_POSTFIXES:
		return make_postfix_key(&values->strings[index], key);
	case PLAN_MAP_NETWORKS4:
	case PLAN_MAP_NETWORKS6:
		return make_network_key(plan->kind == PLAN_MAP_NETWORKS6, &values->networks[index], key);
	case PLAN_MAP_PIDS:
		pid = (uint32_t)(values->numbers[index].first + offset);
		memcpy(key, &pid, sizeof(pid));
		return true;
	default:
		number = values->numbers[index].first + offset;
		memcpy(key, &number, sizeof(number));
		return true;
	}
}

/* A range of numbers is as many keys; the parser has counted them. */
static size_t keys_of_value(const struct policy_values *values, size_t index)
{
	if (values->kind != VALUES_NUMBERS)
		return 1;
	return (size_t)(values->numbers[index].last - values->numbers[index].first) + 1;
}

static size_t key_bytes_of_sort; /* qsort() hands no context on; control flow only */

static int compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, key_bytes_of_sort);
}

static size_t value_map_entries(const struct plan_map *plan)
{
	size_t count = 0;

	for (size_t i = 0; plan->values && i < plan->values->count; i++)
		count += keys_of_value(plan->values, i);
	return kinds[plan->kind].is_by_content ? count : 1;
}

static bool is_machine(enum plan_map_kind kind)
{
	return kind == PLAN_MAP_SUBSTRINGS || kind == PLAN_MAP_SUBSTRINGS_IGN_CASE;
}

static int make_machine(const struct plan_map *plan, struct substring_machine *ret)
{
	return substring_machine_make(plan->values, plan->kind == PLAN_MAP_SUBSTRINGS_IGN_CASE, ret);
}

/* False also where there is no memory to find out: then the set gets a new map, or none. */
static bool machine_fits(const struct plan_map *plan, size_t capacity)
{
	_cleanup_(substring_machine_done) struct substring_machine machine = {0};

	return make_machine(plan, &machine) == 0 && machine.count <= substring_half(capacity);
}

bool value_map_fits(const struct plan_map *plan, size_t capacity)
{
	if (is_machine(plan->kind))
		return machine_fits(plan, capacity);
	if (!kinds[plan->kind].is_by_content || plan->kind == PLAN_MAP_PENDING)
		return true;
	return value_map_entries(plan) <= capacity / 2; /* old and new are in it together for a moment */
}

static void drop_duplicates(struct key_set *set)
{
	size_t kept = 0, bytes = set->key_bytes;

	for (size_t i = 0; i < set->count; i++)
		if (kept == 0 || memcmp(set->keys + (kept - 1) * bytes, set->keys + i * bytes, bytes) != 0)
			memmove(set->keys + kept++ * bytes, set->keys + i * bytes, bytes);
	set->count = kept;
}

static int make_keys(const struct plan_map *plan, struct key_set *ret)
{
	size_t key_bytes = kinds[plan->kind].key_bytes, maximum = value_map_entries(plan);

	ret->key_bytes = key_bytes;
	ret->keys = calloc(maximum + 1, key_bytes);
	if (!ret->keys)
		return -ENOMEM;
	for (size_t i = 0; i < plan->values->count; i++)
		for (size_t j = 0; j < keys_of_value(plan->values, i) && ret->count < maximum; j++)
			if (make_key(plan, i, j, ret->keys + ret->count * key_bytes))
				ret->count++;
	key_bytes_of_sort = key_bytes;
	qsort(ret->keys, ret->count, key_bytes, compare_keys);
	drop_duplicates(ret);
	return 0;
}

/* --- ports */

static int write_ports(int fd, const struct policy_values *values)
{
	static const uint32_t zero;
	_cleanup_free_ uint8_t *bitmap = calloc(1, PORT_BITMAP_BYTES);

	if (!bitmap)
		return -ENOMEM;
	for (size_t i = 0; i < values->count; i++)
		for (uint64_t port = values->numbers[i].first; port <= MIN(values->numbers[i].last, 65535u); port++)
			bitmap[port / 8] |= (uint8_t)(1u << port % 8);
	return bpf_map_update_elem(fd, &zero, bitmap, BPF_ANY) < 0 ? -errno : 0;
}

/* --- first and last components of paths */

/* A name of which `length` bytes are known; is_whole: there are no more. */
static void add_name(struct path_names *names, const char *name, size_t length, bool is_whole)
{
	uint64_t word = 0, mask = 0, whole_length = is_whole ? length : 0;

	memcpy(&word, name, MIN(length, sizeof(word)));
	memset(&mask, 0xff, MIN(length, sizeof(mask)));
	for (uint32_t i = 0; i < names->count; i++)
		if (names->names[i].word == word && names->names[i].mask == mask &&
		    names->names[i].length == whole_length)
			return;
	if (names->count == PATH_NAMES_MAX) {
		names->has_any = 1;
		return;
	}
	names->names[names->count].word = word;
	names->names[names->count].mask = mask;
	names->names[names->count++].length = whole_length;
}

static void add_top(struct path_names *names, const struct policy_string *prefix)
{
	const char *name = prefix->bytes + 1, *slash;

	if (prefix->length < 2 || *prefix->bytes != '/' || *name == '/') {
		names->has_any = 1;
		return;
	}
	slash = memchr(name, '/', prefix->length - 1);
	if (slash)
		add_name(names, name, (size_t)(slash - name), true);
	else
		add_name(names, name, prefix->length - 1, false);
}

static void add_end(struct path_names *names, const struct policy_string *path)
{
	const char *slash = memrchr(path->bytes, '/', path->length);
	size_t length = slash ? (size_t)(path->bytes + path->length - slash) - 1 : 0;

	if (length > 0)
		add_name(names, slash + 1, length, true);
	else
		names->has_any = 1;
}

static int put_names(int fd, const struct path_names *names)
{
	static const uint32_t zero;

	return bpf_map_update_elem(fd, &zero, names, BPF_ANY) < 0 ? -errno : 0;
}

/*
 * While the entries change, programs are told that all may match: so nobody sees half of them.
 */
static int write_names(int fd, const struct plan_map *plan)
{
	static const uint32_t zero;
	struct path_names names = {0}, old;
	uint32_t has_any;
	int r = 0;

	for (size_t i = 0; i < plan->values->count; i++)
		(plan->kind == PLAN_MAP_PATH_ENDS ? add_end : add_top)(&names, &plan->values->strings[i]);
	if (bpf_map_lookup_elem(fd, &zero, &old) < 0)
		return -errno;
	if (old.count || old.has_any) { /* not new: programs use it */
		old.has_any = 1;
		r = put_names(fd, &old);
		program_wait();
	}
	has_any = names.has_any;
	names.has_any = 1;
	if (r >= 0)
		r = put_names(fd, &names);
	names.has_any = has_any;
	return r < 0 ? r : put_names(fd, &names);
}

/* --- substrings */

/* The blocks go to block `first` of the map and those behind it. */
static int put_blocks(int fd, const struct substring_machine *machine, uint32_t first)
{
	_cleanup_free_ uint32_t *keys = calloc(machine->count, sizeof(*keys));
	uint32_t count = (uint32_t)machine->count;

	if (!keys)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		keys[i] = first + i;
	for (size_t i = SUBSTRING_CLASS_BLOCKS; i < machine->count; i++)
		for (size_t j = 0; j < SUBSTRING_BLOCK_ROWS; j++)
			if (machine->blocks[i].next[j])
				machine->blocks[i].next[j] += first;
	return bpf_map_update_batch(fd, keys, machine->blocks, &count, NULL) < 0 ? -errno : 0;
}

/*
 * The new machine goes into the half of the map that the old one is not in; then
 * one store switches. No program may still be in that half, from the change before.
 */
static int write_machine(int fd, const struct plan_map *plan, size_t capacity)
{
	_cleanup_(substring_machine_done) struct substring_machine machine = {0};
	static const uint32_t zero;
	union substring_block head = {0};
	uint32_t first = 1;
	int r = make_machine(plan, &machine);

	if (r < 0)
		return r;
	if (machine.count > substring_half(capacity))
		return -E2BIG;
	if (bpf_map_lookup_elem(fd, &zero, &head) < 0)
		return -errno;
	if (head.classes_at) { /* not new: programs use it */
		program_wait();
		first = head.classes_at == 1 ? 1 + (uint32_t)substring_half(capacity) : 1;
	}
	r = put_blocks(fd, &machine, first);
	if (r < 0)
		return r;
	head.classes_at = first;
	return bpf_map_update_elem(fd, &zero, &head, BPF_ANY) < 0 ? -errno : 0;
}

/* --- the map */

/* How a map differs from a set. */
struct difference {
	bool *is_present; /* owned: of the set's keys, those that are in the map */
	char *stale;      /* owned: the map's keys that are not in the set */
	size_t stale_count;
};

static void difference_done(struct difference *difference)
{
	free(difference->is_present);
	free(difference->stale);
}

/* Goes over the map, which has at most `capacity` keys. */
static int compare_with_map(int fd, const struct key_set *set, size_t capacity, struct difference *ret)
{
	size_t key_bytes = set->key_bytes;
	char *previous = NULL, *key, *spare;

	ret->is_present = calloc(set->count + 1, sizeof(*ret->is_present));
	ret->stale = calloc(capacity + 2, key_bytes);
	if (!ret->is_present || !ret->stale)
		return -ENOMEM;
	key = ret->stale;
	spare = ret->stale + (capacity + 1) * key_bytes;
	key_bytes_of_sort = key_bytes;
	while (ret->stale_count <= capacity && bpf_map_get_next_key(fd, previous, key) == 0) {
		char *found = bsearch(key, set->keys, set->count, key_bytes, compare_keys);

		if (found) { /* a kept key stays where the next one is asked for from, behind the stale ones */
			ret->is_present[(size_t)(found - set->keys) / key_bytes] = true;
			memcpy(spare, key, key_bytes);
			previous = spare;
			continue;
		}
		previous = key;
		key = ret->stale + ++ret->stale_count * key_bytes;
	}
	return 0;
}

static void delete_key(int fd, const char *key)
{
	bpf_map_delete_elem(fd, key); /* gone already is as good */
}

/* All or none of those that the map has not got. */
static int add_missing(int fd, const struct key_set *set, const struct difference *difference)
{
	static const char value = 1;
	int r = 0;
	size_t at;

	for (at = 0; at < set->count && r >= 0; at++)
		if (!difference->is_present[at] &&
		    bpf_map_update_elem(fd, set->keys + at * set->key_bytes, &value, BPF_ANY) < 0)
			r = -errno;
	while (r < 0 && at-- > 0)
		if (!difference->is_present[at])
			delete_key(fd, set->keys + at * set->key_bytes);
	return r;
}

static int update_keys(int fd, const struct key_set *set, size_t capacity)
{
	_cleanup_(difference_done) struct difference difference = {0};
	int r = compare_with_map(fd, set, capacity, &difference);

	if (r >= 0)
		r = add_missing(fd, set, &difference);
	for (size_t i = 0; i < difference.stale_count && r >= 0; i++)
		delete_key(fd, difference.stale + i * set->key_bytes);
	return r;
}

int value_map_update(int fd, const struct plan_map *plan, size_t capacity)
{
	_cleanup_(key_set_done) struct key_set set = {0};
	int r;

	if (plan->kind == PLAN_MAP_PENDING)
		return 0;
	if (plan->kind == PLAN_MAP_PORTS)
		return write_ports(fd, plan->values);
	if (plan->kind == PLAN_MAP_PATH_TOPS || plan->kind == PLAN_MAP_PATH_ENDS)
		return write_names(fd, plan);
	if (is_machine(plan->kind))
		return write_machine(fd, plan, capacity);
	if (!value_map_fits(plan, capacity))
		return -E2BIG;
	r = make_keys(plan, &set);
	return r < 0 ? r : update_keys(fd, &set, capacity);
}

static size_t machine_capacity(const struct plan_map *plan)
{
	_cleanup_(substring_machine_done) struct substring_machine machine = {0};

	make_machine(plan, &machine); /* if it fails, it does so when it is to be written, too */
	return substring_capacity(machine.count);
}

static size_t choose_capacity(const struct plan_map *plan, const struct kernel_features *features)
{
	size_t capacity = CAPACITY_MIN;

	if (is_machine(plan->kind))
		return machine_capacity(plan);
	if (!kinds[plan->kind].is_by_content)
		return 1;
	if (plan->kind == PLAN_MAP_PENDING)
		return features->has_map_allocator ? PENDING_THREADS : PENDING_THREADS_PREALLOCATED;
	while (capacity < 2 * value_map_entries(plan))
		capacity *= 2;
	return capacity;
}

/* Tries must allocate; before 6.1 hashes had better not, in programs of kprobes and tracepoints: the kernel complains.
 */
static uint32_t choose_flags(const struct plan_map *plan, const struct kernel_features *features, size_t capacity)
{
	const struct map_kind *kind = &kinds[plan->kind];

	if (!kind->is_by_content)
		return 0;
	if (kind->type == BPF_MAP_TYPE_LPM_TRIE || features->has_map_allocator)
		return BPF_F_NO_PREALLOC;
	if (plan->kind == PLAN_MAP_PENDING || capacity * kind->key_bytes <= PREALLOCATED_BYTES_MAX)
		return 0;
	return BPF_F_NO_PREALLOC;
}

int value_map_new(const struct plan_map *plan, const struct kernel_features *features, size_t *ret_capacity)
{
	const struct map_kind *kind = &kinds[plan->kind];
	size_t capacity = choose_capacity(plan, features);
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = choose_flags(plan, features, capacity));
	int fd, r;

	fd = bpf_map_create(kind->type, "trigon_values", kind->key_bytes, kind->value_bytes, (uint32_t)capacity,
			    &options);
	if (fd < 0)
		return -errno;
	r = value_map_update(fd, plan, capacity);
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_capacity = capacity;
	return fd;
}
