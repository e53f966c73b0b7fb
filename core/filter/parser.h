/* SPDX-License-Identifier: MIT */
/* Tokens to a tree. It knows no fields and no types: one tree serves every stream. */
#ifndef CORE_FILTER_PARSER_H
#define CORE_FILTER_PARSER_H

#include "lexer.h"
#include "pool.h"

/* A value as written. */
struct literal {
	struct literal *next;
	const char *text; /* without quotes, NUL-terminated */
	uint32_t len;
	bool quoted; /* a list's name never is */
	struct place at;
};

enum node_kind {
	NODE_AND, /* two operands or more */
	NODE_OR,
	NODE_NOT,
	NODE_TERM, /* field op values */
	NODE_NAME, /* a name by itself: a bool field, a macro, true or false */
};

struct node {
	enum node_kind kind;
	struct node *next;  /* of the same parent */
	struct node *first; /* operands */
	const char *name;   /* of a term's field */
	struct place at;
	enum op op;
	struct place op_at;
	struct literal *values; /* none: exists; any number: in; else one */
};

/* The nodes live in `pool`. -EINVAL: error filled; -ENOMEM. */
int parse_expression(struct pool *pool, const char *text, const struct filter_source *source, struct node **out,
		     struct filter_error *error);
/* The inside of in (...); no text at all is an empty list: *out is NULL. */
int parse_items(struct pool *pool, const char *text, const struct filter_source *source, struct literal **out,
		struct filter_error *error);

#endif
