/* SPDX-License-Identifier: MIT */
/* What was stripped off a file, wherever it was put. One thread. */
#ifndef CORE_SYMBOL_ELF_DEBUG_H
#define CORE_SYMBOL_ELF_DEBUG_H

#include "elf_file.h"

/*
 * The file's separate debug file: below usr/lib/debug by its build-id, or the one that .gnu_debuglink names (with the
 * checksum it says) beside the file's `folder`, in its .debug, or below usr/lib/debug. `roots`: descriptors (root.h)
 * in which to look, the process's own first. NULL: none.
 */
struct elf_file *elf_debug_find(const struct elf_file *file, const int *roots, size_t n_roots, const char *folder);

/* The mini debug info of .gnu_debugdata, decompressed. NULL: none. */
struct elf_file *elf_debug_mini(const struct elf_file *file);

#endif
