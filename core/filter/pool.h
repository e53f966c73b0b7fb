/* SPDX-License-Identifier: MIT */
/* Allocations that die together: what a text is parsed to, what a filter is compiled to. Zero-initialised is empty. */
#ifndef CORE_FILTER_POOL_H
#define CORE_FILTER_POOL_H

#include <stddef.h>

struct pool {
	struct pool_item *items;
};

/* `n` bytes, zeroed; NULL: no memory. */
void *pool_alloc(struct pool *pool, size_t n);
/* `n` bytes and a NUL behind them. */
char *pool_copy(struct pool *pool, const char *bytes, size_t n);
void pool_free(struct pool *pool);

#endif
