/* SPDX-License-Identifier: MIT */
#include "rule/price.h"

#include "target/computed.h"

#define SELDOM 0.01 /* nothing passes never or always */

static const struct price prices[TESTS] = {
	[TEST_RANGE] = {2, 0.15}, [TEST_BITS] = {2, 0.2},     [TEST_NUMBERS] = {4, 0.15}, [TEST_CHARS] = {3, 0.05},
	[TEST_TEXT] = {4, 0.02},  [TEST_PREFIX] = {5, 0.05},  [TEST_SUFFIX] = {5, 0.03},  [TEST_PART] = {25, 0.03},
	[TEST_GLOB] = {30, 0.05}, [TEST_REGEX] = {80, 0.05},  [TEST_TEXTS] = {8, 0.05},   [TEST_ELEMENT] = {25, 0.05},
	[TEST_EXISTS] = {2, 0.5}, [TEST_ADDRESS] = {10, 0.1},
};

/* Of a computed field: to find it. Several texts are many texts. */
static double getting(const struct field *field)
{
	if (field->flags & FIELD_EACH)
		return 150;
	return computed_of_process(field) ? 40 : 15;
}

static struct price price_of_test(const struct test *test)
{
	struct price price = prices[test->kind];
	if (test->op >= OP_LT && test->op <= OP_GE)
		price.passes = 0.6;
	if (test->negate)
		price.passes = 1 - price.passes;
	if (test->field->get)
		price.ns += getting(test->field);
	return price;
}

struct price price_of(const struct clause *clause)
{
	struct price price = {0};
	double reach = 1; /* how often the next operand is asked */
	if (clause->kind == CLAUSE_TEST) {
		price = price_of_test(&clause->test);
		if (clause->invert)
			price.passes = 1 - price.passes;
	}
	for (const struct clause *child = clause->first; child && clause->kind != CLAUSE_TEST; child = child->next) {
		struct price part = price_of(child);
		price.ns += reach * part.ns;
		reach *= clause->kind == CLAUSE_AND ? part.passes : 1 - part.passes;
		price.passes = clause->kind == CLAUSE_AND ? reach : 1 - reach;
	}
	if (price.passes < SELDOM)
		price.passes = SELDOM;
	if (price.passes > 1 - SELDOM)
		price.passes = 1 - SELDOM;
	return price;
}
