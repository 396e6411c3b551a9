// SPDX-License-Identifier: Apache-2.0
/*
 * deep LENGTH COMPONENT PROGRAM [ARGUMENT...]: makes directories below the
 * working directory, with names of COMPONENT bytes, goes into each, until the path has at most LENGTH
 * bytes and another one would not fit; prints the path and executes PROGRAM there.
 */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char name[NAME_MAX + 1], path[2 * PATH_MAX];
	size_t length_max, component, length;

	if (argc < 4)
		errx(2, "usage: deep LENGTH COMPONENT PROGRAM [ARGUMENT...]");
	length_max = strtoul(argv[1], NULL, 10);
	component = strtoul(argv[2], NULL, 10);
	if (component < 1 || component > NAME_MAX || length_max >= sizeof(path) || !getcwd(path, PATH_MAX))
		errx(1, "the lengths");
	memset(name, 'd', component);
	name[component] = '\0';
	length = strcmp(path, "/") == 0 ? 0 : strlen(path);
	for (; length + 1 + component <= length_max; length += 1 + component) {
		path[length] = '/';
		memcpy(path + length + 1, name, component + 1);
		if ((mkdir(name, 0755) < 0 && errno != EEXIST) || chdir(name) < 0)
			err(1, "%s", name);
	}
	puts(path);
	fflush(stdout);
	execv(argv[3], argv + 3);
	err(1, "%s", argv[3]);
}
