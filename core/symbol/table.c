/* SPDX-License-Identifier: MIT */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NESTED 16 /* symbols that may lie inside of another one, behind its begin */

static int grow(void **at, size_t *room, size_t need, size_t unit)
{
	if (need <= *room)
		return 0;
	size_t more = *room ? *room * 2 : 1024;
	more = more < need ? need : more;
	void *grown = realloc(*at, more * unit);
	if (!grown)
		return -ENOMEM;
	*at = grown;
	*room = more;
	return 0;
}

int symtab_add(struct symtab *t, uint64_t address, uint64_t size, const char *name, size_t bytes, uint32_t rank)
{
	if (t->n >= SYMTAB_MAX || t->names_used + bytes + 1 > SYMTAB_NAMES_MAX) {
		t->cut = true;
		return 0;
	}
	if (grow((void **)&t->entries, &t->room, t->n + 1, sizeof(*t->entries)) ||
	    grow((void **)&t->names, &t->names_room, t->names_used + bytes + 1, 1))
		return -ENOMEM;
	t->entries[t->n++] = (struct symtab_entry){
		.address = address,
		.size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size,
		.name = (uint32_t)t->names_used,
		.rank = rank,
	};
	memcpy(t->names + t->names_used, name, bytes);
	t->names[t->names_used + bytes] = '\0';
	t->names_used += bytes + 1;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct symtab_entry *x = a, *y = b;
	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

void symtab_finish(struct symtab *t)
{
	size_t kept = 0;
	if (!t->n)
		return;
	qsort(t->entries, t->n, sizeof(*t->entries), compare);
	for (size_t i = 0; i < t->n; i++) /* of an address the best */
		if (!kept || t->entries[kept - 1].address != t->entries[i].address)
			t->entries[kept++] = t->entries[i];
	t->n = kept;
	void *less = realloc(t->entries, kept * sizeof(*t->entries));
	t->entries = less ? less : t->entries;
	t->room = kept;
	less = realloc(t->names, t->names_used);
	t->names = less ? less : t->names;
	t->names_room = t->names_used;
}

const char *symtab_find(const struct symtab *t, uint64_t address, uint64_t *into)
{
	size_t low = 0, high = t->n; /* the first that begins behind the address */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (t->entries[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t i = 0; i < NESTED && i < low; i++) {
		const struct symtab_entry *e = &t->entries[low - 1 - i];
		bool open_end = !e->size && !i;
		if (!open_end && address - e->address >= e->size)
			continue;
		*into = address - e->address;
		return t->names + e->name;
	}
	return NULL;
}

size_t symtab_bytes(const struct symtab *t)
{
	return t->room * sizeof(*t->entries) + t->names_room;
}

void symtab_free(struct symtab *t)
{
	free(t->entries);
	free(t->names);
	*t = (struct symtab){0};
}
