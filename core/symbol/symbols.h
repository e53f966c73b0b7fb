/* SPDX-License-Identifier: MIT */
/*
 * Addresses to names, of the kernel and of processes. What a process has mapped is read when one of its addresses is
 * asked for the first time, and again when one is in nothing known; so it is to be asked while the process lives.
 * Tables of files are kept by build-id, where they have one, and the least used are let go when all take more than a
 * bound. One thread.
 */
#ifndef CORE_SYMBOL_SYMBOLS_H
#define CORE_SYMBOL_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct symbols;

struct location {
	const char *name;   /* NULL: not known. As it is in the file; see demangle.h */
	const char *module; /* the file's path, "[vdso]", "[kernel]", "[jit]", "" */
	uint64_t into;      /* bytes from the begin of what the name is of */
	uint64_t address;   /* in the file as it is linked, where the module is one; else the address itself */
};

/* `bytes`: bound of all tables, 0: 128 MiB. NULL and errno. */
struct symbols *symbols_new(size_t bytes);
void symbols_destroy(struct symbols *symbols);

/* Texts are valid until the next call. */
void symbols_process(struct symbols *symbols, uint32_t pid, uint64_t address, struct location *location);
void symbols_kernel(struct symbols *symbols, uint64_t address, struct location *location);

/* What the process had mapped is not so any more: it executed something, or ended. */
void symbols_forget(struct symbols *symbols, uint32_t pid);

size_t symbols_bytes(const struct symbols *symbols);

#endif
