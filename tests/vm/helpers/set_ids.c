// SPDX-License-Identifier: Apache-2.0

/*
 * set_ids CALL ID...: makes the system call setuid, setgid, setfsuid, setfsgid, setreuid, setregid, setresuid or
 * setresgid with these ids. Succeeds when the kernel did.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
	const char *name;
	long number;
} calls[] = {
	{"setuid", SYS_setuid},       {"setgid", SYS_setgid},       {"setfsuid", SYS_setfsuid},
	{"setfsgid", SYS_setfsgid},   {"setreuid", SYS_setreuid},   {"setregid", SYS_setregid},
	{"setresuid", SYS_setresuid}, {"setresgid", SYS_setresgid},
};

int main(int argc, char **argv)
{
	long id[3] = {0};

	if (argc < 3 || argc > 5)
		errx(2, "usage: set_ids CALL ID...");
	for (int i = 2; i < argc; i++)
		id[i - 2] = strtol(argv[i], NULL, 10);
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (strcmp(calls[i].name, argv[1]) == 0)
			return syscall(calls[i].number, id[0], id[1], id[2]) == -1;
	errx(2, "no call %s", argv[1]);
}
