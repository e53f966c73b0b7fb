/* SPDX-License-Identifier: MIT */
/* The static probes (USDT) that a file says it has: notes of sys/sdt.h in .note.stapsdt. */
#ifndef CORE_SYMBOL_USDT_H
#define CORE_SYMBOL_USDT_H

#include "elf_file.h"

struct usdt_probe {
	const char *provider, *name;
	const char *arguments;    /* "-4@%edi 8@-16(%rbp)": where they are, as the compiler wrote it */
	uint64_t address;         /* of the instruction, where the file is linked for */
	int64_t offset;           /* the same in the file; -1: not there */
	uint64_t semaphore;       /* address of the counter of who looks, 0: none */
	int64_t semaphore_offset; /* in the file; -1: none */
};

/* One site after the other; a probe may have several. -ENOENT: the file has none; or what `each` returned. */
int usdt_each(const struct elf_file *file, int (*each)(void *context, const struct usdt_probe *probe), void *context);

#endif
