/* SPDX-License-Identifier: MIT */
/*
 * Windows: of events of one kind the first is told at once, those that follow within its window are counted and told as
 * one when it ends; as long as more come, one window follows the other. Their number is bounded: for a new one the
 * oldest ends early. Only the first event of a kind allocates. One thread.
 */
#ifndef CORE_RULE_WINDOW_H
#define CORE_RULE_WINDOW_H

#include "event/view.h"

struct windows;

/* `n` further events came: `view` is the first of the window, `time` when it ended. `rule` as given with it. */
typedef void (*window_told)(void *context, void *rule, const struct view *view, uint64_t n, uint64_t time);

struct windows *windows_new(size_t most, window_told told, void *context);
void windows_free(struct windows *windows);

struct window_kind {
	void *rule;
	const void *key; /* bytes that are equal for events of one kind, and for no others */
	size_t key_len;
	uint64_t length;                 /* ns */
	const struct field *const *keep; /* computed fields that are told, n_keep */
	size_t n_keep;
};

/* True: to be told now. */
bool windows_event(struct windows *windows, const struct window_kind *kind, const struct view *view);
/* Those that ended at `now`, and all. */
void windows_tick(struct windows *windows, uint64_t now);
void windows_flush(struct windows *windows);
/* How many ended early for want of room. */
uint64_t windows_evicted(const struct windows *windows);

/* Moves all from `before`, whose streams must still be there. `rule` gives the new rule, or NULL: it ends now. */
void windows_inherit(struct windows *windows, struct windows *before, void *(*rule)(void *context, const void *old),
		     void *context);

#endif
