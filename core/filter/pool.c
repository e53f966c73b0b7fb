/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <stdlib.h>
#include <string.h>

/* One malloc each, not slices of a block: compiling is rare, and so a sanitizer sees every overrun. */
struct pool_item {
	struct pool_item *next;
	_Alignas(max_align_t) char bytes[];
};

void *pool_alloc(struct pool *pool, size_t n)
{
	struct pool_item *item = calloc(1, sizeof(*item) + n);
	if (!item)
		return NULL;
	item->next = pool->items;
	pool->items = item;
	return item->bytes;
}

char *pool_copy(struct pool *pool, const char *bytes, size_t n)
{
	char *copy = pool_alloc(pool, n + 1);
	if (copy && n)
		memcpy(copy, bytes, n);
	return copy;
}

void pool_free(struct pool *pool)
{
	while (pool->items) {
		struct pool_item *next = pool->items->next;
		free(pool->items);
		pool->items = next;
	}
}
