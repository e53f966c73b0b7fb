/* SPDX-License-Identifier: MIT */
/*
 * Plugins of the host itself: tables like any plugin's, but no file and no BPF object. What their streams deliver, the
 * host makes of what it knows. `object` is NULL in them, which no file's may be.
 */
#ifndef CORE_HOST_BUILTIN_H
#define CORE_HOST_BUILTIN_H

#include "host/plugin.h"

/* By number; NULL: no more, or (with `why`) no memory. As plugin_open(). */
struct plugin *builtin_open(uint32_t i, char *why, size_t why_size);
/* The number of the one that is called so; -ENOENT. */
int builtin_find(const char *name);

#endif
