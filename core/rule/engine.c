/* SPDX-License-Identifier: MIT */
/* Rules and a schema to plans, events to alerts. */
#include "rule/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/keep.h"
#include "pipeline/loop.h"
#include "rule/message.h"
#include "rule/plan.h"
#include "rule/window.h"

#define WINDOWS_MAX 4096
#define MESSAGE_MAX (32u << 10)
#define KEY_MAX (16u << 10)

/* Told with every alert, beside what the message and the key name. */
static const char *const usual_fields[] = {"pid", "comm", "uid", "container.id", "container.name"};
#define USUAL_FIELDS (sizeof(usual_fields) / sizeof(usual_fields[0]))

struct engine_rule {
	const struct rule_item *item;
	struct filter *where;
	struct filter **exceptions; /* n_exceptions */
	size_t n_exceptions;
	struct message message;
	struct rule_counts counts; /* `events` is of its streams */
	struct binding *bindings;  /* one a stream; n_bindings */
	size_t n_bindings;
};

/* A rule for the events of one stream. Fields that the stream hasn't are NULL. */
struct binding {
	struct engine_rule *rule;
	const struct stream *stream;
	const struct field **parts; /* of the message, by part */
	const struct field **key;   /* rule.n_key */
	struct alert_field *fields; /* n_fields: what is told */
	size_t n_fields;
	const struct field **keep; /* n_keep: computed ones that are told */
	size_t n_keep;
};

struct engine {
	struct pool pool;
	const struct schema *schema;
	struct engine_rule *rules; /* as in struct rules */
	size_t n_rules;
	struct plan **plans; /* by stream id; NULL: nobody wants it */
	uint64_t *events;    /* the same */
	uint32_t n_plans;
	struct windows *windows;
	struct buf message;
	unsigned char *key; /* KEY_MAX */
	int64_t clock_offset;
	engine_alert alert;
	void *context;
};

/* ---- making ---- */

struct making {
	struct engine *engine;
	const struct rules *rules;
	const struct stream **streams; /* of the rule at hand */
	size_t n_streams;
	struct config_error *error;
};

static void find_streams(struct making *m, const struct rule *rule)
{
	m->n_streams = 0;
	for (uint32_t i = 0; i < m->engine->schema->n_streams; i++)
		if (m->engine->schema->streams[i] && rule_means(rule, m->engine->schema->streams[i]))
			m->streams[m->n_streams++] = m->engine->schema->streams[i];
}

static int compile(const struct making *m, const char *text, const struct filter_source *at, struct filter **out)
{
	struct filter_error error;
	int err = filter_compile(out, text, at, m->streams, (uint32_t)m->n_streams, rules_defs(m->rules), &error);
	return err == -EINVAL ? config_error_at(m->error, at->name, error.line, error.column, "%s", error.text) : err;
}

static int compile_rule(const struct making *m, struct engine_rule *r)
{
	int err = compile(m, r->item->rule.where ? r->item->rule.where : "true", &r->item->rule.source, &r->where);
	size_t n = 0;
	for (const struct rule_exception *x = r->item->exceptions; x; x = x->next)
		n++;
	r->exceptions = pool_alloc(&m->engine->pool, (n + 1) * sizeof(struct filter *));
	if (!r->exceptions)
		return -ENOMEM;
	for (const struct rule_exception *x = r->item->exceptions; x && !err; x = x->next) {
		err = compile(m, x->where, &x->at, &r->exceptions[r->n_exceptions]);
		r->n_exceptions += !err;
	}
	return err;
}

static int check_key(const struct making *m, const struct engine_rule *r)
{
	for (size_t i = 0; i < r->item->rule.n_key; i++) {
		bool found = false;
		char text[256];
		for (size_t k = 0; k < m->n_streams; k++)
			found |= stream_field(m->streams[k], r->item->rule.key[i]) != NULL;
		if (found)
			continue;
		message_unknown(m->streams, m->n_streams, r->item->rule.key[i], text, sizeof(text));
		return rules_fail(r->item, RULE_KEY, i, m->error, "%s", text);
	}
	return 0;
}

static void tell_field(struct binding *b, const struct field *field, const char *name)
{
	for (size_t i = 0; field && i < b->n_fields; i++)
		if (b->fields[i].field == field)
			field = NULL;
	if (!field)
		return;
	b->fields[b->n_fields++] = (struct alert_field){.name = name, .field = field};
	if (field->get && b->n_keep < KEPT_MAX)
		b->keep[b->n_keep++] = field;
}

static int bind(const struct making *m, struct engine_rule *r, struct binding *b)
{
	const struct rule *rule = &r->item->rule;
	struct pool *pool = &m->engine->pool;
	size_t most = r->message.n + rule->n_key + USUAL_FIELDS;
	b->parts = pool_alloc(pool, (r->message.n + 1) * sizeof(*b->parts));
	b->key = pool_alloc(pool, (rule->n_key + 1) * sizeof(*b->key));
	b->fields = pool_alloc(pool, most * sizeof(*b->fields));
	b->keep = pool_alloc(pool, most * sizeof(*b->keep));
	if (!b->parts || !b->key || !b->fields || !b->keep)
		return -ENOMEM;
	for (size_t i = 0; i < r->message.n; i++)
		if (r->message.parts[i].is_field) {
			b->parts[i] = stream_field(b->stream, r->message.parts[i].text);
			tell_field(b, b->parts[i], r->message.parts[i].text);
		}
	for (size_t i = 0; i < rule->n_key; i++) {
		b->key[i] = stream_field(b->stream, rule->key[i]);
		tell_field(b, b->key[i], rule->key[i]);
	}
	for (size_t i = 0; i < USUAL_FIELDS; i++)
		tell_field(b, stream_field(b->stream, usual_fields[i]), usual_fields[i]);
	return 0;
}

static int make_rule(struct making *m, struct engine_rule *r)
{
	struct pool *pool = &m->engine->pool;
	find_streams(m, &r->item->rule);
	if (!m->n_streams)
		return 0;
	int err = compile_rule(m, r);
	if (!err)
		err = message_make(&r->message, pool, r->item, m->streams, m->n_streams, m->error);
	if (!err)
		err = check_key(m, r);
	if (err)
		return err;
	r->bindings = pool_alloc(pool, m->n_streams * sizeof(*r->bindings));
	if (!r->bindings)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_streams && !err; i++) {
		struct binding *b = &r->bindings[r->n_bindings++];
		b->rule = r;
		b->stream = m->streams[i];
		err = bind(m, r, b);
	}
	return err;
}

static struct binding *binding_for(const struct engine_rule *r, const struct stream *stream)
{
	for (size_t i = 0; i < r->n_bindings; i++)
		if (r->bindings[i].stream == stream)
			return &r->bindings[i];
	return NULL;
}

static int make_plan(struct engine *e, const struct stream *stream, struct plan_rule *rules)
{
	size_t n = 0;
	for (size_t i = 0; i < e->n_rules; i++) {
		struct binding *b = e->rules[i].item->rule.enabled ? binding_for(&e->rules[i], stream) : NULL;
		const struct clause *clause = b ? filter_program(b->rule->where, stream)->clause : NULL;
		if (clause && clause->kind != CLAUSE_FALSE)
			rules[n++] = (struct plan_rule){clause, b};
	}
	if (n)
		e->plans[stream->id] = plan_new(&e->pool, rules, n);
	return n && !e->plans[stream->id] ? -ENOMEM : 0;
}

static int make(struct making *m)
{
	struct engine *e = m->engine;
	int err = 0;
	for (size_t i = 0; i < e->n_rules && !err; i++)
		err = rules_go_on(m->rules, make_rule(m, &e->rules[i]), m->error);
	struct plan_rule *rules = calloc(e->n_rules + 1, sizeof(*rules));
	for (uint32_t i = 0; i < e->n_plans && rules && !err; i++)
		if (e->schema->streams[i])
			err = make_plan(e, e->schema->streams[i], rules);
	free(rules);
	return rules ? err : -ENOMEM;
}

static void on_window(void *context, void *rule, const struct view *view, uint64_t n, uint64_t time);

int engine_new(struct engine **out, const struct rules *rules, const struct schema *schema, engine_alert alert,
	       void *context, struct config_error *error)
{
	struct engine *e = calloc(1, sizeof(*e));
	struct making m = {e, rules, calloc(schema->n_streams + 1, sizeof(*m.streams)), 0, error};
	int err = !e || !m.streams ? -ENOMEM : rules->mistakes ? 0 : rules_check(rules, error); /* those are told */
	if (!err) {
		e->schema = schema;
		e->alert = alert;
		e->context = context;
		e->clock_offset = clock_offset_ns();
		e->message.limit = MESSAGE_MAX;
		e->n_plans = schema->n_streams;
		e->n_rules = rules->n;
		e->plans = pool_alloc(&e->pool, e->n_plans * sizeof(struct plan *));
		e->events = pool_alloc(&e->pool, e->n_plans * sizeof(*e->events));
		e->rules = pool_alloc(&e->pool, e->n_rules * sizeof(*e->rules));
		e->key = pool_alloc(&e->pool, KEY_MAX);
		e->windows = windows_new(WINDOWS_MAX, on_window, e);
		if (!e->plans || !e->events || !e->rules || !e->key || !e->windows || !buf_room(&e->message, 512))
			err = -ENOMEM;
	}
	for (size_t i = 0; !err && i < e->n_rules; i++)
		e->rules[i].item = rules->items[i];
	if (!err)
		err = make(&m);
	free(m.streams);
	if (err)
		engine_destroy(e);
	else
		*out = e;
	return err;
}

void engine_destroy(struct engine *e)
{
	if (!e)
		return;
	for (size_t i = 0; e->rules && i < e->n_rules; i++) {
		filter_destroy(e->rules[i].where);
		for (size_t k = 0; k < e->rules[i].n_exceptions; k++)
			filter_destroy(e->rules[i].exceptions[k]);
	}
	windows_free(e->windows);
	buf_free(&e->message);
	pool_free(&e->pool);
	free(e);
}

/* ---- asking ---- */

void engine_clock(struct engine *e, int64_t offset)
{
	e->clock_offset = offset;
}

size_t engine_skipped(const struct engine *e)
{
	size_t n = 0;
	for (size_t i = 0; i < e->n_rules; i++)
		n += e->rules[i].item->rule.enabled && !e->rules[i].n_bindings;
	return n;
}

static bool binding_reads(const struct binding *b, bool (*is)(const struct field *field))
{
	for (size_t i = 0; i < b->n_fields; i++)
		if (is(b->fields[i].field))
			return true;
	return false;
}

bool engine_reads(const struct engine *e, bool (*is)(const struct field *field))
{
	for (size_t i = 0; i < e->n_rules; i++) {
		const struct engine_rule *r = &e->rules[i];
		bool reads = r->where && filter_reads(r->where, is);
		for (size_t k = 0; k < r->n_exceptions; k++)
			reads |= filter_reads(r->exceptions[k], is);
		for (size_t k = 0; k < r->n_bindings; k++)
			reads |= binding_reads(&r->bindings[k], is);
		if (reads && r->item->rule.enabled)
			return true;
	}
	return false;
}

size_t engine_filters(const struct engine *e, uint16_t stream, const struct filter **out, size_t most)
{
	size_t n = 0;
	if (!engine_wants(e, stream))
		return 0;
	for (size_t i = 0; i < e->n_rules; i++) {
		const struct engine_rule *r = &e->rules[i];
		if (!r->item->rule.enabled || !binding_for(r, e->schema->streams[stream]))
			continue;
		if (n < most)
			out[n] = r->where;
		n++;
	}
	return n;
}

const struct filter *engine_filter(const struct engine *e, size_t rule)
{
	return e->rules[rule].where;
}

bool engine_exception(const struct engine *e, size_t rule, size_t i, const struct filter **filter)
{
	if (i >= e->rules[rule].n_exceptions)
		return false;
	*filter = e->rules[rule].exceptions[i];
	return true;
}

bool engine_wants(const struct engine *e, uint16_t stream)
{
	return stream < e->n_plans && e->plans[stream];
}

void engine_counts(const struct engine *e, size_t rule, struct rule_counts *out)
{
	const struct engine_rule *r = &e->rules[rule];
	*out = r->counts;
	for (size_t i = 0; i < r->n_bindings && r->item->rule.enabled; i++)
		out->events += e->events[r->bindings[i].stream->id];
}

/* ---- events ---- */

static void tell(struct engine *e, const struct binding *b, const struct view *view, uint64_t count, uint64_t time)
{
	const struct rule *rule = &b->rule->item->rule;
	e->message.len = 0;
	message_write(&b->rule->message, b->parts, view, e->clock_offset, &e->message);
	const struct alert alert = {
		.time = time,
		.rule = rule->name,
		.severity = rule->severity,
		.source = b->stream->name,
		.message = e->message.data,
		.message_len = e->message.len,
		.tags = rule->tags,
		.n_tags = rule->n_tags,
		.view = view,
		.fields = b->fields,
		.n_fields = b->n_fields,
		.count = count,
	};
	b->rule->counts.alerts++;
	e->alert(e->context, rule, &alert);
}

static void on_window(void *context, void *rule, const struct view *view, uint64_t n, uint64_t time)
{
	tell(context, rule, view, n, time);
}

static size_t add(struct engine *e, size_t at, const void *bytes, size_t n)
{
	if (n > KEY_MAX - at)
		n = KEY_MAX - at;
	if (n)
		memcpy(e->key + at, bytes, n);
	return at + n;
}

/* The rule's name and the values: no two kinds have the same bytes, as each value tells its length. */
static size_t make_key(struct engine *e, const struct binding *b, const struct view *view)
{
	const struct rule *rule = &b->rule->item->rule;
	size_t at = add(e, 0, rule->name, strlen(rule->name) + 1);
	for (size_t i = 0; i < rule->n_key; i++) {
		struct value value = {0};
		bool has = b->key[i] && view_read(view, b->key[i], &value);
		const uint64_t head[] = {has, has ? value.u : 0, has ? (uint64_t)value.s : 0, has ? value.len : 0};
		at = add(e, at, head, sizeof(head));
		if (has && value.ptr)
			at = add(e, at, value.ptr, value.len);
	}
	return at;
}

static bool in_window(struct engine *e, struct binding *b, const struct view *view)
{
	const struct window_kind kind = {
		.rule = b,
		.key = e->key,
		.key_len = make_key(e, b, view),
		.length = b->rule->item->rule.window_ms * 1000000,
		.keep = b->keep,
		.n_keep = b->n_keep,
	};
	return !windows_event(e->windows, &kind, view);
}

static bool excepted(const struct engine_rule *r, const struct view *view)
{
	const struct rule *rule = &r->item->rule;
	for (size_t i = 0; i < r->n_exceptions; i++)
		if (filter_match(r->exceptions[i], view))
			return true;
	return rule->when && !rule->when(rule->when_context, rule->when_index, view);
}

static void on_hit(void *context, void *hit, const struct view *view)
{
	struct engine *e = context;
	struct binding *b = hit;
	struct rule_counts *counts = &b->rule->counts;
	counts->matched++;
	if (excepted(b->rule, view))
		counts->excepted++;
	else if (b->rule->item->rule.window_ms && in_window(e, b, view))
		counts->suppressed++;
	else
		tell(e, b, view, 1, view->rec->time);
}

void engine_event(struct engine *e, const struct view *view)
{
	uint16_t stream = view->stream->id;
	if (!engine_wants(e, stream))
		return;
	e->events[stream]++;
	plan_run(e->plans[stream], view, on_hit, e);
}

void engine_tick(struct engine *e, uint64_t now)
{
	windows_tick(e->windows, now);
}

void engine_flush(struct engine *e)
{
	windows_flush(e->windows);
}

/* ---- the next engine ---- */

static void *heir(void *context, const void *old)
{
	const struct engine *e = context;
	const struct binding *b = old;
	const struct rule *before = &b->rule->item->rule;
	for (size_t i = 0; i < e->n_rules; i++) {
		const struct rule *rule = &e->rules[i].item->rule;
		if (!strcmp(rule->name, before->name) && rule->enabled && rule->window_ms == before->window_ms)
			return binding_for(&e->rules[i], b->stream);
	}
	return NULL;
}

void engine_inherit(struct engine *e, struct engine *before)
{
	windows_inherit(e->windows, before->windows, heir, e);
	for (size_t i = 0; i < e->n_rules; i++)
		for (size_t k = 0; k < before->n_rules; k++)
			if (!strcmp(e->rules[i].item->rule.name, before->rules[k].item->rule.name)) {
				uint64_t events = e->rules[i].counts.events;
				engine_counts(before, k, &e->rules[i].counts);
				e->rules[i].counts.events += events;
			}
}
