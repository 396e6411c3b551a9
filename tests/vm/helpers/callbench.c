// SPDX-License-Identifier: Apache-2.0
/*
 * callbench read|setuid|connect COUNT ROUNDS: nanoseconds for one call, the median of
 * ROUNDS rounds of COUNT calls. connect: a TCP connection to 192.0.2.1, where nobody listens, and close.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 1000

static int file = -1;

static void call_read(void)
{
	char byte;

	if (pread(file, &byte, 1, 0) < 0)
		exit(1);
}

static void call_setuid(void)
{
	syscall(SYS_setuid, 0);
}

static void call_connect(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	inet_pton(AF_INET, "192.0.2.1", &address.sin_addr);
	connect(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static int64_t rounds[ROUNDS_MAX];
	void (*call)(void) = call_read;
	long count, round_count;

	if (argc != 4)
		return 2;
	if (strcmp(argv[1], "setuid") == 0)
		call = call_setuid;
	else if (strcmp(argv[1], "connect") == 0)
		call = call_connect;
	file = open("/etc/hostname", O_RDONLY);
	count = strtol(argv[2], NULL, 10);
	round_count = strtol(argv[3], NULL, 10);
	if (file < 0 || count < 1 || round_count < 1 || round_count > ROUNDS_MAX)
		return 2;
	for (long i = 0; i < round_count; i++) {
		int64_t begin = now_ns();

		for (long j = 0; j < count; j++)
			call();
		rounds[i] = (now_ns() - begin) / count;
	}
	qsort(rounds, (size_t)round_count, sizeof(rounds[0]), compare);
	printf("%lld\n", (long long)rounds[round_count / 2]);
	return 0;
}
