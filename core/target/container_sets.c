/* SPDX-License-Identifier: MIT */
#include "container_sets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 8 /* candidates in a message */

struct wish {
	char *text;
	uint64_t bit;
	char *id;   /* the one that it means as a beginning of an id; NULL: none yet */
	bool exact; /* somebody is called so: it is no beginning */
	bool met;
};

struct container_sets {
	struct wish *wishes;
	size_t n;
};

struct container_sets *container_sets_new(void)
{
	return calloc(1, sizeof(struct container_sets));
}

void container_sets_destroy(struct container_sets *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->wishes[i].text);
		free(s->wishes[i].id);
	}
	free(s->wishes);
	free(s);
}

int container_sets_add(struct container_sets *s, int set, const char *text)
{
	struct wish *grown = realloc(s->wishes, (s->n + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->wishes = grown;
	grown[s->n] = (struct wish){.text = strdup(text), .bit = 1ull << set};
	if (!grown[s->n].text)
		return -ENOMEM;
	s->n++;
	return 0;
}

void container_sets_remove(struct container_sets *s, int set)
{
	size_t kept = 0;
	for (size_t i = 0; i < s->n; i++)
		if (s->wishes[i].bit != 1ull << set) {
			s->wishes[kept++] = s->wishes[i];
		} else {
			free(s->wishes[i].text);
			free(s->wishes[i].id);
		}
	s->n = kept;
}

static bool equal(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static bool is_called(const struct wish *w, const struct container *c)
{
	return equal(c->info.id, w->text) || equal(c->info.name, w->text);
}

static bool may_begin(const struct wish *w, const struct container *c)
{
	return c->info.id && !strncmp(c->info.id, w->text, strlen(w->text));
}

static bool means(const struct wish *w, const struct container *c)
{
	return is_called(w, c) || equal(c->info.id, w->id);
}

uint64_t container_sets_of(void *context, const struct container *c)
{
	struct container_sets *s = context;
	uint64_t bits = 0;
	for (size_t i = 0; i < s->n; i++) {
		struct wish *w = &s->wishes[i];
		if (!w->exact && !w->id && !is_called(w, c) && may_begin(w, c))
			w->id = strdup(c->info.id);
		if (!means(w, c))
			continue;
		w->met = true;
		bits |= w->bit;
	}
	return bits;
}

uint64_t container_sets_all(const struct container_sets *s)
{
	uint64_t bits = 0;
	for (size_t i = 0; i < s->n; i++)
		bits |= s->wishes[i].bit;
	return bits;
}

/* Those that fit a wish, by name or id, and by the beginning of it. */
struct candidates {
	const struct wish *wish;
	size_t called, begun;
	const char *id; /* of the last that begins so */
	char *text;     /* those of the kind that `listed` says */
	size_t room;
	bool listed_called;
};

static void count(void *context, const struct container *c)
{
	struct candidates *k = context;
	bool called = is_called(k->wish, c), begun = may_begin(k->wish, c);
	k->called += called;
	k->begun += begun;
	if (begun)
		k->id = c->info.id;
}

static void list(void *context, const struct container *c)
{
	struct candidates *k = context;
	if (!(k->listed_called ? is_called(k->wish, c) : may_begin(k->wish, c)) || k->begun++ >= SHOWN_MAX)
		return;
	size_t used = strlen(k->text);
	const char *name = c->info.name ? c->info.name : "?";
	snprintf(k->text + used, k->room - used, "%s%s (%.20s, %s)", used ? ", " : "", name, c->info.id,
		 c->info.runtime ? c->info.runtime : "?");
}

static int not_unique(const struct wish *w, const struct containers *containers, bool called, char *why,
		      size_t why_size)
{
	char text[512] = "";
	struct candidates k = {.wish = w, .text = text, .room = sizeof(text), .listed_called = called};
	containers_each(containers, list, &k);
	snprintf(why, why_size, "container '%s' is not unique, there are %zu: %s%s; give a full id", w->text, k.begun,
		 text, k.begun > SHOWN_MAX ? "..." : "");
	return -ENOTUNIQ;
}

int container_sets_resolve(struct container_sets *s, const struct containers *containers,
			   void (*waiting)(void *context, const char *text), void *context, char *why, size_t why_size)
{
	for (size_t i = 0; i < s->n; i++) {
		struct wish *w = &s->wishes[i];
		struct candidates k = {.wish = w};
		containers_each(containers, count, &k);
		if (k.called > 1 || (!k.called && k.begun > 1))
			return not_unique(w, containers, k.called > 1, why, why_size);
		w->exact = k.called;
		if (!k.called && k.begun && !(w->id = strdup(k.id)))
			return -ENOMEM;
		if (!k.called && !k.begun && waiting)
			waiting(context, w->text);
	}
	return 0;
}

struct search {
	const struct wish *wish;
	bool found;
};

static void search(void *context, const struct container *c)
{
	struct search *s = context;
	s->found |= means(s->wish, c);
}

bool container_sets_gone(const struct container_sets *s, int set, const struct containers *containers)
{
	bool any = false;
	for (size_t i = 0; i < s->n; i++) {
		struct search at = {.wish = &s->wishes[i]};
		if (s->wishes[i].bit != 1ull << set)
			continue;
		any = true;
		containers_each(containers, search, &at);
		if (!s->wishes[i].met || at.found)
			return false;
	}
	return any;
}
