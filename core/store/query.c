/* SPDX-License-Identifier: MIT */
/* The history that is read: what its rows refer to. */
#include "store/query.h"

#include <errno.h>
#include <stdlib.h>

#include "pipeline/record_stream.h"
#include "store/query_impl.h"
#include "store/reader.h"
#include "store/streams.h"

const char *const history_kinds[] = {"events", "alerts", "connections", NULL};

int history_fail(const struct history *h, char *why, size_t why_size, const char *text)
{
	snprintf(why, why_size, "%s: %s", h->path, text);
	return -EIO;
}

int history_sql_fail(const struct history *h, char *why, size_t why_size)
{
	return history_fail(h, why, why_size, sqlite3_errmsg(h->db));
}

/* ---- what it holds ---- */

/* A format callback for what the plugin's made of fields when the event came: see add_texts(). */
static int text_of(void *self, uint32_t stream, uint32_t field, const void *bytes, uint32_t len, char *buf,
		   uint32_t size)
{
	const struct history *h = self;
	uint16_t head[2];
	(void)stream, (void)bytes, (void)len;
	for (size_t at = 0; h->texts_len - at >= sizeof(head); at += sizeof(head) + head[1]) {
		memcpy(head, h->texts + at, sizeof(head));
		if (head[1] > h->texts_len - at - sizeof(head))
			break;
		if (head[0] == field)
			return snprintf(buf, size, "%.*s", head[1], h->texts + at + sizeof(head));
	}
	return -ENOENT;
}

static int add_stream(struct history *h, int64_t id, const void *bytes, size_t len)
{
	struct wire in = {.at = bytes, .end = (const unsigned char *)bytes + len};
	uint16_t number;
	char why[160];
	struct stream *stream = record_stream_get(&in, &number, why, sizeof(why));
	struct stored *stored = stream ? realloc(h->stored, (h->n_stored + 1) * sizeof(*stored)) : NULL;
	if (stored)
		h->stored = stored;
	const struct stream **events = stored ? realloc(h->events, (h->n_stored + 1) * sizeof(*events)) : NULL;
	if (events)
		h->events = events;
	if (!events || schema_add(&h->schema, stream)) {
		stream_destroy(stream);
		return stream ? -ENOMEM : -EBADMSG;
	}
	stream->format = text_of;
	stream->format_self = h;
	stream->format_stream = stream->id;
	h->stored[h->n_stored] = (struct stored){id, stream};
	h->events[h->n_stored++] = stream;
	return 0;
}

static int add_run(struct history *h, sqlite3_stmt *st)
{
	struct run *grown = realloc(h->runs, (h->n_runs + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	h->runs = grown;
	struct run *r = &grown[h->n_runs++];
	const char *names = (const char *)sqlite3_column_text(st, 2);
	*r = (struct run){.id = sqlite3_column_int64(st, 0), .shift = sqlite3_column_int64(st, 1)};
	r->n_fields = known_fields(names ? names : "", h->computed.fields, h->computed.n_fields, r->fields);
	return 0;
}

/* Calls `each` for the rows of a statement that is prepared and bound. */
static int each_row(struct history *h, sqlite3_stmt *st, int (*each)(struct history *h, sqlite3_stmt *st), char *why,
		    size_t why_size)
{
	int rc, err = 0;
	while (!err && (rc = sqlite3_step(st)) == SQLITE_ROW)
		err = each(h, st);
	if (err == -EBADMSG)
		snprintf(why, why_size, "%s: a stream's description is damaged", h->path);
	else if (err)
		snprintf(why, why_size, "%s: %s", h->path, strerror(-err));
	else if (rc != SQLITE_DONE)
		err = history_sql_fail(h, why, why_size);
	sqlite3_finalize(st);
	return err;
}

static int load(struct history *h, const char *sql, int64_t after, int (*each)(struct history *h, sqlite3_stmt *st),
		char *why, size_t why_size)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(h->db, sql, -1, &st, NULL) != SQLITE_OK)
		return history_sql_fail(h, why, why_size);
	sqlite3_bind_int64(st, 1, after);
	return each_row(h, st, each, why, why_size);
}

static int on_stream(struct history *h, sqlite3_stmt *st)
{
	return add_stream(h, sqlite3_column_int64(st, 0), sqlite3_column_blob(st, 1),
			  (size_t)sqlite3_column_bytes(st, 1));
}

int history_refresh(struct history *h, char *why, size_t why_size)
{
	int64_t stream = h->n_stored ? h->stored[h->n_stored - 1].id : 0,
		run = h->n_runs ? h->runs[h->n_runs - 1].id : 0;
	int err = load(h, "SELECT id, schema FROM streams WHERE id > ? ORDER BY id", stream, on_stream, why, why_size);
	return err ? err
		   : load(h, "SELECT id, clock_offset, fields FROM runs WHERE id > ? ORDER BY id", run, add_run, why,
			  why_size);
}

static int add_own(struct history *h, enum history_kind kind, const struct eun_stream *row, char *why, size_t why_size)
{
	struct stream *stream = stream_new(row, why, why_size);
	if (stream && schema_add(&h->schema, stream)) {
		stream_destroy(stream);
		stream = NULL;
	}
	h->own[kind] = stream;
	return stream ? 0 : -ENOMEM;
}

int history_open(struct history **out, const char *path, char *why, size_t why_size)
{
	struct history *h = calloc(1, sizeof(*h));
	snprintf(why, why_size, "%s: no memory", path);
	if (!h)
		return -ENOMEM;
	h->path = strdup(path);
	int err = h->path && !computed_init(&h->computed) ? reader_open(&h->db, path, why, why_size) : -ENOMEM;
	if (!err) {
		computed_offer(&h->computed, &h->schema);
		err = add_own(h, HISTORY_ALERTS, &history_alert, why, why_size);
	}
	if (!err)
		err = add_own(h, HISTORY_CONNECTIONS, &history_connection, why, why_size);
	if (!err)
		err = history_refresh(h, why, why_size);
	if (err) {
		history_close(h);
		return err;
	}
	*out = h;
	return 0;
}

void history_close(struct history *h)
{
	if (!h)
		return;
	sqlite3_finalize(h->one);
	sqlite3_close(h->db);
	schema_destroy(&h->schema);
	computed_free(&h->computed);
	free(h->stored);
	free(h->events);
	free(h->runs);
	free(h->path);
	free(h);
}

void history_streams(const struct history *h, enum history_kind kind, const struct stream *const **streams, size_t *n)
{
	*streams = kind == HISTORY_EVENTS ? h->events : &h->own[kind];
	*n = kind == HISTORY_EVENTS ? h->n_stored : 1;
}
