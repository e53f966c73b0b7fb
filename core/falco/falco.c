/* SPDX-License-Identifier: MIT */
/* The file that is read to the one that is written, and what is told of it. */
#include "falco/falco.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "falco/check.h"
#include "falco/ini.h"
#include "falco/message.h"

#define OUT_MAX (4u << 20) /* what core/config reads */
#define STREAMS_MAX 12     /* a rule of more is one of nearly everything */
#define LOST_FIELDS 64

struct importing {
	struct falco_file file;
	struct translator translator;
	const struct falco_host *host;
	struct buf *out;
	struct falco_counts *counts;
	char lost[LOST_FIELDS][48]; /* fields that messages can't show */
	size_t n_lost;
};

static void tell(struct importing *im, uint32_t line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void tell(struct importing *im, uint32_t line, const char *fmt, ...)
{
	char text[640];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	im->host->tell(im->host->context, line, text);
}

static void comment(struct importing *im, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void comment(struct importing *im, const char *fmt, ...)
{
	char text[640];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	ini_comment(im->out, text);
}

/* ---- lists, macros ---- */

static void write_list(struct importing *im, struct falco_list *list)
{
	struct buf items = {.limit = EXPRESSION_MAX};
	size_t start = im->out->len;
	for (const struct falco_text *v = list->items; v; v = v->next) {
		struct falco_list *other = file_list(&im->file, v->text);
		if (v != list->items)
			buf_str(&items, ", ");
		if (other)
			buf_str(&items, other->ours);
		else
			write_item(&items, v->text);
	}
	buf_char(&items, '\0');
	buf_printf(im->out, "\n[list %s]\n", list->ours);
	if (items.failed || !ini_expression(im->out, "items", items.data)) {
		im->out->len = start;
		buf_printf(im->out, "\n[list %s]\nitems =\n", list->ours);
		comment(im, "left out: its items are too long");
		tell(im, list->line, "list %.80s: its items are too long, it is empty", list->name);
	}
	buf_free(&items);
}

static void write_lost(struct importing *im, const struct falco_lost *lost)
{
	for (; lost; lost = lost->next)
		comment(im, "means more than in Falco, without '%.500s'", lost->text);
}

static void write_macro(struct importing *im, struct falco_macro *macro)
{
	struct buf unused = {0};
	struct condition c = {.kind = CONDITION_MACRO, .name = macro->name};
	if (macro->state == MACRO_NEW)
		translate(&im->translator, &c, &unused);
	buf_free(&unused);
	size_t start = im->out->len;
	if (macro->meaning.state != MEANS_NOTHING) {
		buf_char(im->out, '\n');
		write_lost(im, macro->lost);
		buf_printf(im->out, "[macro %s]\n", macro->ours);
		if (macro->text && ini_expression(im->out, "condition", macro->text))
			return;
		im->out->len = start;
		macro->meaning.state = MEANS_NOTHING; /* what uses it comes later */
		macro->why = "a text in it is too long for a line";
	}
	buf_char(im->out, '\n');
	comment(im, "left out: macro %.80s (line %u): %.400s", macro->name, macro->line, macro->why ? macro->why : "");
}

/* ---- exceptions ---- */

static const struct yaml *nth(const struct yaml *list, size_t i)
{
	const struct yaml *item = list->first;
	while (item && i--)
		item = item->next;
	return item;
}

static bool set_values(struct importing *im, struct condition *c, const struct yaml *value)
{
	struct falco_text **last = &c->values;
	const struct yaml *first = value->kind == YAML_SCALAR ? value : value->first;
	for (const struct yaml *v = first; v; v = value->kind == YAML_SCALAR ? NULL : v->next) {
		if (v->kind != YAML_SCALAR)
			return false;
		*last = pool_alloc(&im->file.pool, sizeof(**last));
		if (!*last)
			return false;
		(*last)->text = v->text;
		last = &(*last)->next;
	}
	return true;
}

/* One field compared; `join` is written before it. */
static bool write_comparison(struct importing *im, const struct yaml *field, const struct yaml *comp,
			     const struct yaml *value, const char *def, struct buf *out, struct meaning *all)
{
	struct translator *t = &im->translator;
	const char *op = comp && comp->kind == YAML_SCALAR ? comp->text : def;
	struct condition c = {.kind = CONDITION_CHECK, .op = condition_op(op, strlen(op)), .op_text = op};
	if (!field || !value || field->kind != YAML_SCALAR || c.op == FALCO_OPS || !set_values(im, &c, value)) {
		check_nothing(t, "a field, a value or an operator is missing");
		return false;
	}
	if (c.values && c.values->next && c.op != FALCO_IN && c.op != FALCO_PMATCH) {
		check_nothing(t, "'%.20s' with several values", op);
		return false;
	}
	if (!c.values && c.op != FALCO_IN) {
		check_nothing(t, "'%.20s' without a value", op);
		return false;
	}
	c.name = field->text;
	struct meaning m = translate_check(t, &c, out);
	all->refs |= m.refs;
	all->ret |= m.ret;
	all->ip |= m.ip;
	all->only &= m.only;
	return m.state == MEANS_SAME;
}

/* A row of values, one a field. */
static bool write_tuple(struct importing *im, const struct falco_exception *x, const struct yaml *values,
			struct buf *out, struct meaning *all)
{
	size_t i = 0;
	if (values->kind != YAML_SEQUENCE) {
		check_nothing(&im->translator, "its values are no lists");
		return false;
	}
	for (const struct yaml *field = x->fields->first; field; field = field->next, i++) {
		buf_str(out, i ? " and " : "");
		const struct yaml *comp = x->comps && x->comps->kind == YAML_SEQUENCE ? nth(x->comps, i) : NULL;
		if (!write_comparison(im, field, comp, nth(values, i), "=", out, all))
			return false;
	}
	return i != 0;
}

static bool write_values(struct importing *im, const struct falco_exception *x, const struct yaml *values,
			 struct buf *out, struct meaning *all)
{
	if (x->fields->kind == YAML_SCALAR) {
		buf_str(out, out->len ? " or " : "");
		return write_comparison(im, x->fields, x->comps, values, "in", out, all);
	}
	if (x->fields->kind != YAML_SEQUENCE || values->kind != YAML_SEQUENCE) {
		check_nothing(&im->translator, "its fields or values are no list");
		return false;
	}
	for (const struct yaml *tuple = values->first; tuple; tuple = tuple->next) {
		buf_str(out, out->len ? " or " : "");
		if (!write_tuple(im, x, tuple, out, all))
			return false;
	}
	return true;
}

/* In `out`; nothing if there are no values (a place for users to put some). False: it has no equivalent. */
static bool write_exception(struct importing *im, const struct falco_exception *x, struct buf *out, struct meaning *all)
{
	out->limit = EXPRESSION_MAX;
	im->translator.line = x->line;
	*all = (struct meaning){.only = ALL_STREAMS};
	if (!x->fields && x->n_values) {
		check_nothing(&im->translator, "it has no fields");
		return false;
	}
	for (size_t i = 0; i < x->n_values; i++)
		if (!write_values(im, x, x->values[i], out, all))
			return false;
	if (out->failed)
		check_nothing(&im->translator, "it is too long");
	return !out->failed;
}

/* ---- rules ---- */

static const struct {
	const char *falco, *ours;
} priorities[] = {
	{"EMERGENCY", "emergency"}, {"ALERT", "alert"},     {"CRITICAL", "critical"},
	{"ERROR", "error"},         {"WARNING", "warning"}, {"NOTICE", "notice"},
	{"INFO", "informational"},  {"DEBUG", "debug"},     {"INFORMATIONAL", "informational"},
};

static const char *severity_of(struct importing *im, const struct falco_rule *rule)
{
	for (size_t i = 0; rule->priority && i < sizeof(priorities) / sizeof(priorities[0]); i++)
		if (!strcasecmp(priorities[i].falco, rule->priority))
			return priorities[i].ours;
	if (rule->priority)
		tell(im, rule->line, "rule '%.80s': the priority '%.40s' is unknown, it is a warning", rule->name,
		     rule->priority);
	return "warning";
}

static void write_streams(struct importing *im, uint64_t streams)
{
	char text[1024] = "";
	size_t n = 0;
	for (unsigned s = 0; s < FALCO_STREAMS; s++)
		if (streams >> s & 1)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? ", " : "", falco_streams[s].name);
	ini_text(im->out, "streams", text);
}

static void write_tags(struct importing *im, const struct yaml *tags)
{
	struct buf text = {0};
	for (const struct yaml *tag = tags && tags->kind == YAML_SEQUENCE ? tags->first : NULL; tag; tag = tag->next) {
		if (tag->kind != YAML_SCALAR || !*tag->text || strlen(tag->text) > 100)
			continue;
		buf_str(&text, text.len ? ", " : "");
		for (const char *p = tag->text; *p; p++)
			buf_char(&text, (unsigned char)*p <= ' ' || strchr(",;\"\\\x7f", *p) ? '_' : *p);
	}
	buf_char(&text, '\0');
	if (!text.failed && *text.data)
		ini_text(im->out, "tags", text.data);
	buf_free(&text);
}

static void lose_field(void *context, const char *field)
{
	struct importing *im = context;
	for (size_t i = 0; i < im->n_lost; i++)
		if (!strcmp(im->lost[i], field))
			return;
	if (im->n_lost < LOST_FIELDS)
		snprintf(im->lost[im->n_lost++], sizeof(im->lost[0]), "%.47s", field);
}

static void write_message(struct importing *im, const struct falco_rule *rule, uint64_t streams)
{
	struct buf text = {.limit = 16384};
	if (rule->output)
		message_translate(rule->output, streams, &text, lose_field, im);
	text.failed = false;
	buf_char(&text, '\0');
	if (text.data && *text.data && !text.failed)
		ini_text(im->out, "message", text.data);
	buf_free(&text);
}

/* A text for people, with nothing in it that INI takes for its own. */
static void write_description(struct importing *im, const char *text)
{
	struct buf plain = {.limit = 16384};
	for (; text && *text; text++)
		buf_char(&plain, (unsigned char)*text < ' ' || *text == 0x7f ? ' ' : *text == ';' ? ',' : *text);
	plain.failed = false;
	buf_char(&plain, '\0');
	if (plain.data && strspn(plain.data, " ") < strlen(plain.data) && !plain.failed)
		ini_text(im->out, "description", plain.data);
	buf_free(&plain);
}

static void leave_out(struct importing *im, const struct falco_rule *rule, const char *why)
{
	comment(im, "left out: rule %.80s (line %u): %.400s", rule->name, rule->line, why);
	tell(im, rule->line, "rule '%.80s' is left out: %.400s", rule->name, why);
}

static const char *first_of(uint64_t streams)
{
	return falco_streams[__builtin_ctzll(streams)].name;
}

/* The streams whose events the rule judges; 0: none, or too many, and `why` says so. */
static uint64_t rule_streams(struct importing *im, const struct meaning *m)
{
	if (!m->may) {
		check_nothing(&im->translator, "no event can make it true");
		return 0;
	}
	if (__builtin_popcountll(m->may) > STREAMS_MAX) {
		check_nothing(&im->translator, "it doesn't say by evt.type which events it means");
		return 0;
	}
	if (m->may & ~m->only) {
		check_nothing(&im->translator, "it asks for what is not known in events of %s",
			      first_of(m->may & ~m->only));
		return 0;
	}
	return m->may;
}

/* Those that a text names, which must be there to be named. */
static uint64_t with_named(uint64_t streams, const struct meaning *m)
{
	uint64_t rets = 0;
	streams |= m->refs;
	for (unsigned s = 0; s < FALCO_STREAMS; s++)
		rets |= (uint64_t)falco_streams[s].ret << s;
	if (m->ret && !(streams & rets))
		streams |= BIT(OPEN);
	if (m->ip && !(streams & INETS))
		streams |= BIT(CONNECT);
	return streams;
}

struct excepted {
	const struct falco_exception *exception;
	struct buf text;
};

static bool write_body(struct importing *im, const struct falco_rule *rule, const char *where, uint64_t streams,
		       uint64_t named)
{
	buf_printf(im->out, "[rule %s]\n", rule->ours);
	write_streams(im, named);
	if (!ini_expression(im->out, "where", where))
		return false;
	buf_printf(im->out, "severity = %s\n", severity_of(im, rule));
	write_message(im, rule, streams);
	write_tags(im, rule->tags);
	write_description(im, rule->description);
	buf_str(im->out, rule->disabled ? "enabled = no\n" : "");
	return true;
}

/* The exceptions, after the rule; `named` gets the streams that they name. */
static void write_exceptions(struct importing *im, const struct falco_rule *rule, uint64_t streams, uint64_t *named,
			     struct buf *out, bool *wider)
{
	struct buf *rule_out = im->out;
	im->out = out;
	for (const struct falco_exception *x = rule->exceptions; x; x = x->next) {
		struct buf text = {0};
		struct meaning all;
		size_t start = out->len;
		bool ok = write_exception(im, x, &text, &all);
		if (ok && streams & ~all.only) {
			check_nothing(&im->translator, "it asks for what is not known in events of %s",
				      first_of(streams & ~all.only));
			ok = false;
		}
		buf_char(&text, '\0');
		if (ok && !text.failed && *text.data) {
			buf_char(out, '\n');
			comment(im, "%.80s", x->name);
			buf_printf(out, "[exception %s]\n", rule->ours);
			ok = ini_expression(out, "where", text.data);
			if (ok)
				*named = with_named(*named, &all);
			else
				check_nothing(&im->translator, "a text in it is too long for a line");
		}
		if (!ok) {
			out->len = start;
			comment(im, "left out: exception %.80s (line %u): %.400s", x->name, x->line,
				im->translator.why);
			tell(im, x->line,
			     "rule '%.80s' means more than in Falco: its exception '%.60s' is left out: %.300s",
			     rule->name, x->name, im->translator.why);
			*wider = true;
		}
		buf_free(&text);
	}
	im->out = rule_out;
}

static void tell_lost(struct importing *im, const struct falco_rule *rule)
{
	size_t own = 0;
	for (const struct falco_lost *lost = im->translator.lost; lost; lost = lost->next, own++)
		tell(im, rule->line, "rule '%.80s' means more than in Falco, without '%.400s'", rule->name, lost->text);
	if (!own)
		tell(im, rule->line, "rule '%.80s' means more than in Falco, as macros that it uses do", rule->name);
}

static void write_rule(struct importing *im, const struct falco_rule *rule)
{
	struct translator *t = &im->translator;
	struct buf where = {0}, exceptions = {.limit = OUT_MAX};
	size_t start = im->out->len;
	bool wider = false;
	t->line = rule->line;
	t->lost = NULL;
	buf_char(im->out, '\n');
	struct meaning m = {.state = MEANS_NOTHING};
	if (!rule->condition)
		check_nothing(t, "it has no condition");
	else if (rule->source && strcasecmp(rule->source, "SYSCALL") != 0)
		check_nothing(t, "its source is %.40s: events are of the kernel alone", rule->source);
	else
		m = translate_text(t, rule->condition, &where);
	uint64_t streams = m.state == MEANS_NOTHING ? 0 : rule_streams(im, &m);
	buf_char(&where, '\0');
	if (!streams || where.failed) {
		leave_out(im, rule, streams ? "it is too long" : t->why);
		goto done;
	}
	uint64_t named = with_named(streams, &m);
	write_exceptions(im, rule, streams, &named, &exceptions, &wider);
	if (strcmp(rule->name, rule->ours) != 0) {
		comment(im, "in Falco: %.200s", rule->name);
		tell(im, rule->line, "rule '%.200s' is called '%s': a name has at most 40 bytes", rule->name,
		     rule->ours);
	}
	write_lost(im, t->lost);
	if (!write_body(im, rule, where.data, streams, named)) {
		im->out->len = start + 1;
		leave_out(im, rule, "a text in it is too long for a line");
		goto done;
	}
	if (exceptions.len)
		buf_add(im->out, exceptions.data, exceptions.len);
	if (m.state == MEANS_MORE)
		tell_lost(im, rule);
	im->counts->carried++;
	im->counts->wider += wider || m.state == MEANS_MORE;
done:
	buf_free(&where);
	buf_free(&exceptions);
}

/* ---- all ---- */

/* What differs in the same is told in one line. */
static void tell_note(struct importing *im, size_t first)
{
	const struct translator *t = &im->translator;
	char names[200] = "";
	size_t n = 0;
	for (size_t i = 0; i < t->n_notes; i++) {
		if (t->notes[i].note != t->notes[first].note)
			continue;
		if (i < first)
			return;
		if (n < sizeof(names))
			n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%.40s", n ? ", " : "",
					      t->notes[i].field);
	}
	tell(im, t->notes[first].line, "differs, %s: %s", names, t->notes[first].note);
}

static void tell_notes(struct importing *im)
{
	for (size_t i = 0; i < im->translator.n_notes; i++)
		tell_note(im, i);
	for (size_t i = 0; i < im->n_lost; i++)
		tell(im, 0, "messages are without %%%s", im->lost[i]);
}

static int write_all(struct importing *im, const char *name)
{
	im->out->limit = OUT_MAX;
	comment(im, "From %.200s, by eunomia rules import. Lists and macros of Falco's begin with falco_.", name);
	for (struct falco_list *list = im->file.lists; list; list = list->next, im->counts->lists++)
		write_list(im, list);
	for (struct falco_macro *macro = im->file.macros; macro; macro = macro->next, im->counts->macros++)
		write_macro(im, macro);
	for (const struct falco_rule *rule = im->file.rules; rule; rule = rule->next, im->counts->rules++)
		write_rule(im, rule);
	tell_notes(im);
	return im->translator.no_memory ? -ENOMEM : im->out->failed ? -E2BIG : 0;
}

int falco_import(const char *name, const char *text, size_t len, const struct falco_host *host, struct buf *out,
		 struct falco_counts *counts, struct falco_error *error)
{
	struct importing im = {.host = host, .out = out, .counts = counts};
	struct yaml_error wrong = {0};
	struct yaml *root;
	im.translator.file = &im.file;
	im.translator.host = host;
	*counts = (struct falco_counts){0};
	int err = yaml_parse(&root, &im.file.pool, text, len, &wrong);
	if (!err)
		err = file_read(&im.file, root, host, &wrong);
	if (!err)
		err = write_all(&im, name);
	pool_free(&im.file.pool);
	*error = (struct falco_error){wrong.line, wrong.column, ""};
	snprintf(error->text, sizeof(error->text), "%s",
		 err == -E2BIG ? "what it becomes has more than 4 MiB" : wrong.text);
	return err == -E2BIG ? -EINVAL : err;
}
