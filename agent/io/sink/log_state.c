// SPDX-License-Identifier: Apache-2.0
#include "io/sink/log_state.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>

#include "base/util.h"

static const char log_state_magic[8] = {'T', 'R', 'I', 'G', 'O', 'N', 'L', '1'};

_Static_assert(sizeof(struct log_state_page) == 64, "the file's format");

static struct log_state_page *log_state_mapped; /* by the agent, of which there is one in a process */

/* Somebody has cut the file, or its page cannot be written: what is kept from here on nobody will read. */
static void log_state_fault(int signal_number, siginfo_t *info, void *context)
{
	const char *page = (const char *)log_state_mapped, *at = info->si_addr;

	(void)context;
	if (page && at >= page && at < page + sizeof(*log_state_mapped) &&
	    mmap(log_state_mapped, sizeof(*log_state_mapped), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
		return;
	signal(signal_number, SIG_DFL); /* not ours: the access is repeated, and ends the process */
}

static void log_state_guard(struct log_state_page *page)
{
	const struct sigaction action = {.sa_sigaction = log_state_fault, .sa_flags = SA_SIGINFO};

	log_state_mapped = page;
	sigaction(SIGBUS, &action, NULL);
}

static void log_state_read(const struct log_state_page *page, struct log_state_page *ret)
{
	*ret = *page;
	if (memcmp(ret->magic, log_state_magic, sizeof(ret->magic)) != 0 ||
	    !memchr(ret->session, '\0', sizeof(ret->session)))
		*ret = (struct log_state_page){0};
}

static int log_state_path(const char *log_path, char *ret, size_t size)
{
	const char *slash = strrchr(log_path, '/');
	const char *name = slash ? slash + 1 : log_path;
	int length = snprintf(ret, size, "%.*s.%s.state", (int)(name - log_path), log_path, name);

	return length < 0 || (size_t)length >= size ? -ENAMETOOLONG : 0;
}

int log_state_open(const char *log_path, struct log_state *ret, struct log_state_page *ret_previous)
{
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;
	struct log_state_page *page;
	int r;

	*ret = (struct log_state){.fd = -1};
	*ret_previous = (struct log_state_page){0};
	r = log_state_path(log_path, path, sizeof(path));
	if (r < 0)
		return r;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;
	/* with blocks of its own: a store to a hole on a full disk would end the agent */
	r = posix_fallocate(fd, 0, sizeof(*page));
	if (r != 0)
		return -r;
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return -errno;
	log_state_guard(page);
	log_state_read(page, ret_previous);
	*ret = (struct log_state){.fd = TAKE_FD(fd), .page = page};
	return 0;
}

void log_state_begin(struct log_state *state, const char *session)
{
	struct log_state_page *page = state->page;

	if (!page)
		return;
	*page = (struct log_state_page){0};
	snprintf(page->session, sizeof(page->session), "%s", session);
	memcpy(page->magic, log_state_magic, sizeof(page->magic));
}

void log_state_close(struct log_state *state)
{
	if (state->fd < 0)
		return;
	log_state_mapped = NULL;
	munmap(state->page, sizeof(*state->page));
	close(state->fd);
	*state = (struct log_state){.fd = -1};
}
