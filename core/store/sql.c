/* SPDX-License-Identifier: MIT */
#include "sql.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "event/clock.h"
#include "event/escape.h"
#include "store/query_impl.h"
#include "store/reader.h"

#define LENGTH_MAX (4 << 20) /* of a value */
#define PATTERN_MAX 200      /* of LIKE and GLOB, which go back for each * */
#define OPS 1000             /* between two looks at the clock */

struct sql {
	sqlite3 *db;
	struct history *history; /* for field() */
	uint64_t until;          /* monotonic, ns */
	enum format format;
	struct buf *out;
};

/* ---- what it may do ---- */

static int authorize(void *context, int action, const char *a, const char *b, const char *c, const char *d)
{
	static const char *const refused[] = {"load_extension", "fts3_tokenizer", "readfile", "writefile", "edit"};
	(void)context, (void)a, (void)c, (void)d;
	for (size_t i = 0; action == SQLITE_FUNCTION && i < sizeof(refused) / sizeof(refused[0]); i++)
		if (!b || !strcasecmp(b, refused[i]))
			return SQLITE_DENY;
	return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
			       action == SQLITE_RECURSIVE
		       ? SQLITE_OK
		       : SQLITE_DENY;
}

static int on_progress(void *context)
{
	const struct sql *s = context;
	return clock_ns(CLOCK_MONOTONIC) > s->until;
}

static void confine(struct sql *s)
{
	static const struct {
		int id, most;
	} limits[] = {
		{SQLITE_LIMIT_LENGTH, LENGTH_MAX}, {SQLITE_LIMIT_SQL_LENGTH, 64 << 10},
		{SQLITE_LIMIT_EXPR_DEPTH, 100},    {SQLITE_LIMIT_COMPOUND_SELECT, 50},
		{SQLITE_LIMIT_VDBE_OP, 250000},    {SQLITE_LIMIT_FUNCTION_ARG, 100},
		{SQLITE_LIMIT_ATTACHED, 0},        {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_MAX},
		{SQLITE_LIMIT_WORKER_THREADS, 0},
	};
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(s->db, limits[i].id, limits[i].most);
	sqlite3_exec(s->db, "PRAGMA temp_store = MEMORY; PRAGMA query_only = 1", NULL, NULL, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_progress_handler(s->db, OPS, on_progress, s);
	sqlite3_set_authorizer(s->db, authorize, s);
}

/* ---- field() ---- */

struct wanted {
	sqlite3_context *result;
	const char *name;
};

static int give_field(void *context, const struct history_item *item)
{
	const struct wanted *w = context;
	const struct field *f = stream_field(item->view.stream, w->name);
	struct buf text = {0};
	struct value v;
	if (!f || !view_read(&item->view, f, &v))
		return 0;
	if (f->type == EUN_BOOL || f->type == EUN_TIME || (f->type >= EUN_U8 && f->type <= EUN_U64)) {
		sqlite3_result_int64(w->result, (int64_t)v.u);
	} else if (f->type >= EUN_S8 && f->type <= EUN_S64) {
		sqlite3_result_int64(w->result, v.s);
	} else if (type_is_text(f->type) && f->type != EUN_STRINGS) {
		sqlite3_result_text64(w->result, v.ptr, v.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	} else if (!value_text(&item->view, f, 0, &text) && text.len) {
		sqlite3_result_text64(w->result, text.data, text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
	}
	buf_free(&text);
	return 0;
}

static void field_function(sqlite3_context *result, int n, sqlite3_value **args)
{
	const struct sql *s = sqlite3_user_data(result);
	struct wanted w = {result, (const char *)sqlite3_value_text(args[1])};
	char why[256];
	(void)n;
	if (w.name && history_get(s->history, sqlite3_value_int64(args[0]), give_field, &w, why, sizeof(why)))
		sqlite3_result_error(result, why, -1);
}

/* ---- the answer ---- */

static void value_raw(sqlite3_stmt *st, int i, struct buf *out, void (*escape)(struct buf *, const char *, size_t))
{
	const char *text;
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_NULL:
		break;
	case SQLITE_BLOB:
		text = sqlite3_column_blob(st, i);
		buf_hex_bytes(out, text, (size_t)sqlite3_column_bytes(st, i));
		break;
	default:
		text = (const char *)sqlite3_column_text(st, i);
		escape(out, text ? text : "", (size_t)sqlite3_column_bytes(st, i));
	}
}

static void value_as_json(sqlite3_stmt *st, int i, struct buf *out)
{
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_NULL:
		buf_str(out, "null");
		break;
	case SQLITE_INTEGER:
		buf_s64(out, sqlite3_column_int64(st, i));
		break;
	case SQLITE_FLOAT: {
		double x = sqlite3_column_double(st, i);
		if (x - x == 0)
			buf_printf(out, "%.17g", x);
		else
			buf_str(out, "null"); /* JSON has no infinity */
		break;
	}
	case SQLITE_BLOB:
		buf_char(out, '"');
		value_raw(st, i, out, escape_text);
		buf_char(out, '"');
		break;
	default:
		value_raw(st, i, out, escape_json);
	}
}

static void json_row(sqlite3_stmt *st, int n, struct buf *out)
{
	for (int i = 0; i < n; i++) {
		const char *name = sqlite3_column_name(st, i);
		buf_char(out, i ? ',' : '{');
		escape_json(out, name ? name : "", name ? strlen(name) : 0);
		buf_char(out, ':');
		value_as_json(st, i, out);
	}
	buf_str(out, "}\n");
}

static void csv_row(sqlite3_stmt *st, int n, struct buf *out)
{
	for (int i = 0; i < n; i++) {
		if (i)
			buf_char(out, ',');
		size_t start = out->len;
		value_raw(st, i, out, escape_text);
		csv_cell(out, start, n == 1);
	}
	buf_char(out, '\n');
}

static void text_row(sqlite3_stmt *st, int n, struct buf *out)
{
	for (int i = 0; i < n; i++) {
		if (i)
			buf_char(out, '\t');
		value_raw(st, i, out, escape_text);
	}
	buf_char(out, '\n');
}

static void head(const struct sql *s, sqlite3_stmt *st, int n)
{
	bool csv = s->format == FORMAT_CSV;
	for (int i = 0; s->format != FORMAT_JSON && i < n; i++) {
		const char *name = sqlite3_column_name(st, i);
		if (i)
			buf_char(s->out, csv ? ',' : '\t');
		size_t start = s->out->len;
		escape_text(s->out, name ? name : "", name ? strlen(name) : 0);
		for (size_t at = start; !csv && !s->out->failed && at < s->out->len; at++)
			s->out->data[at] = (char)toupper((unsigned char)s->out->data[at]);
		if (csv)
			csv_cell(s->out, start, n == 1);
	}
	if (s->format != FORMAT_JSON)
		buf_char(s->out, '\n');
}

static int answer(const struct sql *s, sqlite3_stmt *st, bool no_header, int (*more)(void *context), void *context,
		  char *why, size_t why_size)
{
	static void (*const rows[])(sqlite3_stmt * st, int n, struct buf *out) = {
		[FORMAT_TEXT] = text_row, [FORMAT_WIDE] = text_row, [FORMAT_JSON] = json_row, [FORMAT_CSV] = csv_row};
	int rc, n = sqlite3_column_count(st), err = 0;
	if (!no_header)
		head(s, st, n);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW && !err) {
		rows[s->format](st, n, s->out);
		err = s->out->failed ? -ENOMEM : more(context);
	}
	if (err || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return err;
	if (rc == SQLITE_INTERRUPT)
		snprintf(why, why_size, "it takes too long; ask for less, or for a shorter time");
	else
		snprintf(why, why_size, "%s", sqlite3_errmsg(s->db));
	return rc == SQLITE_INTERRUPT ? -ETIMEDOUT : -EIO;
}

static int prepare(const struct sql *s, const char *sql, sqlite3_stmt **st, char *why, size_t why_size)
{
	const char *rest = sql;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, st, &rest);
	while (isspace((unsigned char)*rest) || *rest == ';')
		rest++;
	if (rc != SQLITE_OK)
		snprintf(why, why_size, "%s", rc == SQLITE_AUTH ? "only SELECT is allowed" : sqlite3_errmsg(s->db));
	else if (!*st)
		snprintf(why, why_size, "there is no statement");
	else if (!sqlite3_stmt_readonly(*st))
		snprintf(why, why_size, "only SELECT is allowed");
	else if (*rest)
		snprintf(why, why_size, "only one statement is allowed");
	else
		return 0;
	return rc == SQLITE_INTERRUPT ? -ETIMEDOUT : -EINVAL;
}

int history_sql(const char *path, const char *sql, enum format format, bool no_header, unsigned timeout_ms,
		struct buf *out, int (*more)(void *context), void *context, char *why, size_t why_size)
{
	struct sql s = {.format = format, .out = out, .until = clock_ns(CLOCK_MONOTONIC) + timeout_ms * 1000000ull};
	sqlite3_stmt *st = NULL;
	int err = history_open(&s.history, path, why, why_size);
	if (!err)
		err = reader_open(&s.db, path, why, why_size);
	if (!err) {
		sqlite3_create_function(s.db, "field", 2, SQLITE_UTF8 | SQLITE_DIRECTONLY, &s, field_function, NULL,
					NULL);
		confine(&s);
		err = prepare(&s, sql, &st, why, why_size);
	}
	if (!err)
		err = answer(&s, st, no_header, more, context, why, why_size);
	sqlite3_finalize(st);
	sqlite3_close(s.db);
	history_close(s.history);
	return err;
}
