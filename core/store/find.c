/* SPDX-License-Identifier: MIT */
/*
 * Looking for rows: a page of them at a time, copied, so that a reader whose output is slow holds no view of the file
 * and its log can be folded meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/buf.h"
#include "store/query_impl.h"
#include "store/streams.h"

#define PAGE_ROWS 256
#define PAGE_BYTES (1u << 20)

/* A row in a page; followed by its parts, each at a multiple of 8. */
struct row {
	int64_t id, time, run;
	uint16_t stream;
	uint32_t record, texts, known, json, ancestors;
};

static void add_part(struct buf *page, uint32_t *len, const void *bytes, size_t n)
{
	*len = bytes ? (uint32_t)n : 0;
	buf_add(page, bytes, *len);
	buf_pad(page, 0, -page->len & 7);
}

static void add_column(struct buf *page, uint32_t *len, sqlite3_stmt *st, int column)
{
	const void *bytes = sqlite3_column_blob(st, column); /* of a text the same */
	add_part(page, len, bytes, (size_t)sqlite3_column_bytes(st, column));
}

/* With its NUL. */
static void add_text(struct buf *page, uint32_t *len, sqlite3_stmt *st, int column)
{
	const void *text = sqlite3_column_text(st, column);
	add_part(page, len, text, (size_t)sqlite3_column_bytes(st, column) + 1);
}

static const struct stream *stored_stream(const struct history *h, int64_t id)
{
	for (size_t i = 0; i < h->n_stored; i++)
		if (h->stored[i].id == id)
			return h->stored[i].stream;
	return NULL;
}

static void event_row(struct history *h, sqlite3_stmt *st, struct row *row, struct buf *page)
{
	const struct stream *stream = stored_stream(h, sqlite3_column_int64(st, 2));
	row->stream = stream ? stream->id : UINT16_MAX;
	row->run = sqlite3_column_int64(st, 3);
	add_column(page, &row->record, st, 4);
	add_column(page, &row->texts, st, 5);
	add_column(page, &row->known, st, 6);
}

static void record_row(struct row *row, struct buf *page, struct buf *record)
{
	add_part(page, &row->record, record->data, record->len);
	page->failed |= record->failed;
	buf_free(record);
}

static void alert_row(struct history *h, sqlite3_stmt *st, struct row *row, struct buf *page)
{
	struct buf record = {0};
	row->stream = h->own[HISTORY_ALERTS]->id;
	row->run = sqlite3_column_int64(st, ALERT_COLUMNS_N);
	alert_record(st, row->stream, &record);
	record_row(row, page, &record);
	add_column(page, &row->known, st, ALERT_COLUMNS_N + 1);
	add_text(page, &row->json, st, ALERT_COLUMNS_N + 2);
	add_text(page, &row->ancestors, st, ALERT_COLUMNS_N + 3);
}

static void connection_row(struct history *h, sqlite3_stmt *st, struct row *row, struct buf *page)
{
	struct buf record = {0};
	row->stream = h->own[HISTORY_CONNECTIONS]->id;
	row->run = sqlite3_column_int64(st, CONNECTION_COLUMNS_N);
	connection_record(st, row->stream, &record);
	record_row(row, page, &record);
	add_column(page, &row->known, st, CONNECTION_COLUMNS_N + 1);
}

static const struct kind {
	const char *select;
	void (*read)(struct history *h, sqlite3_stmt *st, struct row *row, struct buf *page);
} kinds[HISTORY_KINDS] = {
	[HISTORY_EVENTS] = {"SELECT t.id, t.time, t.stream, t.run, t.record, t.texts, a.known FROM event t"
			    " LEFT JOIN actors a ON a.id = t.actor",
			    event_row},
	[HISTORY_ALERTS] = {"SELECT " ALERT_COLUMNS ", run, known, json, ancestors FROM alerts t", alert_row},
	[HISTORY_CONNECTIONS] = {"SELECT " CONNECTION_COLUMNS ", t.run, a.known FROM connections t"
				 " LEFT JOIN actors a ON a.id = t.actor",
				 connection_row},
};

/* A reading under way. */
struct reading {
	struct history *h;
	const struct history_query *query;
	const struct kind *kind;
	sqlite3_stmt *st;
	bool descends;
	struct buf page;
	size_t rows;
	int64_t time, id; /* of the last row */
	char *why;
	size_t why_size;
};

static void add_row(struct reading *r)
{
	size_t at = r->page.len;
	struct row row = {.id = sqlite3_column_int64(r->st, 0), .time = sqlite3_column_int64(r->st, 1)};
	buf_pad(&r->page, 0, sizeof(row));
	r->kind->read(r->h, r->st, &row, &r->page);
	if (!r->page.failed)
		memcpy(r->page.data + at, &row, sizeof(row));
	r->time = row.time;
	r->id = row.id;
	r->rows++;
}

/* The rows after the last one. 0: r->rows of them. */
static int next_page(struct reading *r)
{
	int rc = SQLITE_ROW;
	r->page.len = r->rows = 0;
	sqlite3_bind_int64(r->st, 1, r->time);
	sqlite3_bind_int64(r->st, 2, r->id);
	while (r->rows < PAGE_ROWS && r->page.len < PAGE_BYTES && (rc = sqlite3_step(r->st)) == SQLITE_ROW)
		add_row(r);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		history_sql_fail(r->h, r->why, r->why_size);
	else if (r->page.failed)
		history_fail(r->h, r->why, r->why_size, "no memory");
	sqlite3_reset(r->st);
	return r->page.failed ? -ENOMEM : rc != SQLITE_ROW && rc != SQLITE_DONE ? -EIO : 0;
}

static const struct run *run_of(const struct history *h, int64_t id)
{
	for (size_t i = h->n_runs; i--;)
		if (h->runs[i].id == id)
			return &h->runs[i];
	return NULL;
}

/* Times of the event's own fields become the wall clock's. */
static void shift_times(const struct stream *stream, char *record, int64_t shift)
{
	for (uint32_t i = 0; i < stream->n_fields; i++) {
		uint64_t time;
		if (stream->fields[i].type != EUN_TIME)
			continue;
		memcpy(&time, record + stream->fields[i].offset, sizeof(time));
		time += time ? (uint64_t)shift : 0;
		memcpy(record + stream->fields[i].offset, &time, sizeof(time));
	}
}

/* The row as an item. False: it is not sound, or its stream came after the history was opened. */
static bool item_of(struct history *h, const struct row *row, union known *known, struct history_item *item)
{
	char *record = (char *)(row + 1), *texts = record + ((row->record + 7u) & ~7u),
	     *bytes = texts + ((row->texts + 7u) & ~7u), *json = bytes + ((row->known + 7u) & ~7u),
	     *ancestors = json + ((row->json + 7u) & ~7u);
	const struct stream *stream = schema_stream(&h->schema, row->stream);
	const struct run *run = run_of(h, row->run);
	if (!stream || !run || row->record < sizeof(struct eun_event))
		return false;
	((struct eun_event *)record)->stream = stream->id;
	if (!view_init(&item->view, record, row->record, &h->schema))
		return false;
	((struct eun_event *)record)->time = (uint64_t)row->time;
	if (stream != h->own[HISTORY_ALERTS] && stream != h->own[HISTORY_CONNECTIONS])
		shift_times(stream, record, run->shift);
	known_get(bytes, row->known, run->fields, run->n_fields, run->shift, (uint64_t)row->time, known);
	item->view.kept = &known->kept;
	item->id = row->id;
	item->json = row->json ? json : NULL;
	item->ancestors = row->ancestors ? ancestors : NULL;
	h->texts = texts;
	h->texts_len = row->texts;
	return true;
}

static size_t row_size(const struct row *row)
{
	const uint32_t parts[] = {row->record, row->texts, row->known, row->json, row->ancestors};
	size_t size = sizeof(*row);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		size += (parts[i] + 7u) & ~7u;
	return size;
}

/* Calls `each` for what of the page is meant. */
static int page_items(struct reading *r, int (*each)(void *context, const struct history_item *item), void *context)
{
	union known known;
	int err = 0;
	for (size_t at = 0; at < r->page.len && !err;) {
		const struct row *row = (const void *)(r->page.data + at);
		struct history_item item = {0};
		at += row_size(row);
		if (item_of(r->h, row, &known, &item) &&
		    (!r->query->where || filter_match(r->query->where, &item.view)))
			err = each(context, &item);
	}
	r->h->texts_len = 0;
	return err;
}

/* " AND t.stream IN (1,2)" */
static void add_streams(const struct reading *r, struct buf *sql)
{
	const char *before = " AND t.stream IN (";
	for (size_t i = 0; i < r->query->n_streams; i++)
		for (size_t k = 0; k < r->h->n_stored; k++)
			if (r->h->stored[k].stream == r->query->streams[i]) {
				buf_str(sql, before);
				buf_s64(sql, r->h->stored[k].id);
				before = ",";
			}
	buf_str(sql, *before == ',' ? ")" : " AND 0");
}

static int prepare(struct reading *r)
{
	const struct history_query *q = r->query;
	struct buf sql = {0};
	buf_printf(&sql, "%s WHERE (t.time, t.id) %s (?1, ?2) AND t.time BETWEEN %lld AND %lld", r->kind->select,
		   r->descends ? "<" : ">", (long long)q->from, (long long)(q->to ? q->to : INT64_MAX));
	if (q->before)
		buf_printf(&sql, " AND t.id < %lld", (long long)q->before);
	if (q->streams && q->kind == HISTORY_EVENTS)
		add_streams(r, &sql);
	buf_printf(&sql, " ORDER BY t.time %s, t.id %s LIMIT %d", r->descends ? "DESC" : "ASC",
		   r->descends ? "DESC" : "ASC", PAGE_ROWS);
	int rc = sql.failed ? SQLITE_NOMEM : sqlite3_prepare_v2(r->h->db, sql.data, (int)sql.len, &r->st, NULL);
	buf_free(&sql);
	r->time = r->descends ? INT64_MAX : q->from;
	r->id = r->descends ? INT64_MAX : INT64_MIN;
	return rc == SQLITE_OK ? 0 : history_sql_fail(r->h, r->why, r->why_size);
}

static void end(struct reading *r)
{
	sqlite3_finalize(r->st);
	buf_free(&r->page);
	r->st = NULL;
}

static int read_all(struct reading *r, int (*each)(void *context, const struct history_item *item), void *context)
{
	int err = prepare(r);
	do {
		if (!err)
			err = next_page(r);
		if (!err)
			err = page_items(r, each, context);
	} while (!err && r->rows);
	end(r);
	return err;
}

/* ---- the last so many ---- */

struct last {
	int64_t *ids;
	size_t n, cap;
	uint64_t limit;
};

#define ENOUGH 1

static int note(void *context, const struct history_item *item)
{
	struct last *l = context;
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		int64_t *grown = realloc(l->ids, cap * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		l->ids = grown;
		l->cap = cap;
	}
	l->ids[l->n++] = item->id;
	return l->n == l->limit ? ENOUGH : 0;
}

static int prepare_one(const struct reading *r, sqlite3_stmt **st)
{
	char sql[512];
	snprintf(sql, sizeof(sql), "%s WHERE t.id = ?2 AND ?1", r->kind->select);
	return sqlite3_prepare_v2(r->h->db, sql, -1, st, NULL) == SQLITE_OK
		       ? 0
		       : history_sql_fail(r->h, r->why, r->why_size);
}

static int read_one(struct reading *r, int64_t id, int (*each)(void *context, const struct history_item *item),
		    void *context)
{
	r->time = 1; /* ?1 */
	r->id = id;
	int err = next_page(r);
	return err ? err : page_items(r, each, context);
}

/* One by one; what went meanwhile is left out. */
static int read_ids(struct reading *r, const struct last *last,
		    int (*each)(void *context, const struct history_item *item), void *context)
{
	int err = prepare_one(r, &r->st);
	for (size_t i = last->n; i-- && !err;)
		err = read_one(r, last->ids[i], each, context);
	end(r);
	return err;
}

int history_get(struct history *h, int64_t id, int (*each)(void *context, const struct history_item *item),
		void *context, char *why, size_t why_size)
{
	static const struct history_query all = {.kind = HISTORY_EVENTS};
	struct reading r = {.h = h, .query = &all, .kind = &kinds[HISTORY_EVENTS], .why = why, .why_size = why_size};
	int err = h->one ? 0 : prepare_one(&r, &h->one);
	r.st = h->one;
	if (!err)
		err = read_one(&r, id, each, context);
	buf_free(&r.page);
	return err;
}

static int read_last(struct reading *r, int (*each)(void *context, const struct history_item *item), void *context)
{
	struct last last = {.limit = r->query->limit};
	r->descends = true;
	int err = read_all(r, note, &last);
	if (err == -ENOMEM)
		history_fail(r->h, r->why, r->why_size, "no memory");
	if (!err || err == ENOUGH)
		err = read_ids(r, &last, each, context);
	free(last.ids);
	return err;
}

int history_find(struct history *h, const struct history_query *query,
		 int (*each)(void *context, const struct history_item *item), void *context, char *why, size_t why_size)
{
	struct reading r = {.h = h, .query = query, .kind = &kinds[query->kind], .why = why, .why_size = why_size};
	return query->limit ? read_last(&r, each, context) : read_all(&r, each, context);
}

int history_lost(struct history *h, int64_t from, int64_t to, uint64_t *lost, char *why, size_t why_size)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(h->db, "SELECT ifnull(sum(count), 0) FROM lost WHERE time BETWEEN ?1 AND ?2", -1,
				    &st, NULL);
	*lost = 0;
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(st, 1, from);
		sqlite3_bind_int64(st, 2, to ? to : INT64_MAX);
		rc = sqlite3_step(st);
	}
	if (rc == SQLITE_ROW)
		*lost = (uint64_t)sqlite3_column_int64(st, 0);
	else
		history_sql_fail(h, why, why_size);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW ? 0 : -EIO;
}
