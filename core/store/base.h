/* SPDX-License-Identifier: MIT */
/* The history's file: made, checked, its tables, and the statements that write them. docs/history.md has the tables. */
#ifndef CORE_STORE_BASE_H
#define CORE_STORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#define BASE_ID 0x45554e48 /* application_id: "EUNH" */
#define BASE_VERSION 1     /* user_version: another one for any change of the tables */

enum base_sql {
	BASE_BEGIN,
	BASE_COMMIT,
	BASE_ROLLBACK,
	BASE_RUN,
	BASE_LAST_ACTOR,
	BASE_LAST_EVENT,
	BASE_LAST_CONNECTION,
	BASE_FIND_STREAM,
	BASE_STREAM,
	BASE_SEGMENT,
	BASE_ACTOR,
	BASE_EVENT,
	BASE_CONNECT,
	BASE_CLOSE,
	BASE_ALERT,
	BASE_ACKNOWLEDGE,
	BASE_LOST,
	BASE_PAGES,
	BASE_FREE,
	BASE_VACUUM,
	BASE_SEGMENTS,
	BASE_ACTORS,
	BASE_SQLS
};

struct base {
	sqlite3 *db;
	sqlite3_stmt *statements[BASE_SQLS];
	uint64_t inode; /* of the file that is open */
};

/*
 * Opens or makes the file. An SQLite code: SQLITE_CORRUPT, SQLITE_NOTADB: to be moved aside; SQLITE_MISMATCH: another
 * program's, or of a later version. The reason is told in `why`.
 */
int base_open(struct base *base, const char *path, char *why, size_t why_size);
void base_close(struct base *base);

/*
 * Runs a statement with its values: i int64_t; t const char *, size_t (NULL: null); b the same as bytes; N and T
 * are null in place of an i and a t. Its first column goes to *out, which may be NULL and stays without a row.
 * SQLITE_OK, or its code.
 */
int base_run(struct base *base, enum base_sql sql, int64_t *out, const char *types, ...);

/* One that is not prepared; as base_run(). */
int base_query(struct base *base, int64_t *out, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Caps the file; it may be larger already. */
int base_limit(struct base *base, uint64_t bytes, uint64_t wal_bytes);

/* True: what is at `path` is the file that is open. */
bool base_is_at(const struct base *base, const char *path);
/* Of the file and those that SQLite has beside it. `wal`: of its log alone, or NULL. */
uint64_t base_bytes(const char *path, uint64_t *wal);
/* Moves all of them to PATH.corrupt-TIME, which is told in `to`. -errno. */
int base_aside(const char *path, char *to, size_t to_size);

#endif
