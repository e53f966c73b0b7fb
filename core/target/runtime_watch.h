/* SPDX-License-Identifier: MIT */
/*
 * Tells when files come to be, or are written anew, whose paths match patterns as state_walk() has them. Folders on the
 * way need not exist yet. Bounded: where there is no room for another folder, what happens in it is not told.
 */
#ifndef CORE_TARGET_RUNTIME_WATCH_H
#define CORE_TARGET_RUNTIME_WATCH_H

#include <stddef.h>

#define WATCH_PATTERNS 32

struct watcher;

/* The texts are copied. Files that are there already are not told. NULL and errno. */
struct watcher *watcher_new(const char *root, const char *const *patterns, size_t n);
void watcher_destroy(struct watcher *watcher);

int watcher_fd(const struct watcher *watcher);

/* Calls `told` for what happened until now. 1: something was lost, everything is to be looked at. -errno. */
typedef void (*watcher_told)(void *context, size_t pattern, const char *path, const char *id);
int watcher_read(struct watcher *watcher, watcher_told told, void *context);

#endif
