/* SPDX-License-Identifier: MIT */
/* The kernel's names to numbers; event/names.h goes the other way. */
#ifndef CORE_FILTER_NAMES_H
#define CORE_FILTER_NAMES_H

#include <stdint.h>

/* "ENOENT" to 2; 0: no such name. */
int errno_number(const char *name);
/* "CAP_SYS_ADMIN", in any case, to the mask of its bit; 0: no such name. */
uint64_t cap_mask(const char *name);

/* For messages: the most similar one, or NULL. */
const char *errno_nearest(const char *name);
const char *cap_nearest(const char *name);

#endif
