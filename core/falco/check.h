/* SPDX-License-Identifier: MIT */
/* What the parts of a single check have in common. */
#ifndef CORE_FALCO_CHECK_H
#define CORE_FALCO_CHECK_H

#include "falco/translate.h"

/* One of ours that a check is about, and where it goes. */
struct check {
	struct translator *t;
	const struct condition *c;
	const struct falco_field *field;
	const char *ours; /* its name, with the stream's if it is that one's own */
	const char *more; /* field->more */
	struct buf *out;
	uint32_t terms;
	bool own_lists; /* `values` are as the check has them, lists by name; else counted out */
	const struct falco_text *values;
};

/* No equivalent: `why` says why. */
struct meaning check_nothing(struct translator *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Writes it by the kind of the field. False: it has no equivalent, and `why` says why. */
bool check_write(struct check *check);

#endif
