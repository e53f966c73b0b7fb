/* SPDX-License-Identifier: MIT */
#include "falco/condition.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>

#define DEPTH_MAX 48 /* our own language has 64 levels, and translations may add some */
#define TEXT_MAX (64u << 10)

static const struct {
	const char *name;
	enum falco_op op;
} ops[] = {
	{"==", FALCO_EQ},
	{"=", FALCO_EQ},
	{"!=", FALCO_NE},
	{"<=", FALCO_LE},
	{">=", FALCO_GE},
	{"<", FALCO_LT},
	{">", FALCO_GT},
	{"contains", FALCO_CONTAINS},
	{"icontains", FALCO_ICONTAINS},
	{"startswith", FALCO_STARTSWITH},
	{"endswith", FALCO_ENDSWITH},
	{"glob", FALCO_GLOB},
	{"regex", FALCO_REGEX},
	{"exists", FALCO_EXISTS},
	{"in", FALCO_IN},
	{"intersects", FALCO_IN},
	{"pmatch", FALCO_PMATCH},
	{"iglob", FALCO_OTHER},
	{"bcontains", FALCO_OTHER},
	{"bstartswith", FALCO_OTHER},
};

struct parsing {
	struct pool *pool;
	const char *text, *at;
	char *why;
	size_t why_size;
	int err;
	unsigned depth;
};

static void *fail(struct parsing *p, const char *what)
{
	char near[24];
	size_t n = strnlen(p->at, sizeof(near) - 1);
	if (p->err)
		return NULL;
	for (size_t i = 0; i < n; i++)
		near[i] = isprint((unsigned char)p->at[i]) ? p->at[i] : ' ';
	near[n] = '\0';
	p->err = -EINVAL;
	snprintf(p->why, p->why_size, "%s at byte %zu of the condition%s%s%s", what, (size_t)(p->at - p->text) + 1,
		 n ? " ('" : ", its end", near, n ? "')" : "");
	return NULL;
}

static void *no_memory(struct parsing *p)
{
	p->err = -ENOMEM;
	return NULL;
}

static void blanks(struct parsing *p)
{
	p->at += strspn(p->at, " \t\r\n\v\f");
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The keyword, if it stands here as a word of its own. */
static bool keyword(struct parsing *p, const char *word)
{
	size_t n = strlen(word);
	blanks(p);
	if (strncmp(p->at, word, n) != 0 || is_word(p->at[n]) || p->at[n] == '.')
		return false;
	p->at += n;
	return true;
}

static bool sign(struct parsing *p, char c)
{
	blanks(p);
	if (*p->at != c)
		return false;
	p->at++;
	return true;
}

static const char *quoted(struct parsing *p)
{
	char quote = *p->at;
	const char *end = p->at + 1;
	size_t n = 0;
	while (*end && *end != quote)
		end += *end == '\\' && end[1] ? 2 : 1;
	if (!*end)
		return fail(p, "a quote that doesn't end");
	char *out = pool_alloc(p->pool, (size_t)(end - p->at));
	if (!out)
		return no_memory(p);
	for (p->at++; p->at < end; p->at++) {
		if (*p->at == '\\' && (p->at[1] == quote || p->at[1] == '\\'))
			p->at++;
		out[n++] = *p->at;
	}
	p->at++;
	return out;
}

/* A text in quotes, or what reaches to the next blank or sign. */
static struct falco_text *value(struct parsing *p)
{
	struct falco_text *v = pool_alloc(p->pool, sizeof(*v));
	blanks(p);
	if (!v)
		return no_memory(p);
	if (*p->at == '"' || *p->at == '\'') {
		v->text = quoted(p);
		return v->text ? v : NULL;
	}
	size_t n = strcspn(p->at, "()\"'=, \t\r\n\v\f");
	if (!n)
		return fail(p, "a value is missing");
	v->text = pool_copy(p->pool, p->at, n);
	p->at += n;
	return v->text ? v : no_memory(p);
}

static struct falco_text *values(struct parsing *p)
{
	struct falco_text *first = NULL, **last = &first;
	if (!sign(p, '('))
		return value(p);
	if (sign(p, ')'))
		return NULL;
	do {
		if (!(*last = value(p)))
			return NULL;
		last = &(*last)->next;
	} while (sign(p, ','));
	return sign(p, ')') ? first : fail(p, "',' or ')' is missing");
}

enum falco_op condition_op(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (strlen(ops[i].name) == len && !strncmp(ops[i].name, name, len))
			return ops[i].op;
	return FALCO_OPS;
}

/* How many bytes the operator here has. */
static size_t operator_length(const char *at)
{
	size_t n = 0;
	while (isalpha((unsigned char)*at) && is_word(at[n]))
		n++;
	if (!n)
		n = condition_op(at, 2) != FALCO_OPS ? 2 : 1;
	return n;
}

static bool operator(struct parsing *p, struct condition *c)
{
	blanks(p);
	size_t n = operator_length(p->at);
	c->op = condition_op(p->at, n);
	if (c->op == FALCO_OPS)
		return fail(p, "an operator is missing");
	c->op_text = pool_copy(p->pool, p->at, n);
	p->at += n;
	return c->op_text || no_memory(p);
}

static struct condition *new_node(struct parsing *p, enum condition_kind kind)
{
	struct condition *c = pool_alloc(p->pool, sizeof(*c));
	if (!c)
		return no_memory(p);
	c->kind = kind;
	return c;
}

/* A field with an operator, or the name of a macro. */
static struct condition *term(struct parsing *p)
{
	struct condition *c = new_node(p, CONDITION_MACRO);
	size_t n = 0;
	bool field = false;
	blanks(p);
	while (is_word(p->at[n]) || p->at[n] == '.') {
		field |= p->at[n] == '.';
		n++;
	}
	if (p->at[n] == '[' && field)
		n += strcspn(p->at + n, "]\n") + 1;
	if (!c || !n || memchr(p->at, 0, n) || !isalpha((unsigned char)*p->at))
		return c ? fail(p, "a field or macro is missing") : NULL;
	if (p->at[n] == '(')
		return fail(p, "a function of fields, which have no equivalent,");
	c->name = pool_copy(p->pool, p->at, n);
	p->at += n;
	if (!c->name)
		return no_memory(p);
	if (!field)
		return c;
	c->kind = CONDITION_CHECK;
	if (!operator(p, c))
		return NULL;
	if (c->op == FALCO_IN || c->op == FALCO_PMATCH)
		c->values = values(p);
	else if (c->op != FALCO_EXISTS)
		c->values = value(p);
	return p->err ? NULL : c;
}

static struct condition *expression(struct parsing *p, enum condition_kind kind);

static struct condition *negation(struct parsing *p)
{
	if (p->depth == DEPTH_MAX)
		return fail(p, "more than 48 levels");
	p->depth++;
	struct condition *c;
	if (keyword(p, "not")) {
		c = new_node(p, CONDITION_NOT);
		if (c && !(c->first = negation(p)))
			c = NULL;
	} else if (sign(p, '(')) {
		c = expression(p, CONDITION_OR);
		if (c && !sign(p, ')'))
			c = fail(p, "')' is missing");
	} else {
		c = term(p);
	}
	p->depth--;
	return c;
}

/* Operands joined by "or", or by "and"; one alone is itself, one of the same kind gives its operands. */
static struct condition *expression(struct parsing *p, enum condition_kind kind)
{
	struct condition *first = NULL, **last = &first;
	do {
		struct condition *c = kind == CONDITION_OR ? expression(p, CONDITION_AND) : negation(p);
		if (!c)
			return NULL;
		*last = c->kind == kind ? c->first : c;
		while (*last)
			last = &(*last)->next;
	} while (keyword(p, kind == CONDITION_OR ? "or" : "and"));
	if (!first->next)
		return first;
	struct condition *c = new_node(p, kind);
	if (c)
		c->first = first;
	return c;
}

int condition_parse(struct condition **out, struct pool *pool, const char *text, char *why, size_t why_size)
{
	struct parsing p = {.pool = pool, .text = text, .at = text, .why = why, .why_size = why_size};
	if (strnlen(text, TEXT_MAX + 1) > TEXT_MAX) {
		snprintf(why, why_size, "the condition has more than %u bytes", TEXT_MAX);
		return -EINVAL;
	}
	*out = expression(&p, CONDITION_OR);
	blanks(&p);
	if (*out && *p.at)
		*out = fail(&p, "'and' or 'or' is missing");
	return p.err;
}
