/* SPDX-License-Identifier: MIT */
/* How a check says no: one line, "object: reason with numbers; remedy". */
#ifndef CORE_HOST_REFUSE_H
#define CORE_HOST_REFUSE_H

#include <stddef.h>

/* Writes the reason and returns -EINVAL. */
int refuse(char *why, size_t why_size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the line, and '?' for each control byte: a refused file's texts are hostile. */
void refuse_prefix(char *why, size_t why_size, const char *prefix);

#endif
