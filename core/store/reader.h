/* SPDX-License-Identifier: MIT */
/* The history's file, opened to be read and for nothing else. */
#ifndef CORE_STORE_READER_H
#define CORE_STORE_READER_H

#include <stddef.h>

#include <sqlite3.h>

/* -errno with why: "PATH: ...". -EINVAL: it is no history; -ENOTSUP: of a later version. */
int reader_open(sqlite3 **out, const char *path, char *why, size_t why_size);

#endif
