/* SPDX-License-Identifier: MIT */
#include "profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Numbers of all entries are below it. */
#define NUMBERS_MAX (1u << 24)

enum profile_arch profile_native(void)
{
#if defined(__x86_64__)
	return PROFILE_X86_64;
#elif defined(__aarch64__)
	return PROFILE_AARCH64;
#else
#error "profile_native: no such architecture"
#endif
}

void profile_free(struct profile *p)
{
	for (int a = 0; a < PROFILE_ARCHES; a++)
		free(p->of[a].items);
	*p = (struct profile){0};
}

bool profile_action_same(struct profile_action a, struct profile_action b)
{
	return a.act == b.act && a.value == b.value;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_conds(const struct profile_rule *a, const struct profile_rule *b)
{
	for (uint32_t i = 0; i < PROFILE_CONDS; i++) {
		const struct profile_cond *x = &a->conds[i], *y = &b->conds[i];
		int c = i < a->n_conds && i < b->n_conds ? 0 : compare_u64(b->n_conds, a->n_conds);
		if (!c)
			c = compare_u64(x->arg, y->arg);
		if (!c)
			c = compare_u64(x->op, y->op);
		if (!c)
			c = compare_u64(x->mask, y->mask);
		if (!c)
			c = compare_u64(x->value, y->value);
		if (c)
			return c;
	}
	return 0;
}

/* By number, then conditions: the more there are the earlier. */
static int compare(const struct profile_rule *a, const struct profile_rule *b)
{
	return a->nr == b->nr ? compare_conds(a, b) : compare_u64(a->nr, b->nr);
}

/* The weaker one first; of one kind the one with the smaller value, so that the order in which they came is none. */
static int compare_actions(struct profile_action a, struct profile_action b)
{
	return a.act == b.act ? compare_u64(a.value, b.value) : compare_u64(a.act, b.act);
}

/* The first that is not before `rule`. */
static size_t place(const struct profile_rules *rules, const struct profile_rule *rule)
{
	size_t low = 0, high = rules->n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (compare(&rules->items[middle], rule) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The last rule of the number, which is the one without conditions, if there is one. */
static const struct profile_rule *wide(const struct profile_rules *rules, uint32_t nr)
{
	const struct profile_rule all = {.nr = nr};
	size_t at = place(rules, &all);
	return at < rules->n && rules->items[at].nr == nr ? &rules->items[at] : NULL;
}

static void take_out(struct profile_rules *rules, size_t at)
{
	memmove(&rules->items[at], &rules->items[at + 1], (--rules->n - at) * sizeof(*rules->items));
}

static int insert(struct profile_rules *rules, size_t at, const struct profile_rule *rule)
{
	if (rules->n == rules->cap) {
		size_t cap = rules->cap ? rules->cap * 2 : 64;
		struct profile_rule *items = realloc(rules->items, cap * sizeof(*items));
		if (!items)
			return -ENOMEM;
		rules->items = items;
		rules->cap = cap;
	}
	memmove(&rules->items[at + 1], &rules->items[at], (rules->n++ - at) * sizeof(*rules->items));
	rules->items[at] = *rule;
	return 0;
}

/* Conditions in one order, without what doesn't count and what is there twice. */
static int normal(struct profile_rule *to, const struct profile_rule *rule)
{
	*to = (struct profile_rule){.nr = rule->nr, .action = rule->action};
	if (rule->nr >= NUMBERS_MAX || rule->n_conds > PROFILE_CONDS || rule->action.act >= PROFILE_ACTS)
		return -EINVAL;
	for (uint32_t i = 0; i < rule->n_conds; i++) {
		const struct profile_cond *from = &rule->conds[i];
		struct profile_cond c = {.arg = from->arg, .op = from->op, .value = from->value};
		if (c.arg > 5 || !c.op || c.op >= PROFILE_OPS)
			return -EINVAL;
		if (c.op == PROFILE_MASKED_EQ)
			c.mask = from->mask;
		uint32_t at = 0;
		while (at < to->n_conds && (to->conds[at].arg < c.arg ||
					    (to->conds[at].arg == c.arg && memcmp(&to->conds[at], &c, sizeof(c)) < 0)))
			at++;
		if (at < to->n_conds && to->conds[at].arg == c.arg && to->conds[at].op == c.op &&
		    to->conds[at].value == c.value && to->conds[at].mask == c.mask)
			continue;
		memmove(&to->conds[at + 1], &to->conds[at], (to->n_conds++ - at) * sizeof(c));
		to->conds[at] = c;
	}
	return 0;
}

int profile_add(struct profile *p, enum profile_arch arch, const struct profile_rule *rule)
{
	struct profile_rule r;
	int err = normal(&r, rule);
	if (err || arch >= PROFILE_ARCHES)
		return -EINVAL;
	struct profile_rules *rules = &p->of[arch];
	p->arches |= 1u << arch;
	const struct profile_rule *all = wide(rules, r.nr);
	if (all && compare_actions(all->action, r.action) <= 0)
		return 0;
	size_t at = place(rules, &r);
	if (at < rules->n && !compare(&rules->items[at], &r)) {
		if (compare_actions(r.action, rules->items[at].action) < 0)
			rules->items[at].action = r.action;
	} else if ((err = insert(rules, at, &r))) {
		return err;
	}
	if (r.n_conds)
		return 0;
	for (size_t i = at; i-- && rules->items[i].nr == r.nr;)
		if (compare_actions(r.action, rules->items[i].action) <= 0)
			take_out(rules, i);
	return 0;
}

int profile_allow(struct profile *p, enum profile_arch arch, uint32_t nr)
{
	return profile_add(p, arch, &(struct profile_rule){.nr = nr});
}

const struct profile_rule *profile_rule(const struct profile *p, enum profile_arch arch, uint32_t nr)
{
	const struct profile_rules *rules = &p->of[arch];
	size_t low = 0, high = rules->n;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (rules->items[middle].nr < nr)
			low = middle + 1;
		else
			high = middle;
	}
	return low < rules->n && rules->items[low].nr == nr ? &rules->items[low] : NULL;
}

static bool holds(const struct profile_cond *c, uint64_t value)
{
	switch (c->op) {
	case PROFILE_NE:
		return value != c->value;
	case PROFILE_LT:
		return value < c->value;
	case PROFILE_LE:
		return value <= c->value;
	case PROFILE_EQ:
		return value == c->value;
	case PROFILE_GE:
		return value >= c->value;
	case PROFILE_GT:
		return value > c->value;
	}
	return (value & c->mask) == c->value;
}

struct profile_action profile_decide(const struct profile *p, enum profile_arch arch, uint32_t nr,
				     const uint64_t args[6])
{
	const struct profile_rule *r = profile_rule(p, arch, nr);
	const struct profile_rule *end = p->of[arch].items + p->of[arch].n;
	const struct profile_rule *best = NULL;
	for (; r && r < end && r->nr == nr; r++) {
		bool all = true;
		for (uint32_t i = 0; i < r->n_conds; i++)
			all = all && holds(&r->conds[i], args[r->conds[i].arg]);
		if (all && (!best || compare_actions(r->action, best->action) < 0))
			best = r;
	}
	return best ? best->action : p->def;
}

int profile_merge(struct profile *p, const struct profile *other)
{
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		for (size_t i = 0; i < other->of[a].n; i++) {
			int err = profile_add(p, a, &other->of[a].items[i]);
			if (err)
				return err;
		}
	p->arches |= other->arches;
	return 0;
}

/* A rule of theirs says no less of all that `r` is about. */
static bool covered(const struct profile_rules *theirs, const struct profile_rule *r)
{
	size_t at = place(theirs, r);
	const struct profile_rule *all = wide(theirs, r->nr);
	bool same = at < theirs->n && !compare(&theirs->items[at], r) &&
		    compare_actions(theirs->items[at].action, r->action) <= 0;
	return same || (all && compare_actions(all->action, r->action) <= 0);
}

void profile_subtract(struct profile *p, const struct profile *other)
{
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		for (size_t i = p->of[a].n; i--;)
			if (covered(&other->of[a], &p->of[a].items[i]))
				take_out(&p->of[a], i);
}

size_t profile_diff(const struct profile *a, const struct profile *b,
		    void (*each)(void *context, enum profile_arch arch, const struct profile_rule *a,
				 const struct profile_rule *b),
		    void *context)
{
	size_t n = 0;
	for (enum profile_arch arch = 0; arch < PROFILE_ARCHES; arch++) {
		const struct profile_rules *x = &a->of[arch], *y = &b->of[arch];
		for (size_t i = 0, j = 0; i < x->n || j < y->n;) {
			int c = i == x->n ? 1 : j == y->n ? -1 : compare(&x->items[i], &y->items[j]);
			const struct profile_rule *left = c <= 0 ? &x->items[i++] : NULL;
			const struct profile_rule *right = c >= 0 ? &y->items[j++] : NULL;
			if (left && right && profile_action_same(left->action, right->action))
				continue;
			n++;
			if (each)
				each(context, arch, left, right);
		}
	}
	return n;
}
