// SPDX-License-Identifier: Apache-2.0
/*
 * reload DIR COUNT LOG MARKER OTHER_MARKER FORMAT...: puts COUNT generations of a policy into
 * DIR/reload.yaml, each as a new file renamed into place, and waits after each until the
 * agent's LOG has one more line with a marker. The FORMATs, files, take turns; `@` in them becomes the generation.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_MS 30000

static char text[65536];

static int read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t length = fd < 0 ? -1 : read(fd, buffer, size - 1);

	if (fd >= 0)
		close(fd);
	if (length < 0)
		return -1;
	buffer[length] = '\0';
	return 0;
}

static int put(const char *dir, const char *format, int generation)
{
	char from[4096], to[4096];
	FILE *file;

	snprintf(from, sizeof(from), "%s/.new", dir);
	snprintf(to, sizeof(to), "%s/reload.yaml", dir);
	if (read_file(format, text, sizeof(text)) < 0)
		return -1;
	file = fopen(from, "w");
	if (!file)
		return -1;
	for (const char *c = text; *c; c++) {
		if (*c == '@')
			fprintf(file, "%d", generation);
		else
			fputc(*c, file);
	}
	return fclose(file) == 0 ? rename(from, to) : -1;
}

/* The next line of the log that has one of the markers. */
static int wait_for(FILE *log, const char *marker, const char *other)
{
	const struct timespec pause = {.tv_nsec = 1000 * 1000};
	char line[8192];

	for (int i = 0; i < LIMIT_MS; i++) {
		long begin = ftell(log);

		while (fgets(line, sizeof(line), log) && strchr(line, '\n')) {
			if (strstr(line, marker) || strstr(line, other))
				return 0;
			begin = ftell(log);
		}
		clearerr(log);
		fseek(log, begin, SEEK_SET); /* half a line is read again */
		nanosleep(&pause, NULL);
	}
	return -1;
}

int main(int argc, char **argv)
{
	FILE *log;
	int count;

	if (argc < 7)
		return 2;
	count = (int)strtol(argv[2], NULL, 10);
	log = fopen(argv[3], "r");
	if (!log || fseek(log, 0, SEEK_END) < 0)
		return 1;
	for (int i = 1; i <= count; i++) {
		if (put(argv[1], argv[6 + i % (argc - 6)], i) < 0) {
			fprintf(stderr, "generation %d: %s\n", i, strerror(errno));
			return 1;
		}
		if (wait_for(log, argv[4], argv[5]) < 0) {
			fprintf(stderr, "the agent took no notice of generation %d\n", i);
			return 1;
		}
	}
	return 0;
}
