/* SPDX-License-Identifier: MIT */
/*
 * The functions of one file, from all that knows them: .symtab, else that of its debug file, else that of its mini
 * debug info; and .dynsym. One thread.
 */
#ifndef CORE_SYMBOL_FUNCTIONS_H
#define CORE_SYMBOL_FUNCTIONS_H

#include "elf_file.h"
#include "table.h"

/* Where to look for what was stripped off: see elf_debug_find(). */
struct where_debug {
	const int *roots;
	size_t n_roots;
	const char *folder;
};

/* By addresses as the file is linked for. -ENOMEM. An empty table: nothing knows. */
int functions_table(struct symtab *table, const struct elf_file *file, const struct where_debug *where);

/*
 * Where the function begins in the file, for a probe. -ENOENT: nothing knows it, -ENXIO: it is not in the file's code.
 */
int64_t functions_offset(const struct elf_file *file, const struct where_debug *where, const char *name);

#endif
