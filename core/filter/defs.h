/* SPDX-License-Identifier: MIT */
/* Named lists and macros, parsed once, expanded where a filter names them. */
#ifndef CORE_FILTER_DEFS_H
#define CORE_FILTER_DEFS_H

#include "parser.h"

/* One text: the definition itself or something appended to it. */
struct body {
	struct body *next;
	struct pool pool;
	struct literal *items;   /* of a list */
	struct node *expression; /* of a macro */
	char *source;
};

struct def {
	struct def *next;
	char *name;
	struct body *bodies; /* in the order they came */
};

struct filter_defs {
	struct def *lists, *macros;
};

/* NULL: none of that name, or no definitions at all. */
const struct def *defs_list(const struct filter_defs *defs, const char *name);
const struct def *defs_macro(const struct filter_defs *defs, const char *name);
/* The name most like `name`, or NULL. */
const char *defs_nearest(const struct def *defs, const char *name);

#endif
