/* SPDX-License-Identifier: MIT */
#include "program.h"

#include <errno.h>

/* Classes of price. A computed field is dearer than anything in the record: it may have to look elsewhere. */
#define COST_COMPUTED 3
#define COSTS 4

static const uint8_t costs[TESTS] = {
	[TEST_CHARS] = 0, [TEST_TEXT] = 1, [TEST_PREFIX] = 1, [TEST_SUFFIX] = 1,  [TEST_TEXTS] = 1,
	[TEST_PART] = 2,  [TEST_GLOB] = 2, [TEST_REGEX] = 2,  [TEST_ELEMENT] = 2,
};

/* Sorts the operands, stable; a node costs what its dearest part does. Evaluation is pure, so their order is free. */
static void order(struct clause *clause)
{
	if (clause->kind == CLAUSE_TEST) {
		clause->cost = clause->test.field->get ? COST_COMPUTED : costs[clause->test.kind];
		clause->tests = 1;
		return;
	}
	struct clause *firsts[COSTS] = {0}, *lasts[COSTS] = {0}, *next;
	for (struct clause *child = clause->first; child; child = next) {
		next = child->next;
		child->next = NULL;
		order(child);
		clause->tests += child->tests;
		*(lasts[child->cost] ? &lasts[child->cost]->next : &firsts[child->cost]) = child;
		lasts[child->cost] = child;
	}
	clause->first = clause->last = NULL;
	for (uint8_t i = 0; i < COSTS; i++) {
		if (!firsts[i])
			continue;
		*(clause->last ? &clause->last->next : &clause->first) = firsts[i];
		clause->last = lasts[i];
		clause->cost = i;
	}
}

/* A clause's tests lie together, from `at` on, and the first of them is where it begins: so all jumps go forward. */
static void layout(struct program *program, uint32_t at, const struct clause *clause, uint32_t yes, uint32_t no)
{
	if (clause->kind == CLAUSE_TEST) {
		struct test *test = &program->tests[at];
		*test = clause->test;
		test->yes = clause->invert ? no : yes;
		test->no = clause->invert ? yes : no;
		test->run = test_function_of(test);
		return;
	}
	for (const struct clause *child = clause->first; child; child = child->next) {
		uint32_t next = at + child->tests;
		bool more = child->next != NULL;
		layout(program, at, child, more && clause->kind == CLAUSE_AND ? next : yes,
		       more && clause->kind == CLAUSE_OR ? next : no);
		at = next;
	}
}

int program_build(struct program *program, struct pool *pool, const struct stream *stream, struct clause *clause)
{
	order(clause);
	program->stream = stream;
	program->clause = clause;
	program->n = clause->tests;
	program->start = clause->kind == CLAUSE_FALSE; /* of a constant, which has no tests: n or more */
	program->tests = pool_alloc(pool, program->n * sizeof(*program->tests));
	if (!program->tests)
		return -ENOMEM;
	layout(program, 0, clause, program->n, program->n + 1);
	return 0;
}
