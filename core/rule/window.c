/* SPDX-License-Identifier: MIT */
#include "rule/window.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "event/keep.h"

struct window {
	struct window *same;          /* of the same hash */
	struct window *older, *newer; /* by the time of the first event */
	void *rule;
	void *key;
	size_t key_len;
	uint64_t hash;
	uint64_t start, length;
	uint64_t count;    /* of events since start that were not told */
	uint64_t last;     /* the time of the last one */
	void *copy;        /* of the first event, which */
	struct view first; /* is a view of */
};

struct windows {
	struct window **table;
	size_t n, most, mask;
	struct window *oldest, *newest;
	uint64_t evicted, seed;
	window_told told;
	void *context;
};

struct windows *windows_new(size_t most, window_told told, void *context)
{
	struct windows *w = calloc(1, sizeof(*w));
	size_t slots = 16;
	while (slots < most)
		slots *= 2;
	if (!w || !(w->table = calloc(slots, sizeof(struct window *)))) {
		free(w);
		return NULL;
	}
	w->most = most;
	w->mask = slots - 1;
	w->told = told;
	w->context = context;
	if (getrandom(&w->seed, sizeof(w->seed), GRND_NONBLOCK) != sizeof(w->seed))
		w->seed = (uintptr_t)w;
	return w;
}

static void unlink_window(struct windows *w, struct window *window)
{
	struct window **at = &w->table[window->hash & w->mask];
	while (*at != window)
		at = &(*at)->same;
	*at = window->same;
	*(window->older ? &window->older->newer : &w->oldest) = window->newer;
	*(window->newer ? &window->newer->older : &w->newest) = window->older;
	w->n--;
}

static void link_window(struct windows *w, struct window *window)
{
	struct window **slot = &w->table[window->hash & w->mask];
	window->same = *slot;
	*slot = window;
	window->newer = NULL;
	window->older = w->newest;
	*(w->newest ? &w->newest->newer : &w->oldest) = window;
	w->newest = window;
	w->n++;
}

static void window_free(struct window *window)
{
	free(window->copy);
	free(window->key);
	free(window);
}

static void drop(struct windows *w, struct window *window)
{
	unlink_window(w, window);
	window_free(window);
}

static void tell(struct windows *w, struct window *window, uint64_t time)
{
	uint64_t n = window->count;
	window->count = 0;
	if (n)
		w->told(w->context, window->rule, &window->first, n, time);
}

void windows_flush(struct windows *w)
{
	while (w->oldest) {
		tell(w, w->oldest, w->oldest->last);
		drop(w, w->oldest);
	}
}

void windows_free(struct windows *w)
{
	if (!w)
		return;
	while (w->oldest)
		drop(w, w->oldest);
	free(w->table);
	free(w);
}

uint64_t windows_evicted(const struct windows *w)
{
	return w->evicted;
}

/* What it is at `now`: told and begun anew where it ended with a count. False: it is over, as no more came. */
static bool advance(struct windows *w, struct window *window, uint64_t now)
{
	while (now >= window->start && now - window->start >= window->length) {
		if (!window->count)
			return false;
		window->start += window->length;
		tell(w, window, window->start);
	}
	return true;
}

void windows_tick(struct windows *w, uint64_t now)
{
	for (struct window *window = w->oldest, *next; window; window = next) {
		next = window->newer;
		if (!advance(w, window, now))
			drop(w, window);
	}
}

static uint64_t hash_of(const struct windows *w, const struct window_kind *kind)
{
	uint64_t h = w->seed;
	const unsigned char *bytes = kind->key;
	for (size_t i = 0; i < kind->key_len; i++)
		h = (h ^ bytes[i]) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

static struct window *find(const struct windows *w, const struct window_kind *kind, uint64_t hash)
{
	struct window *window = w->table[hash & w->mask];
	while (window && (window->hash != hash || window->key_len != kind->key_len ||
			  memcmp(window->key, kind->key, kind->key_len) != 0))
		window = window->same;
	return window;
}

static void begin(struct windows *w, const struct window_kind *kind, uint64_t hash, const struct view *view)
{
	size_t bytes;
	if (w->n == w->most) {
		tell(w, w->oldest, w->oldest->last);
		drop(w, w->oldest);
		w->evicted++;
	}
	struct window *window = calloc(1, sizeof(*window));
	if (!window)
		return; /* each is told, then */
	window->key = malloc(kind->key_len + 1);
	window->copy = view_copy(view, kind->keep, kind->n_keep, &window->first, &bytes);
	if (!window->key || !window->copy) {
		window_free(window);
		return;
	}
	memcpy(window->key, kind->key, kind->key_len);
	window->key_len = kind->key_len;
	window->hash = hash;
	window->rule = kind->rule;
	window->start = window->last = view->rec->time;
	window->length = kind->length;
	link_window(w, window);
}

bool windows_event(struct windows *w, const struct window_kind *kind, const struct view *view)
{
	uint64_t hash = hash_of(w, kind);
	struct window *window = find(w, kind, hash);
	if (window && !advance(w, window, view->rec->time)) {
		drop(w, window);
		window = NULL;
	}
	if (window) {
		window->count++;
		window->last = view->rec->time;
		return false;
	}
	begin(w, kind, hash, view);
	return true;
}

void windows_inherit(struct windows *w, struct windows *before, void *(*rule)(void *context, const void *old),
		     void *context)
{
	for (struct window *window; (window = before->oldest);) {
		void *heir = w->n < w->most ? rule(context, window->rule) : NULL;
		if (!heir) {
			tell(before, window, window->last);
			drop(before, window);
			continue;
		}
		unlink_window(before, window);
		window->rule = heir;
		const struct window_kind kind = {.key = window->key, .key_len = window->key_len};
		window->hash = hash_of(w, &kind);
		link_window(w, window);
	}
}
