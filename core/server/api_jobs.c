/* SPDX-License-Identifier: MIT */
/* Instances: started, stopped, counted, run and collected. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "server/json.h"
#include "server/server_impl.h"
#include "server/start.h"
#include "sink/table.h"

#define ROWS_MOST 10000 /* of a run's answer */

static void texts_json(struct buf *out, const char *key, char *const *texts)
{
	put_key(out, key);
	put_open(out, '[');
	for (; texts && *texts; texts++)
		put_str(out, *texts);
	put_close(out, ']');
}

static void ids_json(struct buf *out, const char *key, const uint32_t *ids, size_t n)
{
	put_key(out, key);
	put_open(out, '[');
	for (size_t i = 0; i < n; i++)
		put_u64(out, ids[i]);
	put_close(out, ']');
}

static void counts_json(struct buf *out, const struct job *j)
{
	put_key(out, "streams");
	put_open(out, '[');
	for (uint32_t i = 0; i < j->spec.plugin->plugin->abi.streams.count; i++) {
		const struct stream_counts *k = &j->counts[i];
		if (!(j->spec.streams & EUN_BIT(i)))
			continue;
		put_open(out, '{');
		put_member(out, "name", j->spec.plugin->streams[i]->name);
		put_number(out, "seen", k->bpf.seen);
		put_number(out, "not_target", k->bpf.not_target);
		put_number(out, "not_where", k->bpf.not_where);
		put_number(out, "aggregated", k->bpf.aggregated);
		put_number(out, "sent", k->bpf.sent);
		put_number(out, "delivered", k->host.delivered);
		put_number(out, "rows", k->host.rows);
		put_number(out, "lost", k->bpf.lost + k->bpf.full + k->host.invalid);
		put_close(out, '}');
	}
	put_close(out, ']');
}

void job_json(const struct server *s, struct job *j, struct buf *out)
{
	const struct job_spec *p = &j->spec;
	hotplug_count(j);
	put_open(out, '{');
	put_number(out, "id", j->id);
	put_member(out, "state", job_state_names[j->state]);
	put_member(out, "error", *j->why ? j->why : NULL);
	put_member(out, "plugin", p->plugin->plugin->abi.name);
	put_member(out, "tool", p->tool ? p->tool->name : NULL);
	put_member(out, "label", p->label);
	put_flag(out, "internal", p->internal);
	texts_json(out, "options", p->options);
	put_member(out, "filter", p->filter);
	put_key(out, "target");
	put_open(out, '{');
	ids_json(out, "pids", p->pids, p->n_pids);
	ids_json(out, "uids", p->uids, p->n_uids);
	texts_json(out, "comms", p->comms);
	texts_json(out, "containers", p->containers);
	put_flag(out, "follow", p->follow);
	put_close(out, '}');
	put_number(out, "duration_ms", p->duration_ms);
	put_number(out, "start_ns", j->load_ns);
	if (j->started)
		put_time(out, "started", j->started, s->clock_offset);
	else
		put_member(out, "started", NULL);
	if (j->ended)
		put_time(out, "ended", j->ended, s->clock_offset);
	else
		put_member(out, "ended", NULL);
	put_number(out, "events", j->events);
	put_number(out, "missed", j->missed);
	counts_json(out, j);
	put_close(out, '}');
}

void api_instances(struct server *s, struct call *c)
{
	put_open(&c->out, '{');
	put_key(&c->out, "instances");
	put_open(&c->out, '[');
	for (struct job *j = hotplug_first(s->pool); j; j = j->next)
		job_json(s, j, &c->out);
	put_close(&c->out, ']');
	put_close(&c->out, '}');
	call_answer(c, 200);
}

/* NULL: it is answered. */
static struct job *find(struct server *s, struct call *c)
{
	struct job *j = hotplug_find(s->pool, strtoull(c->args.text[0], NULL, 10));
	if (!j)
		call_fail(c, 404, "not_found", "id", "there is no instance %s (any more)", c->args.text[0]);
	return j;
}

void api_instance(struct server *s, struct call *c)
{
	struct job *j = find(s, c);
	if (!j)
		return;
	job_json(s, j, &c->out);
	call_answer(c, 200);
}

void api_instance_stop(struct server *s, struct call *c)
{
	struct job *j = find(s, c);
	if (!j)
		return;
	if (j->spec.internal) {
		call_fail(c, 409, "internal", "id", "it is the server's own: see 'graph' in [server]");
		return;
	}
	hotplug_stop(s->pool, j);
	job_json(s, j, &c->out);
	call_answer(c, 202);
}

/* ---- a start that is waited for, and a run ---- */

struct starting {
	struct server *server;
	struct call *call;   /* NULL: the caller left */
	struct table *table; /* of a run: its rows */
	uint64_t rows, failed;
	bool answered;
};

static void to_hub(void *context, const struct view *view)
{
	hub_event(((const struct server *)context)->hub, view);
}

/* The caller, or the job: the one that goes last takes it along. */
static void on_left(void *context)
{
	struct starting *w = context;
	if (w->answered)
		free(w);
	else
		w->call = NULL;
}

static void answer(struct starting *w, unsigned status)
{
	struct call *c = w->call;
	w->answered = true;
	if (!c) {
		free(w);
		return;
	}
	call_answer(c, status);
	if (c->state == CALL_WAITING)
		call_ready(c);
}

static void on_started(void *context, struct job *job)
{
	struct starting *w = context;
	job->spec.context = w->server; /* the hub's from here on */
	if (w->call && job->state == JOB_FAILED)
		call_fail(w->call, 500, "failed", NULL, "%s", job->why);
	else if (w->call)
		job_json(w->server, job, &w->call->out);
	answer(w, job->state == JOB_FAILED ? 500 : 201);
}

/* What hotplug_start() or start_parse() said. */
static void refuse(struct call *c, int err, const char *place, const char *why)
{
	static const struct {
		int err;
		unsigned status;
		const char *code;
	} answers[] = {
		{EINVAL, 400, "invalid"},   {EBUSY, 503, "limit"}, {ENOSPC, 503, "limit"},
		{ENOMEM, 503, "no_memory"}, {0, 500, "failed"},
	};
	size_t i = 0;
	while (answers[i].err && answers[i].err != err)
		i++;
	call_fail(c, answers[i].status, answers[i].code, *place ? place : NULL, "%s", why);
}

/* False: it is answered. */
static bool parse(struct server *s, struct call *c, json_t *body, struct job_spec *spec, struct start_view *view)
{
	struct config_error error = {0};
	int err = start_parse(&s->shelf, body, spec, view, &error);
	if (err == -EINVAL)
		call_wrong(c, 400, &error);
	else if (err)
		call_fail(c, 503, "no_memory", NULL, "no memory");
	if (!err)
		return true;
	job_spec_free(spec);
	start_view_free(view);
	return false;
}

static void start(struct server *s, struct call *c, struct starting *w, struct job_spec *spec)
{
	char place[64], why[512];
	c->context = w;
	c->gone = on_left;
	call_wait(c);
	if (hotplug_start(s->pool, spec, place, sizeof(place), why, sizeof(why)))
		return;
	int err = errno;
	w->answered = true;
	table_destroy(w->table);
	w->table = NULL;
	c->state = CALL_READING;
	refuse(c, err, place, why);
}

void api_instance_start(struct server *s, struct call *c)
{
	struct job_spec spec;
	struct start_view view;
	json_t *body = call_body(c);
	bool good = body && parse(s, c, body, &spec, &view);
	json_decref(body);
	if (!good)
		return;
	start_view_free(&view);
	struct starting *w = calloc(1, sizeof(*w));
	if (!w) {
		job_spec_free(&spec);
		call_fail(c, 503, "no_memory", NULL, "no memory");
		return;
	}
	w->server = s;
	w->call = c;
	spec.context = w;
	spec.event = to_hub;
	spec.started = on_started;
	start(s, c, w, &spec);
}

/* ---- run and collect ---- */

static void on_row(void *context, const struct view *view)
{
	struct starting *w = context;
	if (w->table && (table_rows(w->table) >= TABLE_ROWS_MAX || table_add(w->table, view)))
		w->failed++;
}

static void rows_json(struct starting *w, struct buf *out)
{
	const struct writer_options options = {
		.format = FORMAT_JSON, .clock_offset = w->server->clock_offset, .big_as_text = true};
	struct writer *writer = writer_new(&options);
	struct buf lines = {0};
	size_t left = ROWS_MOST;
	put_key(out, "rows");
	put_open(out, '[');
	w->rows = table_rows(w->table);
	if (writer && !table_print(w->table, writer, &lines))
		for (char *at = lines.data, *end; left && at && at < lines.data + lines.len; at = end, left--) {
			end = memchr(at, '\n', (size_t)(lines.data + lines.len - at));
			end = end ? end + 1 : lines.data + lines.len;
			put_raw(out, at, (size_t)(end - at));
		}
	put_close(out, ']');
	put_number(out, "total", w->rows);
	put_number(out, "dropped",
		   w->failed + table_dropped(w->table) + (w->rows > ROWS_MOST ? w->rows - ROWS_MOST : 0));
	buf_free(&lines);
	writer_destroy(writer);
}

static void on_run(void *context, struct job *job)
{
	struct starting *w = context;
	bool failed = job->state == JOB_FAILED || *job->why;
	if (w->call && failed) {
		call_fail(w->call, 500, "failed", NULL, "%s", job->why);
	} else if (w->call) {
		put_open(&w->call->out, '{');
		rows_json(w, &w->call->out);
		put_key(&w->call->out, "instance");
		job_json(w->server, job, &w->call->out);
		put_close(&w->call->out, '}');
	}
	table_destroy(w->table);
	w->table = NULL;
	answer(w, failed ? 500 : 200);
}

/* ?tool=, ?seconds=, ?filter= go into the body, which may say the same and more. */
static json_t *run_body(struct call *c)
{
	static const char *const texts[] = {"tool", "plugin", "filter"};
	uint64_t seconds;
	json_t *body = call_body(c);
	if (!body)
		return NULL;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (call_query(c, texts[i]))
			json_object_set_new(body, texts[i], json_string(call_query(c, texts[i])));
	if (!call_query_number(c, "seconds", 5, 1, 86400, &seconds)) {
		json_decref(body);
		return NULL;
	}
	if (call_query(c, "seconds") || !json_object_get(body, "duration"))
		json_object_set_new(body, "duration", json_integer((json_int_t)seconds));
	return body;
}

/* NULL: it is answered. */
static struct table *make_table(struct call *c, const struct job_spec *spec, const struct start_view *view,
				uint64_t top)
{
	const struct stream *streams[EUN_STREAMS_MAX];
	struct table *table = NULL;
	char why[256];
	size_t n = 0;
	for (uint32_t i = 0; i < spec->plugin->plugin->abi.streams.count; i++)
		if (spec->streams & EUN_BIT(i))
			streams[n++] = spec->plugin->streams[i];
	const char *sort = call_query(c, "sort");
	if (table_new(&table, streams, n, view->key, sort ? sort : view->sort, top, why, sizeof(why)))
		call_fail(c, 400, "invalid", sort ? "sort" : "tool", "%s", why);
	return table;
}

void api_run(struct server *s, struct call *c)
{
	struct job_spec spec;
	struct start_view view;
	uint64_t top;
	if (!call_query_number(c, "top", 0, 0, ROWS_MOST, &top))
		return;
	json_t *body = run_body(c);
	bool good = body && parse(s, c, body, &spec, &view);
	json_decref(body);
	if (!good)
		return;
	struct starting *w = calloc(1, sizeof(*w));
	if (spec.duration_ms > s->settings.run_ms)
		call_fail(c, 400, "invalid", "duration", "at most %llu ms: see 'run_time' in [server]",
			  (unsigned long long)s->settings.run_ms);
	else if (!w)
		call_fail(c, 503, "no_memory", NULL, "no memory");
	else if ((w->table = make_table(c, &spec, &view, top))) {
		w->server = s;
		w->call = c;
		spec.context = w;
		spec.event = on_row;
		spec.stopped = on_run;
		spec.patient = true;
		start(s, c, w, &spec);
		start_view_free(&view);
		return;
	}
	free(w);
	start_view_free(&view);
	job_spec_free(&spec);
}
