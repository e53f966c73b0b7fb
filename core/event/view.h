/* SPDX-License-Identifier: MIT */
/*
 * A view is one event where it lies: in a ring, in a recording. It owns nothing and dies when the consumer that got it
 * returns. Reads are bounds-checked here, once, so that no consumer needs to.
 */
#ifndef CORE_EVENT_VIEW_H
#define CORE_EVENT_VIEW_H

#include "schema.h"

struct view {
	const struct eun_event *rec;
	uint32_t len; /* bytes behind rec; at least stream->record_size */
	const struct stream *stream;
};

/*
 * A field's value. What is valid follows from the field's type:
 *   u8..u64, bool, time, caps, enum, flags      u
 *   s8..s64, errno                              s
 *   chars, string, strings, path, bytes         ptr, len (text without the final NUL; strings: NUL between them)
 *   ip, sockaddr, u64s, hist, stack             ptr, len (not aligned: copy before use)
 */
struct value {
	uint64_t u;
	int64_t s;
	const char *ptr;
	uint32_t len;
};

/* The three checks of the host: a header, the length that was sent, the stream's fixed part. */
bool view_init(struct view *view, const void *bytes, uint32_t len, const struct schema *schema);

/* False: the event has no such value (an empty reference, a reference outside the record, a computed one unknown). */
bool view_read(const struct view *view, const struct field *field, struct value *out);

#endif
