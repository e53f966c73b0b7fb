/* SPDX-License-Identifier: MIT */
#include "functions.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "elf_debug.h"

/* Asks one source after the other. `each` as in elf_file_symbols(); what it returns ends it. */
static int all(const struct elf_file *f, const struct where_debug *where,
	       int (*each)(void *context, const struct elf_symbol *symbol), void *context)
{
	int err = elf_file_symbols(f, SHT_DYNSYM, each, context);
	if (err && err != -ENOENT)
		return err;
	err = elf_file_symbols(f, SHT_SYMTAB, each, context);
	if (err != -ENOENT)
		return err;
	struct elf_file *other = elf_debug_find(f, where->roots, where->n_roots, where->folder);
	if (!other)
		other = elf_debug_mini(f);
	if (!other)
		return 0;
	err = elf_file_symbols(other, SHT_SYMTAB, each, context);
	elf_file_close(other);
	return err == -ENOENT ? 0 : err;
}

/* Of several names of one address: with a size before without, global before weak before local, and the plainest. */
static uint32_t rank_of(const struct elf_symbol *s, size_t bytes)
{
	static const unsigned char bindings[] = {[STB_LOCAL] = 0, [STB_GLOBAL] = 2, [STB_WEAK] = 1};
	uint32_t binding = s->binding < sizeof(bindings) ? bindings[s->binding] : 0;
	size_t dashes = strspn(s->name, "_");
	return (s->size ? 1u << 24 : 0) | binding << 20 | (15 - (uint32_t)(dashes < 15 ? dashes : 15)) << 16 |
	       (uint32_t)(bytes < UINT16_MAX ? UINT16_MAX - bytes : 0);
}

static int add(void *context, const struct elf_symbol *s)
{
	size_t bytes = strlen(s->name);
	if (*s->name == '$') /* arm64: marks in code, not functions */
		return 0;
	return symtab_add(context, s->address, s->size, s->name, bytes, rank_of(s, bytes));
}

int functions_table(struct symtab *table, const struct elf_file *f, const struct where_debug *where)
{
	int err = all(f, where, add, table);
	symtab_finish(table);
	return err;
}

struct wanted {
	const char *name;
	uint64_t address;
};

static int is_it(void *context, const struct elf_symbol *s)
{
	struct wanted *w = context;
	const char *version = strchr(s->name, '@'); /* .symtab has names with their versions */
	size_t n = version && version != s->name ? (size_t)(version - s->name) : strlen(s->name);
	if (strlen(w->name) != n || memcmp(s->name, w->name, n) != 0)
		return 0;
	w->address = s->address;
	return 1;
}

int64_t functions_offset(const struct elf_file *f, const struct where_debug *where, const char *name)
{
	struct wanted w = {.name = name};
	int found = all(f, where, is_it, &w);
	if (found <= 0)
		return found ? found : -ENOENT;
	int64_t offset = elf_file_offset(f, w.address, true);
	return offset < 0 ? -ENXIO : offset;
}
