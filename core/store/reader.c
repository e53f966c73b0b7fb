/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "event/buf.h"
#include "store/base.h"

#define BUSY_MS 2000

static int64_t pragma(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* As a URI: of a file on a medium that can't be written, whose log is not there, nothing changes. */
static int open_uri(sqlite3 **db, const char *path, const char *more)
{
	struct buf uri = {0};
	buf_str(&uri, "file:");
	for (const char *p = path; *p; p++) {
		if (strchr("?#%", *p))
			buf_printf(&uri, "%%%02x", (unsigned char)*p);
		else
			buf_char(&uri, *p);
	}
	buf_str(&uri, more);
	buf_char(&uri, '\0');
	int rc = uri.failed ? SQLITE_NOMEM
			    : sqlite3_open_v2(uri.data, db,
					      SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
	buf_free(&uri);
	return rc;
}

static bool has_log(const char *path)
{
	char name[4200];
	snprintf(name, sizeof(name), "%s-wal", path);
	return !access(name, F_OK);
}

static int check(sqlite3 *db, const char *path, char *why, size_t why_size)
{
	int64_t id = pragma(db, "PRAGMA application_id"), version = pragma(db, "PRAGMA user_version");
	if (id == BASE_ID && version == BASE_VERSION)
		return 0;
	if (id < 0)
		snprintf(why, why_size, "%s: %s", path, sqlite3_errmsg(db));
	else if (id != BASE_ID)
		snprintf(why, why_size, "%s: no history of eunomia's", path);
	else
		snprintf(why, why_size, "%s: history of version %lld, this eunomia reads %d", path, (long long)version,
			 BASE_VERSION);
	return id == BASE_ID ? -ENOTSUP : -EINVAL;
}

int reader_open(sqlite3 **out, const char *path, char *why, size_t why_size)
{
	sqlite3 *db = NULL;
	if (access(path, R_OK)) {
		int err = -errno;
		snprintf(why, why_size, "%s: %s", path, strerror(-err));
		return err;
	}
	int rc = open_uri(&db, path, "");
	if (rc == SQLITE_OK && pragma(db, "PRAGMA application_id") < 0 && sqlite3_errcode(db) == SQLITE_CANTOPEN &&
	    !has_log(path)) {
		sqlite3_close(db);
		db = NULL;
		rc = open_uri(&db, path, "?immutable=1");
	}
	if (rc != SQLITE_OK)
		snprintf(why, why_size, "%s: %s", path, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
	int err = rc == SQLITE_OK ? check(db, path, why, why_size) : -EIO;
	if (err) {
		sqlite3_close(db);
		return err;
	}
	sqlite3_busy_timeout(db, BUSY_MS);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	*out = db;
	return 0;
}
