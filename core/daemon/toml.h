/* SPDX-License-Identifier: MIT */
/* Configurations in TOML, which others use, said again in INI. */
#ifndef CORE_DAEMON_TOML_H
#define CORE_DAEMON_TOML_H

#include <stdbool.h>
#include <stddef.h>

#include "event/buf.h"

bool toml_named(const char *path);

/*
 * The sections that are equivalent to the simple forms of a TOML text ([section], [[section]], key = value): what is
 * recognised. The rest is named in comments. -ENOMEM.
 */
int toml_to_ini(const char *text, size_t len, struct buf *out);

#endif
