/* SPDX-License-Identifier: MIT */
/*
 * One ELF file: its segments, its build-id, its symbols. Read with libelf, never mapped, whatever the file claims: a
 * section of more than 256 MiB counts as not there. One thread.
 */
#ifndef CORE_SYMBOL_ELF_FILE_H
#define CORE_SYMBOL_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_file;

/* Takes the descriptor, also when it fails. NULL: errno, ENOEXEC: no ELF file. */
struct elf_file *elf_file_open(int fd);
/* The same of bytes that were had from malloc(); takes them. */
struct elf_file *elf_file_memory(void *bytes, size_t size);
/* Its segments and build-id stay known, all else is given back. */
void elf_file_let_go(struct elf_file *file);
void elf_file_close(struct elf_file *file);

/* 0 bytes: it has none. */
const unsigned char *elf_file_build_id(const struct elf_file *file, size_t *bytes);

/* Where the byte that is loaded at an address is in the file, -1: nowhere. `executable`: only code counts. */
int64_t elf_file_offset(const struct elf_file *file, uint64_t address, bool executable);
/* The address that code at an offset of the file is linked for, -1: it is not loaded as code. */
int64_t elf_file_address(const struct elf_file *file, uint64_t offset);

struct elf_symbol {
	const char *name;
	uint64_t address, size;
	unsigned char binding; /* STB_* */
};

/* Defined functions of a table (SHT_SYMTAB, SHT_DYNSYM). -errno: no such table (ENOENT), or what `each` returned. */
int elf_file_symbols(const struct elf_file *file, uint32_t table,
		     int (*each)(void *context, const struct elf_symbol *symbol), void *context);

/* A section's bytes, as they are in the file, valid until close. NULL: not there. `address`: may be NULL. */
const void *elf_file_section(const struct elf_file *file, const char *name, size_t *bytes, uint64_t *address);

bool elf_file_has(const struct elf_file *file, uint32_t table);
bool elf_file_64(const struct elf_file *file);

#endif
