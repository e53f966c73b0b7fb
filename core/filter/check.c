/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fields.h"

/* Nodes on the way from the root to a leaf. A text alone, at 64 levels of up to three nodes each, stays below. */
#define DEPTH_MAX 256
#define WORK_MAX (1u << 18)

int check_step(struct check *c, struct place at)
{
	if (c->work++ < WORK_MAX)
		return 0;
	return report_fail(&c->report, at, "too large: more than %u terms and values, with those of lists and macros",
			   WORK_MAX);
}

int check_enter(struct check *c, struct use *use)
{
	uint32_t depth = 0;
	for (const struct use *outer = c->report.use; outer; outer = outer->outer) {
		if (!strcmp(outer->what, use->what) && !strcmp(outer->name, use->name))
			return report_fail(&c->report, use->at, "%s '%s' is used inside of itself", use->what,
					   report_str(use->name).s);
		if (++depth == DEPTH_MAX)
			return report_fail(&c->report, use->at, "lists or macros in each other, more than %d deep",
					   DEPTH_MAX);
	}
	use->outer = c->report.use;
	return check_step(c, use->at);
}

/* A value that is wrong may have been meant as the name of a list: adds to the message. */
static void suggest_list(const struct check *c, const struct literal *value)
{
	size_t len = strlen(c->report.error->text);
	const char *nearest = c->defs && !value->quoted ? defs_nearest(c->defs->lists, value->text) : NULL;
	if (nearest)
		snprintf(c->report.error->text + len, sizeof(c->report.error->text) - len, " (or the list '%s'?)",
			 report_str(nearest).s);
}

int check_values(struct check *c, const struct literal *values,
		 int (*visit)(struct check *, const struct literal *, void *), void *context)
{
	int err = 0;
	for (const struct literal *value = values; value && !err; value = value->next) {
		const struct def *list = value->quoted ? NULL : defs_list(c->defs, value->text);
		if (!list) {
			err = check_step(c, value->at);
			if (err)
				return err;
			err = visit(c, value, context);
			if (err == -EINVAL)
				suggest_list(c, value);
			continue;
		}
		struct use use = {.what = "list", .name = list->name, .at = value->at};
		err = check_enter(c, &use);
		for (const struct body *body = list->bodies; body && !err; body = body->next) {
			use.source = body->source;
			c->report.use = &use;
			err = check_values(c, body->items, visit, context);
			c->report.use = use.outer;
		}
	}
	return err;
}

/*
 * Adds an operand. Constants vanish: the neutral one is left out, the other one decides, though what comes after it is
 * checked all the same. A node of the same kind gives its operands.
 */
static void join_add(struct clause *join, struct clause *operand, bool *decided)
{
	bool constant = operand->kind == CLAUSE_TRUE || operand->kind == CLAUSE_FALSE;
	if (constant) {
		*decided |= (operand->kind == CLAUSE_TRUE) == (join->kind == CLAUSE_OR);
		return;
	}
	struct clause *first = operand, *last = operand;
	if (operand->kind == join->kind) {
		first = operand->first;
		last = operand->last;
	}
	if (join->last)
		join->last->next = first;
	else
		join->first = first;
	join->last = last;
}

static struct clause *clause_new(struct check *c, enum clause_kind kind)
{
	struct clause *clause = pool_alloc(&c->filter->pool, sizeof(*clause));
	if (clause)
		clause->kind = kind;
	return clause;
}

static int check_node(struct check *c, const struct node *node, bool invert, struct clause **out);

static void join_end(struct clause **join, bool decided)
{
	bool is_or = (*join)->kind == CLAUSE_OR;
	if (decided || !(*join)->first)
		**join = (struct clause){.kind = decided == is_or ? CLAUSE_TRUE : CLAUSE_FALSE};
	else if ((*join)->first == (*join)->last)
		*join = (*join)->first;
}

static int check_join(struct check *c, const struct node *node, bool invert, struct clause **out)
{
	bool decided = false;
	struct clause *join = *out = clause_new(c, (node->kind == NODE_AND) != invert ? CLAUSE_AND : CLAUSE_OR);
	if (!join)
		return -ENOMEM;
	for (const struct node *child = node->first; child; child = child->next) {
		struct clause *operand;
		int err = check_node(c, child, invert, &operand);
		if (err)
			return err;
		join_add(join, operand, &decided);
	}
	join_end(out, decided);
	return 0;
}

/* The bodies of a macro are joined by `or`. */
static int check_macro(struct check *c, const struct node *node, const struct def *macro, bool invert,
		       struct clause **out)
{
	struct use use = {.what = "macro", .name = macro->name, .at = node->at};
	int err = check_enter(c, &use);
	if (err)
		return err;
	bool decided = false;
	struct clause *join = *out = clause_new(c, invert ? CLAUSE_AND : CLAUSE_OR);
	if (!join)
		return -ENOMEM;
	for (const struct body *body = macro->bodies; body; body = body->next) {
		struct clause *operand;
		use.source = body->source;
		c->report.use = &use;
		err = check_node(c, body->expression, invert, &operand);
		c->report.use = use.outer;
		if (err)
			return err;
		join_add(join, operand, &decided);
	}
	join_end(out, decided);
	return 0;
}

/* A comparison that the stream lacks the field for is false. */
static int check_term(struct check *c, const struct node *node, bool invert, struct clause **out)
{
	const struct field *field = field_find(c, node->name);
	struct clause *clause = *out = clause_new(c, CLAUSE_FALSE);
	if (!clause)
		return -ENOMEM;
	if (!field && !field_known(c, node->name))
		return field_unknown(c, node->name, node->at, false);
	int err = check_step(c, node->at);
	if (!err && field)
		err = check_comparison(c, node, field, clause);
	if (err)
		return err;
	if (clause->kind == CLAUSE_TEST)
		clause->invert = invert;
	else if (invert)
		clause->kind = clause->kind == CLAUSE_TRUE ? CLAUSE_FALSE : CLAUSE_TRUE;
	return 0;
}

static int check_name(struct check *c, const struct node *node, bool invert, struct clause **out)
{
	bool is_true = !strcmp(node->name, "true");
	if (is_true || !strcmp(node->name, "false")) {
		*out = clause_new(c, is_true != invert ? CLAUSE_TRUE : CLAUSE_FALSE);
		return *out ? 0 : -ENOMEM;
	}
	const struct def *macro = defs_macro(c->defs, node->name);
	if (macro)
		return check_macro(c, node, macro, invert, out);
	const struct field *field = field_find(c, node->name);
	if (!field && !field_known(c, node->name))
		return field_unknown(c, node->name, node->at, true);
	if (field && field->type != EUN_BOOL)
		return report_fail(&c->report, node->at,
				   "'%s' (%s) is neither true nor false by itself: compare it, or write '%s exists'",
				   report_str(node->name).s, type_name(field->type), report_str(node->name).s);
	struct literal yes = {.text = "true", .len = 4, .at = node->at};
	struct node term = *node;
	term.kind = NODE_TERM;
	term.op = OP_EQ;
	term.op_at = node->at;
	term.values = &yes;
	return check_term(c, &term, invert, out);
}

static int check_not(struct check *c, const struct node *node, bool invert, struct clause **out)
{
	return check_node(c, node->first, !invert, out);
}

static int check_node(struct check *c, const struct node *node, bool invert, struct clause **out)
{
	static int (*const kinds[])(struct check *, const struct node *, bool, struct clause **) = {
		[NODE_AND] = check_join,  [NODE_OR] = check_join,   [NODE_NOT] = check_not,
		[NODE_TERM] = check_term, [NODE_NAME] = check_name,
	};
	if (c->depth == DEPTH_MAX)
		return report_fail(&c->report, node->at, "nested too deep: more than %d steps, macros included",
				   DEPTH_MAX);
	c->depth++;
	int err = kinds[node->kind](c, node, invert, out);
	c->depth--;
	return err;
}

int check_expression(struct check *c, const struct node *node, struct clause **out)
{
	c->depth = c->work = 0;
	return check_node(c, node, false, out);
}
