/* SPDX-License-Identifier: MIT */
/* A rule's message: text with {field}s in it. Made of events it holds their values as they are: writers escape them. */
#ifndef CORE_RULE_MESSAGE_H
#define CORE_RULE_MESSAGE_H

#include "event/buf.h"
#include "rule/rules.h"

struct message {
	struct message_part {
		const char *text; /* or, of a field: its name */
		size_t len;
		bool is_field;
	} * parts;
	size_t n;
};

/* In `pool`. An item without a message has its name for one. Its fields are in one of the streams: -EINVAL; -ENOMEM. */
int message_make(struct message *out, struct pool *pool, const struct rule_item *item,
		 const struct stream *const *streams, size_t n, struct config_error *error);

/* `fields`: by part, those of the view's stream, NULL where it has none. What doesn't fit is left out. */
void message_write(const struct message *message, const struct field *const *fields, const struct view *view,
		   int64_t clock_offset, struct buf *out);

/* A name that none of the streams has: with the nearest. -EINVAL. */
int message_unknown(const struct stream *const *streams, size_t n, const char *name, char *text, size_t size);

#endif
