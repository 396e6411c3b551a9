// SPDX-License-Identifier: Apache-2.0
#include "core/symbols/elf_symbols.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define SECTIONS_MAX 4096
#define PROGRAM_HEADERS_MAX 256
#define SYMBOLS_MAX (1u << 20) /* that are looked at */
#define SYMBOLS_PER_READ 256

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_DATA ELFDATA2LSB
#else
#define NATIVE_DATA ELFDATA2MSB
#endif

struct loading {
	const struct elf_source *source;
	Elf64_Ehdr header;
	Elf64_Shdr symbols, names; /* sections */
	char *text;                /* owned: of the names, with a NUL at the end */
	struct elf_symbols result;
};

static int read_at(const struct loading *loading, uint64_t offset, void *data, size_t size)
{
	return loading->source->read(loading->source->context, offset, data, size);
}

static int read_header(struct loading *loading)
{
	Elf64_Ehdr *header = &loading->header;
	int r = read_at(loading, 0, header, sizeof(*header));

	if (r < 0)
		return r;
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
	    header->e_ident[EI_DATA] != NATIVE_DATA || header->e_phentsize != sizeof(Elf64_Phdr) ||
	    header->e_phnum > PROGRAM_HEADERS_MAX)
		return -ENOEXEC;
	if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shnum > SECTIONS_MAX)
		return -ENOENT;
	return 0;
}

static int read_segments(struct loading *loading)
{
	struct elf_symbols *result = &loading->result;

	for (size_t i = 0; i < loading->header.e_phnum && result->segment_count < ELF_SEGMENTS_MAX; i++) {
		Elf64_Phdr header;
		int r = read_at(loading, loading->header.e_phoff + i * sizeof(header), &header, sizeof(header));

		if (r < 0)
			return r;
		if (header.p_type != PT_LOAD || !(header.p_flags & PF_X))
			continue;
		result->segments[result->segment_count++] = (struct elf_segment){
			.offset = header.p_offset,
			.size = header.p_filesz,
			.address = header.p_vaddr,
		};
	}
	return 0;
}

static int read_section(const struct loading *loading, size_t index, Elf64_Shdr *ret)
{
	if (index >= loading->header.e_shnum)
		return -ENOEXEC;
	return read_at(loading, loading->header.e_shoff + index * sizeof(*ret), ret, sizeof(*ret));
}

/* The full table, or the one for the dynamic linker, where the file is stripped. */
static int find_sections(struct loading *loading)
{
	bool is_found = false;
	Elf64_Shdr section;

	for (size_t i = 0; i < loading->header.e_shnum; i++) {
		int r = read_section(loading, i, &section);

		if (r < 0)
			return r;
		if (section.sh_type != SHT_SYMTAB && (section.sh_type != SHT_DYNSYM || is_found))
			continue;
		loading->symbols = section;
		is_found = true;
		if (section.sh_type == SHT_SYMTAB)
			break;
	}
	if (!is_found)
		return -ENOENT;
	if (loading->symbols.sh_entsize != sizeof(Elf64_Sym))
		return -ENOEXEC;
	return read_section(loading, loading->symbols.sh_link, &loading->names);
}

static int read_names(struct loading *loading)
{
	size_t size = loading->names.sh_size;

	if (loading->names.sh_type != SHT_STRTAB)
		return -ENOEXEC;
	if (loading->names.sh_size > ELF_NAMES_MAX)
		return -E2BIG;
	loading->text = malloc(size + 1);
	if (!loading->text)
		return -ENOMEM;
	loading->text[size] = '\0';
	return read_at(loading, loading->names.sh_offset, loading->text, size);
}

static bool is_function(const Elf64_Sym *symbol)
{
	unsigned int type = ELF64_ST_TYPE(symbol->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF && symbol->st_value;
}

static int add_symbols(struct loading *loading, const Elf64_Sym *symbols, size_t count)
{
	int r = 0;

	for (size_t i = 0; i < count && r >= 0; i++) {
		const char *name = loading->text + symbols[i].st_name;

		if (is_function(&symbols[i]) && symbols[i].st_name < loading->names.sh_size && *name)
			r = symbol_table_add(loading->result.table, symbols[i].st_value, symbols[i].st_size,
					     (struct bytes){name, strlen(name)});
	}
	return r;
}

static int read_symbols(struct loading *loading)
{
	size_t count = loading->symbols.sh_size / sizeof(Elf64_Sym);
	Elf64_Sym symbols[SYMBOLS_PER_READ];

	if (count > SYMBOLS_MAX)
		return -E2BIG;
	for (size_t at = 0; at < count; at += SYMBOLS_PER_READ) {
		size_t part = MIN(count - at, (size_t)SYMBOLS_PER_READ);
		int r = read_at(loading, loading->symbols.sh_offset + at * sizeof(*symbols), symbols,
				part * sizeof(*symbols));

		if (r >= 0)
			r = add_symbols(loading, symbols, part);
		if (r < 0)
			return r;
	}
	return 0;
}

static int load(struct loading *loading)
{
	int r = read_header(loading);

	if (r >= 0)
		r = read_segments(loading);
	if (r >= 0)
		r = find_sections(loading);
	if (r >= 0)
		r = read_names(loading);
	return r < 0 ? r : read_symbols(loading);
}

int elf_symbols_load(const struct elf_source *source, struct elf_symbols *ret)
{
	struct loading loading = {.source = source, .result.table = symbol_table_new(ELF_FUNCTIONS_MAX)};
	int r = loading.result.table ? load(&loading) : -ENOMEM;

	free(loading.text);
	if (r < 0) {
		elf_symbols_done(&loading.result);
		return r;
	}
	symbol_table_sort(loading.result.table);
	*ret = loading.result;
	return 0;
}

void elf_symbols_done(struct elf_symbols *symbols)
{
	symbols->table = symbol_table_free(symbols->table);
}

bool elf_symbols_find(const struct elf_symbols *symbols, uint64_t file_offset, struct bytes *ret_name)
{
	uint64_t within;

	for (size_t i = 0; i < symbols->segment_count; i++) {
		const struct elf_segment *segment = &symbols->segments[i];

		if (file_offset >= segment->offset && file_offset - segment->offset < segment->size)
			return symbol_table_find(symbols->table, file_offset - segment->offset + segment->address,
						 ret_name, &within);
	}
	return false;
}
