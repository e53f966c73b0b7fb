/* SPDX-License-Identifier: MIT */
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUSY_MS 200
#define PAGE 4096

/* Times are ns since 1970; addresses and names are text. What is bytes is explained in known.h and docs/history.md. */
static const char tables[] =
	"CREATE TABLE runs(id INTEGER PRIMARY KEY, started INTEGER NOT NULL, clock_offset INTEGER NOT NULL,"
	" hostname TEXT, version TEXT, fields TEXT NOT NULL);"
	"CREATE TABLE streams(id INTEGER PRIMARY KEY, name TEXT NOT NULL, schema BLOB NOT NULL, UNIQUE(name, schema));"
	"CREATE TABLE segments(id INTEGER PRIMARY KEY, first_event INTEGER, first_connection INTEGER,"
	" first_actor INTEGER);"
	"CREATE TABLE actors(id INTEGER PRIMARY KEY, exe TEXT, container TEXT, known BLOB NOT NULL);"
	"CREATE TABLE event(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, stream INTEGER NOT NULL,"
	" run INTEGER NOT NULL, pid INTEGER, comm TEXT, actor INTEGER, record BLOB NOT NULL, texts BLOB);"
	"CREATE INDEX event_time ON event(time);"
	"CREATE TABLE connections(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, run INTEGER NOT NULL,"
	" started INTEGER, ended INTEGER, direction TEXT, pid INTEGER, uid INTEGER, comm TEXT, actor INTEGER,"
	" saddr TEXT, sport INTEGER, daddr TEXT, dport INTEGER, latency_ns INTEGER, duration_ns INTEGER,"
	" tx_bytes INTEGER, rx_bytes INTEGER, srtt_ns INTEGER, retransmits INTEGER, ret INTEGER, sock INTEGER);"
	"CREATE INDEX connections_time ON connections(time);"
	"CREATE INDEX connections_open ON connections(sock) WHERE ended IS NULL;"
	"CREATE TABLE alerts(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, run INTEGER NOT NULL, rule TEXT NOT NULL,"
	" severity INTEGER NOT NULL, priority TEXT, source TEXT, output TEXT, tags TEXT, output_fields TEXT,"
	" count INTEGER, dropped_before INTEGER, pid INTEGER, uid INTEGER, comm TEXT, exe TEXT, container TEXT,"
	" ancestors TEXT, known BLOB, json TEXT NOT NULL, acknowledged INTEGER, acknowledged_by TEXT);"
	"CREATE INDEX alerts_time ON alerts(time);"
	"CREATE TABLE lost(time INTEGER NOT NULL, run INTEGER NOT NULL, count INTEGER NOT NULL);"
	"CREATE VIEW events AS SELECT e.id, e.time, s.name AS stream, e.pid, e.comm, a.exe, a.container, e.record"
	" FROM event e JOIN streams s ON s.id = e.stream LEFT JOIN actors a ON a.id = e.actor;";

static const char *const sqls[BASE_SQLS] = {
	[BASE_BEGIN] = "BEGIN IMMEDIATE",
	[BASE_COMMIT] = "COMMIT",
	[BASE_ROLLBACK] = "ROLLBACK",
	[BASE_RUN] =
		"INSERT INTO runs(started, clock_offset, hostname, version, fields) VALUES(?,?,?,?,?) RETURNING id",
	[BASE_LAST_ACTOR] = "SELECT max(coalesce((SELECT max(id) FROM actors), 0),"
			    " coalesce((SELECT max(first_actor) FROM segments) - 1, 0))",
	[BASE_LAST_EVENT] = "SELECT max(coalesce((SELECT max(id) FROM event), 0),"
			    " coalesce((SELECT max(first_event) FROM segments) - 1, 0))",
	[BASE_LAST_CONNECTION] = "SELECT max(coalesce((SELECT max(id) FROM connections), 0),"
				 " coalesce((SELECT max(first_connection) FROM segments) - 1, 0))",
	[BASE_FIND_STREAM] = "SELECT id FROM streams WHERE name = ? AND schema = ?",
	[BASE_STREAM] = "INSERT INTO streams(name, schema) VALUES(?,?) RETURNING id",
	[BASE_SEGMENT] = "INSERT INTO segments(first_event, first_connection, first_actor) VALUES(?,?,?)",
	[BASE_ACTOR] = "INSERT INTO actors(id, exe, container, known) VALUES(?,?,?,?)",
	[BASE_EVENT] = "INSERT INTO event(id, time, stream, run, pid, comm, actor, record, texts)"
		       " VALUES(?,?,?,?,?,?,?,?,?)",
	[BASE_CONNECT] =
		"INSERT INTO connections(id, time, run, started, ended, direction, pid, uid, comm, actor, saddr,"
		" sport, daddr, dport, latency_ns, duration_ns, tx_bytes, rx_bytes, srtt_ns, retransmits, ret,"
		" sock) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[BASE_CLOSE] = "UPDATE connections SET time = ?, ended = ?, duration_ns = ?, tx_bytes = ?, rx_bytes = ?,"
		       " srtt_ns = ?, retransmits = ?, ret = ? WHERE id = (SELECT max(id) FROM connections"
		       " WHERE sock = ? AND ended IS NULL) AND run = ? RETURNING id",
	[BASE_ALERT] =
		"INSERT INTO alerts(time, run, rule, severity, priority, source, output, tags, output_fields, count,"
		" dropped_before, pid, uid, comm, exe, container, ancestors, known, json)"
		" VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
	[BASE_ACKNOWLEDGE] = "UPDATE alerts SET acknowledged = ?, acknowledged_by = ? WHERE id = ?",
	[BASE_LOST] = "INSERT INTO lost(time, run, count) VALUES(?,?,?)",
	[BASE_PAGES] = "PRAGMA page_count",
	[BASE_FREE] = "PRAGMA freelist_count",
	[BASE_VACUUM] = "PRAGMA incremental_vacuum(1000)",
	/* of the oldest segment that an event or a connection is left of, the actors and what is before it */
	[BASE_SEGMENTS] = "DELETE FROM segments WHERE id < (SELECT max(id) FROM segments"
			  " WHERE first_event <= ?1 AND first_connection <= ?2)",
	[BASE_ACTORS] = "DELETE FROM actors WHERE id < (SELECT min(first_actor) FROM segments)",
};

/* ---- statements ---- */

static int bind(sqlite3_stmt *st, int at, char type, va_list *args)
{
	if (type == 'i')
		return sqlite3_bind_int64(st, at, va_arg(*args, int64_t));
	if (type == 'N') {
		va_arg(*args, int64_t);
		return sqlite3_bind_null(st, at);
	}
	const char *bytes = va_arg(*args, const char *);
	size_t len = va_arg(*args, size_t);
	if (!bytes || type == 'T')
		return sqlite3_bind_null(st, at);
	return type == 't' ? sqlite3_bind_text64(st, at, bytes, len, SQLITE_STATIC, SQLITE_UTF8)
			   : sqlite3_bind_blob64(st, at, bytes, len, SQLITE_STATIC);
}

static int finish(sqlite3_stmt *st, int64_t *out)
{
	int rc;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		if (out)
			*out = sqlite3_column_int64(st, 0);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int base_run(struct base *b, enum base_sql sql, int64_t *out, const char *types, ...)
{
	sqlite3_stmt *st = b->statements[sql];
	va_list args;
	int rc = SQLITE_OK;
	va_start(args, types);
	for (int i = 0; types[i] && rc == SQLITE_OK; i++)
		rc = bind(st, i + 1, types[i], &args);
	va_end(args);
	if (rc == SQLITE_OK)
		rc = finish(st, out);
	sqlite3_reset(st);
	return rc;
}

int base_query(struct base *b, int64_t *out, const char *fmt, ...)
{
	sqlite3_stmt *st = NULL;
	char text[1024];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	int rc = sqlite3_prepare_v2(b->db, text, -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = finish(st, out);
	sqlite3_finalize(st);
	return rc;
}

/* ---- the file ---- */

static int make_tables(struct base *b)
{
	char version[128];
	snprintf(version, sizeof(version), "PRAGMA application_id = %d; PRAGMA user_version = %d;", BASE_ID,
		 BASE_VERSION);
	int rc = sqlite3_exec(b->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(b->db, tables, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(b->db, version, NULL, NULL, NULL);
	return rc == SQLITE_OK ? sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL) : rc;
}

static int check_tables(struct base *b, char *why, size_t why_size)
{
	int64_t id = 0, version = 0, objects = 0;
	int rc = base_query(b, &objects, "SELECT count(*) FROM sqlite_schema");
	if (rc == SQLITE_OK)
		rc = base_query(b, &id, "PRAGMA application_id");
	if (rc == SQLITE_OK)
		rc = base_query(b, &version, "PRAGMA user_version");
	if (rc != SQLITE_OK)
		return rc;
	if (!objects)
		return make_tables(b);
	if (id != BASE_ID)
		snprintf(why, why_size, "it is another program's database; give the history a file of its own");
	else if (version > BASE_VERSION)
		snprintf(why, why_size,
			 "history of version %lld, this host writes %d; use a later eunomia, or move it away",
			 (long long)version, BASE_VERSION);
	else if (version < BASE_VERSION)
		snprintf(why, why_size, "history of version %lld, this host writes %d; move it away",
			 (long long)version, BASE_VERSION);
	else
		return SQLITE_OK;
	return SQLITE_MISMATCH;
}

static int prepare(struct base *b)
{
	int rc = SQLITE_OK;
	for (int i = 0; i < BASE_SQLS && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(b->db, sqls[i], -1, SQLITE_PREPARE_PERSISTENT, &b->statements[i], NULL);
	return rc;
}

static int set_up(struct base *b, char *why, size_t why_size)
{
	sqlite3_busy_timeout(b->db, BUSY_MS);
	sqlite3_db_config(b->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(b->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_extended_result_codes(b->db, 0);
	int rc = sqlite3_exec(b->db,
			      "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;"
			      " PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096",
			      NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = check_tables(b, why, why_size);
	return rc == SQLITE_OK ? prepare(b) : rc;
}

int base_open(struct base *b, const char *path, char *why, size_t why_size)
{
	struct stat st;
	*b = (struct base){0};
	/* made here, so that nobody else may read it; SQLite's files beside it get the same mode */
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		snprintf(why, why_size, "%s", fd < 0 ? strerror(errno) : "it is no file");
		if (fd >= 0)
			close(fd);
		return SQLITE_CANTOPEN;
	}
	close(fd);
	b->inode = st.st_ino;
	*why = '\0';
	int rc =
		sqlite3_open_v2(path, &b->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);
	if (rc == SQLITE_OK)
		rc = set_up(b, why, why_size);
	if (rc == SQLITE_OK)
		return rc;
	if (!*why)
		snprintf(why, why_size, "%s", b->db ? sqlite3_errmsg(b->db) : sqlite3_errstr(rc));
	base_close(b);
	return rc;
}

void base_close(struct base *b)
{
	for (int i = 0; i < BASE_SQLS; i++)
		sqlite3_finalize(b->statements[i]);
	sqlite3_close(b->db);
	*b = (struct base){0};
}

int base_limit(struct base *b, uint64_t bytes, uint64_t wal_bytes)
{
	int rc = base_query(b, NULL, "PRAGMA max_page_count = %llu", (unsigned long long)(bytes / PAGE));
	if (rc == SQLITE_OK)
		rc = base_query(b, NULL, "PRAGMA journal_size_limit = %llu", (unsigned long long)wal_bytes / 2);
	if (rc == SQLITE_OK)
		rc = base_query(b, NULL, "PRAGMA wal_autocheckpoint = %llu",
				(unsigned long long)(wal_bytes / PAGE / 2));
	return rc;
}

bool base_is_at(const struct base *b, const char *path)
{
	struct stat st;
	return !stat(path, &st) && st.st_ino == b->inode;
}

static const char *const suffixes[] = {"", "-wal", "-shm"};
#define SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))

uint64_t base_bytes(const char *path, uint64_t *wal)
{
	uint64_t sizes[SUFFIXES] = {0}, sum = 0;
	char name[4200];
	struct stat st;
	for (size_t i = 0; i < SUFFIXES; i++) {
		snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
		sizes[i] = stat(name, &st) ? 0 : (uint64_t)st.st_size;
		sum += sizes[i];
	}
	if (wal)
		*wal = sizes[1];
	return sum;
}

int base_aside(const char *path, char *to, size_t to_size)
{
	char from[4200], name[4300], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int err = 0;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(to, to_size, "%s.corrupt-%s", path, stamp);
	for (int i = 1; !access(to, F_OK); i++)
		snprintf(to, to_size, "%s.corrupt-%s-%d", path, stamp, i);
	for (size_t i = SUFFIXES; i-- && !err;) {
		snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		snprintf(name, sizeof(name), "%s%s", to, suffixes[i]);
		if (rename(from, name) && errno != ENOENT)
			err = -errno;
	}
	return err;
}
