/* SPDX-License-Identifier: MIT */
/*
 * A YAML text to a tree, bounded: no aliases (their sum may be exponential), 16 levels, 200000 nodes, UTF-8 alone, no
 * NUL. One thread.
 */
#ifndef CORE_FALCO_YAML_H
#define CORE_FALCO_YAML_H

#include <stdbool.h>
#include <stdint.h>

#include "filter/pool.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml {
	enum yaml_kind kind;
	bool quoted;                /* of a scalar */
	uint32_t line, column;      /* 1-based */
	const char *text;           /* of a scalar */
	struct yaml *first, **last; /* its items; of a mapping key, value, key, value */
	struct yaml *next;
};

struct yaml_error {
	uint32_t line, column; /* 0: of the whole text */
	char text[160];
};

/* In `pool`; the root is a sequence of the documents. -EINVAL with `error`; -ENOMEM. */
int yaml_parse(struct yaml **out, struct pool *pool, const char *text, size_t len, struct yaml_error *error);

/* The value of a mapping's key, or NULL. */
const struct yaml *yaml_get(const struct yaml *mapping, const char *key);

#endif
