/* SPDX-License-Identifier: MIT */
/*
 * Which containers a target set means: each by its name, its id or the beginning of its id. A beginning means one
 * container, the first that is there; a name means each that comes to have it. One thread.
 */
#ifndef CORE_TARGET_CONTAINER_SETS_H
#define CORE_TARGET_CONTAINER_SETS_H

#include "target/container.h"

struct container_sets;

struct container_sets *container_sets_new(void); /* NULL: no memory */
void container_sets_destroy(struct container_sets *sets);

/* The target set `set` means this container too. The text is copied. -ENOMEM. */
int container_sets_add(struct container_sets *sets, int set, const char *text);

/* It means none any more. */
void container_sets_remove(struct container_sets *sets, int set);

/*
 * Finds who is meant among those that are there; before containers_watch(). -ENOTUNIQ: a text means several, why names
 * them. `waiting` (may be NULL) is called for a text that means nobody yet.
 */
int container_sets_resolve(struct container_sets *sets, const struct containers *containers,
			   void (*waiting)(void *context, const char *text), void *context, char *why, size_t why_size);

/* For container_watch.sets; context: the container_sets. */
uint64_t container_sets_of(void *sets, const struct container *container);

/* The target sets that mean any. */
uint64_t container_sets_all(const struct container_sets *sets);

/* True: the set means containers, each that it means was there and has ended. */
bool container_sets_gone(const struct container_sets *sets, int set, const struct containers *containers);

#endif
