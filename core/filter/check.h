/* SPDX-License-Identifier: MIT */
/* A parsed text against a stream's schema: names to fields, values to the types of the fields, macros and lists to
 * what they stand for. */
#ifndef CORE_FILTER_CHECK_H
#define CORE_FILTER_CHECK_H

#include "defs.h"
#include "literal.h"

struct check {
	struct filter *filter; /* what is made is in its pool */
	struct report report;
	const struct stream *const *streams;
	uint32_t n_streams;
	const struct filter_defs *defs;
	const struct stream *stream; /* the one at hand */
	uint32_t depth;              /* of nodes, through macros */
	uint32_t work;               /* terms, items and names met in this stream */
};

/* The tree of an expression for check->stream, with what it needs from the other streams to judge names. */
int check_expression(struct check *check, const struct node *node, struct clause **out);

/* One comparison on a field that the stream has: a clause that is a test, or a constant. */
int check_comparison(struct check *check, const struct node *node, const struct field *field, struct clause *out);

/* Calls `visit` for each value, those of named lists included. */
int check_values(struct check *check, const struct literal *values,
		 int (*visit)(struct check *check, const struct literal *value, void *context), void *context);

/*
 * Counts one more step. Lists and macros that name each other twice grow without bound long before they are deep;
 * -EINVAL ends that.
 */
int check_step(struct check *check, struct place at);

/* Enters a macro or list: to be linked before its inside is checked. -EINVAL: it is inside of itself. */
int check_enter(struct check *check, struct use *use);

#endif
