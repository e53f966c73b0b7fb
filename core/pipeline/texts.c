/* SPDX-License-Identifier: MIT */
#include "texts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define BUCKETS 4096

struct text {
	struct text *next;
	uint32_t hash;
	uint32_t field;
	uint32_t len;
	uint16_t stream;
	char bytes[]; /* len of them, then the text */
};

struct texts {
	size_t limit;
	/* The young one is added to. When it is full it becomes the old one, and what was old is forgotten. */
	struct half {
		struct text *buckets[BUCKETS];
		size_t size;
	} halves[2];
	int young;
};

struct texts *texts_new(size_t limit)
{
	struct texts *t = calloc(1, sizeof(*t));
	if (t)
		t->limit = limit;
	return t;
}

static void forget(struct half *half)
{
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct text *x = half->buckets[i], *next; x; x = next) {
			next = x->next;
			free(x);
		}
	}
	memset(half, 0, sizeof(*half));
}

void texts_destroy(struct texts *t)
{
	if (!t)
		return;
	forget(&t->halves[0]);
	forget(&t->halves[1]);
	free(t);
}

static uint32_t hash_of(uint16_t stream, uint32_t field, const void *bytes, uint32_t len)
{
	return (uint32_t)crc32(stream * 256u + field, bytes, len);
}

static const struct text *find(const struct half *half, uint32_t hash, uint16_t stream, uint32_t field,
			       const void *bytes, uint32_t len)
{
	const struct text *x = half->buckets[hash % BUCKETS];
	while (x && (x->hash != hash || x->stream != stream || x->field != field || x->len != len ||
		     memcmp(x->bytes, bytes, len)))
		x = x->next;
	return x;
}

const char *texts_find(const struct texts *t, uint16_t stream, uint32_t field, const void *bytes, uint32_t len)
{
	uint32_t hash = hash_of(stream, field, bytes, len);
	const struct text *x = find(&t->halves[t->young], hash, stream, field, bytes, len);
	if (!x)
		x = find(&t->halves[!t->young], hash, stream, field, bytes, len);
	return x ? x->bytes + x->len : NULL;
}

int texts_add(struct texts *t, uint16_t stream, uint32_t field, const void *bytes, uint32_t len, const char *text)
{
	uint32_t hash = hash_of(stream, field, bytes, len);
	struct half *half = &t->halves[t->young];
	if (find(half, hash, stream, field, bytes, len))
		return 0;
	size_t n = strlen(text) + 1, size = sizeof(struct text) + len + n;
	struct text *x = malloc(size);
	if (!x)
		return -ENOMEM;
	if (half->size + size > t->limit) {
		t->young = !t->young;
		half = &t->halves[t->young];
		forget(half);
	}
	*x = (struct text){.hash = hash, .field = field, .len = len, .stream = stream};
	if (len)
		memcpy(x->bytes, bytes, len);
	memcpy(x->bytes + len, text, n);
	x->next = half->buckets[hash % BUCKETS];
	half->buckets[hash % BUCKETS] = x;
	half->size += size;
	return 0;
}
