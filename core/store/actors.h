/* SPDX-License-Identifier: MIT */
/* Actors that are in the file: their number by what is known of them. Bounded; one thread. */
#ifndef CORE_STORE_ACTORS_H
#define CORE_STORE_ACTORS_H

#include <stddef.h>
#include <stdint.h>

#define ACTORS_MAX 8192
#define ACTORS_BYTES (4u << 20)

struct actors {
	struct actor **slots; /* 2 * ACTORS_MAX of them, or NULL */
	size_t n, bytes;
};

void actors_clear(struct actors *actors);
/* 0: it is not there. */
int64_t actors_find(const struct actors *actors, const void *bytes, size_t len);
/* -ENOSPC: there are as many as may be; -ENOMEM. */
int actors_add(struct actors *actors, const void *bytes, size_t len, int64_t id);

#endif
