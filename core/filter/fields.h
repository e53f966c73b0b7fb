/* SPDX-License-Identifier: MIT */
/* Which field a name means. */
#ifndef CORE_FILTER_FIELDS_H
#define CORE_FILTER_FIELDS_H

#include "check.h"

/* Of check->stream: its own, the header's, a computed one; also written with the stream's name before it. Or NULL. */
const struct field *field_find(const struct check *check, const char *name);

/* The name means something in one of the streams. */
bool field_known(const struct check *check, const char *name);

/* Says that it doesn't. `alone`: where a macro could stand as well. -EINVAL. */
int field_unknown(const struct check *check, const char *name, struct place at, bool alone);

#endif
