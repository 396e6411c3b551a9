// SPDX-License-Identifier: Apache-2.0
/*
 * flood COUNT PARENTS DIR: starts COUNT short processes as fast as they can
 * start, from PARENTS processes at a time, and leaves a line "NUMBER PID" for each in DIR/started.
 *
 * What is started is DIR/short with the argument short-NUMBER; it ends with NUMBER
 * modulo 128. That is this program with another entry point, short_start: without the C
 * library's beginning a process takes a third of the time under emulation.
 */
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHORT_PREFIX "short-"
#define RUNNING_MAX 32 /* of one parent */

static char short_path[PATH_MAX], started_path[PATH_MAX];

/* --- the short process: no C library, no stack protector ------------------------------------------------------ */

void short_start(void);
__attribute__((noreturn, used, optimize("no-stack-protector"))) void short_main(const uintptr_t *stack);

#if defined(__x86_64__)
__asm__(".globl short_start\nshort_start: mov %rsp, %rdi\n and $-16, %rsp\n call short_main\n");
static inline void short_exit(long code)
{
	__asm__ volatile("syscall" ::"a"((long)SYS_exit_group), "D"(code) : "rcx", "r11", "memory");
}
#elif defined(__aarch64__)
__asm__(".globl short_start\nshort_start: mov x0, sp\n bl short_main\n");
static inline void short_exit(long code)
{
	register long number __asm__("x8") = SYS_exit_group, argument __asm__("x0") = code;

	__asm__ volatile("svc 0" ::"r"(number), "r"(argument) : "memory");
}
#endif

/* `stack`: argc, argv[0], argv[1], ... */
void short_main(const uintptr_t *stack)
{
	const char *at = (const char *)stack[2] + sizeof(SHORT_PREFIX) - 1;
	long number = 0;

	while (*at)
		number = number * 10 + (*at++ - '0');
	for (;;)
		short_exit(number % 128);
}

/* Copies this program and sets its entry point. */
static void make_short(void)
{
	static char bytes[8 << 20];
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int out = open(short_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t length = in < 0 || out < 0 ? -1 : read(in, bytes, sizeof(bytes));

	if (length < (ssize_t)sizeof(Elf64_Ehdr))
		err(1, "%s", short_path);
	((Elf64_Ehdr *)(void *)bytes)->e_entry = (uintptr_t)short_start;
	if (write(out, bytes, (size_t)length) != length || close(out) < 0)
		err(1, "%s", short_path);
	close(in);
}

/* --- the starting --------------------------------------------------------------------------------------------- */

static pid_t start(int number)
{
	char name[32];
	char *const argv[] = {short_path, name, NULL}, *const envp[] = {NULL};
	pid_t pid;

	snprintf(name, sizeof(name), SHORT_PREFIX "%d", number);
	pid = vfork();
	if (pid == 0) {
		execve(short_path, argv, envp);
		_exit(255);
	}
	if (pid < 0)
		err(1, "vfork");
	return pid;
}

/* One of the parents: the numbers first, first + step, ... below count. */
static void start_all(int first, int step, int count)
{
	static char buffer[1 << 20]; /* all lines in one write */
	FILE *file = fopen(started_path, "ae");
	int running = 0;

	if (!file || setvbuf(file, buffer, _IOFBF, sizeof(buffer)))
		err(1, "%s", started_path);
	for (int number = first; number < count; number += step) {
		fprintf(file, "%d %d\n", number, start(number));
		running++;
		while (running && waitpid(-1, NULL, running < RUNNING_MAX ? WNOHANG : 0) > 0)
			running--;
	}
	while (wait(NULL) > 0)
		;
	if (fclose(file))
		err(1, "%s", started_path);
}

int main(int argc, char **argv)
{
	int count, parents, status;

	if (argc != 4)
		errx(2, "usage: flood COUNT PARENTS DIR");
	count = (int)strtol(argv[1], NULL, 10);
	parents = (int)strtol(argv[2], NULL, 10);
	snprintf(short_path, sizeof(short_path), "%s/short", argv[3]);
	snprintf(started_path, sizeof(started_path), "%s/started", argv[3]);
	make_short();
	for (int i = 0; i < parents; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			start_all(i, parents, count);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		if (status)
			errx(1, "a parent ended with %d", status);
	return 0;
}
