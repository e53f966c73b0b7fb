/* SPDX-License-Identifier: MIT */
/* The options of plugins that a request sets: by --set, and by a tool's own options. */
#ifndef CORE_CLI_SET_H
#define CORE_CLI_SET_H

#include "choose.h"

/* Every --set must be for one of the plugins. -EINVAL: why. */
int set_check(const struct request *request, const struct choices *choices, char *why, size_t why_size);

/* "key=value" of one of them, *n texts. NULL: no memory. */
char **set_options(const struct request *request, const struct choices *choices, size_t choice, size_t *n);
void set_options_free(char **list, size_t n);

#endif
