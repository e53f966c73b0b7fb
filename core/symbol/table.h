/* SPDX-License-Identifier: MIT */
/* A table of symbols by address, whatever they come from: filled, sorted once, asked. Bounded. One thread. */
#ifndef CORE_SYMBOL_TABLE_H
#define CORE_SYMBOL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYMTAB_MAX (2u << 20)
#define SYMTAB_NAMES_MAX (128u << 20)

struct symtab_entry {
	uint64_t address;
	uint32_t size; /* 0: up to the next one */
	uint32_t name; /* offset in names */
	uint32_t rank; /* of several at an address the highest counts */
};

struct symtab {
	struct symtab_entry *entries;
	char *names;
	size_t n, room, names_used, names_room;
	bool cut; /* some found no room */
};

/* `name` is copied. -ENOMEM; a table that is full takes no more, and says so in `cut`. */
int symtab_add(struct symtab *table, uint64_t address, uint64_t size, const char *name, size_t name_bytes,
	       uint32_t rank);
/* Sorts, and lets go what is not needed. */
void symtab_finish(struct symtab *table);
/* The name of what is at the address and how far into it; NULL: nothing. Valid as long as the table. */
const char *symtab_find(const struct symtab *table, uint64_t address, uint64_t *into);
size_t symtab_bytes(const struct symtab *table);
void symtab_free(struct symtab *table);

#endif
