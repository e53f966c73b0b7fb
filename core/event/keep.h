/* SPDX-License-Identifier: MIT */
/* An event that is read later than it came: a copy with the values that computed fields had. */
#ifndef CORE_EVENT_KEEP_H
#define CORE_EVENT_KEEP_H

#include "event/view.h"

#define KEPT_MAX 64 /* fields */

/*
 * In one piece, to be freed as a whole: record, values of the `n` fields (at most KEPT_MAX), texts. `out` is a view of
 * it, of the same stream. NULL: no memory. *bytes: how large it is.
 */
void *view_copy(const struct view *view, const struct field *const *fields, size_t n, struct view *out, size_t *bytes);

#endif
