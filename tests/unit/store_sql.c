/* SPDX-License-Identifier: MIT */
/* SQL reads the history and can do nothing else, whatever it asks for. */
#include "store_fixture.h"

#include <fcntl.h>

#include "store/sql.h"

static int go_on(void *context)
{
	(void)context;
	return 0;
}

/* -errno; the answer, or why, in `text`. */
static int ask_for(struct place *p, const char *sql, enum format format, unsigned ms, char text[8192])
{
	struct buf out = {0};
	char why[WHY] = "";
	int err = history_sql(p->path, sql, format, false, ms, &out, go_on, NULL, why, sizeof(why));
	snprintf(text, 8192, "%.*s", err ? (int)strlen(why) : (int)out.len, err ? why : out.data ? out.data : "");
	buf_free(&out);
	return err;
}

static void fill(struct place *p)
{
	struct store *s = place_store(p);
	record_init(&p->x);
	p->x.r.string = record_text(&p->x, "=1+1 </script>\x1b[31m\xff,\"");
	p->x.r.kind = 2;
	p->x.r.s32 = -5;
	for (unsigned i = 0; i < 10; i++)
		offer_event(p, s, i);
	store_finish(s);
}

static void answers(void **state)
{
	static const struct {
		enum format format;
		const char *sql, *answer;
	} cases[] = {
		{FORMAT_TEXT, "SELECT count(*) AS n, stream FROM events GROUP BY stream;",
		 "N\tSTREAM\n10\ttest.every\n"},
		{FORMAT_CSV, "SELECT field(id, 'string') AS s, NULL AS x, 1.5 AS y, x'00ff' AS z FROM events LIMIT 1",
		 "s,x,y,z\n\"'=1+1 </script>\\x1b[31m\\xff,\"\"\",,1.5,00ff\n"},
		{FORMAT_JSON,
		 "SELECT field(id, 'string') AS s, field(id, 'u32') AS u, field(id, 's32') AS i, field(id, 'kind') AS "
		 "k, "
		 "field(id, 'ip') AS a, field(id, 'none') AS n, 9e999 AS x FROM events WHERE field(id, 'u32') = 3",
		 "{\"s\":\"=1+1 </script>\\u001b[31m\\ufffd,\\\"\",\"u\":3,\"i\":-5,\"k\":\"dir\",\"a\":\"10.0.0.1\","
		 "\"n\":null,\"x\":null}\n"},
		{FORMAT_JSON, "SELECT field(-1, 'u32') AS u, field(NULL, NULL) AS n", "{\"u\":null,\"n\":null}\n"},
		{FORMAT_TEXT,
		 "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n LIMIT 3) SELECT max(i) AS m FROM n",
		 "M\n3\n"},
	};
	struct place *p = *state;
	char text[8192];
	fill(p);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int err = ask_for(p, cases[i].sql, cases[i].format, 10000, text);
		if (err)
			fail_msg("%s: %s", cases[i].sql, text);
		assert_string_equal(text, cases[i].answer);
	}
}

/* None of these changes anything, and no file appears. */
static void refused(void **state)
{
	static const char *const attacks[] = {
		"DELETE FROM event",
		"UPDATE alerts SET rule = ''",
		"INSERT INTO lost VALUES(1,1,1)",
		"DROP TABLE event",
		"CREATE TABLE t(x)",
		"CREATE TEMP TABLE t(x)",
		"CREATE TEMP VIEW v AS SELECT 1",
		"ATTACH '/tmp/eunomia-attack.db' AS x",
		"ATTACH ':memory:' AS x",
		"DETACH main",
		"VACUUM",
		"VACUUM INTO '/tmp/eunomia-attack.db'",
		"REINDEX",
		"ANALYZE",
		"BEGIN IMMEDIATE",
		"COMMIT",
		"SAVEPOINT x",
		"PRAGMA journal_mode = DELETE",
		"PRAGMA user_version = 9",
		"PRAGMA query_only = 0",
		"PRAGMA writable_schema = 1",
		"PRAGMA wal_checkpoint(TRUNCATE)",
		"PRAGMA temp_store_directory = '/tmp'",
		"SELECT * FROM pragma_user_version",
		"SELECT load_extension('/tmp/x.so')",
		"SELECT LOAD_EXTENSION('/tmp/x.so', 'f')",
		"SELECT fts3_tokenizer('simple')",
		"SELECT readfile('/etc/passwd')",
		"SELECT writefile('/tmp/eunomia-attack.db', 'x')",
		"SELECT edit('x', 'sh')",
		"SELECT 1; DELETE FROM event",
		"SELECT 1; SELECT 2",
		"EXPLAIN SELECT 1; DROP TABLE event",
		"WITH d AS (SELECT 1) DELETE FROM event",
		"CREATE VIRTUAL TABLE v USING fts5(x)",
		"SELECT * FROM fts5vocab",
		"",
		" ; ",
		"SELECT",
		"SELECT no_such_function(1)",
		"SELECT * FROM '/etc/passwd'",
	};
	struct place *p = *state;
	char text[8192];
	fill(p);
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++)
		if (ask_for(p, attacks[i], FORMAT_JSON, 10000, text) != -EINVAL)
			fail_msg("%s: %s", attacks[i], text);
	assert_int_equal(access("/tmp/eunomia-attack.db", F_OK), -1);
	assert_sound(p->path);
	assert_int_equal(history_count(p->path, HISTORY_EVENTS), 10);
	assert_int_equal(sql_number(p->path, "PRAGMA user_version"), 1);
}

/* What would take for ever, or all memory, ends. */
static void bounded(void **state)
{
	static const struct {
		const char *sql;
		int err;
	} cases[] = {
		{"WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n", -ETIMEDOUT},
		{"SELECT count(*) FROM event a, event b, event c, event d, event e, event f, event g, event h, event "
		 "i, "
		 "event j",
		 -ETIMEDOUT},
		{"SELECT zeroblob(1000000000)", -EIO},
		{"SELECT printf('%1000000000d', 1)", 0}, /* null */
		{"SELECT length(hex(zeroblob(4000000)))", -EIO},
	};
	struct place *p = *state;
	char text[8192];
	fill(p);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (ask_for(p, cases[i].sql, FORMAT_JSON, 300, text) != cases[i].err)
			fail_msg("%s: %s", cases[i].sql, text);
}

/* A file that is none of ours. */
static void others(void **state)
{
	struct place *p = *state;
	char text[8192];
	assert_int_equal(ask_for(p, "SELECT 1", FORMAT_TEXT, 1000, text), -ENOENT);
	int fd = open(p->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "something else, long enough to be one", 37), 37);
	close(fd);
	assert_int_equal(ask_for(p, "SELECT 1", FORMAT_TEXT, 1000, text), -EINVAL);
	unlink(p->path);
	sql_number(p->path, "CREATE TABLE t(x)");
	assert_int_equal(ask_for(p, "SELECT 1", FORMAT_TEXT, 1000, text), -EINVAL);
	assert_non_null(strstr(text, "no history of eunomia's"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLACE(answers),
		PLACE(refused),
		PLACE(bounded),
		PLACE(others),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
