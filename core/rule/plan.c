/* SPDX-License-Identifier: MIT */
#include "rule/plan.h"

#include <stdlib.h>
#include <string.h>

#include "event/buf.h"
#include "rule/price.h"

/* Where a step leads before it is known: to what comes behind the rules that it decides about. */
#define BEHIND UINT32_MAX

enum step_kind {
	STEP_TEST,  /* yes, no */
	STEP_KNOWN, /* the same, of a test that others ask too */
	STEP_HIT,   /* yes */
};

struct step {
	uint8_t kind;
	uint32_t yes, no;
	uint32_t what;      /* index in tests or hits */
	test_function *run; /* of a test: what runs it */
	const struct test *test;
};

struct plan {
	struct step *steps;
	uint32_t n;
	struct test *tests; /* each once */
	uint32_t n_tests;
	uint64_t *known; /* by test: the event it was asked for, times two, plus the answer */
	uint64_t event;
	void **hits;
	uint32_t n_hits;
};

/* ---- equal tests and conjuncts ---- */

static bool same_text(const struct text *a, const struct text *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (a[i].len != b[i].len || memcmp(a[i].bytes, b[i].bytes, a[i].len) != 0)
			return false;
	return true;
}

static bool same_test(const struct test *a, const struct test *b)
{
	if (a->kind != b->kind || a->load != b->load || a->see != b->see || a->negate != b->negate ||
	    a->each != b->each || a->n != b->n || a->field != b->field)
		return false;
	switch (a->kind) {
	case TEST_EXISTS:
		return true;
	case TEST_RANGE:
		return a->lo == b->lo && a->span == b->span;
	case TEST_BITS:
		return a->mask == b->mask;
	case TEST_NUMBERS:
		return !memcmp(a->numbers, b->numbers, a->n * sizeof(*a->numbers));
	case TEST_TEXTS:
		return same_text(a->texts, b->texts, a->n);
	case TEST_ADDRESS:
		return !memcmp(a->ranges, b->ranges, a->n * sizeof(*a->ranges));
	case TEST_REGEX:
		return a->pattern->spaces == b->pattern->spaces && !strcmp(a->pattern->text, b->pattern->text);
	default:
		return !memcmp(a->text, b->text, a->n);
	}
}

static bool same_clause(const struct clause *a, const struct clause *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == CLAUSE_TEST)
		return a->invert == b->invert && same_test(&a->test, &b->test);
	const struct clause *x = a->first, *y = b->first;
	for (; x && y && same_clause(x, y); x = x->next)
		y = y->next;
	return !x && !y;
}

/* ---- laying out ---- */

/* A conjunct that rules have, and how good it is to ask it first. */
struct conjunct {
	const struct clause *clause;
	double worth; /* the part of events that it ends, by its time */
};

/* A rule, as far as it is not decided by the steps that lead to where it is. */
struct rest {
	const struct plan_rule *rule;
	uint32_t *conjuncts; /* indexes, n */
	uint32_t n;
};

struct making {
	struct plan *plan;
	struct conjunct *conjuncts;
	uint32_t n;
	uint32_t *count; /* by conjunct: rules of the group that have it */
};

static uint32_t test_index(struct plan *plan, const struct test *test)
{
	uint32_t i = 0;
	while (i < plan->n_tests && !same_test(&plan->tests[i], test))
		i++;
	if (i == plan->n_tests)
		plan->tests[plan->n_tests++] = *test;
	return i;
}

/* How good it is to ask an operand first: for `and` one that is false, for `or` one that is true. */
static double eagerness(enum clause_kind kind, const struct clause *operand)
{
	struct price price = price_of(operand);
	return (kind == CLAUSE_AND ? 1 - price.passes : price.passes) / price.ns;
}

#define SORTED_MAX 64 /* operands; where there are more they stay as they are */

/* The operands, in the order in which to ask them. How many; 0: too many. */
static size_t sorted(const struct clause *clause, const struct clause *out[SORTED_MAX])
{
	double worths[SORTED_MAX];
	size_t n = 0;
	for (const struct clause *child = clause->first; child; child = child->next) {
		if (n == SORTED_MAX)
			return 0;
		double worth = eagerness(clause->kind, child);
		size_t i = n++;
		for (; i && worths[i - 1] < worth; i--) {
			worths[i] = worths[i - 1];
			out[i] = out[i - 1];
		}
		worths[i] = worth;
		out[i] = child;
	}
	return n;
}

static void add_clause(struct plan *plan, const struct clause *clause, uint32_t yes, uint32_t no);

static void add_operand(struct plan *plan, const struct clause *operand, bool more, enum clause_kind kind, uint32_t yes,
			uint32_t no)
{
	uint32_t next = plan->n + operand->tests;
	add_clause(plan, operand, more && kind == CLAUSE_AND ? next : yes, more && kind == CLAUSE_OR ? next : no);
}

/* The steps of a clause; its first is the next one, its last the one before those that come later. */
static void add_clause(struct plan *plan, const struct clause *clause, uint32_t yes, uint32_t no)
{
	const struct clause *operands[SORTED_MAX];
	if (clause->kind == CLAUSE_TEST) {
		plan->steps[plan->n++] = (struct step){STEP_TEST,
						       clause->invert ? no : yes,
						       clause->invert ? yes : no,
						       test_index(plan, &clause->test),
						       NULL,
						       NULL};
		return;
	}
	size_t n = sorted(clause, operands);
	for (size_t i = 0; i < n; i++)
		add_operand(plan, operands[i], i + 1 < n, clause->kind, yes, no);
	for (const struct clause *child = n ? NULL : clause->first; child; child = child->next)
		add_operand(plan, child, child->next, clause->kind, yes, no);
}

static void add_hit(struct plan *plan, void *hit)
{
	plan->hits[plan->n_hits] = hit;
	plan->steps[plan->n] = (struct step){STEP_HIT, plan->n + 1, 0, plan->n_hits++, NULL, NULL};
	plan->n++;
}

static bool has(const struct rest *rest, uint32_t conjunct)
{
	for (uint32_t i = 0; i < rest->n; i++)
		if (rest->conjuncts[i] == conjunct)
			return true;
	return false;
}

static void take_out(struct rest *rest, uint32_t conjunct)
{
	for (uint32_t i = 0; i < rest->n; i++)
		if (rest->conjuncts[i] == conjunct)
			rest->conjuncts[i--] = rest->conjuncts[--rest->n];
}

/* The conjunct that is worth the most to the rules together; m->n: none is left. */
static uint32_t best(struct making *m, const struct rest *rests, size_t n)
{
	memset(m->count, 0, m->n * sizeof(*m->count));
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < rests[i].n; k++)
			m->count[rests[i].conjuncts[k]]++;
	uint32_t found = m->n;
	for (uint32_t c = 0; c < m->n; c++)
		if (m->count[c] && (found == m->n ||
				    m->conjuncts[c].worth * m->count[c] > m->conjuncts[found].worth * m->count[found]))
			found = c;
	return found;
}

/* Those that have the conjunct to the front. How many. */
static size_t divide(struct rest *rests, size_t n, uint32_t conjunct)
{
	size_t front = 0;
	for (size_t i = 0; i < n; i++)
		if (has(&rests[i], conjunct)) {
			struct rest swap = rests[front];
			rests[front++] = rests[i];
			rests[i] = swap;
		}
	return front;
}

/* Rules without a conjunct left are hit; of the others those with the best one follow it, then the rest. */
static void add_rules(struct making *m, struct rest *rests, size_t n)
{
	struct plan *plan = m->plan;
	for (size_t i = 0; i < n; i++)
		if (!rests[i].n) {
			add_hit(plan, rests[i].rule->hit);
			rests[i--] = rests[--n];
		}
	while (n) {
		uint32_t conjunct = best(m, rests, n), start = plan->n;
		const struct clause *clause = m->conjuncts[conjunct].clause;
		size_t front = divide(rests, n, conjunct);
		add_clause(plan, clause, start + clause->tests, BEHIND);
		uint32_t end = plan->n;
		for (size_t i = 0; i < front; i++)
			take_out(&rests[i], conjunct);
		add_rules(m, rests, front);
		for (uint32_t i = start; i < end; i++) {
			if (plan->steps[i].yes == BEHIND)
				plan->steps[i].yes = plan->n;
			if (plan->steps[i].no == BEHIND)
				plan->steps[i].no = plan->n;
		}
		rests += front;
		n -= front;
	}
}

/* ---- from rules ---- */

static uint32_t conjunct_index(struct making *m, const struct clause *clause)
{
	uint32_t i = 0;
	while (i < m->n && !same_clause(m->conjuncts[i].clause, clause))
		i++;
	if (i == m->n) {
		struct price price = price_of(clause);
		m->conjuncts[m->n++] = (struct conjunct){clause, (1 - price.passes) / price.ns};
	}
	return i;
}

static void find_conjuncts(struct making *m, struct rest *rest)
{
	const struct clause *clause = rest->rule->clause;
	if (clause->kind != CLAUSE_AND) {
		if (clause->kind != CLAUSE_TRUE)
			rest->conjuncts[rest->n++] = conjunct_index(m, clause);
		return;
	}
	for (const struct clause *child = clause->first; child; child = child->next) {
		uint32_t conjunct = conjunct_index(m, child);
		if (!has(rest, conjunct))
			rest->conjuncts[rest->n++] = conjunct;
	}
}

static uint32_t n_conjuncts(const struct clause *clause)
{
	uint32_t n = 0;
	for (const struct clause *child = clause->kind == CLAUSE_AND ? clause->first : NULL; child; child = child->next)
		n++;
	return n ? n : 1;
}

/* A number of the record is read in less time than what it was is looked up. */
static bool worth_knowing(const struct test *test)
{
	return test->field->get || (test->kind != TEST_RANGE && test->kind != TEST_BITS);
}

static void finish_steps(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->n; i++) {
		struct step *step = &plan->steps[i];
		if (step->kind == STEP_HIT)
			continue;
		step->test = &plan->tests[step->what];
		step->run = test_function_of(step->test);
		for (uint32_t k = 0; k < plan->n && worth_knowing(step->test); k++)
			if (i != k && plan->steps[k].kind != STEP_HIT && step->what == plan->steps[k].what)
				step->kind = STEP_KNOWN;
	}
}

static void make(struct making *m, struct rest *rests, const struct plan_rule *rules, size_t n, struct pool *scratch)
{
	size_t used = 0;
	for (size_t i = 0; i < n; i++) {
		struct rest *rest = &rests[used];
		if (rules[i].clause->kind == CLAUSE_FALSE)
			continue;
		rest->rule = &rules[i];
		rest->conjuncts = pool_alloc(scratch, n_conjuncts(rules[i].clause) * sizeof(uint32_t));
		if (!rest->conjuncts) {
			m->plan = NULL;
			return;
		}
		find_conjuncts(m, rest);
		used++;
	}
	add_rules(m, rests, used);
	finish_steps(m->plan);
}

struct plan *plan_new(struct pool *pool, const struct plan_rule *rules, size_t n)
{
	struct pool scratch = {0};
	size_t tests = 0, conjuncts = 0;
	for (size_t i = 0; i < n; i++) {
		tests += rules[i].clause->tests;
		conjuncts += n_conjuncts(rules[i].clause);
	}
	struct plan *plan = pool_alloc(pool, sizeof(*plan));
	struct making m = {
		.plan = plan,
		.conjuncts = pool_alloc(&scratch, (conjuncts + 1) * sizeof(*m.conjuncts)),
		.count = pool_alloc(&scratch, (conjuncts + 1) * sizeof(*m.count)),
	};
	struct rest *rests = pool_alloc(&scratch, (n + 1) * sizeof(*rests));
	if (plan) {
		plan->steps = pool_alloc(pool, (tests + n) * sizeof(*plan->steps));
		plan->tests = pool_alloc(pool, tests * sizeof(*plan->tests));
		plan->known = pool_alloc(pool, tests * sizeof(*plan->known));
		plan->hits = pool_alloc(pool, n * sizeof(*plan->hits));
		if (!plan->steps || !plan->tests || !plan->known || !plan->hits)
			m.plan = NULL;
	}
	if (!m.conjuncts || !m.count || !rests)
		m.plan = NULL;
	if (m.plan)
		make(&m, rests, rules, n, &scratch);
	pool_free(&scratch);
	return m.plan;
}

static inline bool answer(struct plan *plan, const struct step *step, const struct view *view)
{
	if (step->kind == STEP_TEST)
		return step->run(step->test, view);
	uint64_t *known = &plan->known[step->what];
	if (*known >> 1 != plan->event)
		*known = plan->event << 1 | step->run(step->test, view);
	return *known & 1;
}

void plan_run(struct plan *plan, const struct view *view, void (*hit)(void *context, void *rule, const struct view *),
	      void *context)
{
	plan->event++;
	for (uint32_t at = 0; at < plan->n;) {
		const struct step *step = &plan->steps[at];
		if (step->kind == STEP_HIT) {
			hit(context, plan->hits[step->what], view);
			at = step->yes;
		} else {
			at = answer(plan, step, view) ? step->yes : step->no;
		}
	}
}

void plan_dump(const struct plan *plan, struct buf *out)
{
	for (uint32_t i = 0; i < plan->n; i++) {
		const struct step *s = &plan->steps[i];
		if (s->kind == STEP_HIT)
			buf_printf(out, "%u: hit\n", i);
		else
			buf_printf(out, "%u: %s%s %s ? %u : %u\n", i, s->kind == STEP_KNOWN ? "known " : "",
				   plan->tests[s->what].field->name, op_names[plan->tests[s->what].op], s->yes, s->no);
	}
}
