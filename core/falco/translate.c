/* SPDX-License-Identifier: MIT */
/* The operators that join, macros, and which events are meant. Single checks are in check.c. */
#include "falco/translate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "falco/check.h"

#define TERMS_MAX 100000 /* of 262144 that the language has room for */

static struct meaning constant(bool value)
{
	uint64_t set = value ? ALL_STREAMS : 0;
	return (struct meaning){.may = set, .must = set, .only = ALL_STREAMS, .terms = 1};
}

static void join(struct meaning *all, const struct meaning *one)
{
	if (one->state == MEANS_MORE)
		all->state = MEANS_MORE;
	all->only &= one->only;
	all->refs |= one->refs;
	all->ret |= one->ret;
	all->ip |= one->ip;
	all->terms += one->terms;
}

/* Names an operand, for people: a macro by its name. */
static void lose(struct translator *t, const struct condition *negation)
{
	const struct condition *c = negation->first;
	struct falco_lost *lost = pool_alloc(&t->file->pool, sizeof(*lost)), **last = &t->lost;
	char text[400];
	bool named = c->kind == CONDITION_MACRO || c->kind == CONDITION_CHECK;
	snprintf(text, sizeof(text), "not %.100s%s: %.250s", named ? c->name : "(...)",
		 c->kind == CONDITION_CHECK ? " ..." : "", t->why);
	if (!lost || !(lost->text = pool_copy(&t->file->pool, text, strlen(text)))) {
		t->no_memory = true;
		return;
	}
	while (*last)
		last = &(*last)->next;
	*last = lost;
}

static bool needs_parentheses(const struct condition *c, enum condition_kind in)
{
	return (c->kind == CONDITION_OR && in != CONDITION_OR) || (c->kind == CONDITION_AND && in == CONDITION_NOT);
}

static struct meaning operand(struct translator *t, const struct condition *c, enum condition_kind in, struct buf *out)
{
	bool wrap = needs_parentheses(c, in);
	if (wrap)
		buf_char(out, '(');
	struct meaning m = translate(t, c, out);
	if (wrap)
		buf_char(out, ')');
	return m;
}

/* What ends a call, which all events do. */
static bool is_true(const struct condition *c)
{
	return c->kind == CONDITION_CHECK && !strcmp(c->name, "evt.dir");
}

/* Of an `and` an operand that is an exception may go alone. */
static struct meaning several(struct translator *t, const struct condition *c, struct buf *out)
{
	bool all = c->kind == CONDITION_AND;
	struct meaning m = constant(all);
	size_t start = out->len, n = 0;
	bool kept = false;
	m.terms = 0;
	for (const struct condition *child = c->first; child; child = child->next) {
		size_t before = out->len;
		if (n)
			buf_str(out, all ? " and " : " or ");
		struct meaning one = operand(t, child, c->kind, out);
		if (one.state == MEANS_NOTHING) {
			out->len = before;
			if (!all || child->kind != CONDITION_NOT) {
				out->len = start;
				return one;
			}
			lose(t, child);
			m.state = MEANS_MORE;
			continue;
		}
		join(&m, &one);
		m.may = all ? m.may & one.may : m.may | one.may;
		m.must = all ? m.must & one.must : m.must | one.must;
		if (all && is_true(child))
			out->len = before;
		else
			n++;
		kept = true;
	}
	m.only |= all ? ~m.may : m.must; /* where the others decide, it doesn't matter what is not known */
	if (kept && !n)
		buf_str(out, "true");
	if (!kept)
		m.state = MEANS_NOTHING; /* `why` is that of the last */
	if (m.terms > TERMS_MAX) {
		out->len = start;
		return check_nothing(t, "it has more than %d terms, macros and lists counted out", TERMS_MAX);
	}
	return m;
}

static struct meaning negation(struct translator *t, const struct condition *c, struct buf *out)
{
	size_t start = out->len;
	buf_str(out, "not ");
	struct meaning m = operand(t, c->first, CONDITION_NOT, out);
	if (m.state == MEANS_MORE)
		m = check_nothing(t, "%s means more here than in Falco, so its opposite would mean less",
				  c->first->kind == CONDITION_MACRO ? c->first->name : "what it negates");
	if (m.state == MEANS_NOTHING)
		out->len = start;
	uint64_t may = m.may;
	m.may = ~m.must & ALL_STREAMS;
	m.must = ~may & ALL_STREAMS;
	return m;
}

struct meaning translate_text(struct translator *t, const char *condition, struct buf *out)
{
	struct condition *c;
	out->limit = EXPRESSION_MAX;
	int err = condition_parse(&c, &t->file->pool, condition, t->why, sizeof(t->why));
	struct meaning m = err ? (struct meaning){.state = MEANS_NOTHING} : translate(t, c, out);
	t->no_memory |= err == -ENOMEM;
	if (out->failed && m.state != MEANS_NOTHING)
		m = check_nothing(t, "it would be an expression of more than %d bytes", EXPRESSION_MAX);
	return m;
}

static void translate_macro(struct translator *t, struct falco_macro *macro)
{
	struct buf text = {0};
	struct falco_lost *outer = t->lost;
	uint32_t line = t->line;
	macro->state = MACRO_VISITING;
	t->lost = NULL;
	t->line = macro->line;
	macro->meaning = translate_text(t, macro->condition, &text);
	macro->lost = t->lost;
	t->lost = outer;
	t->line = line;
	if (macro->meaning.state == MEANS_NOTHING)
		macro->why = pool_copy(&t->file->pool, t->why, strlen(t->why));
	else
		macro->text = text.data ? pool_copy(&t->file->pool, text.data, text.len) : NULL;
	t->no_memory |= !macro->why && !macro->text;
	buf_free(&text);
	macro->state = MACRO_DONE;
}

static struct meaning named(struct translator *t, const struct condition *c, struct buf *out)
{
	struct falco_macro *macro = file_macro(t->file, c->name);
	if (!macro)
		return check_nothing(t, "there is no macro %.60s in the file", c->name);
	if (macro->state == MACRO_VISITING)
		return check_nothing(t, "the macro %.60s uses itself", c->name);
	if (macro->state == MACRO_NEW)
		translate_macro(t, macro);
	if (macro->meaning.state == MEANS_NOTHING)
		return check_nothing(t, "%.200s%s%.60s", macro->why ? macro->why : "", ", in the macro ", c->name);
	buf_str(out, macro->ours);
	return macro->meaning;
}

struct meaning translate(struct translator *t, const struct condition *c, struct buf *out)
{
	static struct meaning (*const kinds[])(struct translator *, const struct condition *, struct buf *) = {
		[CONDITION_AND] = several,           [CONDITION_OR] = several,  [CONDITION_NOT] = negation,
		[CONDITION_CHECK] = translate_check, [CONDITION_MACRO] = named,
	};
	return kinds[c->kind](t, c, out);
}
