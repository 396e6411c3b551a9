// SPDX-License-Identifier: Apache-2.0

/*
 * hold RUID EUID SUID RGID EGID SGID: takes these ids and stays until its standard input ends.
 */
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned int id[6];
	char byte;

	if (argc != 7)
		errx(2, "usage: hold RUID EUID SUID RGID EGID SGID");
	for (int i = 0; i < 6; i++)
		id[i] = (unsigned int)strtoul(argv[i + 1], NULL, 10);
	if (setresgid(id[3], id[4], id[5]) < 0 || setresuid(id[0], id[1], id[2]) < 0)
		err(1, "ids");
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
