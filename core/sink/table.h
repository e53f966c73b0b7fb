/* SPDX-License-Identifier: MIT */
/*
 * Events collected and printed in rounds: live tables (filetop), --sort and --top. Rows that agree in the key are added
 * up in their summing fields. A row is a copy of its record, with the computed fields it was told to keep. One thread.
 */
#ifndef CORE_SINK_TABLE_H
#define CORE_SINK_TABLE_H

#include "event/view.h"
#include "event/writer.h"

/* Of a round; more are counted in table_dropped(). */
#define TABLE_ROWS_MAX 65536
#define TABLE_BYTES_MAX (64u << 20)

struct table;

/* True for table_new(): each field of the lists is in each of the streams; else -EINVAL, why. */
int table_check(const struct stream *const *streams, size_t n, const char *key, const char *sort, char *why,
		size_t why_size);

/*
 * `key`: fields, comma-separated, in which rows must agree to be added up; NULL: each event is a row.
 * `sort`: fields, comma-separated, "-" before one that descends; NULL: in order of arrival; `top`: rows printed, 0 all.
 * The fields must exist in each of the `n` streams: -EINVAL with why.
 */
int table_new(struct table **out, const struct stream *const *streams, size_t n, const char *key, const char *sort,
	      size_t top, char *why, size_t why_size);
void table_destroy(struct table *table);

/* Rows keep these computed fields as they are when the event comes. Before the first one. -ENOMEM. */
int table_keep(struct table *table, const struct field *const *fields, size_t n);

int table_add(struct table *table, const struct view *view);
size_t table_rows(const struct table *table);
/* Sorts, writes the rows (no head) and forgets them. */
int table_print(struct table *table, struct writer *writer, struct buf *out);
uint64_t table_dropped(const struct table *table);

#endif
