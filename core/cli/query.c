/* SPDX-License-Identifier: MIT */
/* `eunomia query`: the history through the filters and writers of a run, or by SQL; while the daemon writes it. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "printer.h"
#include "say.h"
#include "sink/alert.h"
#include "store/query.h"
#include "store/sql.h"
#include "store/store.h"
#include "where.h"

struct query {
	const struct request *request;
	struct history *history;
	struct history_query find;
	const struct stream **streams;
	size_t n_streams;
	struct filter *where;
	struct show show;
	struct output output;
	struct printer printer;
	bool lines; /* of alerts: as outputs got them */
	char why[512];
};

static int complain(const struct query *q, int status)
{
	say("%s", q->why);
	return status;
}

static const char *path_of(const struct request *r)
{
	return r->db ? r->db : STORE_PATH;
}

/* ---- what is asked for ---- */

static int take_kind(struct query *q)
{
	const char *name = q->request->operands.n ? q->request->operands.items[0] : history_kinds[HISTORY_EVENTS];
	for (int i = 0; i < HISTORY_KINDS; i++)
		if (!strcmp(name, history_kinds[i])) {
			q->find.kind = (enum history_kind)i;
			return 0;
		}
	const char *near = nearest_name(name, history_kinds, HISTORY_KINDS);
	snprintf(q->why, sizeof(q->why), "the history has no '%s'%s%s%s (there are events, alerts, connections)", name,
		 near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	return -EINVAL;
}

static bool wanted(const struct request *r, const char *name)
{
	for (size_t i = 0; i < r->streams.n; i++)
		if (!fnmatch(r->streams.items[i], name, 0))
			return true;
	return !r->streams.n;
}

static int choose_streams(struct query *q)
{
	const struct request *r = q->request;
	const struct stream *const *all;
	size_t n;
	history_streams(q->history, q->find.kind, &all, &n);
	q->streams = calloc(n + 1, sizeof(*q->streams));
	for (size_t i = 0; q->streams && i < n; i++)
		if (wanted(r, all[i]->name))
			q->streams[q->n_streams++] = all[i];
	if (!q->streams || q->n_streams || !r->streams.n)
		return q->streams ? 0 : -ENOMEM;
	const char **names = calloc(n + 1, sizeof(*names));
	for (size_t i = 0; names && i < n; i++)
		names[i] = all[i]->name;
	const char *near = names ? nearest_name(r->streams.items[0], names, n) : NULL;
	snprintf(q->why, sizeof(q->why), "option --streams: the history has none of '%s'%s%s%s", r->streams.items[0],
		 near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
	free(names);
	return -EINVAL;
}

static int prepare(struct query *q)
{
	const struct request *r = q->request;
	if (take_kind(q))
		return complain(q, EXIT_USAGE);
	if (history_open(&q->history, path_of(r), q->why, sizeof(q->why)))
		return complain(q, EXIT_RUN);
	if (choose_streams(q))
		return complain(q, EXIT_USAGE);
	if (show_from_request(&q->show, r, NULL, q->streams, q->n_streams, q->why, sizeof(q->why)) ||
	    (q->n_streams && where_compile(&q->where, r, NULL, q->streams, q->n_streams, q->why, sizeof(q->why))))
		return complain(q, EXIT_USAGE);
	if (show_container(&q->show))
		return EXIT_RUN;
	bool line = q->show.format == FORMAT_TEXT || q->show.format == FORMAT_JSON;
	q->lines = q->find.kind == HISTORY_ALERTS && line && !q->show.own_columns && !q->show.table;
	q->show.no_header |= q->lines;
	q->find.from = r->from;
	q->find.to = r->to;
	q->find.limit = r->limit;
	q->find.where = q->where;
	q->find.streams = q->streams;
	q->find.n_streams = q->n_streams;
	if (output_open(&q->output, r->output, q->why, sizeof(q->why)))
		return complain(q, EXIT_RUN);
	if (printer_init(&q->printer, &q->show, &q->output, 0, q->streams, q->n_streams, q->why, sizeof(q->why)))
		return complain(q, EXIT_USAGE);
	return EXIT_OK;
}

/* ---- the answer ---- */

static struct value read_field(const struct view *view, const char *name)
{
	struct value v = {0};
	const struct field *f = stream_field(view->stream, name);
	if (f)
		view_read(view, f, &v);
	return v;
}

static void print_alert(struct query *q, const struct history_item *item)
{
	static const struct alert_style style = {.clock_offset = 0, .hostname = ""};
	struct buf *out = &q->output.buf;
	if (q->show.format == FORMAT_JSON) {
		buf_str(out, item->json ? item->json : "{}");
		buf_char(out, '\n');
		return;
	}
	struct value output = read_field(&item->view, "output"), severity = read_field(&item->view, "severity");
	const struct alert alert = {
		.time = item->view.rec->time,
		.severity = severity.u < SEVERITIES ? (enum severity)severity.u : SEVERITY_DEBUG,
		.message = output.ptr,
		.message_len = output.len,
		.count = read_field(&item->view, "count").u,
		.dropped_before = read_field(&item->view, "dropped_before").u,
	};
	alert_text(&alert, &style, out);
}

static int on_item(void *context, const struct history_item *item)
{
	struct query *q = context;
	if (q->lines)
		print_alert(q, item);
	else
		printer_event(&q->printer, &item->view);
	if (output_full(&q->output))
		output_flush(&q->output);
	return q->output.error ? 1 : 0;
}

static int find(struct query *q)
{
	uint64_t lost = 0;
	int err = q->n_streams ? history_find(q->history, &q->find, on_item, q, q->why, sizeof(q->why)) : 0;
	if (printer_waiting(&q->printer))
		printer_round(&q->printer, 0);
	uint64_t dropped = q->printer.table ? table_dropped(q->printer.table) : 0;
	if (dropped)
		say("%llu events did not fit into the table", (unsigned long long)dropped);
	int status = err < 0 ? complain(q, EXIT_RUN) : EXIT_OK;
	if (!status && !history_lost(q->history, q->find.from, q->find.to, &lost, q->why, sizeof(q->why)) && lost)
		say("in this time %llu were lost to the history: they could not be written", (unsigned long long)lost);
	return status;
}

static int query_events(const struct request *r)
{
	struct query q = {.request = r, .output.fd = -1};
	int status = prepare(&q);
	if (!status)
		status = find(&q);
	if (q.output.fd >= 0)
		status = say_closed(&q.output, status);
	printer_free(&q.printer);
	show_free(&q.show);
	filter_destroy(q.where);
	history_close(q.history);
	free(q.streams);
	return status;
}

/* ---- SQL ---- */

static int on_row(void *context)
{
	struct output *out = context;
	if (output_full(out))
		output_flush(out);
	return out->error ? 1 : 0;
}

static int query_sql(const struct request *r)
{
	struct output out;
	char why[512];
	if (output_open(&out, r->output, why, sizeof(why))) {
		say("%s", why);
		return EXIT_RUN;
	}
	int err = history_sql(path_of(r), r->sql, r->format, r->no_header, SQL_TIMEOUT_MS, &out.buf, on_row, &out, why,
			      sizeof(why));
	if (err < 0)
		say("option --sql: %s", why);
	return say_closed(&out, err == -EINVAL ? EXIT_USAGE : err < 0 ? EXIT_RUN : EXIT_OK);
}

int command_query(const struct request *r, char *const *paths)
{
	(void)paths;
	if (!r->sql)
		return query_events(r);
	if (r->operands.n || r->filter || r->fields || r->streams.n || r->sort || r->top || r->limit || r->from ||
	    r->to) {
		say("option --sql: it says itself what is asked for; of the others it goes with --db, --fmt, "
		    "--no-header, "
		    "-o");
		return EXIT_USAGE;
	}
	return query_sql(r);
}
