/* SPDX-License-Identifier: MIT */
/* A single check: kinds of events, values that are known one by one, and fields in all their streams. */
#include "falco/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "event/names.h"

#define VALUES_MAX 4096 /* of a check, when lists are counted out */
#define ALL_VALUES_MAX 1000000
#define ERRNO_MAX 133

struct meaning check_nothing(struct translator *t, const char *fmt, ...)
{
	char text[sizeof(t->why)]; /* `why` may be among the arguments */
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	memcpy(t->why, text, sizeof(text));
	return (struct meaning){.state = MEANS_NOTHING};
}

static void note(struct translator *t, const char *field, const char *text)
{
	for (size_t i = 0; i < t->n_notes; i++)
		if (t->notes[i].note == text && !strcmp(t->notes[i].field, field))
			return;
	if (text && t->n_notes < NOTES_MAX)
		t->notes[t->n_notes++] = (struct falco_note){field, text, t->line};
}

/* ---- values ---- */

/* Adds the items of a list, lists in it counted out. False: too many, or a list that has itself. */
static bool add_values(struct translator *t, const struct falco_text *v, struct falco_text ***last, uint32_t *n,
		       unsigned depth)
{
	for (; v; v = v->next) {
		struct falco_list *list = file_list(t->file, v->text);
		if (list) {
			if (depth == 16 || !add_values(t, list->items, last, n, depth + 1))
				return false;
			continue;
		}
		struct falco_text *copy = pool_alloc(&t->file->pool, sizeof(*copy));
		if (!copy || ++*n > VALUES_MAX || ++t->values > ALL_VALUES_MAX) {
			t->no_memory |= !copy;
			return false;
		}
		copy->text = v->text;
		**last = copy;
		*last = &copy->next;
	}
	return true;
}

static bool count_out(struct translator *t, const struct condition *c, struct falco_text **out, uint32_t *n)
{
	struct falco_text **last = out;
	*out = NULL;
	*n = 0;
	if (c->op != FALCO_IN && c->op != FALCO_PMATCH) {
		*out = c->values;
		*n = c->values != NULL;
		return true;
	}
	if (add_values(t, c->values, &last, n, 0))
		return true;
	check_nothing(t, "its lists have more than %d items, or have themselves", VALUES_MAX);
	return false;
}

static bool holds(const struct falco_text *values, const char *text)
{
	for (; values; values = values->next)
		if (!strcmp(values->text, text))
			return true;
	return false;
}

static struct meaning no_operator(struct translator *t, const struct condition *c)
{
	return check_nothing(t, "'%.20s' has no equivalent for %.60s", c->op_text, c->name);
}

/* ---- evt.type ---- */

static bool has_event(const char *type)
{
	for (size_t i = 0; i < n_falco_events; i++)
		if (!strcmp(falco_events[i].type, type))
			return true;
	return false;
}

/* The labels of a stream's `call` that the types are; how many. */
static size_t write_labels(struct buf *out, enum falco_stream stream, const struct falco_text *types, bool write)
{
	const char *before = NULL;
	size_t n = 0;
	for (size_t i = 0; i < n_falco_events; i++) {
		const struct falco_event *e = &falco_events[i];
		if (e->stream != stream || !e->label || !holds(types, e->type) || (before && !strcmp(before, e->label)))
			continue;
		if (write)
			buf_printf(out, "%s%s", n ? ", " : "", e->label);
		before = e->label;
		n++;
	}
	return n;
}

static void write_event(struct buf *out, enum falco_stream stream, const struct falco_text *types, struct meaning *m)
{
	const struct falco_stream_names *s = &falco_streams[stream];
	size_t labels = s->call ? write_labels(out, stream, types, false) : 0;
	if (!labels) {
		buf_printf(out, "stream = %s", s->name);
		m->must |= UINT64_C(1) << stream;
		return;
	}
	buf_printf(out, labels > 1 ? "%s.%s in (" : "%s.%s = ", s->name, s->call);
	write_labels(out, stream, types, true);
	buf_str(out, labels > 1 ? ")" : "");
	m->refs |= UINT64_C(1) << stream;
}

static struct meaning event_type(struct translator *t, const struct condition *c, const struct falco_text *types,
				 struct buf *out)
{
	struct meaning m = {.only = ALL_STREAMS, .terms = 1};
	size_t n = 0;
	if (c->op != FALCO_EQ && c->op != FALCO_NE && c->op != FALCO_IN)
		return no_operator(t, c);
	for (const struct falco_text *v = types; v; v = v->next)
		if (!has_event(v->text))
			return check_nothing(t, "no stream has events of the type %.40s", v->text);
	for (size_t i = 0; i < n_falco_events; i++)
		if (holds(types, falco_events[i].type)) {
			m.may |= UINT64_C(1) << falco_events[i].stream;
			note(t, falco_events[i].type, falco_events[i].note);
		}
	bool several = (m.may & (m.may - 1)) != 0;
	buf_str(out, c->op == FALCO_NE ? "not " : "");
	buf_str(out, several ? "(" : "");
	for (unsigned s = 0; s < FALCO_STREAMS; s++)
		if (m.may >> s & 1) {
			buf_str(out, n++ ? " or " : "");
			write_event(out, s, types, &m);
		}
	buf_str(out, several ? ")" : "");
	if (c->op == FALCO_NE) {
		uint64_t may = m.may;
		m.may = ~m.must & ALL_STREAMS;
		m.must = ~may & ALL_STREAMS;
	}
	return m;
}

/* ---- values that are known one by one ---- */

static const struct falco_value *value_of(const char *name, const char *value)
{
	for (size_t i = 0; i < n_falco_values; i++)
		if (!strcmp(falco_values[i].name, name) && (!value || !strcmp(falco_values[i].value, value)))
			return &falco_values[i];
	return NULL;
}

static void ask(struct meaning *m, const char *field)
{
	m->ret |= field && !strcmp(field, "ret");
	m->ip |= field && !strcmp(field, "ip");
}

static void add_value(const struct falco_value *v, const char *text, struct meaning *m, struct buf *out)
{
	buf_printf(out, "%s%s", m->terms ? " or " : "", text);
	m->terms++;
	m->may |= v->streams | v->unknown;
	m->refs |= v->refs;
	m->only &= ~v->unknown;
	ask(m, v->asks);
}

static void add_other_values(const struct condition *c, struct meaning *m, struct buf *out)
{
	for (size_t i = 0; i < n_falco_values; i++)
		if (!strcmp(falco_values[i].name, c->name) && strcmp(falco_values[i].value, c->values->text) != 0)
			add_value(&falco_values[i], falco_values[i].ours, m, out);
}

/* False: it is no matter of such values. */
static bool known_values(const struct condition *c, const struct falco_text *values, struct meaning *m, struct buf *out)
{
	size_t start = out->len;
	const struct falco_value *first = value_of(c->name, NULL);
	if (!first || !values ||
	    (c->op != FALCO_EQ && c->op != FALCO_NE && c->op != FALCO_IN && c->op != FALCO_CONTAINS) ||
	    first->contains != (c->op == FALCO_CONTAINS))
		return false;
	*m = (struct meaning){.only = ALL_STREAMS};
	buf_char(out, '(');
	for (const struct falco_text *v = values; v; v = v->next) {
		const struct falco_value *value = value_of(c->name, v->text);
		if (!value) {
			out->len = start;
			return false;
		}
		if (c->op != FALCO_NE)
			add_value(value, value->ours, m, out);
		else if (value->not )
			add_value(value, value->not, m, out);
		else
			add_other_values(c, m, out);
	}
	if (!m->terms) { /* != of the only one */
		out->len = start;
		return false;
	}
	if (m->terms == 1) { /* without the parentheses */
		memmove(out->data + start, out->data + start + 1, out->len - start - 1);
		out->len--;
	} else {
		buf_char(out, ')');
	}
	if (first->streams == ALL_STREAMS && !strcmp(first->ours, "true"))
		m->must = ALL_STREAMS;
	else if (!first->streams && m->terms == 1 && c->op == FALCO_NE) /* evt.num != 0 */
		m->may = m->must = ALL_STREAMS;
	return true;
}

/* ---- results ---- */

static bool is_errno(const char *text)
{
	for (int e = 1; e <= ERRNO_MAX; e++) {
		const char *name = errno_name(e);
		if (name && !strcmp(name, text))
			return true;
	}
	return false;
}

/* dup's result; those of other calls that return a number are in no event. */
static struct meaning new_descriptor(struct translator *t, const struct condition *c, const struct falco_text *values,
				     struct buf *out)
{
	struct meaning m = {.may = BIT(DUP), .only = BIT(DUP), .refs = BIT(DUP), .terms = 1};
	buf_str(out, "process.dup.new_fd in (");
	for (const struct falco_text *v = values; v; v = v->next) {
		size_t digits = strspn(v->text, "0123456789");
		if (!digits || digits > 9 || v->text[digits])
			return check_nothing(t, "'%.40s' is no number of a descriptor, which %.20s is asked for",
					     v->text, c->name);
		buf_printf(out, "%s%s", v == values ? "" : ", ", v->text);
	}
	buf_char(out, ')');
	return m;
}

static struct meaning result(struct translator *t, const struct condition *c, const struct falco_text *values,
			     struct buf *out)
{
	struct meaning m = {.may = ALL_STREAMS, .only = ALL_STREAMS, .ret = true, .terms = 1};
	bool raw = !strcmp(c->name, "evt.rawres"), zero = values && !strcmp(values->text, "0");
	if (raw && zero && c->op == FALCO_GE) {
		buf_str(out, "not ret < 0");
		return m;
	}
	if (raw && zero && c->op == FALCO_LT) {
		buf_str(out, "ret < 0");
		return m;
	}
	if (!raw && c->op == FALCO_STARTSWITH && !strcmp(values->text, "E")) {
		buf_str(out, "ret < 0");
		return m;
	}
	if (raw && (c->op == FALCO_EQ || c->op == FALCO_IN) && values)
		return new_descriptor(t, c, values, out);
	if (raw || (c->op != FALCO_EQ && c->op != FALCO_NE && c->op != FALCO_IN) || !values)
		return check_nothing(t,
				     "'%.20s %.20s %.40s': of results it is known if they are below 0, and the error",
				     c->name, c->op_text, values ? values->text : "()");
	for (const struct falco_text *v = values; v; v = v->next)
		if (!is_errno(v->text))
			return check_nothing(t, "there is no error %.40s", v->text);
	buf_str(out, c->op == FALCO_IN ? "ret in (" : c->op == FALCO_EQ ? "ret = " : "ret != ");
	for (const struct falco_text *v = values; v; v = v->next)
		buf_printf(out, "%s%s", v == values ? "" : ", ", v->text);
	buf_str(out, c->op == FALCO_IN ? ")" : "");
	return m;
}

/* The twelve characters that Falco has of an id. */
static struct meaning container_id(struct translator *t, const struct condition *c, const struct falco_text *values,
				   struct buf *out)
{
	struct meaning m = {.may = ALL_STREAMS, .only = ALL_STREAMS};
	if ((c->op != FALCO_EQ && c->op != FALCO_IN) || !values)
		return no_operator(t, c);
	buf_char(out, '(');
	for (const struct falco_text *v = values; v; v = v->next, m.terms++) {
		buf_str(out, m.terms ? " or " : "");
		if (!strcmp(v->text, "host")) {
			buf_str(out, "not container exists");
			continue;
		}
		buf_str(out, "container.id startswith ");
		write_literal(out, v->text);
	}
	buf_char(out, ')');
	return m;
}

/* ---- fields ---- */

/* fd.snet is fd.sip, asked for networks. */
static const char *field_name(const char *name, char *room, size_t size)
{
	size_t n = strlen(name);
	if (strncmp(name, "fd.", 3) != 0 || n < 6 || strcmp(name + n - 3, "net") != 0)
		return name;
	snprintf(room, size, "%.*sip", (int)(n - 3), name);
	return room;
}

/* What is before the addresses of a `!=`: Falco says no of what has none, and yes if neither of the two is it. */
static void before_addresses(const struct check *check, uint64_t streams)
{
	const char *separator = "";
	buf_str(check->out, "(stream in (");
	for (unsigned s = 0; s < FALCO_STREAMS; s++)
		if (streams >> s & 1) {
			buf_printf(check->out, "%s%s", separator, falco_streams[s].name);
			separator = ", ";
		}
	buf_str(check->out, ") and not ");
}

static uint64_t streams_of(const char *name)
{
	uint64_t streams = 0;
	for (size_t i = 0; i < n_falco_fields; i++)
		if (!strcmp(falco_fields[i].name, name))
			streams |= falco_fields[i].streams ? falco_fields[i].streams : ALL_STREAMS;
	return streams;
}

/* A row for one stream, or for all. */
static bool write_row(struct check *check, const struct falco_field *field, int stream, size_t n)
{
	char ours[80];
	if (stream < 0 || field->kind == FIELD_CONDITION)
		snprintf(ours, sizeof(ours), "%s", field->ours);
	else
		snprintf(ours, sizeof(ours), "%s.%s", falco_streams[stream].name, field->ours);
	check->field = field;
	check->ours = ours;
	check->more = field->more;
	if (n)
		buf_str(check->out, " or ");
	return check_write(check);
}

static bool write_rows(struct check *check, const char *name, struct meaning *m)
{
	size_t n = 0;
	for (size_t i = 0; i < n_falco_fields; i++) {
		const struct falco_field *field = &falco_fields[i];
		if (strcmp(field->name, name) != 0)
			continue;
		note(check->t, check->c->name, field->note);
		m->only &= ~field->unknown;
		if (field->kind == FIELD_CONDITION)
			ask(m, field->more);
		m->refs |= field->streams;
		if (!field->streams || field->kind == FIELD_CONDITION) {
			if (!write_row(check, field, -1, n++))
				return false;
			continue;
		}
		for (int s = 0; s < FALCO_STREAMS; s++)
			if (field->streams >> s & 1 && !write_row(check, field, s, n++))
				return false;
	}
	return true;
}

static size_t count_rows(const char *name)
{
	size_t n = 0;
	for (size_t i = 0; i < n_falco_fields; i++)
		if (!strcmp(falco_fields[i].name, name))
			n += falco_fields[i].streams && falco_fields[i].kind != FIELD_CONDITION
				     ? (size_t)__builtin_popcountll(falco_fields[i].streams)
				     : 1;
	return n;
}

static bool is_no(const struct check *check)
{
	return check->c->op == FALCO_NE && check->field->kind == FIELD_ADDRESS;
}

/* No name of a connection has a slash. */
static bool all_paths(const struct falco_text *values)
{
	for (; values; values = values->next)
		if (!strchr(values->text, '/'))
			return false;
	return true;
}

static struct meaning field_check(struct translator *t, const struct condition *c, const struct falco_text *values,
				  struct buf *out)
{
	char room[64];
	const char *name = field_name(c->name, room, sizeof(room)), *why;
	struct meaning m = {.may = streams_of(name), .only = ALL_STREAMS};
	struct check check = {.t = t, .c = c, .out = out, .values = values};
	size_t start = out->len, rows = count_rows(name);
	if (!rows) {
		why = falco_without(c->name);
		return check_nothing(t, "%.60s has no equivalent%s%s", c->name, why ? ": " : "", why ? why : "");
	}
	for (size_t i = 0; i < n_falco_fields; i++)
		if (!strcmp(falco_fields[i].name, name))
			check.field = &falco_fields[i];
	if (!strcmp(name, "fd.name") && !all_paths(values))
		m.only &= ~INETS;
	bool no = is_no(&check);
	if (no)
		before_addresses(&check, m.may);
	buf_str(out, rows > 1 ? "(" : "");
	if (!write_rows(&check, name, &m)) {
		out->len = start;
		m.state = MEANS_NOTHING;
		return m;
	}
	buf_str(out, rows > 1 ? ")" : "");
	buf_str(out, no ? ")" : "");
	m.terms = check.terms + (uint32_t)rows;
	m.may |= ~m.only & ALL_STREAMS;
	if (check.field->kind == FIELD_CONDITION && out->len > start + 4 && !strncmp(out->data + start, "not ", 4))
		m.may = ALL_STREAMS;
	return m;
}

struct meaning translate_check(struct translator *t, const struct condition *c, struct buf *out)
{
	struct falco_text *values;
	struct meaning m;
	uint32_t n;
	if (c->op == FALCO_OTHER)
		return no_operator(t, c);
	if (!count_out(t, c, &values, &n))
		return (struct meaning){.state = MEANS_NOTHING};
	if (!strcmp(c->name, "evt.type") || !strcmp(c->name, "syscall.type"))
		return event_type(t, c, values, out);
	if (known_values(c, values, &m, out))
		return m;
	if (!strcmp(c->name, "evt.dir"))
		return check_nothing(t, "calls are told when they end: none is at its beginning");
	if (!strcmp(c->name, "evt.res") || !strcmp(c->name, "evt.rawres"))
		return result(t, c, values, out);
	if (!strcmp(c->name, "container.id"))
		return container_id(t, c, values, out);
	if (!strcmp(c->name, "evt.num") && c->op == FALCO_GE && !strcmp(values->text, "0")) {
		buf_str(out, "true");
		return (struct meaning){.may = ALL_STREAMS, .must = ALL_STREAMS, .only = ALL_STREAMS, .terms = 1};
	}
	if (c->op != FALCO_EXISTS && !values && !c->values) { /* in () */
		buf_str(out, "false");
		return (struct meaning){.only = ALL_STREAMS, .terms = 1};
	}
	return field_check(t, c, values, out);
}
