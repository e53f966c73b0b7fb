/* SPDX-License-Identifier: MIT */
/* A value as written, to what it means for a field of some type. All return 0, -ENOMEM, or -EINVAL with the error
 * filled. */
#ifndef CORE_FILTER_LITERAL_H
#define CORE_FILTER_LITERAL_H

#include "parser.h"
#include "program.h"

/* Integers, times, bool, enum, flags, capabilities, errno: as the field's bytes would load, signed ones extended. */
int literal_number(const struct report *report, const struct field *field, const struct literal *literal,
		   uint64_t *out);
/* Texts as they are, bytes from hexadecimal. */
int literal_text(const struct report *report, struct pool *pool, const struct field *field,
		 const struct literal *literal, struct text *out);
/* An address, or a network where `networks` says so. */
int literal_address(const struct report *report, const struct field *field, const struct literal *literal,
		    bool networks, struct range *out);

#endif
