// SPDX-License-Identifier: Apache-2.0
#include "core/process/procfs_parse.h"

#include <errno.h>
#include <string.h>

#include "base/util.h"

#define PROCFS_KERNEL_THREAD 0x00200000 /* PF_KTHREAD, include/linux/sched.h */
#define PROCFS_STAT_FIELDS 22           /* up to starttime; the first is 1 as in proc(5) */

/* Digits at `*at`, which moves behind them. False without digits or when it is more than `maximum`. */
static bool procfs_take_number(const char **at, const char *end, unsigned int base, uint64_t maximum,
			       uint64_t *ret_value)
{
	const char *p = *at;
	uint64_t value = 0;

	for (; p < end; p++) {
		unsigned int digit = *p >= '0' && *p <= '9'   ? (unsigned int)(*p - '0')
				     : *p >= 'a' && *p <= 'f' ? (unsigned int)(*p - 'a') + 10
							      : 16;

		if (digit >= base)
			break;
		if (__builtin_mul_overflow(value, base, &value) || __builtin_add_overflow(value, digit, &value) ||
		    value > maximum)
			return false;
	}
	if (p == *at)
		return false;
	*at = p;
	*ret_value = value;
	return true;
}

static const char *procfs_skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* "1234 (comm" at the beginning; `paren` is the ')' that closes it. */
static bool procfs_parse_stat_head(const char *data, const char *paren, struct procfs_stat *ret)
{
	const char *at = data;
	uint64_t pid;

	if (!procfs_take_number(&at, paren, 10, UINT32_MAX, &pid) || paren - at < 2 || at[0] != ' ' || at[1] != '(')
		return false;
	ret->pid = (uint32_t)pid;
	ret->comm = (struct bytes){.data = at + 2, .length = (size_t)(paren - at) - 2};
	return true;
}

/* The numbers of stat from the fourth field on; some in between are negative, which we do not keep. */
static bool procfs_parse_stat_numbers(const char *at, const char *end, uint64_t fields[PROCFS_STAT_FIELDS + 1])
{
	for (int i = 4; i <= PROCFS_STAT_FIELDS; i++) {
		if (at == end || *at++ != ' ')
			return false;
		if (at < end && *at == '-')
			at++;
		if (!procfs_take_number(&at, end, 10, UINT64_MAX, &fields[i]))
			return false;
	}
	/* A number at the very end may be cut off. */
	return at < end && (*at == ' ' || *at == '\n');
}

int procfs_parse_stat(const char *data, size_t length, struct procfs_stat *ret)
{
	/* The last parenthesis: comm may hold any, what follows none. */
	const char *end = data + length, *paren = length ? memrchr(data, ')', length) : NULL;
	uint64_t fields[PROCFS_STAT_FIELDS + 1] = {0};
	struct procfs_stat stat = {0};

	if (!paren || end - paren < 3 || paren[1] != ' ' || !procfs_parse_stat_head(data, paren, &stat) ||
	    !procfs_parse_stat_numbers(paren + 3, end, fields) || fields[4] > UINT32_MAX || fields[20] > UINT32_MAX)
		return -EINVAL;
	stat.state = paren[2];
	stat.ppid = (uint32_t)fields[4];
	stat.is_kernel_thread = fields[9] & PROCFS_KERNEL_THREAD;
	stat.thread_count = (uint32_t)fields[20];
	stat.start_ticks = fields[22];
	*ret = stat;
	return 0;
}

/* "\t1\t2\t3": up to `maximum_count` numbers and nothing else. Their count, 0 if anything is wrong. */
static size_t procfs_parse_numbers(const char *at, const char *end, uint32_t *numbers, size_t maximum_count)
{
	size_t count = 0;
	uint64_t value;

	while ((at = procfs_skip_blanks(at, end)) < end) {
		if (count == maximum_count || !procfs_take_number(&at, end, 10, UINT32_MAX, &value))
			return 0;
		numbers[count++] = (uint32_t)value;
	}
	return count;
}

static bool procfs_status_tgid(const char *at, const char *end, struct procfs_status *ret)
{
	return procfs_parse_numbers(at, end, &ret->tgid, 1) == 1;
}

static bool procfs_status_uids(const char *at, const char *end, struct procfs_status *ret)
{
	struct credentials *credentials = &ret->credentials;
	uint32_t ids[4];

	if (procfs_parse_numbers(at, end, ids, ARRAY_SIZE(ids)) != ARRAY_SIZE(ids))
		return false;
	credentials->uid = ids[0];
	credentials->euid = ids[1];
	credentials->suid = ids[2];
	credentials->fsuid = ids[3];
	return true;
}

static bool procfs_status_gids(const char *at, const char *end, struct procfs_status *ret)
{
	struct credentials *credentials = &ret->credentials;
	uint32_t ids[4];

	if (procfs_parse_numbers(at, end, ids, ARRAY_SIZE(ids)) != ARRAY_SIZE(ids))
		return false;
	credentials->gid = ids[0];
	credentials->egid = ids[1];
	credentials->sgid = ids[2];
	credentials->fsgid = ids[3];
	return true;
}

static bool procfs_status_ns_pid(const char *at, const char *end, struct procfs_status *ret)
{
	uint32_t pids[33]; /* MAX_PID_NS_LEVEL (32) and the first */
	size_t count = procfs_parse_numbers(at, end, pids, ARRAY_SIZE(pids));

	if (count == 0)
		return false;
	ret->ns_pid = pids[count - 1];
	return true;
}

static bool procfs_parse_capabilities(const char *at, const char *end, uint64_t *ret)
{
	uint64_t value;

	at = procfs_skip_blanks(at, end);
	if (!procfs_take_number(&at, end, 16, UINT64_MAX, &value) || at != end)
		return false;
	*ret = value;
	return true;
}

static bool procfs_status_inheritable(const char *at, const char *end, struct procfs_status *ret)
{
	return procfs_parse_capabilities(at, end, &ret->credentials.inheritable);
}

static bool procfs_status_permitted(const char *at, const char *end, struct procfs_status *ret)
{
	return procfs_parse_capabilities(at, end, &ret->credentials.permitted);
}

static bool procfs_status_effective(const char *at, const char *end, struct procfs_status *ret)
{
	return procfs_parse_capabilities(at, end, &ret->credentials.effective);
}

static const struct procfs_status_line {
	const char *name;
	unsigned int bit;
	bool (*parse)(const char *at, const char *end, struct procfs_status *ret);
} procfs_status_lines[] = {
	{"Tgid:", PROCFS_STATUS_TGID, procfs_status_tgid},
	{"Uid:", PROCFS_STATUS_UIDS, procfs_status_uids},
	{"Gid:", PROCFS_STATUS_GIDS, procfs_status_gids},
	/* NSpid would be the thread's where a thread stands in for a leader that has left. */
	{"NStgid:", PROCFS_STATUS_NS_TGID, procfs_status_ns_pid},
	{"CapInh:", PROCFS_STATUS_INHERITABLE, procfs_status_inheritable},
	{"CapPrm:", PROCFS_STATUS_PERMITTED, procfs_status_permitted},
	{"CapEff:", PROCFS_STATUS_EFFECTIVE, procfs_status_effective},
};

/* `line` without its newline. */
static unsigned int procfs_parse_status_line(const char *line, const char *end, struct procfs_status *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(procfs_status_lines); i++) {
		const struct procfs_status_line *known = &procfs_status_lines[i];
		size_t length = strlen(known->name);

		if ((size_t)(end - line) < length || memcmp(line, known->name, length) != 0)
			continue;
		return known->parse(line + length, end, ret) ? known->bit : 0;
	}
	return 0;
}

/* The end of the line at `at`, NULL when it is not there whole. */
static const char *procfs_line_end(const char *at, const char *end)
{
	return at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
}

unsigned int procfs_parse_status(const char *data, size_t length, struct procfs_status *ret)
{
	const char *end = data + length;
	unsigned int found = 0;

	*ret = (struct procfs_status){0};
	for (const char *next; (next = procfs_line_end(data, end)); data = next + 1)
		found |= procfs_parse_status_line(data, next, ret);
	return found;
}

/* Whether the comma-separated list has the word. */
static bool procfs_has_word(const char *list, size_t length, const char *word)
{
	const char *end = list + length;
	size_t word_length = strlen(word);

	while (list <= end) {
		const char *comma = list < end ? memchr(list, ',', (size_t)(end - list)) : NULL;
		const char *item_end = comma ? comma : end;

		if ((size_t)(item_end - list) == word_length && memcmp(list, word, word_length) == 0)
			return true;
		list = item_end + 1;
	}
	return false;
}

/* "5:cpu,cpuacct:/path": how much we like it, less is better, and its path. */
static bool procfs_parse_cgroup_line(const char *line, const char *end, size_t *ret_rank, struct bytes *ret_path)
{
	static const char *const preferred[] = {"memory", "pids", "cpuset", "name=systemd", "" /* v2: "0::" */};
	const char *controllers = memchr(line, ':', (size_t)(end - line));
	const char *path = controllers ? memchr(controllers + 1, ':', (size_t)(end - controllers - 1)) : NULL;
	size_t rank = 0;

	if (!path || end - path < 2 || path[1] != '/')
		return false;
	controllers++;
	while (rank < ARRAY_SIZE(preferred) &&
	       !procfs_has_word(controllers, (size_t)(path - controllers), preferred[rank]))
		rank++;
	*ret_rank = rank;
	*ret_path = (struct bytes){.data = path + 1, .length = (size_t)(end - path) - 1};
	return true;
}

int procfs_parse_cgroup(const char *data, size_t length, struct bytes *ret)
{
	const char *end = data + length;
	size_t best = SIZE_MAX;

	for (const char *next; (next = procfs_line_end(data, end)); data = next + 1) {
		struct bytes path;
		size_t rank;

		if (procfs_parse_cgroup_line(data, next, &rank, &path) && rank < best) {
			best = rank;
			procfs_strip_deleted(&path);
			*ret = path;
		}
	}
	return best == SIZE_MAX ? -ENOENT : 0;
}

/* Does it begin with "/.."? */
static bool procfs_goes_up(struct bytes path)
{
	return path.length >= 3 && memcmp(path.data, "/..", 3) == 0 && (path.length == 3 || path.data[3] == '/');
}

struct bytes procfs_join_cgroup(struct bytes own, struct bytes path, char *buffer, size_t size)
{
	size_t length;

	for (; procfs_goes_up(path); path.data += 3, path.length -= 3)
		while (own.length && own.data[--own.length] != '/')
			;
	if (path.length == 1 && own.length)
		path.length = 0; /* the root of the namespace */
	length = MIN(own.length, size);
	if (length)
		memcpy(buffer, own.data, length);
	path.length = MIN(path.length, size - length);
	if (path.length)
		memcpy(buffer + length, path.data, path.length);
	return (struct bytes){buffer, length + path.length};
}

int procfs_parse_namespace(const char *data, size_t length, uint32_t *ret)
{
	const char *end = data + length;
	const char *at = length ? memchr(data, ':', length) : NULL;
	uint64_t inode;

	if (!at || end - at < 2 || at[1] != '[')
		return -EINVAL;
	at += 2;
	if (!procfs_take_number(&at, end, 10, UINT32_MAX, &inode) || end - at != 1 || *at != ']')
		return -EINVAL;
	*ret = (uint32_t)inode;
	return 0;
}

int procfs_parse_u32(const char *data, size_t length, uint32_t *ret)
{
	const char *at = data, *end = data + length;
	uint64_t value;

	if (length > 0 && end[-1] == '\n')
		end--;
	if (!procfs_take_number(&at, end, 10, UINT32_MAX, &value) || at != end)
		return -EINVAL;
	*ret = (uint32_t)value;
	return 0;
}

bool procfs_strip_deleted(struct bytes *path)
{
	static const char suffix[] = " (deleted)";
	size_t length = sizeof(suffix) - 1;

	if (path->length <= length || memcmp(path->data + path->length - length, suffix, length) != 0)
		return false;
	path->length -= length;
	return true;
}
