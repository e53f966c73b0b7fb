/* SPDX-License-Identifier: MIT */
/* The filter of a run: what the tool starts with, what its options add, -x and --filter, all of which must hold. */
#ifndef CORE_CLI_WHERE_H
#define CORE_CLI_WHERE_H

#include "filter/filter.h"
#include "filter/template.h"
#include "request.h"

/*
 * *out: NULL where everything passes. -EINVAL: why, which names the option whose expression is wrong and the place in
 * it.
 */
int where_compile(struct filter **out, const struct request *request, const struct eun_tool *tool,
		  const struct stream *const *streams, size_t n, char *why, size_t why_size);

#endif
