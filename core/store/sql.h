/* SPDX-License-Identifier: MIT */
/*
 * SQL on the history, that can do nothing but read it: one SELECT, for some time, on a file opened read-only, with the
 * functions of SQLite that touch nothing else. field(ID, 'NAME') is a field of the event of that number.
 */
#ifndef CORE_STORE_SQL_H
#define CORE_STORE_SQL_H

#include "event/writer.h"

#define SQL_TIMEOUT_MS 30000

/*
 * Appends the answer to `out` and calls `more` after each row, which may take it; what that returns, if not 0, ends it
 * and is returned. Text: columns between tabs. -EINVAL: the SQL is wrong, or not allowed; -ETIMEDOUT; -errno: why.
 */
int history_sql(const char *path, const char *sql, enum format format, bool no_header, unsigned timeout_ms,
		struct buf *out, int (*more)(void *context), void *context, char *why, size_t why_size);

#endif
