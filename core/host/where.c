/* SPDX-License-Identifier: MIT */
/* From the tree of a filter to tests for the kernel. */
#include "where.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES (8 * EUN_WHERE_WORDS)
#define CHAIN_MAX 16 /* items of a list that are asked one by one */

_Static_assert(EUN_WHERE_TESTS == EUN_WHERE_PASS / 2, "a place is a test's number, or beyond all of them");

/* What is known of a clause before it is laid out. */
struct plan {
	enum where_place place;
	uint32_t tests;
};

static bool is_fixed(const struct field *f)
{
	return !f->get && !type_is_ref(f->type);
}

/* Asked with fewer bytes than there are: a necessary condition, so only where the clause must be true. */
static struct plan text_plan(const struct clause *c, uint32_t len)
{
	bool exact = len <= TEXT_BYTES;
	if (!len || (!exact && (c->invert || c->test.negate)))
		return (struct plan){WHERE_HOST, 0};
	return (struct plan){exact ? WHERE_KERNEL : WHERE_WIDER, 1};
}

static struct plan texts_plan(const struct clause *c)
{
	for (uint32_t i = 0; i < c->test.n; i++)
		if (!c->test.texts[i].len || c->test.texts[i].len > TEXT_BYTES)
			return (struct plan){WHERE_HOST, 0};
	return (struct plan){c->test.n <= CHAIN_MAX ? WHERE_KERNEL : WHERE_HOST, c->test.n};
}

static struct plan test_plan(const struct clause *c)
{
	const struct test *t = &c->test;
	if (t->field->get || t->each || t->see || t->field->type == EUN_SOCKADDR || t->field->type == EUN_STRINGS)
		return (struct plan){WHERE_HOST, 0};
	switch (t->kind) {
	case TEST_RANGE:
	case TEST_BITS:
		return (struct plan){WHERE_KERNEL, 1};
	case TEST_NUMBERS:
		return (struct plan){WHERE_KERNEL, t->n <= CHAIN_MAX ? t->n : 1};
	case TEST_CHARS:
	case TEST_TEXT:
	case TEST_PREFIX:
		return text_plan(c, t->n);
	case TEST_SUFFIX:
		return is_fixed(t->field) ? (struct plan){WHERE_HOST, 0} : text_plan(c, t->n);
	case TEST_TEXTS:
		return texts_plan(c);
	case TEST_ADDRESS:
		return (struct plan){t->n <= CHAIN_MAX ? WHERE_KERNEL : WHERE_HOST, t->n};
	case TEST_EXISTS:
		return is_fixed(t->field) ? (struct plan){WHERE_HOST, 0} : (struct plan){WHERE_KERNEL, 1};
	default:
		return (struct plan){WHERE_HOST, 0};
	}
}

/* A clause of which nothing can be asked is as good as true: it vanishes from an `and`, and makes an `or` vanish. */
static struct plan plan(const struct clause *c)
{
	if (c->kind == CLAUSE_TEST)
		return test_plan(c);
	struct plan sum = {WHERE_KERNEL, 0};
	for (const struct clause *child = c->first; child; child = child->next) {
		struct plan p = plan(child);
		if (p.place == WHERE_HOST && c->kind == CLAUSE_OR)
			return p;
		if (p.place != WHERE_KERNEL)
			sum.place = WHERE_WIDER;
		sum.tests += p.tests;
	}
	return sum.tests ? sum : (struct plan){WHERE_HOST, 0};
}

struct emit {
	struct eun_where *out;
	struct where_members *members;
	int err;
};

static void set_text(struct eun_where_test *t, const char *bytes, uint32_t len)
{
	char text[TEXT_BYTES] = {0}, mask[TEXT_BYTES] = {0};
	memcpy(text, bytes, len);
	memset(mask, 0xff, len);
	memcpy(t->text, text, sizeof(text));
	memcpy(t->mask, mask, sizeof(mask));
	t->len = (uint8_t)len;
}

static void emit_number(struct eun_where_test *to, const struct test *t, uint32_t i)
{
	to->size = (uint8_t)t->field->size;
	to->sign = type_is_signed(t->field->type);
	to->kind = t->kind == TEST_BITS ? EUN_WHERE_BITS : EUN_WHERE_RANGE;
	to->lo = t->kind == TEST_BITS ? t->mask : t->kind == TEST_NUMBERS ? t->numbers[i] : t->lo;
	to->hi = t->kind == TEST_RANGE ? t->span : 0;
}

/* A list too long to be asked one by one. */
static void emit_members(struct emit *e, struct eun_where_test *to, const struct test *t)
{
	struct where_members *m = e->members;
	if (m->n + t->n > m->cap) {
		size_t cap = 2 * m->cap + t->n;
		struct eun_member_key *keys = realloc(m->keys, cap * sizeof(*keys));
		if (!keys) {
			e->err = -ENOMEM;
			return;
		}
		m->keys = keys;
		m->cap = cap;
	}
	for (uint32_t i = 0; i < t->n; i++)
		m->keys[m->n++] = (struct eun_member_key){t->numbers[i], m->sets};
	emit_number(to, t, 0);
	to->kind = EUN_WHERE_MEMBER;
	to->lo = m->sets++;
}

static void emit_text(struct eun_where_test *to, const struct test *t, uint32_t i)
{
	const char *bytes = t->kind == TEST_TEXTS ? t->texts[i].bytes : t->text;
	uint32_t len = t->kind == TEST_TEXTS ? t->texts[i].len : t->n, kept = len < TEXT_BYTES ? len : TEXT_BYTES;
	bool whole = t->kind == TEST_CHARS || t->kind == TEST_TEXT || t->kind == TEST_TEXTS;
	set_text(to, t->kind == TEST_SUFFIX ? bytes + (len - kept) : bytes, kept);
	if (t->field->type == EUN_CHARS) {
		/* the array goes on with a NUL, which is compared too where it has room for one */
		to->kind = EUN_WHERE_CHARS;
		if (whole && len < t->field->size && len < TEXT_BYTES) {
			memset((char *)to->mask + len, 0xff, 1);
			to->len++;
		}
	} else if (t->kind == TEST_SUFFIX) {
		to->kind = EUN_WHERE_SUFFIX;
	} else {
		to->kind = whole && len == kept ? EUN_WHERE_EQUAL : EUN_WHERE_PREFIX;
	}
}

static void emit_address(struct eun_where_test *to, const struct test *t, uint32_t i)
{
	to->kind = EUN_WHERE_ADDRESS;
	memcpy(to->text, t->ranges[i].lo, 16);
	memcpy(to->text + 2, t->ranges[i].hi, 16);
}

static void emit_exists(struct eun_where_test *to, const struct test *t, uint32_t i)
{
	(void)t, (void)i;
	to->kind = EUN_WHERE_EXISTS;
}

static void (*const emits[TESTS])(struct eun_where_test *, const struct test *, uint32_t) = {
	[TEST_RANGE] = emit_number,  [TEST_BITS] = emit_number, [TEST_NUMBERS] = emit_number,
	[TEST_CHARS] = emit_text,    [TEST_TEXT] = emit_text,   [TEST_PREFIX] = emit_text,
	[TEST_SUFFIX] = emit_text,   [TEST_TEXTS] = emit_text,  [TEST_ADDRESS] = emit_address,
	[TEST_EXISTS] = emit_exists,
};

/* A comparison: one test, or a chain of them of which one must be true. */
static void emit_test(struct emit *e, const struct clause *c, uint32_t n, uint32_t at, uint32_t yes, uint32_t no)
{
	const struct test *t = &c->test;
	uint32_t is = c->invert ? no : yes, is_not = c->invert ? yes : no;
	for (uint32_t i = 0; i < n; i++) {
		struct eun_where_test *to = &e->out->tests[at + i];
		*to = (struct eun_where_test){.offset = t->field->offset};
		if (t->kind == TEST_NUMBERS && t->n > CHAIN_MAX)
			emit_members(e, to, t);
		else
			emits[t->kind](to, t, i);
		/* != and `not` differ where the record has no such string: it is not unequal */
		to->missing = (uint8_t)is_not;
		to->yes = (uint8_t)(t->negate ? is_not : is);
		to->no = (uint8_t)(i + 1 < n ? at + i + 1 : t->negate ? is : is_not);
	}
}

/* As program.c lays out its own: a clause's tests lie together and begin with the first to be asked. */
static void emit(struct emit *e, const struct clause *c, uint32_t at, uint32_t yes, uint32_t no)
{
	if (c->kind == CLAUSE_TEST) {
		emit_test(e, c, plan(c).tests, at, yes, no);
		return;
	}
	uint32_t left = plan(c).tests;
	for (const struct clause *child = c->first; child; child = child->next) {
		uint32_t n = plan(child).tests;
		if (!n)
			continue;
		left -= n;
		emit(e, child, at, left && c->kind == CLAUSE_AND ? at + n : yes,
		     left && c->kind == CLAUSE_OR ? at + n : no);
		at += n;
	}
}

/* The conjuncts of a filter: the root's, or the root itself. */
static const struct clause *conjuncts(const struct clause *root)
{
	return root->kind == CLAUSE_AND ? root->first : root;
}

static const struct clause *next_of(const struct clause *root, const struct clause *c)
{
	return root->kind == CLAUSE_AND ? c->next : NULL;
}

/* How many tests of a filter fit: conjuncts in the order of their price until there is no room. */
static uint32_t fitting(const struct clause *root, uint32_t room)
{
	uint32_t sum = 0;
	for (const struct clause *c = conjuncts(root); c; c = next_of(root, c)) {
		uint32_t n = plan(c).tests;
		if (sum + n <= room)
			sum += n;
	}
	return sum;
}

static void emit_filter(struct emit *e, const struct clause *root, uint32_t room, uint32_t at, uint32_t no)
{
	uint32_t left = fitting(root, room), used = 0;
	for (const struct clause *c = conjuncts(root); c; c = next_of(root, c)) {
		uint32_t n = plan(c).tests;
		if (!n || used + n > room)
			continue;
		used += n;
		left -= n;
		emit(e, c, at, left ? at + n : EUN_WHERE_PASS, no);
		at += n;
	}
}

/* ---- subscriptions that another one covers ---- */

static bool same_test(const struct test *a, const struct test *b)
{
	if (a->field != b->field || a->kind != b->kind || a->negate != b->negate)
		return false;
	switch (a->kind) {
	case TEST_RANGE:
		return a->lo == b->lo && a->span == b->span;
	case TEST_BITS:
		return a->mask == b->mask;
	case TEST_CHARS:
	case TEST_TEXT:
	case TEST_PREFIX:
	case TEST_SUFFIX:
		return a->n == b->n && !memcmp(a->text, b->text, a->n);
	default:
		return a->kind == TEST_EXISTS;
	}
}

/* Of clauses that mean the same but are written in another way: false. */
static bool same(const struct clause *a, const struct clause *b)
{
	if (a->kind != b->kind || a->invert != b->invert)
		return false;
	if (a->kind == CLAUSE_TEST)
		return same_test(&a->test, &b->test);
	a = a->first;
	b = b->first;
	for (; a && b && same(a, b); a = a->next)
		b = b->next;
	return !a && !b;
}

/* What is asked for `a` is asked for `b` too: what `b` lets pass, `a` does. */
static bool covers(const struct clause *a, const struct clause *b)
{
	for (const struct clause *c = conjuncts(a); c; c = next_of(a, c)) {
		const struct clause *d = conjuncts(b);
		while (plan(c).tests && d && !same(c, d))
			d = next_of(b, d);
		if (!d)
			return false;
	}
	return true;
}

/* NULL: it wants nothing of the stream. */
static const struct clause *root_of(const struct filter *filter, const struct stream *stream)
{
	const struct program *p = filter_program(filter, stream);
	return p && p->clause->kind != CLAUSE_FALSE ? p->clause : NULL;
}

/* Of those that cover each other the first is asked. */
static bool is_covered(const struct filter *const *filters, size_t n, size_t i, const struct stream *stream)
{
	const struct clause *own = root_of(filters[i], stream);
	for (size_t k = 0; k < n; k++) {
		const struct clause *other = k == i ? NULL : root_of(filters[k], stream);
		if (other && covers(other, own) && (k < i || !covers(own, other)))
			return true;
	}
	return false;
}

int where_build(struct eun_where *out, struct where_members *members, const struct filter *const *filters, size_t n,
		const struct stream *stream)
{
	struct emit e = {out, members, 0};
	uint32_t at = 0;
	size_t asked = 0; /* filters that may let something pass */
	for (size_t i = 0; i < n; i++) {
		const struct program *p = filters[i] ? filter_program(filters[i], stream) : NULL;
		if (!filters[i] || (p && p->clause->kind == CLAUSE_TRUE))
			return 0;
	}
	for (size_t i = 0; i < n; i++)
		asked += root_of(filters[i], stream) && !is_covered(filters, n, i, stream);
	if (!asked || stream->flags & EUN_STREAM_AGGREGATE)
		return 0;
	for (size_t i = 0, k = 0; i < n; i++) {
		const struct clause *root = root_of(filters[i], stream);
		if (!root || is_covered(filters, n, i, stream))
			continue;
		uint32_t room = (EUN_WHERE_TESTS - at) / (uint32_t)(asked - k), tests = fitting(root, room);
		if (!tests)
			return 0;
		emit_filter(&e, root, room, at, ++k < asked ? at + tests : EUN_WHERE_FAIL);
		at += tests;
	}
	return e.err ? e.err : (int)at;
}

void where_explain(const struct filter *filter, const struct stream *stream,
		   void (*each)(void *context, const struct clause *clause, enum where_place place), void *context)
{
	const struct program *p = filter_program(filter, stream);
	uint32_t used = 0;
	if (!p || p->clause->kind == CLAUSE_TRUE || p->clause->kind == CLAUSE_FALSE)
		return;
	for (const struct clause *c = conjuncts(p->clause); c; c = next_of(p->clause, c)) {
		struct plan is = plan(c);
		if (used + is.tests > EUN_WHERE_TESTS || stream->flags & EUN_STREAM_AGGREGATE)
			is = (struct plan){WHERE_HOST, 0};
		used += is.tests;
		each(context, c, is.place);
	}
}
