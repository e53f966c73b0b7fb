/* SPDX-License-Identifier: MIT */
/* Files that no linker makes: cut off, with one byte changed on purpose, with many changed at random. */
#include "abi.h"

#include <elf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <eunomia/plugin.h>

#include "host/elf_check.h"

#define MUTATIONS 40000

struct file {
	uint8_t *bytes;
	size_t size;
};

static int setup(void **state)
{
	struct file *file = calloc(1, sizeof(*file));
	assert_non_null(file);
	file->bytes = file_read(GOOD, &file->size);
	*state = file;
	return 0;
}

static int teardown(void **state)
{
	struct file *file = *state;
	free(file->bytes);
	free(file);
	return 0;
}

static Elf64_Phdr *segment(struct file *file, uint32_t type, uint32_t flags)
{
	Elf64_Ehdr *h = (Elf64_Ehdr *)file->bytes;
	Elf64_Phdr *p = (Elf64_Phdr *)(file->bytes + h->e_phoff);
	for (unsigned i = 0; i < h->e_phnum; i++)
		if (p[i].p_type == type && (p[i].p_flags & flags) == flags)
			return &p[i];
	fail_msg("no segment of type %u", type);
	return NULL;
}

static Elf64_Dyn *dynamic(struct file *file, int64_t tag)
{
	Elf64_Dyn *d = (Elf64_Dyn *)(file->bytes + segment(file, PT_DYNAMIC, 0)->p_offset);
	while (d->d_tag != DT_NULL && d->d_tag != tag)
		d++;
	if (d->d_tag != tag)
		fail_msg("no dynamic tag %lld", (long long)tag);
	return d;
}

/* In .data.rel.ro and .dynamic addresses and offsets differ; in the first segment, they don't. */
static void *at(struct file *file, uint64_t address)
{
	assert_true(address < segment(file, PT_LOAD, 0)->p_filesz);
	return file->bytes + address;
}

static void bad(struct file *file, const char *expect)
{
	struct elf_plugin elf;
	char why[512] = "";
	assert_int_equal(elf_check(file->bytes, file->size, &elf, why, sizeof(why)), -22);
	if (!strstr(why, expect) || !strstr(why, "; "))
		fail_msg("expected '%s' in: %s", expect, why);
}

static void good(struct file *file)
{
	struct elf_plugin elf;
	char why[512] = "";
	if (elf_check(file->bytes, file->size, &elf, why, sizeof(why)))
		fail_msg("%s", why);
	uint32_t magic;
	memcpy(&magic, elf.head, sizeof(magic));
	assert_int_equal(magic, EUN_MAGIC);
	assert_true(elf.n_loads >= 2);
}

/* One change to the header or a segment, and the reason it is refused for. */
#define EDIT(name, expect, statement)                                           \
	static void name(void **state)                                          \
	{                                                                       \
		struct file *f = *state;                                        \
		Elf64_Ehdr *h __attribute__((unused)) = (Elf64_Ehdr *)f->bytes; \
		good(f);                                                        \
		statement;                                                      \
		bad(f, expect);                                                 \
	}

EDIT(test_class, "it is ELF of class 1", h->e_ident[EI_CLASS] = ELFCLASS32)
EDIT(test_order, "byte order 2", h->e_ident[EI_DATA] = ELFDATA2MSB)
EDIT(test_machine, "it is for machine 8, this one is", h->e_machine = EM_MIPS)
EDIT(test_type, "it is ELF of type 2, not a shared object (3)", h->e_type = ET_EXEC)
EDIT(test_phentsize, "program headers of 32 bytes", h->e_phentsize = 32)
EDIT(test_phnum, "it has 0 program headers", h->e_phnum = 0)
EDIT(test_phoff, "its program headers are at byte 18446744073709551615", h->e_phoff = UINT64_MAX)
EDIT(test_shoff, "its section headers are at byte", h->e_shoff = f->size - 8)
EDIT(test_filesz, "it is cut off: segment 0 ends at byte", segment(f, PT_LOAD, 0)->p_filesz = f->size + 1)
EDIT(test_offset, "it is cut off: segment 0 ends", segment(f, PT_LOAD, 0)->p_offset = UINT64_MAX - 8)
EDIT(test_memsz, "segment 0 takes 1099511627776 bytes", segment(f, PT_LOAD, 0)->p_memsz = 1ull << 40)
EDIT(test_overlap, "at 0x0 overlaps", segment(f, PT_LOAD, PF_W)->p_vaddr = 0)
EDIT(test_write_code, "is writable code", segment(f, PT_LOAD, PF_W)->p_flags |= PF_X)
EDIT(test_no_stack, "asks for an executable stack", segment(f, PT_GNU_STACK, 0)->p_type = PT_NULL)
EDIT(test_no_dynamic, "it has no dynamic section", segment(f, PT_DYNAMIC, 0)->p_type = PT_NULL)
EDIT(test_two_dynamic, "it has two dynamic segments", segment(f, PT_GNU_STACK, 0)->p_type = PT_DYNAMIC)
EDIT(test_dynamic_end, "its dynamic section has no end in 1 entries", segment(f, PT_DYNAMIC, 0)->p_filesz = 16)
EDIT(test_preinit, "DT_PREINIT_ARRAY (", dynamic(f, DT_RELACOUNT)->d_tag = DT_PREINIT_ARRAY)
EDIT(test_rel, "DT_REL (", dynamic(f, DT_RELACOUNT)->d_tag = DT_REL)
EDIT(test_textrel, "DT_TEXTREL (", dynamic(f, DT_RELACOUNT)->d_tag = DT_TEXTREL)
EDIT(test_flags, "DF_TEXTREL (0x4)", dynamic(f, DT_RELACOUNT)->d_un.d_val = 4;
     dynamic(f, DT_RELACOUNT)->d_tag = DT_FLAGS)
EDIT(test_needed, "the name of a needed library (999999)", dynamic(f, DT_RELACOUNT)->d_un.d_val = 999999;
     dynamic(f, DT_RELACOUNT)->d_tag = DT_NEEDED)
EDIT(test_relaent, "DT_RELAENT is 16, not 24", dynamic(f, DT_RELAENT)->d_un.d_val = 16)
EDIT(test_relasz, "tag 7 but not 8", dynamic(f, DT_RELASZ)->d_tag = 0x12345)
EDIT(test_rela, "its relocations (", dynamic(f, DT_RELA)->d_un.d_val = 1ull << 40)
EDIT(test_symtab, "its symbol, string or hash table", dynamic(f, DT_SYMTAB)->d_un.d_val = 1ull << 40)
EDIT(test_symtab_data, "its symbol, string or hash table",
     dynamic(f, DT_SYMTAB)->d_un.d_val = segment(f, PT_LOAD, PF_W)->p_vaddr)
EDIT(test_hash, "its symbol, string or hash table", dynamic(f, DT_GNU_HASH)->d_un.d_val = 1ull << 40)
EDIT(test_buckets, "its symbol, string or hash table",
     ((uint32_t *)at(f, dynamic(f, DT_GNU_HASH)->d_un.d_val))[0] = UINT32_MAX)
EDIT(test_name, "is not in its string table",
     ((Elf64_Sym *)at(f, dynamic(f, DT_SYMTAB)->d_un.d_val))[1].st_name = UINT32_MAX)
EDIT(test_value, "eunomia_plugin is at 0xffffffff, which the file has no bytes for",
     ((Elf64_Sym *)at(f, dynamic(f, DT_SYMTAB)->d_un.d_val))[1].st_value = UINT32_MAX)
EDIT(test_ifunc_symbol, "symbol 1 (eunomia_plugin) is an IFUNC",
     ((Elf64_Sym *)at(f, dynamic(f, DT_SYMTAB)->d_un.d_val))[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC))
EDIT(test_relocation_symbol, "relocation 0 names symbol 99 of",
     ((Elf64_Rela *)at(f, dynamic(f, DT_RELA)->d_un.d_val))[0].r_info = ELF64_R_INFO(99, 1))
EDIT(test_relocation_code, "relocation 0 writes to 0x0, which is not data",
     ((Elf64_Rela *)at(f, dynamic(f, DT_RELA)->d_un.d_val))[0].r_offset = 0)
/* The dynamic linker would call what a relocation wrote there as an init function. */
EDIT(test_relocation_dynamic, "which is not data",
     ((Elf64_Rela *)at(f, dynamic(f, DT_RELA)->d_un.d_val))[0].r_offset = segment(f, PT_DYNAMIC, 0)->p_vaddr + 8)

/* Without section headers it is as good: the dynamic linker doesn't look at them. */
static void test_stripped(void **state)
{
	struct file *f = *state;
	Elf64_Ehdr *h = (Elf64_Ehdr *)f->bytes;
	h->e_shoff = 0;
	h->e_shnum = h->e_shstrndx = 0;
	good(f);
}

/* Cut at every multiple of 64 bytes: refused, and plugin_open() says so of a file as well. */
static void test_truncated(void **state)
{
	struct file *f = *state;
	char folder[PATH_MAX], path[PATH_MAX];
	scratch_make(folder);
	snprintf(path, sizeof(path), "%.4000s/good.so", folder);
	for (size_t size = 64; size < f->size; size += 64) {
		struct file cut = {malloc(size), size};
		assert_non_null(cut.bytes);
		memcpy(cut.bytes, f->bytes, size);
		bad(&cut, "it is cut off: ");
		file_write(path, cut.bytes, size, 0755);
		refused(path, "it is cut off: ");
		free(cut.bytes);
	}
	for (size_t size = 4; size < 64; size++) {
		file_write(path, f->bytes, size, 0755);
		refused(path, "bytes, an ELF header has 64");
	}
	scratch_remove(folder);
}

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* One byte or one word of what the check reads, with an eye to the values that bounds are about. */
static void mutate(struct file *f, size_t first, size_t dynamic_offset, size_t dynamic_size, uint64_t *seed)
{
	uint64_t words[] = {0, 1, f->size, f->size - 1, UINT32_MAX, 1ull << 63, UINT64_MAX, next(seed) % 65536};
	uint64_t r = next(seed);
	size_t at = r % 3 ? r / 3 % first : dynamic_offset + r / 3 % dynamic_size;
	switch (next(seed) % 4) {
	case 0:
		f->bytes[at] ^= (uint8_t)(1u << (next(seed) % 8));
		break;
	case 1:
		f->bytes[at] = (uint8_t)next(seed);
		break;
	case 2:
		memcpy(f->bytes + (at & ~7ul), &words[next(seed) % 8], 8);
		break;
	default:
		memcpy(f->bytes + (at & ~3ul), &words[next(seed) % 8], 4);
		break;
	}
}

/* Whatever the bytes say, the check ends, reads nothing outside them (the sanitizer sees) and gives sound answers. */
static void test_mutations(void **state)
{
	struct file *f = *state;
	Elf64_Phdr first = *segment(f, PT_LOAD, 0), dyn = *segment(f, PT_DYNAMIC, 0);
	struct file work = {malloc(f->size), f->size};
	uint64_t seed = 0x9e3779b97f4a7c15;
	unsigned taken = 0;
	assert_non_null(work.bytes);
	for (unsigned i = 0; i < MUTATIONS; i++) {
		struct elf_plugin elf;
		char why[512] = "";
		memcpy(work.bytes, f->bytes, f->size);
		for (unsigned n = 1 + next(&seed) % 4; n; n--)
			mutate(&work, first.p_filesz, dyn.p_offset, dyn.p_filesz, &seed);
		int err = elf_check(work.bytes, work.size, &elf, why, sizeof(why));
		assert_true(err ? err == -22 && *why : elf.n_loads > 0);
		if (err)
			continue;
		taken++;
		bool inside = false;
		for (uint32_t j = 0; j < elf.n_loads; j++) {
			assert_true(elf.loads[j].start <= elf.loads[j].end);
			inside |= elf.address >= elf.loads[j].start && elf.address + 16 <= elf.loads[j].end;
		}
		assert_true(inside);
	}
	free(work.bytes);
	assert_in_range(taken, MUTATIONS / 100, MUTATIONS / 2); /* neither everything nor nothing was refused */
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_class),
		TEST(test_order),
		TEST(test_machine),
		TEST(test_type),
		TEST(test_phentsize),
		TEST(test_phnum),
		TEST(test_phoff),
		TEST(test_shoff),
		TEST(test_filesz),
		TEST(test_offset),
		TEST(test_memsz),
		TEST(test_overlap),
		TEST(test_write_code),
		TEST(test_no_stack),
		TEST(test_no_dynamic),
		TEST(test_two_dynamic),
		TEST(test_dynamic_end),
		TEST(test_preinit),
		TEST(test_rel),
		TEST(test_textrel),
		TEST(test_flags),
		TEST(test_needed),
		TEST(test_relaent),
		TEST(test_relasz),
		TEST(test_rela),
		TEST(test_symtab),
		TEST(test_symtab_data),
		TEST(test_hash),
		TEST(test_buckets),
		TEST(test_name),
		TEST(test_value),
		TEST(test_ifunc_symbol),
		TEST(test_relocation_symbol),
		TEST(test_relocation_code),
		TEST(test_relocation_dynamic),
		TEST(test_stripped),
		TEST(test_truncated),
		TEST(test_mutations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
