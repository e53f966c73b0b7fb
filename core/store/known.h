/* SPDX-License-Identifier: MIT */
/*
 * What was known of an event's actor, as bytes: the values of the computed fields, but for its age, which follows from
 * when it was made. Processes have many events and few of these, so they are stored once.
 */
#ifndef CORE_STORE_KNOWN_H
#define CORE_STORE_KNOWN_H

#include "event/buf.h"
#include "event/keep.h"

/* Which fields there are, in their order: "exe:path,argv:strings". What bytes mean follows from it. */
void known_names(struct buf *out, const struct field *computed, uint32_t n);
/* The field's place in that order; `n`: it is not there. */
uint32_t known_place(const struct field *computed, uint32_t n, const char *name);

void known_put(struct buf *out, const struct view *view, const struct field *computed, uint32_t n);

/* The text of one field. False: it has none. */
bool known_text(const void *bytes, size_t len, uint32_t place, const char **text, size_t *text_len);

/* A reader's own field for each name; NULL: it has none of that name and type. At most KEPT_MAX. */
size_t known_fields(const char *names, const struct field *computed, uint32_t n, const struct field **fields);

/* Room for what known_get() makes. */
union known {
	struct kept kept;
	char room[sizeof(struct kept) + KEPT_MAX * sizeof(struct kept_value)];
};
/*
 * The values as they were, times moved by `shift`; texts lie in `bytes`. `time`: the event's, moved too. What is not
 * sound is left out.
 */
void known_get(const void *bytes, size_t len, const struct field *const *fields, size_t n, int64_t shift, uint64_t time,
	       union known *out);

#endif
