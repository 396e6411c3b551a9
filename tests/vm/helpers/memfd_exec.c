// SPDX-License-Identifier: Apache-2.0

/*
 * memfd_exec HOW FILE [ARGUMENT...]: executes a copy of FILE that has no name in any file system.
 * HOW is fexecve (a memfd, by its descriptor), proc (a memfd, by /proc/self/fd/N) or shm (shared memory,
 * unlinked, by its descriptor).
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHM_NAME "/trigon-memfd-exec"

static int open_nameless(const char *how)
{
	int fd;

	if (strcmp(how, "shm") != 0)
		return memfd_create("trigon", 0);
	fd = shm_open(SHM_NAME, O_RDWR | O_CREAT | O_EXCL, 0700);
	if (fd >= 0)
		shm_unlink(SHM_NAME);
	return fd;
}

static void copy(const char *from, int to)
{
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		err(1, "%s", from);
	if (sendfile(to, fd, NULL, (size_t)status.st_size) != status.st_size)
		err(1, "sendfile");
	close(fd);
}

int main(int argc, char **argv)
{
	char path[32];
	int fd, read_only;

	if (argc < 3)
		errx(2, "usage: memfd_exec fexecve|proc|shm FILE [ARGUMENT...]");
	fd = open_nameless(argv[1]);
	if (fd < 0)
		err(1, "%s", argv[1]);
	copy(argv[2], fd);
	/* what is open for writing is not executed */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_only = open(path, O_RDONLY);
	if (read_only < 0)
		err(1, "%s", path);
	close(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", read_only);
	if (strcmp(argv[1], "proc") == 0)
		execv(path, argv + 2);
	else
		fexecve(read_only, argv + 2, environ);
	err(1, "exec");
}
