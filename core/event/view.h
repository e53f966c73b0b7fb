/* SPDX-License-Identifier: MIT */
/*
 * A view is one event where it lies: in a ring, in a recording. It owns nothing and dies when the consumer that got it
 * returns. Reads are bounds-checked here, once, so that no consumer needs to.
 */
#ifndef CORE_EVENT_VIEW_H
#define CORE_EVENT_VIEW_H

#include <string.h>

#include "schema.h"

struct view {
	const struct eun_event *rec;
	uint32_t len; /* bytes behind rec; at least stream->record_size */
	const struct stream *stream;
	const struct kept *kept; /* or NULL */
};

/*
 * A field's value. What is valid follows from the field's type:
 *   u8..u64, bool, time, caps, enum, flags      u
 *   s8..s64, errno                              s
 *   chars, string, path, bytes                  ptr, len (text without the final NUL)
 *   strings                                     ptr, len (NUL between them, none at the end); len 0 is one empty
 *                                               string if u is set, else none: strings_next() knows
 *   ip, sockaddr, u64s, hist, stack             ptr, len (not aligned: copy before use)
 */
struct value {
	uint64_t u;
	int64_t s;
	const char *ptr;
	uint32_t len;
};

/*
 * Computed fields of an event whose copy is read later: as they were when it came. Fields that are not among them are
 * asked for when they are read.
 */
struct kept {
	uint32_t n;
	struct kept_value {
		const struct field *field;
		bool has;
		struct value value;
	} values[];
};

/* The three checks of the host: a header, the length that was sent, the stream's fixed part. */
bool view_init(struct view *view, const void *bytes, uint32_t len, const struct schema *schema);

/* False: the event has no such value (an empty reference, a reference outside the record, a computed one unknown). */
bool view_read(const struct view *view, const struct field *field, struct value *out);

/* An integer by its field's name, an errno as it is; 0: there is none. */
uint64_t view_number(const struct view *view, const char *name);

/* The strings of a value, one a call; `at` starts at 0. False: no more. */
static inline bool strings_next(const struct value *v, uint32_t *at, const char **string, size_t *len)
{
	if (*at > v->len || (!v->len && !v->u))
		return false;
	*string = v->ptr + *at;
	const char *end = v->len > *at ? memchr(*string, 0, v->len - *at) : NULL;
	*len = end ? (size_t)(end - *string) : v->len - *at;
	*at += (uint32_t)*len + 1;
	return true;
}

/* The numbers of u64s, hist and stack. */
static inline uint32_t u64s_count(const struct value *v)
{
	return v->len / sizeof(uint64_t);
}

static inline uint64_t u64s_at(const struct value *v, uint32_t i)
{
	uint64_t n;
	memcpy(&n, v->ptr + i * sizeof(n), sizeof(n));
	return n;
}

/* What slot i < 64 of a histogram counts, from and to. */
static inline uint64_t hist_low(uint32_t i)
{
	return i ? 1ull << i : 0;
}

static inline uint64_t hist_high(uint32_t i)
{
	return UINT64_MAX >> (63 - i);
}

#endif
