// SPDX-License-Identifier: Apache-2.0
/* What an agent leaves to the next one, however it ends. */
#include "io/sink/log_state.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "../unit/test.h"
#include "base/util.h"

static char folder[] = "/tmp/trigon-state-XXXXXX";
static struct log_state state;
static struct log_state_page previous;

static void test_kill(void)
{
	pid_t pid = fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		if (log_state_open("a.log", &state, &previous) < 0)
			_exit(1);
		log_state_begin(&state, "0123456789abcdef");
		state.page->lines = 42;
		state.page->waiting = 3;
		raise(SIGKILL);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status));
	CHECK_EQ(log_state_open("a.log", &state, &previous), 0);
	log_state_begin(&state, "second");
	CHECK_STR(previous.session, "0123456789abcdef");
	CHECK_EQ(previous.lines, 42);
	CHECK_EQ(previous.waiting, 3);
	CHECK_EQ(previous.has_ended, 0);
	CHECK_STR(state.page->session, "second");
	CHECK_EQ(state.page->lines, 0);
	state.page->has_ended = 1;
	log_state_close(&state);
	log_state_close(&state);
	CHECK_EQ(log_state_open("a.log", &state, &previous), 0);
	log_state_begin(&state, "third");
	CHECK_EQ(previous.has_ended, 1);
	log_state_close(&state);
}

/* As an administrator does it to a full disk. */
static void test_cut(void)
{
	CHECK_EQ(log_state_open("e.log", &state, &previous), 0);
	log_state_begin(&state, "first");
	CHECK_EQ(truncate(".e.log.state", 0), 0);
	state.page->lines++;
	CHECK_EQ(state.page->lines, 1);
	log_state_close(&state);
	CHECK_EQ(log_state_open("e.log", &state, &previous), 0);
	CHECK_STR(previous.session, "");
	log_state_close(&state);
}

/* An agent that ends before it has written a record leaves what the one before left. */
static void test_failed_start(void)
{
	CHECK_EQ(log_state_open("f.log", &state, &previous), 0);
	log_state_begin(&state, "first");
	state.page->lines = 7;
	log_state_close(&state);
	CHECK_EQ(log_state_open("f.log", &state, &previous), 0);
	log_state_close(&state);
	CHECK_EQ(log_state_open("f.log", &state, &previous), 0);
	CHECK_STR(previous.session, "first");
	CHECK_EQ(previous.lines, 7);
	log_state_close(&state);
}

static void test_one_owner(void)
{
	struct log_state other;

	CHECK_EQ(log_state_open("b.log", &state, &previous), 0);
	log_state_begin(&state, "first");
	CHECK_STR(previous.session, "");
	CHECK_EQ(log_state_open("b.log", &other, &previous), -EWOULDBLOCK);
	log_state_close(&other);
	CHECK_STR(state.page->session, "first");
	log_state_close(&state);
}

static void test_foreign_file(void)
{
	FILE *file = fopen(".c.log.state", "we");
	char text[200];

	memset(text, 'x', sizeof(text));
	CHECK_EQ(fwrite(text, 1, sizeof(text), file), sizeof(text));
	fclose(file);
	CHECK_EQ(log_state_open("c.log", &state, &previous), 0);
	log_state_begin(&state, "first");
	CHECK_STR(previous.session, "");
	log_state_close(&state);
	CHECK_EQ(log_state_open("absent/c.log", &state, &previous), -ENOENT);
	CHECK_EQ(symlink(".c.log.state", ".d.log.state"), 0);
	CHECK_EQ(log_state_open("d.log", &state, &previous), -ELOOP);
}

int main(void)
{
	CHECK(mkdtemp(folder));
	CHECK_EQ(chdir(folder), 0);
	RUN(test_kill);
	RUN(test_cut);
	RUN(test_failed_start);
	RUN(test_one_owner);
	RUN(test_foreign_file);
	for (const char *names = "abcd"; *names; names++) {
		char name[] = ".a.log.state";

		name[1] = *names;
		unlink(name);
	}
	CHECK_EQ(chdir("/"), 0);
	rmdir(folder);
	return test_end();
}
