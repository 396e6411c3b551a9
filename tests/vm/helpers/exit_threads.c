// SPDX-License-Identifier: Apache-2.0
/*
 * exit_threads HOW ROUNDS: ROUNDS processes of two threads end, one process
 * after the other; prints a line "PID CODE" for each, as wait() has it, and one for itself.
 *
 *   leader-first   the leader leaves; when it is a zombie, the other one ends the process with 7
 *   thread-last    the same, but the other one just leaves, with 5
 *   together       both leave at the same instant, the leader with 3 and the other with 5
 */
#include <err.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile bool is_go;

static void leave(int code)
{
	syscall(SYS_exit, code);
}

static void await_zombie_leader(void)
{
	char path[64], text[512];
	const char *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	do {
		file = fopen(path, "re");
		if (!file || !fgets(text, sizeof(text), file))
			err(1, "%s", path);
		fclose(file);
		state = strrchr(text, ')');
	} while (!state || state[2] != 'Z');
}

static void *end_process(void *unused)
{
	await_zombie_leader();
	_exit(7);
	return unused;
}

static void *leave_last(void *unused)
{
	await_zombie_leader();
	leave(5);
	return unused;
}

static void *leave_at_once(void *unused)
{
	is_go = true;
	leave(5);
	return unused;
}

static void run(const char *how)
{
	bool is_together = strcmp(how, "together") == 0;
	void *(*other)(void *) = is_together                       ? leave_at_once
				 : strcmp(how, "thread-last") == 0 ? leave_last
								   : end_process;
	pthread_t thread;

	if (pthread_create(&thread, NULL, other, NULL))
		errx(1, "pthread_create");
	while (is_together && !is_go)
		;
	leave(3);
}

int main(int argc, char **argv)
{
	int rounds, status;

	if (argc != 3)
		errx(2, "usage: exit_threads HOW ROUNDS");
	rounds = (int)strtol(argv[2], NULL, 10);
	for (int i = 0; i < rounds; i++) {
		pid_t pid = fork();

		if (pid == 0)
			run(argv[1]);
		if (pid < 0 || waitpid(pid, &status, 0) < 0)
			err(1, "child");
		printf("%d %d\n", pid, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	}
	printf("%d 0\n", getpid());
	return 0;
}
