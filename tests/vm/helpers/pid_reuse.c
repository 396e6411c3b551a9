// SPDX-License-Identifier: Apache-2.0
/*
 * pid_reuse ROUNDS: ROUNDS short processes, one after the other, that all get
 * the same pid as far as nobody else takes it, from two parents in turn. A line for each:
 * "NUMBER PID PARENT". Each executes this program with the argument reuse-NUMBER and ends with NUMBER
 * modulo 128.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD "reuse-"

struct worker {
	pid_t pid;
	int requests, answers; /* pipes: a number, a pid */
};

/* The next process that starts gets the pid after this one. */
static void set_last_pid(int fd, pid_t pid)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", pid);

	if (fd >= 0 && pwrite(fd, text, (size_t)length, 0) != length)
		err(1, "ns_last_pid");
}

static pid_t start(int number, pid_t wanted, int last_pid)
{
	char name[32];
	char *const argv[] = {(char *)"pid_reuse", name, NULL}, *const envp[] = {NULL};
	pid_t pid;

	snprintf(name, sizeof(name), CHILD "%d", number);
	if (wanted)
		set_last_pid(last_pid, wanted - 1);
	pid = vfork();
	if (pid == 0) {
		execve("/proc/self/exe", argv, envp);
		_exit(255);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) < 0)
		err(1, "child");
	return pid;
}

static void work(int requests, int answers, int last_pid)
{
	int request[2]; /* number, wanted pid */
	pid_t pid;

	while (read(requests, request, sizeof(request)) == sizeof(request)) {
		pid = start(request[0], request[1], last_pid);
		if (write(answers, &pid, sizeof(pid)) != sizeof(pid))
			err(1, "answer");
	}
	_exit(0);
}

static struct worker start_worker(int last_pid)
{
	struct worker worker;
	int requests[2], answers[2];

	if (pipe2(requests, O_CLOEXEC) < 0 || pipe2(answers, O_CLOEXEC) < 0)
		err(1, "pipe");
	worker = (struct worker){.requests = requests[1], .answers = answers[0], .pid = fork()};
	if (worker.pid < 0)
		err(1, "fork");
	if (worker.pid == 0) {
		close(requests[1]);
		work(requests[0], answers[1], last_pid);
	}
	close(requests[0]);
	close(answers[1]);
	return worker;
}

int main(int argc, char **argv)
{
	struct worker workers[2];
	int rounds, last_pid, wanted = 0;

	if (argc == 2 && strncmp(argv[1], CHILD, strlen(CHILD)) == 0)
		_exit((int)strtol(argv[1] + strlen(CHILD), NULL, 10) % 128);
	if (argc != 2)
		errx(2, "usage: pid_reuse ROUNDS");
	rounds = (int)strtol(argv[1], NULL, 10);
	last_pid = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	if (last_pid < 0)
		err(1, "ns_last_pid");
	workers[0] = start_worker(last_pid);
	workers[1] = start_worker(last_pid);
	for (int number = 0; number < rounds; number++) {
		const struct worker *worker = &workers[number % 2];
		int request[2] = {number, wanted};
		pid_t pid;

		if (write(worker->requests, request, sizeof(request)) != sizeof(request) ||
		    read(worker->answers, &pid, sizeof(pid)) != sizeof(pid))
			err(1, "worker");
		printf("%d %d %d\n", number, pid, worker->pid);
		if (!wanted)
			wanted = pid;
	}
	return 0;
}
