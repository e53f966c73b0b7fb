/* SPDX-License-Identifier: MIT */
/* What is offered, as entries of the queue: all that is needed of an event while it is there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/escape.h"
#include "pipeline/record_stream.h"
#include "store/known.h"
#include "store_impl.h"

#define TEXT_MAX 256   /* bytes that writers give a format callback for its text */
#define ARGV_MAX 4096u /* of an ancestor's arguments */

static const char *const roles[CONNECTION_ROLES] = {
	[CONNECTION_OPEN] = "connection.open",
	[CONNECTION_ACCEPT] = "connection.accept",
	[CONNECTION_CLOSE] = "connection.close",
};

static int role_of(const char *role)
{
	for (int i = 0; role && i < CONNECTION_ROLES; i++)
		if (!strcmp(role, roles[i]))
			return i;
	return CONNECTION_ROLES;
}

bool store_is_connection(const char *role)
{
	return role_of(role) < CONNECTION_ROLES;
}

static uint64_t wall(const struct store *s, uint64_t boot)
{
	return boot + (uint64_t)s->style.clock_offset;
}

/* Begins an entry: its head is filled in by put(). */
static struct buf *entry(struct store *s, size_t head)
{
	s->scratch.len = 0;
	buf_pad(&s->scratch, 0, head);
	return &s->scratch;
}

static bool put(struct store *s, enum entry_kind kind, bool counts, const void *head, size_t size)
{
	if (s->scratch.failed) {
		s->scratch.failed = false;
		if (counts)
			queue_refuse(&s->queue);
		return false;
	}
	memcpy(s->scratch.data, head, size);
	return queue_put(&s->queue, kind, counts, s->scratch.data, s->scratch.len);
}

/* Appends and says how long it is. */
static uint32_t add(struct buf *out, const void *bytes, size_t len)
{
	buf_add(out, bytes, len);
	return (uint32_t)len;
}

static uint32_t add_known(const struct store *s, struct buf *out, const struct view *view)
{
	size_t start = out->len;
	known_put(out, view, s->config.computed, s->config.n_computed);
	return (uint32_t)(out->len - start);
}

/* ---- streams ---- */

/* The place of a stream that was not seen before, whatever had its id. NULL: no memory. */
static struct told *told_of(struct store *s, const struct stream *stream)
{
	if (stream->id >= s->n_told) {
		struct told *grown = realloc(s->told, (stream->id + 1u) * sizeof(*grown));
		if (!grown)
			return NULL;
		memset(grown + s->n_told, 0, (stream->id + 1u - s->n_told) * sizeof(*grown));
		s->told = grown;
		s->n_told = stream->id + 1u;
	}
	struct told *t = &s->told[stream->id];
	if (t->serial != stream->serial)
		*t = (struct told){.serial = stream->serial, .number = UINT32_MAX, .role = -1};
	return t;
}

/* False: the thread can't be told of it. */
static bool tell(struct store *s, struct told *t, const struct stream *stream)
{
	struct stream_entry head = {.number = s->n_numbers};
	struct stream plain = *stream;
	struct buf *out = entry(s, sizeof(head));
	plain.id = 0; /* the same each time */
	head.name = add(out, stream->name, strlen(stream->name));
	size_t start = out->len;
	record_stream_put(out, &plain);
	head.schema = (uint32_t)(out->len - start);
	if (!put(s, ENTRY_STREAM, false, &head, sizeof(head)))
		return false;
	t->number = s->n_numbers++;
	return true;
}

/* What the plugin itself makes of fields: u16 field, u16 length, text. */
static uint32_t add_texts(struct buf *out, const struct view *view)
{
	const struct stream *stream = view->stream;
	size_t start = out->len;
	for (uint16_t i = 0; stream->format && i < stream->n_fields; i++) {
		const struct field *f = &stream->fields[i];
		char text[TEXT_MAX] = "";
		struct value v;
		if (!view_read(view, f, &v))
			continue;
		bool ref = type_is_ref(f->type);
		if (stream->format(stream->format_self, stream->format_stream, f->index,
				   ref ? v.ptr : (const char *)view->rec + f->offset, ref ? v.len : f->size, text,
				   sizeof(text)) < 0)
			continue;
		uint16_t head[] = {i, (uint16_t)strnlen(text, sizeof(text) - 1)};
		buf_add(out, head, sizeof(head));
		buf_add(out, text, head[1]);
	}
	return (uint32_t)(out->len - start);
}

void store_event(struct store *s, const struct view *view)
{
	struct event_entry head = {.time = wall(s, view->rec->time), .pid = view->rec->pid};
	struct told *t = told_of(s, view->stream);
	if (!t || (t->number == UINT32_MAX && !tell(s, t, view->stream))) {
		queue_refuse(&s->queue);
		return;
	}
	struct buf *out = entry(s, sizeof(head));
	head.number = t->number;
	memcpy(head.comm, view->rec->comm, sizeof(head.comm));
	head.record = add(out, view->rec, view->len);
	head.texts = add_texts(out, view);
	head.known = add_known(s, out, view);
	put(s, ENTRY_EVENT, true, &head, sizeof(head));
}

/* ---- connections ---- */

static const char *const ends[] = {"sock", "saddr", "daddr", "sport", "dport"};
static const char *const numbers[CONNECTION_NUMBERS] = {
	[CONNECTION_LATENCY] = "latency_ns",
	[CONNECTION_DURATION] = "duration_ns",
	[CONNECTION_TX] = "tx_bytes",
	[CONNECTION_RX] = "rx_bytes",
	[CONNECTION_SRTT] = "srtt_ns",
	[CONNECTION_RETRANSMITS] = "retransmits",
	[CONNECTION_RET] = "ret",
};

static void look_at(struct told *t, const struct stream *stream)
{
	t->role = role_of(stream->role);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		t->ends[i] = stream_field(stream, ends[i]);
		if (!t->ends[i])
			t->role = CONNECTION_ROLES;
	}
	for (size_t i = 0; i < CONNECTION_NUMBERS; i++)
		t->numbers[i] = stream_field(stream, numbers[i]);
}

static bool is_signed(const struct field *f)
{
	return f->type == EUN_ERRNO || (f->type >= EUN_S8 && f->type <= EUN_S64);
}

void store_connection(struct store *s, const struct view *view)
{
	struct told *t = told_of(s, view->stream);
	struct value v[5];
	if (t && t->role < 0)
		look_at(t, view->stream);
	if (!t || t->role == CONNECTION_ROLES)
		return;
	const struct eun_event *event = view->rec;
	struct connection_entry head = {.role = (enum connection_role)t->role,
					.time = wall(s, event->time),
					.pid = event->pid,
					.uid = event->uid};
	memcpy(head.comm, event->comm, sizeof(head.comm));
	for (size_t i = 0; i < 5; i++)
		view_read(view, t->ends[i], &v[i]);
	head.sock = v[0].u;
	memcpy(&head.saddr, v[1].ptr, sizeof(head.saddr));
	memcpy(&head.daddr, v[2].ptr, sizeof(head.daddr));
	head.sport = (uint16_t)v[3].u;
	head.dport = (uint16_t)v[4].u;
	for (size_t i = 0; i < CONNECTION_NUMBERS; i++) {
		if (!t->numbers[i] || !view_read(view, t->numbers[i], &v[0]))
			continue;
		head.numbers[i] = is_signed(t->numbers[i]) ? v[0].s : (int64_t)v[0].u;
		head.has |= 1u << i;
	}
	struct buf *out = entry(s, sizeof(head));
	head.known = add_known(s, out, view);
	put(s, ENTRY_CONNECTION, true, &head, sizeof(head));
}

/* ---- alerts ---- */

static void ancestor(struct buf *out, const struct proc *p)
{
	buf_printf(out, "{\"pid\":%u,\"comm\":", p->pid);
	escape_json(out, p->comm, strnlen(p->comm, sizeof(p->comm)));
	if (p->exe) {
		buf_str(out, ",\"exe\":");
		escape_json(out, p->exe, strlen(p->exe));
	}
	if (p->argv) {
		const struct value v = {.u = 1, .ptr = p->argv, .len = p->argv_len < ARGV_MAX ? p->argv_len : ARGV_MAX};
		const char *text;
		size_t len;
		buf_str(out, ",\"argv\":[");
		for (uint32_t at = 0; strings_next(&v, &at, &text, &len);) {
			if (text != v.ptr)
				buf_char(out, ',');
			escape_json(out, text, len);
		}
		buf_char(out, ']');
	}
	buf_char(out, '}');
}

/* The process and who made it, the nearest first; nothing where it is not known. */
static uint32_t add_ancestors(const struct store *s, struct buf *out, const struct eun_event *event)
{
	size_t start = out->len;
	const struct proc *p = s->config.procs ? procs_find(s->config.procs, event->pid, event->time) : NULL;
	for (uint32_t i = 0; p && i <= PROC_ANCESTORS_MAX; i++, p = p->parent) {
		buf_char(out, i ? ',' : '[');
		ancestor(out, p);
	}
	if (out->len > start)
		buf_char(out, ']');
	return (uint32_t)(out->len - start);
}

void store_alert(struct store *s, const struct alert *alert)
{
	struct alert_entry head = {.time = wall(s, alert->time),
				   .count = alert->count,
				   .dropped_before = alert->dropped_before,
				   .severity = (uint32_t)alert->severity,
				   .has_actor = alert->view};
	struct buf *out = entry(s, sizeof(head));
	if (alert->view) {
		head.pid = alert->view->rec->pid;
		head.uid = alert->view->rec->uid;
		memcpy(head.comm, alert->view->rec->comm, sizeof(head.comm));
	}
	head.rule = add(out, alert->rule, strlen(alert->rule));
	head.source = add(out, alert->source, strlen(alert->source));
	head.output = add(out, alert->message, alert->message_len);
	size_t start = out->len;
	alert_json_tags(alert, out);
	head.tags = (uint32_t)(out->len - start);
	start = out->len;
	alert_json_fields(alert, &s->style, out);
	head.fields = (uint32_t)(out->len - start);
	start = out->len;
	if (alert_json(alert, &s->style, out))
		out->failed = true;
	else
		out->len--; /* the newline */
	head.json = (uint32_t)(out->len - start);
	if (alert->view) {
		head.ancestors = add_ancestors(s, out, alert->view->rec);
		head.known = add_known(s, out, alert->view);
	}
	put(s, ENTRY_ALERT, true, &head, sizeof(head));
}

void store_acknowledge(struct store *s, int64_t alert, const char *who)
{
	struct acknowledge_entry head = {.alert = alert, .time = store_wall()};
	struct buf *out = entry(s, sizeof(head));
	head.who = add(out, who, strlen(who));
	put(s, ENTRY_ACKNOWLEDGE, true, &head, sizeof(head));
}
