// SPDX-License-Identifier: Apache-2.0
/*
 * act MARK VERB ...: does what a hook is to see or not to see. MARK tells the events of one run from those of all
 * others.
 *
 *   call NAME ARGUMENT...        a system call; arguments are numbers, `fd:PATH`, or else strings
 *   call32 NUMBER ARGUMENT...    a system call of the 32-bit interface (x86), of up to three numbers
 *   repeat COUNT VERB ...        VERB so often
 *   threads COUNT VERB ...       VERB in so many threads, one after the other
 *   linger MS VERB ...           VERB, and lives on for MS milliseconds
 *   unshared FLAGS VERB ...      VERB, in new namespaces: CLONE_NEW*
 *   capped EFFECTIVE PERMITTED INHERITABLE VERB ...   VERB, with just those capabilities: capset
 *   await PATH VERB ...          VERB, when a line can be read from PATH, a FIFO
 *   forked VERB ...              VERB in a child, which executes nothing
 *   run PROGRAM ARGUMENT...      in a child
 *   exec PROGRAM ARGUMENT...     in place of this program
 *   open PATH                    for reading
 *   write PATH TEXT [COUNT]      COUNT times TEXT by one write()
 *   read PATH COUNT              up to COUNT bytes
 *   socket KIND SADDR SPORT DADDR DPORT WHAT
 *                                KIND: tcp4 tcp6 udp4 udp6; bound and connected unless `-`; WHAT: nothing, listen (and
 *                                shutdown), shutdown, send, or heir (a child of its own mark MARK-heir shuts it down)
 *   capset EFFECTIVE PERMITTED INHERITABLE   masks; the bounding ones are not asked
 *   map NAME, program NAME       loads a BPF one
 *   perf CONFIG                  opens a software event
 *
 * Ends with errno of what failed.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct verb {
	const char *name;
	int arguments; /* at least */
	int (*run)(char **argv);
};

struct thread {
	char **argv;
	int result;
};

static char *program, *mark;

static int perform(char **argv);

static int error_of(long result)
{
	return result < 0 ? errno : 0;
}

static const struct {
	const char *name;
	long number;
} calls[] = {
	{"acct", SYS_acct},           {"dup3", SYS_dup3},
	{"fadvise64", SYS_fadvise64}, {"ftruncate", SYS_ftruncate},
	{"lseek", SYS_lseek},         {"mkdirat", SYS_mkdirat},
	{"mount", SYS_mount},         {"openat", SYS_openat},
	{"readahead", SYS_readahead}, {"reboot", SYS_reboot},
	{"setresuid", SYS_setresuid}, {"setreuid", SYS_setreuid},
	{"socket", SYS_socket},       {"sync_file_range", SYS_sync_file_range},
	{"truncate", SYS_truncate},   {"unlinkat", SYS_unlinkat},
};

static long call_argument(char *text)
{
	char *end;
	long number;

	if (!text)
		return 0;
	if (strncmp(text, "fd:", 3) == 0)
		return open(text + 3, O_RDWR | O_CREAT, 0644);
	errno = 0;
	number = *text == '-' ? strtol(text, &end, 0) : (long)strtoul(text, &end, 0);
	return *text && !*end && !errno ? number : (long)text;
}

static int run_call(char **argv)
{
	long values[6] = {0}, number = -1;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (strcmp(calls[i].name, argv[0]) == 0)
			number = calls[i].number;
	if (number < 0)
		errx(255, "no system call %s in act.c", argv[0]);
	for (int i = 0; i < 6 && argv[1 + i]; i++)
		values[i] = call_argument(argv[1 + i]);
	return error_of(syscall(number, values[0], values[1], values[2], values[3], values[4], values[5]));
}

static int run_call32(char **argv)
{
#ifdef __x86_64__
	long values[3] = {0}, result = strtol(argv[0], NULL, 0);

	for (int i = 0; i < 3 && argv[1 + i]; i++)
		values[i] = call_argument(argv[1 + i]);
	asm volatile("int $0x80"
		     : "+a"(result)
		     : "b"(values[0]), "c"(values[1]), "d"(values[2])
		     : "memory", "r8", "r9", "r10", "r11");
	return result < 0 ? (int)-result : 0;
#else
	errx(255, "no call32 %s on this machine", argv[0]);
#endif
}

static int run_repeat(char **argv)
{
	int result = 0;

	for (long i = strtol(argv[0], NULL, 10); i > 0; i--)
		result = perform(argv + 1);
	return result;
}

static int run_linger(char **argv)
{
	int result = perform(argv + 1);

	usleep((useconds_t)strtoul(argv[0], NULL, 10) * 1000);
	return result;
}

static void *thread_main(void *context)
{
	struct thread *thread = context;

	thread->result = perform(thread->argv);
	return NULL;
}

static int run_threads(char **argv)
{
	struct thread thread = {argv + 1, 0};
	pthread_t handle;

	for (long i = strtol(argv[0], NULL, 10); i > 0; i--) {
		if (pthread_create(&handle, NULL, thread_main, &thread) != 0)
			errx(255, "pthread_create");
		pthread_join(handle, NULL);
	}
	return thread.result;
}

static int run_exec(char **argv)
{
	execv(argv[0], argv);
	return errno;
}

static int wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		err(255, "fork");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run_run(char **argv)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(run_exec(argv));
	return wait_for(pid);
}

static int run_forked(char **argv)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(perform(argv));
	return wait_for(pid);
}

static int run_open(char **argv)
{
	return error_of(open(argv[0], O_RDONLY | O_NONBLOCK));
}

static int run_write(char **argv)
{
	size_t length = strlen(argv[1]), count = argv[2] ? strtoul(argv[2], NULL, 10) : 1;
	char *text = malloc(length * count + 1);
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t written;

	if (!text || fd < 0)
		return errno;
	for (size_t i = 0; i < count; i++)
		memcpy(text + i * length, argv[1], length);
	written = write(fd, text, length * count);
	free(text);
	return error_of(written);
}

static int run_read(char **argv)
{
	char text[4096];
	size_t count = strtoul(argv[1], NULL, 10);
	int fd = open(argv[0], O_RDONLY);

	return fd < 0 ? errno : error_of(read(fd, text, count < sizeof(text) ? count : sizeof(text)));
}

/* 0 if the address is "-". */
static socklen_t make_address(int family, const char *address, const char *port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;
	uint16_t number = htons((uint16_t)strtoul(port, NULL, 10));

	memset(ret, 0, sizeof(*ret));
	ret->ss_family = (sa_family_t)family;
	if (strcmp(address, "-") == 0)
		return 0;
	if (family == AF_INET6)
		in6->sin6_port = number;
	else
		in->sin_port = number;
	if (inet_pton(family, address, family == AF_INET6 ? (void *)&in6->sin6_addr : (void *)&in->sin_addr) != 1)
		errx(255, "no address: %s", address);
	return family == AF_INET6 ? sizeof(*in6) : sizeof(*in);
}

/* A child that shuts the socket down, under a mark of its own. */
static int run_heir(int fd)
{
	char name[256], number[16];
	char *argv[] = {program, name, (char *)"shutdown", number, NULL};
	pid_t pid;

	snprintf(name, sizeof(name), "%s-heir", mark);
	snprintf(number, sizeof(number), "%d", fd);
	pid = fork();
	if (pid == 0)
		_exit(run_exec(argv));
	return wait_for(pid);
}

static int use_socket(int fd, const char *what)
{
	if (strcmp(what, "listen") == 0 && listen(fd, 1) < 0)
		return errno;
	if (strcmp(what, "listen") == 0 || strcmp(what, "shutdown") == 0)
		return error_of(shutdown(fd, SHUT_RDWR));
	if (strcmp(what, "send") == 0)
		return error_of(send(fd, "text", 4, 0));
	return strcmp(what, "heir") == 0 ? run_heir(fd) : 0;
}

static int run_socket(char **argv)
{
	int family = strchr(argv[0], '6') ? AF_INET6 : AF_INET;
	int type = *argv[0] == 't' ? SOCK_STREAM : SOCK_DGRAM;
	int fd = socket(family, type | SOCK_NONBLOCK, 0), one = 1, result = 0;
	struct sockaddr_storage source, destination;
	socklen_t source_length = make_address(family, argv[1], argv[2], &source);
	socklen_t length = make_address(family, argv[3], argv[4], &destination);

	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (source_length && bind(fd, (struct sockaddr *)&source, source_length) < 0)
		return errno;
	if (length && connect(fd, (struct sockaddr *)&destination, length) < 0)
		result = errno;
	if (strcmp(argv[5], "nothing") != 0)
		result = use_socket(fd, argv[5]);
	return result;
}

static int run_shutdown(char **argv)
{
	return error_of(shutdown((int)strtol(argv[0], NULL, 10), SHUT_RDWR));
}

static int run_capset(char **argv)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	uint64_t masks[3];

	for (int i = 0; i < 3; i++)
		masks[i] = strtoull(argv[i], NULL, 16);
	for (int i = 0; i < 2; i++)
		data[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(masks[0] >> 32 * i),
			.permitted = (uint32_t)(masks[1] >> 32 * i),
			.inheritable = (uint32_t)(masks[2] >> 32 * i),
		};
	return error_of(syscall(SYS_capset, &header, data));
}

static int run_map(char **argv)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = 24,
		.max_entries = 7,
	};

	memcpy(attr.map_name, argv[0], strnlen(argv[0], sizeof(attr.map_name) - 1));
	return error_of(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)));
}

static int run_program(char **argv)
{
	static const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = (uint64_t)(uintptr_t)code,
		.insn_cnt = 2,
		.license = (uint64_t)(uintptr_t) "GPL",
	};

	memcpy(attr.prog_name, argv[0], strnlen(argv[0], sizeof(attr.prog_name) - 1));
	return error_of(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static int run_perf(char **argv)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = strtoull(argv[0], NULL, 10),
		.disabled = 1,
	};

	return error_of(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

static int run_await(char **argv)
{
	char byte;
	int fd = open(argv[0], O_RDONLY);

	if (fd < 0 || read(fd, &byte, 1) != 1)
		return errno;
	close(fd);
	return perform(argv + 1);
}

static int run_unshared(char **argv)
{
	return unshare((int)strtol(argv[0], NULL, 0)) < 0 ? errno : perform(argv + 1);
}

static int run_capped(char **argv)
{
	int result = run_capset(argv);

	return result ? result : perform(argv + 3);
}

static const struct verb verbs[] = {
	{"unshared", 2, run_unshared}, {"capped", 4, run_capped}, {"forked", 1, run_forked},
	{"await", 2, run_await},       {"call", 1, run_call},     {"repeat", 2, run_repeat},
	{"threads", 2, run_threads},   {"run", 1, run_run},       {"exec", 1, run_exec},
	{"open", 1, run_open},         {"write", 2, run_write},   {"read", 2, run_read},
	{"socket", 6, run_socket},     {"capset", 3, run_capset}, {"map", 1, run_map},
	{"program", 1, run_program},   {"perf", 1, run_perf},     {"shutdown", 1, run_shutdown},
	{"linger", 2, run_linger},     {"call32", 1, run_call32},
};

static int perform(char **argv)
{
	int count = 0;

	while (argv[count])
		count++;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(verbs[i].name, argv[0]) == 0 && count > verbs[i].arguments)
			return verbs[i].run(argv + 1);
	errx(255, "no verb %s, or too few arguments for it", argv[0]);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(255, "usage: act MARK VERB ARGUMENT...");
	program = argv[0];
	mark = argv[1];
	return perform(argv + 2);
}
