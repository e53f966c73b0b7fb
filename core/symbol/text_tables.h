/* SPDX-License-Identifier: MIT */
/* Tables of symbols that are texts: the kernel's, and those that programs with a JIT write. */
#ifndef CORE_SYMBOL_TEXT_TABLES_H
#define CORE_SYMBOL_TEXT_TABLES_H

#include "table.h"

/* Code of the kernel and its modules from /proc/kallsyms; "name [module]". -EPERM: addresses are hidden; -errno. */
int kallsyms_read(struct symtab *table);

/*
 * /tmp/perf-PID.map of the process (its pid in the innermost namespace, its root), if it is a regular file that
 * belongs to the process's user or to root and that nobody else may write. Lines that make no sense are left out.
 * -errno.
 */
int perf_map_read(struct symtab *table, uint32_t pid);

#endif
