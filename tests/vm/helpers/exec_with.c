// SPDX-License-Identifier: Apache-2.0
/*
 * exec_with WAY ...: executes a program in a way that a shell cannot.
 *
 *   noargv PROGRAM               without any argument, not even its name
 *   bytes COUNT PROGRAM          one argument of COUNT bytes, 012345678901...
 *   at DIR NAME [ARGUMENT...]    execveat() with a descriptor of DIR
 *   fd PROGRAM [ARGUMENT...]     execveat() with a descriptor of PROGRAM and AT_EMPTY_PATH
 *   thread PROGRAM [ARGUMENT...] by a thread that is not the leader, while a third one sleeps
 *   vfork PROGRAM [ARGUMENT...]  in a child of vfork(); prints its pid, waits, ends with its code
 *   spawn PROGRAM [ARGUMENT...]  the same by posix_spawn()
 *   orphan PROGRAM [ARGUMENT...] in a child whose parent has ended; prints the parent's pid
 *   chroot DIR PROGRAM [...]     after chroot(DIR), with a working directory outside of it
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static void exec_at(int fd, const char *name, char **argv, int flags)
{
	if (fd < 0)
		err(1, "%s", argv[0]);
	syscall(SYS_execveat, fd, name, argv, environ, flags);
	err(1, "execveat %s", argv[0]);
}

static void exec_noargv(char **arguments)
{
	char *const envp[] = {NULL};

	syscall(SYS_execve, arguments[0], NULL, envp);
	err(1, "execve %s", arguments[0]);
}

static void exec_bytes(char **arguments)
{
	size_t count = strtoul(arguments[0], NULL, 10);
	char *text = malloc(count + 1);
	char *const argv[] = {arguments[1], text, NULL};

	if (!text)
		err(1, "malloc");
	for (size_t i = 0; i < count; i++)
		text[i] = (char)('0' + i % 10);
	text[count] = '\0';
	execv(argv[0], argv);
	err(1, "%s", argv[0]);
}

static void exec_dirfd(char **arguments)
{
	exec_at(open(arguments[0], O_PATH | O_DIRECTORY), arguments[1], arguments + 1, 0);
}

static void exec_fd(char **arguments)
{
	exec_at(open(arguments[0], O_PATH), "", arguments, AT_EMPTY_PATH);
}

static void *sleep_on(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void *exec_now(void *arguments)
{
	char **argv = arguments;

	execv(argv[0], argv);
	err(1, "%s", argv[0]);
}

static void exec_thread(char **arguments)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleep_on, NULL) || pthread_create(&thread, NULL, exec_now, arguments))
		errx(1, "pthread_create");
	for (;;)
		pause();
}

static void end_like(pid_t pid)
{
	int status;

	printf("%d\n", pid);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		err(1, "child");
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void exec_vfork(char **arguments)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execv(arguments[0], arguments);
		_exit(127);
	}
	end_like(pid);
}

static void exec_spawn(char **arguments)
{
	pid_t pid;

	if (posix_spawn(&pid, arguments[0], NULL, NULL, arguments, environ))
		errx(1, "posix_spawn %s", arguments[0]);
	end_like(pid);
}

static void exec_orphan(char **arguments)
{
	pid_t parent = getpid();

	printf("%d\n", parent);
	fflush(stdout);
	if (fork() != 0)
		_exit(0);
	while (getppid() == parent)
		usleep(100);
	execv(arguments[0], arguments);
	err(1, "%s", arguments[0]);
}

static void exec_chroot(char **arguments)
{
	if (chroot(arguments[0]) < 0)
		err(1, "chroot %s", arguments[0]);
	execv(arguments[1], arguments + 1);
	err(1, "%s", arguments[1]);
}

static const struct {
	const char *name;
	int arguments_min;
	void (*run)(char **arguments);
} ways[] = {
	{"noargv", 1, exec_noargv}, {"bytes", 2, exec_bytes},   {"at", 2, exec_dirfd},
	{"fd", 1, exec_fd},         {"thread", 1, exec_thread}, {"vfork", 1, exec_vfork},
	{"spawn", 1, exec_spawn},   {"orphan", 1, exec_orphan}, {"chroot", 2, exec_chroot},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(argv[1], ways[i].name) == 0 && argc - 2 >= ways[i].arguments_min)
			ways[i].run(argv + 2);
	errx(2, "usage: exec_with noargv|bytes|at|fd|thread|vfork|spawn|orphan|chroot ...");
}
