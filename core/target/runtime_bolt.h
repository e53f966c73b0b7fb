/* SPDX-License-Identifier: MIT */
/*
 * One value out of a bbolt database, the file in which containerd and podman keep what they know of their containers.
 * Its owner may write at the same time and isn't asked to wait: a look-up that it may have disturbed is done again.
 */
#ifndef CORE_TARGET_RUNTIME_BOLT_H
#define CORE_TARGET_RUNTIME_BOLT_H

#include <stdbool.h>
#include <stddef.h>

/* The value of the last key in the bucket that the keys before it lead to, as text for free(). NULL: there is none. */
char *bolt_text(const char *root, const char *path, const char *const *keys, size_t n);

#endif
