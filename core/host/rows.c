/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/schema.h"
#include "refuse.h"

#define ROW_SIZE_MAX 1024

/* How many bytes from `start` on are the file's; 0: none. */
static uint64_t image_room(const struct image *image, const void *start)
{
	uint64_t address = (uintptr_t)start - image->base;
	for (uint32_t i = 0; i < image->elf->n_loads; i++)
		if (address >= image->elf->loads[i].start && address < image->elf->loads[i].end)
			return image->elf->loads[i].end - address;
	return 0;
}

bool image_has(const struct image *image, const void *start, uint64_t size)
{
	return image_room(image, start) >= size;
}

bool image_has_text(const struct image *image, const char *text)
{
	uint64_t room = image_room(image, text);
	return room && memchr(text, 0, room);
}

static const char *row_text(const void *row, const struct row_text *text)
{
	const char *value;
	memcpy(&value, (const char *)row + text->offset, sizeof(value));
	return value;
}

int row_check(const struct image *image, const struct row_kind *kind, const void *row, const char *which, char *why,
	      size_t why_size)
{
	for (const struct row_text *t = kind->texts; t->member; t++) {
		const char *value = row_text(row, t);
		if (!value && t->rule == TEXT_OR_NULL)
			continue;
		if (value && !image_has_text(image, value))
			return refuse(why, why_size, "%s: its %s points outside the file; give it a string constant",
				      which, t->member);
		if (!value || (t->rule == TEXT_SOME && !*value))
			return refuse(why, why_size, "%s has no %s; give it one", which, t->member);
	}
	return 0;
}

static int unique_check(const struct row_kind *kind, const char *rows, uint32_t n, const char *of, char *why,
			size_t why_size)
{
	for (uint32_t i = 1; i < n; i++)
		for (uint32_t j = 0; j < i; j++) {
			const char *a = row_text(rows + (size_t)i * kind->size, &kind->texts[0]);
			const char *b = row_text(rows + (size_t)j * kind->size, &kind->texts[0]);
			if (!strcmp(a, b))
				return refuse(why, why_size, "%s %s of %s is there twice (rows %u and %u); rename one",
					      kind->noun, a, of, j, i);
		}
	return 0;
}

void *rows_copy(const struct image *image, const struct row_kind *kind, const struct eun_table *table, const char *of,
		char *why, size_t why_size)
{
	if (table->count > kind->most) {
		refuse(why, why_size, "%s has %u rows of %ss, a table at most %u; use EUN_TABLE()", of, table->count,
		       kind->noun, kind->most);
		return NULL;
	}
	if (table->count && (table->row_size < kind->least || table->row_size > ROW_SIZE_MAX)) {
		refuse(why, why_size, "the rows of %ss of %s have %u bytes (%u to %u expected); use EUN_TABLE()",
		       kind->noun, of, table->row_size, kind->least, ROW_SIZE_MAX);
		return NULL;
	}
	if (table->count && !image_has(image, table->rows, (uint64_t)table->count * table->row_size)) {
		refuse(why, why_size, "the %u rows of %ss of %s are not all in the file; use EUN_TABLE()", table->count,
		       kind->noun, of);
		return NULL;
	}
	char *rows = calloc((size_t)table->count + 1, kind->size);
	if (!rows) {
		refuse(why, why_size, "no memory for %u rows of %ss", table->count, kind->noun);
		return NULL;
	}
	char which[128];
	int err = 0;
	for (uint32_t i = 0; i < table->count && !err; i++) {
		snprintf(which, sizeof(which), "%s %u of %s", kind->noun, i, of);
		table_row(table, i, rows + (size_t)i * kind->size, kind->size);
		err = row_check(image, kind, rows + (size_t)i * kind->size, which, why, why_size);
	}
	if (!err && kind->unique)
		err = unique_check(kind, rows, table->count, of, why, why_size);
	if (err) {
		free(rows);
		return NULL;
	}
	return rows;
}
