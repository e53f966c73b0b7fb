/* SPDX-License-Identifier: MIT */
#include "actors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS (2 * ACTORS_MAX)

struct actor {
	uint64_t hash;
	int64_t id;
	size_t len;
	char bytes[];
};

static uint64_t hash_of(const void *bytes, size_t len)
{
	const char *p = bytes;
	uint64_t hash = len, word;
	for (; len; p += sizeof(word)) {
		size_t n = len < sizeof(word) ? len : sizeof(word);
		word = 0;
		memcpy(&word, p, n);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 29;
		len -= n;
	}
	return hash;
}

/* Where it is, or would be. */
static struct actor **slot_of(const struct actors *a, uint64_t hash, const void *bytes, size_t len)
{
	size_t at = hash % SLOTS;
	for (const struct actor *x; (x = a->slots[at]); at = (at + 1) % SLOTS)
		if (x->hash == hash && x->len == len && !memcmp(x->bytes, bytes, len))
			break;
	return &a->slots[at];
}

void actors_clear(struct actors *a)
{
	for (size_t i = 0; a->slots && i < SLOTS; i++)
		free(a->slots[i]);
	free(a->slots);
	*a = (struct actors){0};
}

int64_t actors_find(const struct actors *a, const void *bytes, size_t len)
{
	if (!a->slots)
		return 0;
	const struct actor *x = *slot_of(a, hash_of(bytes, len), bytes, len);
	return x ? x->id : 0;
}

int actors_add(struct actors *a, const void *bytes, size_t len, int64_t id)
{
	if (a->n == ACTORS_MAX || len > ACTORS_BYTES - a->bytes)
		return -ENOSPC;
	if (!a->slots && !(a->slots = calloc(SLOTS, sizeof(struct actor *))))
		return -ENOMEM;
	struct actor *x = malloc(sizeof(*x) + len);
	if (!x)
		return -ENOMEM;
	*x = (struct actor){.hash = hash_of(bytes, len), .id = id, .len = len};
	memcpy(x->bytes, bytes, len);
	*slot_of(a, x->hash, bytes, len) = x;
	a->n++;
	a->bytes += len;
	return 0;
}
