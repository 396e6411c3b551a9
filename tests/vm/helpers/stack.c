// SPDX-License-Identifier: Apache-2.0
/*
 * stack PATH: calls chdir(PATH) below stack_outer() and stack_inner(), with frame pointers, and stays a
 * while, so that its stack's addresses can be looked up.
 */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* That one asks for its frame is what keeps the frame pointer. */
#define FRAME __attribute__((noinline))

long stack_inner(const char *path);
long stack_outer(const char *path);

/* The call itself, not a function of libc, which may have no frame pointer. */
FRAME long stack_inner(const char *path)
{
	void *volatile frame = __builtin_frame_address(0);
	long result;

	(void)frame;
#if defined(__x86_64__)
	__asm__ volatile("syscall" : "=a"(result) : "a"((long)SYS_chdir), "D"(path) : "rcx", "r11", "memory");
#else
	register long number __asm__("x8") = SYS_chdir;
	register long argument __asm__("x0") = (long)path;

	__asm__ volatile("svc 0" : "+r"(argument) : "r"(number) : "memory");
	result = argument;
#endif
	return result;
}

FRAME long stack_outer(const char *path)
{
	void *volatile frame = __builtin_frame_address(0);
	long result = stack_inner(path);

	(void)frame;
	__asm__ volatile("" : "+r"(result)); /* no tail call */
	return result;
}

int main(int argc, char **argv)
{
	if (argc != 2 || stack_outer(argv[1]) == 0) {
		fprintf(stderr, "usage: stack PATH, which is not there\n");
		return 2;
	}
	sleep(1);
	return 0;
}
