// SPDX-License-Identifier: Apache-2.0
/* The container of a test's pod: waits, or with an argument does what a case wants to see an event of. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define UNKNOWN_FAMILY AF_TIPC /* for which the kernel asks for a module */
#define STOP_FILE "/stop"

static void end(int signal)
{
	(void)signal;
	_exit(0);
}

/* Away from root and back. */
static int do_setuid(char **arguments)
{
	(void)arguments;
	return setresuid(1000, 1000, 0) < 0 || setresuid(0, 0, 0) < 0;
}

static int do_wait(char **arguments)
{
	(void)arguments;
	signal(SIGTERM, end);
	pause();
	return 0;
}

static int do_setuid_and_wait(char **arguments)
{
	signal(SIGTERM, end);
	return do_setuid(arguments) || do_wait(arguments);
}

static int do_user_namespace(char **arguments)
{
	(void)arguments;
	return unshare(CLONE_NEWUSER) < 0;
}

/* A program that returns 0. */
static int do_bpf(char **arguments)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uint64_t)(uintptr_t)insns,
		.insn_cnt = 2,
		.license = (uint64_t)(uintptr_t) "GPL",
	};

	(void)arguments;
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)) < 0;
}

/* There is no such module, but the kernel asks for it. */
static int do_module(char **arguments)
{
	(void)arguments;
	return socket(UNKNOWN_FAMILY, SOCK_STREAM, 0) >= 0;
}

/* ADDRESS PORT, where nobody need answer. */
static int do_connect(char **arguments)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || !arguments[0] || !arguments[1] || inet_pton(AF_INET, arguments[0], &address.sin_addr) != 1)
		return 1;
	address.sin_port = htons((uint16_t)strtoul(arguments[1], NULL, 10));
	connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	return 0;
}

/* FILE, as a dynamic linker does. */
static int do_map(char **arguments)
{
	int fd = arguments[0] ? open(arguments[0], O_RDONLY) : -1;

	return fd < 0 || mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED;
}

static int do_truncate(char **arguments)
{
	int fd = open("/truncated", O_CREAT | O_WRONLY, 0600);

	(void)arguments;
	return fd < 0 || ftruncate(fd, 0) < 0;
}

/*
 * MS: sets the real user id to 1000, 1001 and so on, one each MS milliseconds, and stays root; until STOP_FILE is
 * there. Says when it has begun, then with what it has ended.
 */
static int do_count(char **arguments)
{
	unsigned long ms = arguments[0] ? strtoul(arguments[0], NULL, 10) : 0;
	uid_t next = 1000;

	if (ms == 0 || (unlink(STOP_FILE) < 0 && errno != ENOENT))
		return 1;
	do {
		if (setresuid(next, 0, (uid_t)-1) < 0)
			return 1;
		if (next == 1000)
			dprintf(STDOUT_FILENO, "counting\n");
		next++;
		usleep((useconds_t)(ms * 1000));
	} while (access(STOP_FILE, F_OK) < 0);
	dprintf(STDOUT_FILENO, "%u\n", next - 1);
	return 0;
}

static int do_stop(char **arguments)
{
	(void)arguments;
	return open(STOP_FILE, O_CREAT | O_WRONLY, 0600) < 0;
}

static const struct {
	const char *name;
	int (*run)(char **arguments);
} commands[] = {
	{"setuid", do_setuid},
	{"setuid-and-wait", do_setuid_and_wait},
	{"user-namespace", do_user_namespace},
	{"bpf", do_bpf},
	{"module", do_module},
	{"connect", do_connect},
	{"map", do_map},
	{"truncate", do_truncate},
	{"count", do_count},
	{"stop", do_stop},
};

int main(int argc, char **argv)
{
	if (argc < 2)
		return do_wait(argv);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, argv[1]) == 0)
			return commands[i].run(argv + 2);
	return 2;
}
