/* SPDX-License-Identifier: MIT */
/*
 * A loaded plugin's tables, read without trust: each pointer must stay within what the file has in memory, each text
 * must end there. What these functions let pass can be used without a further check for as long as the file is loaded.
 */
#ifndef CORE_HOST_ROWS_H
#define CORE_HOST_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <eunomia/schema.h>

#include "elf_check.h"

struct image {
	uintptr_t base; /* where the file was loaded */
	const struct elf_plugin *elf;
};

bool image_has(const struct image *image, const void *start, uint64_t size);
bool image_has_text(const struct image *image, const char *text);

/* What one kind of row looks like. */
struct row_kind {
	const char *noun; /* "stream" */
	uint32_t most;    /* rows in a table */
	uint32_t least;   /* bytes of a row in ABI 1.0 */
	uint32_t size;    /* bytes that this host knows */
	bool unique;      /* no two rows have the same first text */
	struct row_text {
		const char *member;
		uint32_t offset;
		enum { TEXT, TEXT_SOME, TEXT_OR_NULL } rule; /* may be empty, not empty, may be NULL */
	} texts[12];                                         /* ends at member NULL */
};

/* The texts of one row that was copied; `which` is it in messages. 0, or -EINVAL with `why`. */
int row_check(const struct image *image, const struct row_kind *kind, const void *row, const char *which, char *why,
	      size_t why_size);

/*
 * Copies a table whose texts are all good, each row as table_row() does; a table without rows gives no NULL either.
 * The caller frees it. `of`: whose table it is. NULL with `why`.
 */
void *rows_copy(const struct image *image, const struct row_kind *kind, const struct eun_table *table, const char *of,
		char *why, size_t why_size);

#endif
