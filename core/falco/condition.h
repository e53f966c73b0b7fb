/* SPDX-License-Identifier: MIT */
/*
 * Falco's conditions, parsed:
 *
 *	or := and ("or" and)*; and := not ("and" not)*; not := "not"* ( "(" or ")" | check | macro )
 *	check := field "exists" | field op value | field ("in" | "intersects" | "pmatch") ( "(" values ")" | list )
 */
#ifndef CORE_FALCO_CONDITION_H
#define CORE_FALCO_CONDITION_H

#include <stdint.h>

#include "filter/pool.h"

enum falco_op {
	FALCO_EQ,
	FALCO_NE,
	FALCO_LT,
	FALCO_LE,
	FALCO_GT,
	FALCO_GE,
	FALCO_CONTAINS,
	FALCO_ICONTAINS,
	FALCO_STARTSWITH,
	FALCO_ENDSWITH,
	FALCO_GLOB,
	FALCO_REGEX,
	FALCO_EXISTS,
	FALCO_IN, /* and intersects: one of the values is one of these */
	FALCO_PMATCH,
	FALCO_OTHER, /* known to Falco, without an equivalent */
	FALCO_OPS,
};

enum condition_kind { CONDITION_AND, CONDITION_OR, CONDITION_NOT, CONDITION_CHECK, CONDITION_MACRO };

struct falco_text {
	const char *text;
	struct falco_text *next;
};

struct condition {
	enum condition_kind kind;
	enum falco_op op;          /* of a check */
	const char *name;          /* of the field, with its [argument], or of the macro */
	const char *op_text;       /* as written */
	struct falco_text *values; /* of a check */
	struct condition *first;   /* of AND, OR, NOT */
	struct condition *next;
};

/* In `pool`. -EINVAL: `why` says what, and at which byte; -ENOMEM. */
int condition_parse(struct condition **out, struct pool *pool, const char *text, char *why, size_t why_size);
/* An operator by its name; FALCO_OPS: none. */
enum falco_op condition_op(const char *name, size_t len);

#endif
