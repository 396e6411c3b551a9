// SPDX-License-Identifier: Apache-2.0
/*
 * delay FILE: follows a log as a shipper would, from its present end, until SIGTERM. Prints how long after its event a
 * line can be read there: median, 99th percentile and maximum, in ms.
 */
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench.h"
#include "core/kube/timestamp.h"

#define LINES_MAX 1000000

static volatile sig_atomic_t is_ending;
static double delays_ms[LINES_MAX];
static size_t count;

static void end(int signal)
{
	(void)signal;
	is_ending = 1;
}

/* The time of the event is the last member of that name. */
static void take_line(char *line, uint64_t now_ns)
{
	static const char key[] = "\"time\":\"";
	char *at = NULL, *next = line, *stop;
	uint64_t event_ns;

	while ((next = strstr(next, key)))
		at = next += strlen(key);
	stop = at ? strchr(at, '"') : NULL;
	if (!stop || strstr(line, "\"loss_ledger\"") || count == LINES_MAX)
		return;
	*stop = '\0';
	if (timestamp_parse_ns(at, &event_ns) && now_ns > event_ns)
		delays_ms[count++] = (double)(now_ns - event_ns) / CLOCK_NS_PER_MS;
}

/* Whole lines of what has come; the rest of it is kept for later. */
static void read_lines(int fd)
{
	static char text[1 << 20];
	static size_t length;
	ssize_t size;

	while ((size = read(fd, text + length, sizeof(text) - 1 - length)) > 0) {
		uint64_t now_ns = clock_realtime_ns();
		char *line = text, *newline;

		length += (size_t)size;
		text[length] = '\0';
		while ((newline = strchr(line, '\n'))) {
			*newline = '\0';
			take_line(line, now_ns);
			line = newline + 1;
		}
		length -= (size_t)(line - text);
		memmove(text, line, length);
	}
}

int main(int argc, char **argv)
{
	const struct sigaction action = {.sa_handler = end};
	char events[4096];
	int fd, watch;

	if (argc != 2)
		errx(2, "Usage: delay FILE");
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	watch = inotify_init1(IN_CLOEXEC);
	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0 || watch < 0 || inotify_add_watch(watch, argv[1], IN_MODIFY) < 0)
		err(1, "%s", argv[1]);
	sigaction(SIGTERM, &action, NULL);
	puts("ready");
	fflush(stdout);
	while (!is_ending && read(watch, events, sizeof(events)) > 0)
		read_lines(fd);
	if (count == 0)
		errx(1, "no events in %s", argv[1]);
	qsort(delays_ms, count, sizeof(*delays_ms), bench_compare);
	printf("%zu events: median %.0f ms, 99 %% within %.0f ms, all within %.0f ms\n", count, delays_ms[count / 2],
	       delays_ms[count * 99 / 100], delays_ms[count - 1]);
	return 0;
}
