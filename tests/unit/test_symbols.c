// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <errno.h>
#include <stdlib.h>

#include "core/symbols/elf_symbols.h"
#include "core/symbols/proc_line.h"
#include "core/symbols/symbol_table.h"
#include "test.h"

static struct bytes bytes_of(const char *string)
{
	return (struct bytes){string, strlen(string)};
}

/* --- the table */

/* "NAME+OFFSET", or "" */
static const char *look_up(const struct symbol_table *table, uint64_t address)
{
	static char text[600];
	struct bytes name;
	uint64_t offset;

	if (!symbol_table_find(table, address, &name, &offset))
		return "";
	snprintf(text, sizeof(text), "%.*s+%llu", (int)name.length, name.data, (unsigned long long)offset);
	return text;
}

static void test_table(void)
{
	struct symbol_table *table = symbol_table_new(100);

	symbol_table_sort(table);
	CHECK_STR(look_up(table, 0), "");
	CHECK_EQ(symbol_table_add(table, 2000, 0, bytes_of("second")), 0);
	CHECK_EQ(symbol_table_add(table, 1000, 0, bytes_of("first")), 0);
	CHECK_EQ(symbol_table_add(table, 1000, 0, bytes_of("alias")), 0);
	CHECK_EQ(symbol_table_add(table, 3000, 10, bytes_of("sized")), 0);
	symbol_table_sort(table);
	CHECK_STR(look_up(table, 999), "");
	CHECK_STR(look_up(table, 1000), "first+0");
	CHECK_STR(look_up(table, 1999), "first+999");
	CHECK_STR(look_up(table, 2001), "second+1");
	CHECK_STR(look_up(table, 3009), "sized+9");
	CHECK_STR(look_up(table, 3010), "");
	CHECK_STR(look_up(table, UINT64_MAX), "");
	symbol_table_free(table);
}

static void test_table_reach(void)
{
	struct symbol_table *table = symbol_table_new(1);

	CHECK_EQ(symbol_table_add(table, 1000, 0, bytes_of("last")), 0);
	CHECK_EQ(symbol_table_add(table, 2000, 0, bytes_of("x")), -E2BIG);
	symbol_table_sort(table);
	CHECK_STR(look_up(table, 1000 + SYMBOL_REACH_MAX - 1), "last+16383");
	CHECK_STR(look_up(table, 1000 + SYMBOL_REACH_MAX), "");
	symbol_table_free(table);
}

static void test_table_of_many(void)
{
	struct symbol_table *table = symbol_table_new(50000);
	char name[SYMBOL_NAME_MAX + 100];
	struct bytes found;
	uint64_t offset;

	memset(name, 'x', sizeof(name));
	for (uint64_t i = 0; i < 50000; i++)
		CHECK_EQ(symbol_table_add(table, (i * 7919 % 50000) * 16, 16, (struct bytes){name, i % 50 + 1}), 0);
	symbol_table_sort(table);
	CHECK_EQ(symbol_table_count(table), 50000);
	CHECK(symbol_table_find(table, 7919 * 16 + 3, &found, &offset));
	CHECK_EQ(found.length, 2);
	CHECK_EQ(offset, 3);
	CHECK(symbol_table_bytes(table) < 50000 * (16 + 30));
	symbol_table_free(table);
	/* a name that is too long */
	table = symbol_table_new(1);
	CHECK_EQ(symbol_table_add(table, 1, 1, (struct bytes){name, sizeof(name)}), 0);
	symbol_table_sort(table);
	CHECK(symbol_table_find(table, 1, &found, &offset));
	CHECK_EQ(found.length, SYMBOL_NAME_MAX);
	symbol_table_free(table);
}

/* --- lines */

static void test_kallsyms_lines(void)
{
	uint64_t address = 0;
	struct bytes name;

	CHECK(proc_line_kernel_function(bytes_of("ffffffff81000000 T _text"), &address, &name));
	CHECK(address == 0xffffffff81000000);
	CHECK_BYTES(name.data, name.length, "_text");
	CHECK(proc_line_kernel_function(bytes_of("ffffffffc0a00000 t nf_init\t[nf_tables]"), &address, &name));
	CHECK_BYTES(name.data, name.length, "nf_init");
	CHECK(proc_line_kernel_function(bytes_of("0000000000000000 W x"), &address, &name));
	CHECK_EQ(address, 0);
	CHECK(!proc_line_kernel_function(bytes_of("ffffffff81000000 D data"), &address, &name));
	CHECK(!proc_line_kernel_function(bytes_of("ffffffff81000000 T"), &address, &name));
	CHECK(!proc_line_kernel_function(bytes_of("ffffffff81000000 T \t[x]"), &address, &name));
	CHECK(!proc_line_kernel_function(bytes_of("x T name"), &address, &name));
	CHECK(!proc_line_kernel_function(bytes_of(""), &address, &name));
}

static void test_maps_lines(void)
{
	struct proc_mapping mapping;

	CHECK(proc_line_mapping(bytes_of("7f01a2b3c000-7f01a2c91000 r-xp 00026000 fe:01 131104      /usr/lib/a b.so"),
				&mapping));
	CHECK(mapping.start == 0x7f01a2b3c000 && mapping.end == 0x7f01a2c91000 && mapping.offset == 0x26000);
	CHECK_EQ(mapping.device_major, 0xfe);
	CHECK_EQ(mapping.device_minor, 1);
	CHECK_EQ(mapping.inode, 131104);
	CHECK_BYTES(mapping.path.data, mapping.path.length, "/usr/lib/a b.so");
	CHECK(proc_line_mapping(bytes_of("7ffc-7ffe r-xp 00000000 00:00 0      [vdso]"), &mapping));
	CHECK_BYTES(mapping.path.data, mapping.path.length, "[vdso]");
	CHECK(proc_line_mapping(bytes_of("7ffc-7ffe rwxp 00000000 00:00 0 "), &mapping));
	CHECK_EQ(mapping.path.length, 0);
	CHECK(!proc_line_mapping(bytes_of("7ffc-7ffe rw-p 00000000 00:00 0 "), &mapping));
	CHECK(!proc_line_mapping(bytes_of("7ffc-7ffe r-xp 00000000 00"), &mapping));
	CHECK(!proc_line_mapping(bytes_of("7ffc-7ffe r-x"), &mapping));
	CHECK(!proc_line_mapping(bytes_of("7ffc"), &mapping));
	CHECK(!proc_line_mapping(bytes_of(""), &mapping));
}

/* --- files */

/* A file with one executable segment, at 0x1000 in the file and 0x401000 in memory. */
struct file {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	Elf64_Shdr sections[3]; /* none, symbols, names */
	Elf64_Sym symbols[4];
	char names[32];
};

static struct file file;
static size_t file_size;

static int read_file(void *context, uint64_t offset, void *data, size_t size)
{
	(void)context;
	if (offset > file_size || size > file_size - offset)
		return -EIO;
	memcpy(data, (char *)&file + offset, size);
	return 0;
}

static const struct elf_source source = {.read = read_file};

static Elf64_Sym symbol_of(uint32_t name, unsigned char type, uint64_t value, uint64_t size)
{
	return (Elf64_Sym){.st_name = name, .st_info = type, .st_shndx = 1, .st_value = value, .st_size = size};
}

static void make_file(void)
{
	file_size = sizeof(file);
	file = (struct file){
		.header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB},
			   .e_phoff = offsetof(struct file, segments),
			   .e_phentsize = sizeof(Elf64_Phdr),
			   .e_phnum = 2,
			   .e_shoff = offsetof(struct file, sections),
			   .e_shentsize = sizeof(Elf64_Shdr),
			   .e_shnum = 3},
		.segments = {{.p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = 0x1000, .p_vaddr = 0x400000},
			     {.p_type = PT_LOAD,
			      .p_flags = PF_R | PF_X,
			      .p_offset = 0x1000,
			      .p_filesz = 0x500,
			      .p_vaddr = 0x401000}},
		.sections = {{0},
			     {.sh_type = SHT_DYNSYM,
			      .sh_offset = offsetof(struct file, symbols),
			      .sh_size = sizeof(file.symbols),
			      .sh_entsize = sizeof(Elf64_Sym),
			      .sh_link = 2},
			     {.sh_type = SHT_STRTAB,
			      .sh_offset = offsetof(struct file, names),
			      .sh_size = sizeof(file.names)}},
		.names = "\0main\0data\0unnamed",
	};
	file.symbols[1] = symbol_of(1, STT_FUNC, 0x401010, 0x20);
	file.symbols[2] = symbol_of(6, STT_OBJECT, 0x401040, 0x20);
	file.symbols[3] = symbol_of(1000, STT_FUNC, 0x401080, 0x20); /* its name is nowhere */
}

static void test_elf(void)
{
	struct elf_symbols symbols;
	struct bytes name;

	make_file();
	CHECK_EQ(elf_symbols_load(&source, &symbols), 0);
	CHECK_EQ(symbol_table_count(symbols.table), 1);
	CHECK(elf_symbols_find(&symbols, 0x1010, &name));
	CHECK_BYTES(name.data, name.length, "main");
	CHECK(elf_symbols_find(&symbols, 0x102f, &name));
	CHECK(!elf_symbols_find(&symbols, 0x1030, &name));
	CHECK(!elf_symbols_find(&symbols, 0x1040, &name));
	CHECK(!elf_symbols_find(&symbols, 0x10, &name));
	CHECK(!elf_symbols_find(&symbols, 0x1500, &name));
	elf_symbols_done(&symbols);
}

static int load(void)
{
	struct elf_symbols symbols = {0};
	int r = elf_symbols_load(&source, &symbols);

	elf_symbols_done(&symbols);
	return r;
}

#define CHECK_LOAD(change, wanted) (make_file(), (change), CHECK_EQ_LOAD(wanted))
static void check_load(int line, int wanted)
{
	int got = load();

	if (got != wanted) {
		printf("line %d: %d, wanted %d\n", line, got, wanted);
		test_is_ok = false;
	}
}
#define CHECK_EQ_LOAD(wanted) check_load(__LINE__, wanted)

static void test_elf_that_is_wrong(void)
{
	CHECK_LOAD(file.header.e_ident[1] = 'x', -ENOEXEC);
	CHECK_LOAD(file.header.e_ident[EI_CLASS] = ELFCLASS32, -ENOEXEC);
	CHECK_LOAD(file.header.e_ident[EI_DATA] = ELFDATA2MSB, -ENOEXEC);
	CHECK_LOAD(file.header.e_phnum = 60000, -ENOEXEC);
	CHECK_LOAD(file.header.e_phoff = UINT64_MAX, -EIO);
	CHECK_LOAD(file.header.e_shnum = 60000, -ENOENT);
	CHECK_LOAD(file.header.e_shnum = 0, -ENOENT);
	CHECK_LOAD(file.header.e_shoff = 1 << 20, -EIO);
	CHECK_LOAD(file.sections[1].sh_type = SHT_NOTE, -ENOENT);
	CHECK_LOAD(file.sections[1].sh_link = 3, -ENOEXEC);
	CHECK_LOAD(file.sections[1].sh_link = 1, -ENOEXEC);
	CHECK_LOAD(file.sections[1].sh_entsize = 1, -ENOEXEC);
	CHECK_LOAD(file.sections[1].sh_size = UINT64_MAX, -E2BIG);
	CHECK_LOAD(file.sections[1].sh_size = 1 << 20, -EIO);
	CHECK_LOAD(file.sections[2].sh_size = UINT64_MAX, -E2BIG);
	CHECK_LOAD(file.sections[2].sh_size = 1 << 20, -EIO);
	CHECK_LOAD(file.sections[2].sh_size = 0, 0);
	make_file();
	for (file_size = 0; file_size < sizeof(file); file_size += 8)
		CHECK(load() < 0);
}

int main(void)
{
	RUN(test_table);
	RUN(test_table_reach);
	RUN(test_table_of_many);
	RUN(test_kallsyms_lines);
	RUN(test_maps_lines);
	RUN(test_elf);
	RUN(test_elf_that_is_wrong);
	return test_end();
}
