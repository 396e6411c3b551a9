// SPDX-License-Identifier: Apache-2.0
#include "io/symbols/kernel_symbols.h"

#include <errno.h>

#include "base/util.h"
#include "core/symbols/proc_line.h"

static int read_lines(FILE *file, struct symbol_table *table)
{
	_cleanup_free_ char *line = NULL;
	size_t capacity = 0;
	ssize_t length;
	int r = 0;

	while (r >= 0 && (length = getline(&line, &capacity, file)) > 0) {
		struct bytes text = {line, (size_t)length - (line[length - 1] == '\n')};
		struct bytes name;
		uint64_t address;

		if (proc_line_kernel_function(text, &address, &name) && address)
			r = symbol_table_add(table, address, 0, name);
	}
	if (r >= 0 && ferror(file))
		r = -EIO;
	if (r >= 0 && symbol_table_count(table) == 0)
		r = -EPERM;
	return r;
}

int kernel_symbols_load(const char *path, struct symbol_table **ret)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	struct symbol_table *table;
	int r;

	if (!file)
		return -errno;
	table = symbol_table_new(KERNEL_SYMBOLS_MAX);
	r = table ? read_lines(file, table) : -ENOMEM;
	if (r < 0) {
		symbol_table_free(table);
		return r;
	}
	symbol_table_sort(table);
	*ret = table;
	return 0;
}
