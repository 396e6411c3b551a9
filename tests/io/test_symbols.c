// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/symbols/kernel_symbols.h"
#include "io/symbols/symbols.h"
#include "io/symbols/user_symbols.h"
#include "../unit/test.h"

#define ADDRESS_OF(function) ((uint64_t)(uintptr_t)(function))

/* Not static: the dynamic symbols of a stripped file would do. */
int test_symbols_target(int value);
__attribute__((noinline)) int test_symbols_target(int value)
{
	return value + 1;
}

static void test_own_functions(void)
{
	struct user_symbols *user = user_symbols_new("/proc");
	uint32_t pid = (uint32_t)getpid();
	struct symbol symbol;

	CHECK(user_symbols_find(user, pid, ADDRESS_OF(test_symbols_target) + 1, &symbol));
	CHECK_BYTES(symbol.name.data, symbol.name.length, "test_symbols_target");
	CHECK(symbol.module.length > 12 &&
	      memcmp(symbol.module.data + symbol.module.length - 12, "test_symbols", 12) == 0);
	/* from the table that is there now; a function of another file */
	CHECK(user_symbols_find(user, pid, ADDRESS_OF(test_own_functions), &symbol));
	CHECK_BYTES(symbol.name.data, symbol.name.length, "test_own_functions");
	CHECK(user_symbols_find(user, pid, ADDRESS_OF(getenv), &symbol));
	CHECK(!user_symbols_find(user, pid, ADDRESS_OF(&symbol), &symbol)); /* not executable */
	CHECK(!user_symbols_find(user, pid, 16, &symbol));
	user_symbols_free(user);
}

static void test_mapping_that_comes_later(void)
{
	struct user_symbols *user = user_symbols_new("/proc");
	uint32_t pid = (uint32_t)getpid();
	struct symbol symbol;
	char name[] = "/tmp/trigon-symbols-XXXXXX";
	int fd = mkstemp(name);
	void *map;

	CHECK(user_symbols_find(user, pid, ADDRESS_OF(test_symbols_target), &symbol));
	CHECK_EQ(ftruncate(fd, 8192), 0);
	map = mmap(NULL, 8192, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	unlink(name);
	close(fd);
	if (map == MAP_FAILED) { /* /tmp may be mounted noexec */
		user_symbols_free(user);
		return;
	}
	usleep(20000);
	/* no ELF file, and without a name by now */
	CHECK(user_symbols_find(user, pid, ADDRESS_OF(map) + 4100, &symbol));
	CHECK_EQ(symbol.name.length, 0);
	CHECK_EQ(symbol.offset, 4100);
	CHECK(symbol.module.length == strlen(name) + strlen(" (deleted)"));
	munmap(map, 8192);
	user_symbols_free(user);
}

static void test_process_that_has_ended(void)
{
	struct user_symbols *user = user_symbols_new("/proc");
	struct symbol symbol;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	CHECK(!user_symbols_find(user, (uint32_t)pid, ADDRESS_OF(test_symbols_target), &symbol));
	user_symbols_free(user);
}

static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static void test_kernel(void)
{
	char name[] = "/tmp/trigon-kallsyms-XXXXXX";
	struct symbol_table *table = NULL;
	struct bytes found;
	uint64_t offset;

	close(mkstemp(name));
	write_text(name, "ffffffff81000000 T first\nffffffff81000100 d data\nffffffff81000200 t second\t[module]\n");
	CHECK_EQ(kernel_symbols_load(name, &table), 0);
	CHECK_EQ(symbol_table_count(table), 2);
	CHECK(symbol_table_find(table, 0xffffffff81000203, &found, &offset));
	CHECK_BYTES(found.data, found.length, "second");
	CHECK_EQ(offset, 3);
	symbol_table_free(table);
	/* hidden */
	write_text(name, "0000000000000000 T first\n0000000000000000 t second\n");
	CHECK_EQ(kernel_symbols_load(name, &table), -EPERM);
	unlink(name);
	CHECK_EQ(kernel_symbols_load(name, &table), -ENOENT);
}

static void test_only_while_wanted(void)
{
	struct symbols *symbols = symbols_new("/proc");
	const struct symbolizer *symbolizer = symbols_symbolizer(symbols);
	uint32_t pid = (uint32_t)getpid();
	struct symbol symbol = {0};

	CHECK(!symbolizer->find(symbolizer->context, pid, ADDRESS_OF(test_symbols_target), &symbol));
	symbols_want(symbols, false, true);
	CHECK(symbolizer->find(symbolizer->context, pid, ADDRESS_OF(test_symbols_target), &symbol));
	CHECK_BYTES(symbol.name.data, symbol.name.length, "test_symbols_target");
	CHECK(!symbolizer->find(symbolizer->context, 0, ADDRESS_OF(test_symbols_target), &symbol));
	symbols_want(symbols, false, false);
	CHECK(!symbolizer->find(symbolizer->context, pid, ADDRESS_OF(test_symbols_target), &symbol));
	symbols_free(symbols);
}

int main(void)
{
	RUN(test_own_functions);
	RUN(test_mapping_that_comes_later);
	RUN(test_process_that_has_ended);
	RUN(test_kernel);
	RUN(test_only_while_wanted);
	return test_end();
}
