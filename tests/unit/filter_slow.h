/* SPDX-License-Identifier: MIT */
/*
 * A second evaluator that knows nothing of the first: it works on trees that the test made, not on the text, compares
 * wide integers, joins strings into copies, and is as slow and plain as can be.
 */
#ifndef TESTS_UNIT_FILTER_SLOW_H
#define TESTS_UNIT_FILTER_SLOW_H

#include "filter_expr.h"

static bool slow_equal(const unsigned char *a, uint32_t la, const unsigned char *b, uint32_t lb)
{
	return la == lb && !memcmp(a, b, la);
}

static bool slow_contains(const unsigned char *a, uint32_t la, const unsigned char *b, uint32_t lb)
{
	for (uint32_t i = 0; i + lb <= la; i++)
		if (slow_equal(a + i, lb, b, lb))
			return true;
	return false;
}

static void lower(unsigned char *b, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (b[i] >= 'A' && b[i] <= 'Z')
			b[i] += 'a' - 'A';
}

/* Of a bracket at p, as glob or regex: its length, and whether c is in it. 0: no bracket. */
static uint32_t bracket(const char *p, unsigned char c, bool *in)
{
	uint32_t i = 1;
	bool turned = p[i] == '!' || p[i] == '^', found = false;
	i += turned;
	for (uint32_t first = i; p[i] && (p[i] != ']' || i == first); i++) {
		if (p[i + 1] == '-' && p[i + 2] && p[i + 2] != ']') {
			found |= (unsigned char)p[i] <= c && c <= (unsigned char)p[i + 2];
			i += 2;
		} else {
			found |= (unsigned char)p[i] == c;
		}
	}
	*in = found != turned;
	return p[i] ? i + 1 : 0;
}

static bool slow_glob(const char *p, const unsigned char *v, uint32_t len)
{
	if (!*p)
		return !len;
	if (*p == '*')
		return slow_glob(p + 1, v, len) || (len && slow_glob(p, v + 1, len - 1));
	if (!len)
		return false;
	bool in;
	uint32_t n = *p == '[' ? bracket(p, *v, &in) : 0;
	if (n)
		return in && slow_glob(p + n, v + 1, len - 1);
	if (*p == '?')
		return slow_glob(p + 1, v + 1, len - 1);
	if (*p == '\\' && p[1])
		p++;
	return (unsigned char)*p == *v && slow_glob(p + 1, v + 1, len - 1);
}

/* After Kernighan and Pike, with sets, + and ?. */
static bool slow_here(const char *p, const unsigned char *v, uint32_t len)
{
	if (!*p)
		return true;
	if (*p == '$' && !p[1])
		return !len;
	bool one;
	uint32_t n = 1;
	if (*p == '[')
		n = bracket(p, len ? *v : 0, &one);
	else if (*p == '\\')
		one = len && *v == (unsigned char)p[1], n = 2;
	else
		one = len && (*p == '.' || *v == (unsigned char)*p);
	one = one && len;
	char repeat = p[n];
	if (repeat == '*')
		return slow_here(p + n + 1, v, len) || (one && slow_here(p, v + 1, len - 1));
	if (repeat == '?')
		return slow_here(p + n + 1, v, len) || (one && slow_here(p + n + 1, v + 1, len - 1));
	if (repeat == '+') {
		for (uint32_t i = 0; one; i++) {
			if (slow_here(p + n + 1, v + i + 1, len - i - 1))
				return true;
			if (i + 1 >= len)
				return false;
			unsigned char c = v[i + 1];
			if (*p == '[')
				bracket(p, c, &one);
			else
				one = *p == '\\' ? c == (unsigned char)p[1] : *p == '.' || c == (unsigned char)*p;
		}
		return false;
	}
	return one && slow_here(p + n, v + 1, len - 1);
}

static bool slow_regex(const char *p, const unsigned char *v, uint32_t len)
{
	if (*p == '^')
		return slow_here(p + 1, v, len);
	for (uint32_t i = 0; i <= len; i++)
		if (slow_here(p, v + i, len - i))
			return true;
	return false;
}

static bool slow_element(const struct model *m, const struct lit *lit)
{
	for (uint32_t i = 0, start = 0; i <= m->len && m->n; i++)
		if (i == m->len || !m->b[i]) {
			if (slow_equal(m->b + start, i - start, lit->b, lit->len))
				return true;
			start = i + 1;
		}
	return false;
}

static bool slow_text(const struct expr *e, const struct model *m, const struct lit *lit)
{
	unsigned char v[TEXT_MAX], l[sizeof(lit->b) + 1] = {0};
	memcpy(v, m->b, m->len);
	memcpy(l, lit->b, lit->len);
	if (e->field->kind == ARGV)
		for (uint32_t i = 0; i < m->len; i++)
			v[i] = v[i] ? v[i] : ' ';
	switch (e->op) {
	case O_CONTAINS:
		return slow_contains(v, m->len, l, lit->len);
	case O_ICONTAINS:
		lower(v, m->len);
		lower(l, lit->len);
		return slow_contains(v, m->len, l, lit->len);
	case O_STARTS:
		return m->len >= lit->len && slow_equal(v, lit->len, l, lit->len);
	case O_ENDS:
		return m->len >= lit->len && slow_equal(v + m->len - lit->len, lit->len, l, lit->len);
	case O_GLOB:
		return slow_glob((char *)l, v, m->len);
	case O_REGEX:
		return slow_regex((char *)l, v, m->len);
	case O_HAS:
		return slow_element(m, lit);
	case O_NE:
		return !slow_equal(v, m->len, l, lit->len);
	default:
		return slow_equal(v, m->len, l, lit->len);
	}
}

static bool slow_address(const struct expr *e, const struct model *m, const struct lit *lit)
{
	bool same = true, mapped = !memcmp(m->b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
	if (!strcmp(e->field->name, "peer") && m->len != 2 && m->len != 10)
		return false;
	for (uint32_t i = 0; i < lit->prefix; i++)
		same &= !((m->b[i / 8] ^ lit->b[i / 8]) & 0x80 >> i % 8);
	if (lit->prefix < 96 && mapped)
		same = false;
	return same != (e->op == O_NE);
}

static bool slow_number(const struct expr *e, wide v, const struct lit *lit)
{
	wide n = lit->n;
	if (e->field->kind == BOOL)
		v = v != 0;
	switch (e->op) {
	case O_NE:
		return v != n;
	case O_LT:
		return v < n;
	case O_LE:
		return v <= n;
	case O_GT:
		return v > n;
	case O_GE:
		return v >= n;
	case O_HAS:
		return ((uint64_t)v & (uint64_t)n) == (uint64_t)n;
	default:
		return v == n;
	}
}

static bool slow_leaf(const struct expr *e, const struct model *models, int in)
{
	/* The field of that name that the record's stream has. */
	const struct model *m = NULL;
	for (uint32_t i = 0; i < COUNT(fields); i++)
		if (!strcmp(fields[i].name, e->field->name) && fields[i].in & in)
			m = &models[i];
	if (!m || !m->present || (e->stream && e->stream != in))
		return false;
	if (e->op == O_EXISTS)
		return true;
	if (e->op == O_ALONE)
		return m->n != 0;
	for (uint32_t i = 0; i < e->n_lits; i++) {
		const struct lit *lit = &e->lits[i];
		enum kind kind = e->field->kind;
		if (kind == ADDRESS                                 ? slow_address(e, m, lit)
		    : kind == TEXT || kind == ARGV || kind == BYTES ? slow_text(e, m, lit)
								    : slow_number(e, m->n, lit))
			return true;
	}
	return false;
}

static bool slow(const struct expr *e, const struct model *models, int in)
{
	bool result = e->shape == S_AND || e->shape == S_TRUE;
	if (e->shape == S_LEAF)
		return slow_leaf(e, models, in);
	if (e->shape == S_NOT)
		return !slow(e->kids[0], models, in);
	for (uint32_t i = 0; i < e->n_kids; i++)
		result = e->shape == S_AND ? result & slow(e->kids[i], models, in)
					   : result | slow(e->kids[i], models, in);
	return result;
}

#endif
