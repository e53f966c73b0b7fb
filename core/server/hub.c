/* SPDX-License-Identifier: MIT */
#include "hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 16384
#define ALIGN(n) (((n) + 7u) & ~7u)

/* One in a ring; the record follows, 8-aligned. */
struct kept_event {
	uint64_t number;
	uint32_t len;    /* of the record */
	uint32_t before; /* offset of the one before it */
};

/*
 * Bytes that events lie in one behind the other, each whole; where the next does not fit before the end it goes to the
 * begin, and the oldest that are in its way are forgotten.
 */
struct ring {
	char *bytes;
	uint32_t size;
	uint32_t oldest, newest; /* offsets; valid where n > 0 */
	uint32_t next;           /* where the next one goes */
	uint32_t end;            /* bytes behind it were left free when the ring was wrapped */
	uint64_t n, events;
};

struct hub {
	const struct shelf *shelf;
	struct ring *rings; /* by stream id */
	uint32_t n_rings;
	uint64_t number, bytes;
	struct writer *writer;
	struct hub_follower *followers;
};

struct hub *hub_new(const struct shelf *shelf, uint64_t bytes, int64_t clock_offset)
{
	struct hub *h = calloc(1, sizeof(*h));
	const struct writer_options options = {
		.format = FORMAT_JSON, .clock_offset = clock_offset, .big_as_text = true};
	if (!h)
		return NULL;
	h->shelf = shelf;
	h->bytes = bytes;
	h->writer = writer_new(&options);
	if (!h->writer) {
		free(h);
		return NULL;
	}
	return h;
}

void hub_destroy(struct hub *h)
{
	if (!h)
		return;
	for (uint32_t i = 0; i < h->n_rings; i++)
		free(h->rings[i].bytes);
	free(h->rings);
	writer_destroy(h->writer);
	free(h);
}

/* ---- rings ---- */

static struct kept_event *at(const struct ring *r, uint32_t offset)
{
	return (struct kept_event *)(r->bytes + offset);
}

static uint32_t size_of(const struct kept_event *e)
{
	return ALIGN((uint32_t)sizeof(*e) + e->len);
}

static void forget_oldest(struct ring *r)
{
	uint32_t behind = r->oldest + size_of(at(r, r->oldest));
	r->n--;
	r->oldest = behind >= r->end && r->newest < r->oldest ? 0 : behind;
}

/* Twice the size, as long as it was never wrapped. */
static bool grow(struct ring *r, uint64_t most)
{
	uint32_t size = r->size ? r->size * 2 : FIRST_BYTES;
	if (r->size >= most || (r->n && r->oldest))
		return false;
	size = size > most ? (uint32_t)most & ~7u : size;
	char *bytes = realloc(r->bytes, size);
	if (!bytes)
		return false;
	r->bytes = bytes;
	r->size = size;
	return true;
}

/* Room for so many bytes at r->next. */
static bool make_room(struct ring *r, uint32_t size, uint64_t most)
{
	while (r->size < size || r->size - r->next < size) {
		if (grow(r, most))
			continue;
		if (r->size < size)
			return false;
		/* wrap: what lies between here and the end goes first */
		while (r->n && r->oldest >= r->next && r->newest < r->oldest)
			forget_oldest(r);
		r->end = r->next;
		r->next = 0;
		break;
	}
	while (r->n && r->oldest >= r->next && r->oldest < r->next + size)
		forget_oldest(r);
	return true;
}

static void ring_add(struct ring *r, uint64_t number, const struct view *view, uint64_t most)
{
	uint32_t size = ALIGN((uint32_t)sizeof(struct kept_event) + view->len);
	r->events++;
	if (!make_room(r, size, most))
		return;
	struct kept_event *e = at(r, r->next);
	e->number = number;
	e->len = view->len;
	e->before = r->n ? r->newest : r->next;
	memcpy(e + 1, view->rec, view->len);
	if (!r->n)
		r->oldest = r->next;
	r->newest = r->next;
	r->next += size;
	if (r->next > r->end)
		r->end = r->next;
	r->n++;
}

static struct ring *ring_of(struct hub *h, uint16_t stream)
{
	if (stream >= h->n_rings) {
		uint32_t n = h->shelf->schema.n_streams;
		struct ring *grown = realloc(h->rings, n * sizeof(*grown));
		if (!grown || stream >= n)
			return NULL;
		memset(grown + h->n_rings, 0, (n - h->n_rings) * sizeof(*grown));
		h->rings = grown;
		h->n_rings = n;
	}
	return &h->rings[stream];
}

/* ---- events ---- */

void hub_event(struct hub *h, const struct view *view)
{
	struct ring *ring = ring_of(h, view->stream->id);
	h->number++;
	if (ring)
		ring_add(ring, h->number, view, h->bytes);
	for (struct hub_follower *f = h->followers, *next; f; f = next) {
		next = f->next;
		f->event(f, view, h->number);
	}
}

void hub_follow(struct hub *h, struct hub_follower *f)
{
	f->next = h->followers;
	f->at = &h->followers;
	if (f->next)
		f->next->at = &f->next;
	h->followers = f;
}

void hub_unfollow(struct hub_follower *f)
{
	if (!f->at)
		return;
	*f->at = f->next;
	if (f->next)
		f->next->at = f->at;
	f->at = NULL;
}

void hub_json(struct hub *h, const struct view *view, struct buf *out)
{
	if (!writer_event(h->writer, view, out))
		out->len--; /* its newline */
}

void hub_counts(const struct hub *h, uint16_t stream, struct hub_counts *out)
{
	*out = (struct hub_counts){0};
	if (stream >= h->n_rings)
		return;
	const struct ring *r = &h->rings[stream];
	*out = (struct hub_counts){r->events, r->n, r->n ? at(r, r->newest)->number : 0};
}

uint64_t hub_number(const struct hub *h)
{
	return h->number;
}

/* ---- looking back ---- */

/* A place in each ring. */
struct cursor {
	uint32_t offset;
	uint64_t left; /* events from here back to the oldest */
};

static void step(const struct ring *r, struct cursor *c)
{
	c->left--;
	c->offset = at(r, c->offset)->before;
}

/* The ring whose event is the newest of all; -1: there are none. */
static int newest(const struct hub *h, const struct cursor *cursors)
{
	int found = -1;
	uint64_t number = 0;
	for (uint32_t i = 0; i < h->n_rings; i++) {
		uint64_t n = cursors[i].left ? at(&h->rings[i], cursors[i].offset)->number : 0;
		if (n > number) {
			number = n;
			found = (int)i;
		}
	}
	return found;
}

uint64_t hub_recent(struct hub *h, const bool *wants, uint64_t before, size_t most,
		    bool (*each)(void *context, const struct view *view, uint64_t number), void *context)
{
	struct cursor *cursors = calloc(h->n_rings + 1, sizeof(*cursors));
	uint64_t next = 0;
	if (!cursors)
		return 0;
	for (uint32_t i = 0; i < h->n_rings; i++) {
		const struct ring *r = &h->rings[i];
		if (!wants[i] || !r->n)
			continue;
		cursors[i] = (struct cursor){r->newest, r->n};
		while (cursors[i].left && at(r, cursors[i].offset)->number >= before)
			step(r, &cursors[i]);
	}
	for (int i = newest(h, cursors); i >= 0; i = newest(h, cursors)) {
		const struct kept_event *e = at(&h->rings[i], cursors[i].offset);
		const struct view view = {(const struct eun_event *)(e + 1), e->len,
					  schema_stream(&h->shelf->schema, (uint16_t)i), NULL};
		if (!most--) {
			next = e->number + 1;
			break;
		}
		bool more = each(context, &view, e->number);
		step(&h->rings[i], &cursors[i]);
		if (!more) {
			next = newest(h, cursors) >= 0 ? e->number : 0;
			break;
		}
	}
	free(cursors);
	return next;
}
