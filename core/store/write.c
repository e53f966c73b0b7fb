/* SPDX-License-Identifier: MIT */
/* Entries of the queue as rows. */
#include <errno.h>
#include <stdlib.h>

#include "event/address.h"
#include "store/known.h"
#include "store_impl.h"

#define COMM(comm) (comm), strnlen((comm), sizeof(comm))
/* One that may be missing: type 't' of base_run(). */
#define TEXT(text, len) ((len) ? (text) : NULL), (size_t)(len)

static int64_t loss(struct store *s)
{
	pthread_mutex_lock(&s->queue.lock);
	uint64_t lost = s->queue.lost;
	pthread_mutex_unlock(&s->queue.lock);
	return (int64_t)(lost - s->lost.noted);
}

/* ---- what rows refer to ---- */

static int begin_run(struct store *s)
{
	struct buf names = {0};
	known_names(&names, s->config.computed, s->config.n_computed);
	int rc = names.failed ? SQLITE_NOMEM
			      : base_run(&s->base, BASE_RUN, &s->run, "iittt", (int64_t)store_wall(),
					 s->style.clock_offset, s->hostname, strlen(s->hostname), EUNOMIA_VERSION,
					 strlen(EUNOMIA_VERSION), names.len ? names.data : "", names.len);
	buf_free(&names);
	return rc;
}

/* From here on rows refer to actors of this segment alone. */
static int begin_segment(struct store *s)
{
	actors_clear(&s->actors);
	s->segment = 1;
	return base_run(&s->base, BASE_SEGMENT, NULL, "iii", s->last_event + 1, s->last_connection + 1,
			s->last_actor + 1);
}

int store_begin(struct store *s)
{
	int rc = SQLITE_OK;
	if (!s->run) {
		rc = base_run(&s->base, BASE_LAST_EVENT, &s->last_event, "");
		if (rc == SQLITE_OK)
			rc = base_run(&s->base, BASE_LAST_CONNECTION, &s->last_connection, "");
		if (rc == SQLITE_OK)
			rc = base_run(&s->base, BASE_LAST_ACTOR, &s->last_actor, "");
		if (rc == SQLITE_OK)
			rc = begin_run(s);
	}
	if (rc == SQLITE_OK && !s->segment)
		rc = begin_segment(s);
	int64_t lost = loss(s);
	if (rc == SQLITE_OK && lost) {
		rc = base_run(&s->base, BASE_LOST, NULL, "iii", (int64_t)store_wall(), s->run, lost);
		s->lost.noting = s->lost.noted + (uint64_t)lost;
	}
	return rc;
}

void store_done(struct store *s)
{
	s->run_done = s->run;
	s->lost.noted = s->lost.noting;
}

void store_undone(struct store *s)
{
	s->run = s->run_done;
	s->segment = 0;
	s->lost.noting = s->lost.noted;
	for (uint32_t i = 0; i < s->n_streams; i++)
		s->streams[i].id = 0;
	actors_clear(&s->actors);
}

static int stream_id(struct store *s, uint32_t number, int64_t *out)
{
	struct written_stream *w = &s->streams[number];
	int rc = SQLITE_OK;
	if (!w->id)
		rc = base_run(&s->base, BASE_FIND_STREAM, &w->id, "tb", w->name, (size_t)w->name_len, w->schema,
			      (size_t)w->schema_len);
	if (rc == SQLITE_OK && !w->id)
		rc = base_run(&s->base, BASE_STREAM, &w->id, "tb", w->name, (size_t)w->name_len, w->schema,
			      (size_t)w->schema_len);
	*out = w->id;
	return rc;
}

static const char *known(const char *bytes, size_t len, uint32_t place, size_t *n)
{
	const char *text = NULL;
	*n = 0;
	return known_text(bytes, len, place, &text, n) ? text : NULL;
}

static int actor_id(struct store *s, const char *bytes, size_t len, int64_t *out)
{
	size_t exe_len, container_len;
	*out = actors_find(&s->actors, bytes, len);
	if (*out)
		return SQLITE_OK;
	int err = actors_add(&s->actors, bytes, len, s->last_actor + 1);
	if (err == -ENOSPC) {
		int rc = begin_segment(s);
		if (rc != SQLITE_OK)
			return rc;
		err = actors_add(&s->actors, bytes, len, s->last_actor + 1);
	}
	if (err == -ENOMEM)
		return SQLITE_NOMEM;
	*out = ++s->last_actor;
	const char *exe = known(bytes, len, s->exe, &exe_len);
	const char *container = known(bytes, len, s->container, &container_len);
	return base_run(&s->base, BASE_ACTOR, NULL, "ittb", *out, exe, exe_len, container, container_len, bytes, len);
}

/* ---- the kinds ---- */

/* Again where a batch is written again: no harm. */
static int write_stream(struct store *s, const struct entry *entry)
{
	const struct stream_entry *e = (const void *)entry->bytes;
	const char *name = (const char *)(e + 1);
	if (e->number < s->n_streams)
		return SQLITE_OK;
	struct written_stream *grown = realloc(s->streams, (s->n_streams + 1) * sizeof(*grown));
	if (!grown)
		return SQLITE_NOMEM;
	s->streams = grown;
	struct written_stream *w = &grown[s->n_streams];
	*w = (struct written_stream){.name_len = e->name, .schema_len = e->schema};
	w->name = malloc((size_t)e->name + e->schema + 1);
	if (!w->name)
		return SQLITE_NOMEM;
	w->schema = w->name + e->name;
	memcpy(w->name, name, (size_t)e->name + e->schema);
	s->n_streams++;
	return SQLITE_OK;
}

static int write_event(struct store *s, const struct entry *entry)
{
	const struct event_entry *e = (const void *)entry->bytes;
	const char *record = (const char *)(e + 1), *texts = record + e->record;
	int64_t stream, actor;
	int rc = stream_id(s, e->number, &stream);
	if (rc == SQLITE_OK)
		rc = actor_id(s, texts + e->texts, e->known, &actor);
	return rc != SQLITE_OK ? rc
			       : base_run(&s->base, BASE_EVENT, NULL, "iiiiitibb", ++s->last_event, (int64_t)e->time,
					  stream, s->run, (int64_t)e->pid, COMM(e->comm), actor, record,
					  (size_t)e->record, TEXT(texts, e->texts));
}

/* What a number is bound as: it may be missing. */
static void number_types(const struct connection_entry *e, char *types, int from)
{
	for (int i = from; i < CONNECTION_NUMBERS; i++)
		types[i - from] = e->has & 1u << i ? 'i' : 'N';
}

/* Of the connection that is known to be open. *row 0: none is. */
static int write_close(struct store *s, const struct connection_entry *e, int64_t *row)
{
	char types[] = "ii......ii";
	const int64_t *n = e->numbers;
	*row = 0;
	number_types(e, types + 2, CONNECTION_DURATION);
	return base_run(&s->base, BASE_CLOSE, row, types, (int64_t)e->time, (int64_t)e->time, n[CONNECTION_DURATION],
			n[CONNECTION_TX], n[CONNECTION_RX], n[CONNECTION_SRTT], n[CONNECTION_RETRANSMITS],
			n[CONNECTION_RET], (int64_t)e->sock, s->run);
}

static int write_open(struct store *s, const struct connection_entry *e, int64_t actor, const char *from,
		      const char *to)
{
	static const char *const directions[CONNECTION_ROLES] = {"out", "in", NULL};
	const char *direction = directions[e->role];
	const int64_t *n = e->numbers;
	bool close = e->role == CONNECTION_CLOSE, ended = close || n[CONNECTION_RET] < 0;
	/* one that was there before us began when it says */
	bool known = !close || n[CONNECTION_DURATION] > 0;
	int64_t started = (int64_t)e->time - (close ? n[CONNECTION_DURATION] : 0);
	char types[] = "iii..tiititi"
		       "ti.......i";
	types[3] = known ? 'i' : 'N';
	types[4] = ended ? 'i' : 'N';
	number_types(e, types + 14, CONNECTION_LATENCY);
	return base_run(&s->base, BASE_CONNECT, NULL, types, ++s->last_connection, (int64_t)e->time, s->run, started,
			(int64_t)e->time, direction, direction ? strlen(direction) : 0, (int64_t)e->pid,
			(int64_t)e->uid, COMM(e->comm), actor, from, strlen(from), (int64_t)e->sport, to, strlen(to),
			(int64_t)e->dport, n[CONNECTION_LATENCY], n[CONNECTION_DURATION], n[CONNECTION_TX],
			n[CONNECTION_RX], n[CONNECTION_SRTT], n[CONNECTION_RETRANSMITS], n[CONNECTION_RET],
			(int64_t)e->sock);
}

static int write_connection(struct store *s, const struct entry *entry)
{
	const struct connection_entry *e = (const void *)entry->bytes;
	struct buf from = {0}, to = {0};
	int64_t row = 0, actor;
	int rc = e->role == CONNECTION_CLOSE ? write_close(s, e, &row) : SQLITE_OK;
	if (rc != SQLITE_OK || row)
		return rc;
	rc = actor_id(s, (const char *)(e + 1), e->known, &actor);
	address_text(&from, &e->saddr, 0);
	address_text(&to, &e->daddr, 0);
	buf_char(&from, '\0');
	buf_char(&to, '\0');
	if (from.failed || to.failed)
		rc = SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = write_open(s, e, actor, from.data, to.data);
	buf_free(&from);
	buf_free(&to);
	return rc;
}

static int write_alert(struct store *s, const struct entry *entry)
{
	const struct alert_entry *e = (const void *)entry->bytes;
	const char *rule = (const char *)(e + 1), *source = rule + e->rule, *output = source + e->source,
		   *tags = output + e->output, *fields = tags + e->tags, *json = fields + e->fields,
		   *ancestors = json + e->json, *bytes = ancestors + e->ancestors;
	const char *priority = severity_names[e->severity];
	char types[] = "iitittttt"
		       "ii...tttbt";
	size_t exe_len, container_len;
	const char *exe = known(bytes, e->known, s->exe, &exe_len);
	const char *container = known(bytes, e->known, s->container, &container_len);
	memcpy(types + 11, e->has_actor ? "iit" : "NNT", 3);
	return base_run(&s->base, BASE_ALERT, NULL, types, (int64_t)e->time, s->run, rule, (size_t)e->rule,
			(int64_t)e->severity, priority, strlen(priority), source, (size_t)e->source, output,
			(size_t)e->output, tags, (size_t)e->tags, fields, (size_t)e->fields, (int64_t)e->count,
			(int64_t)e->dropped_before, (int64_t)e->pid, (int64_t)e->uid, COMM(e->comm), exe, exe_len,
			container, container_len, TEXT(ancestors, e->ancestors), TEXT(bytes, e->known), json,
			(size_t)e->json);
}

static int write_acknowledge(struct store *s, const struct entry *entry)
{
	const struct acknowledge_entry *e = (const void *)entry->bytes;
	return base_run(&s->base, BASE_ACKNOWLEDGE, NULL, "iti", (int64_t)e->time, (const char *)(e + 1),
			(size_t)e->who, e->alert);
}

static int (*const kinds[ENTRY_KINDS])(struct store *s, const struct entry *entry) = {
	[ENTRY_STREAM] = write_stream,           [ENTRY_EVENT] = write_event,
	[ENTRY_CONNECTION] = write_connection,   [ENTRY_ALERT] = write_alert,
	[ENTRY_ACKNOWLEDGE] = write_acknowledge,
};

int store_write(struct store *s, const struct entry *entry)
{
	return kinds[entry->kind](s, entry);
}
