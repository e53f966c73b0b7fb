/* SPDX-License-Identifier: MIT */
/* Filters in the maps that every object shares. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "where.h"

#define BYTES (EUN_WHERES * sizeof(struct eun_where))

/* A place's sets have numbers of their own: place << 32 | number in the filter. */
struct wheres {
	struct eun_where *places; /* eun_wheres, mapped */
	int members;              /* fd */
	struct {
		bool used;
		struct where_members members;
	} of[EUN_WHERES];
};

static int map_of(const struct targets *targets, const char *name)
{
	size_t n;
	const struct shared_map *maps = targets_maps(targets, &n);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(maps[i].name, name))
			return maps[i].fd;
	return -1;
}

struct wheres *wheres_new(const struct targets *targets)
{
	struct wheres *w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->members = map_of(targets, "eun_members");
	void *places = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, map_of(targets, "eun_wheres"), 0);
	if (places == MAP_FAILED) {
		int err = errno;
		free(w);
		errno = err;
		return NULL;
	}
	w->places = places;
	w->of[0].used = true; /* stands for none */
	return w;
}

void wheres_destroy(struct wheres *w)
{
	if (!w)
		return;
	for (uint32_t i = 0; i < EUN_WHERES; i++)
		free(w->of[i].members.keys);
	munmap(w->places, BYTES);
	free(w);
}

static uint64_t set_of(uint32_t place, uint64_t set)
{
	return (uint64_t)place << 32 | set;
}

static int put_members(struct wheres *w, uint32_t place)
{
	const struct where_members *m = &w->of[place].members;
	const uint8_t nothing = 0;
	int err = 0;
	for (size_t i = 0; i < m->n && !err; i++) {
		const struct eun_member_key key = {m->keys[i].value, set_of(place, m->keys[i].set)};
		err = bpf_map_update_elem(w->members, &key, &nothing, BPF_ANY);
	}
	return err;
}

int wheres_add(struct wheres *w, const struct filter *const *filters, size_t n, const struct stream *stream)
{
	struct eun_where *where = calloc(1, sizeof(*where));
	struct where_members members = {0};
	if (!where)
		return -ENOMEM;
	uint32_t place = 0;
	int tests = where_build(where, &members, filters, n, stream), err = tests < 0 ? tests : 0;
	while (tests > 0 && place < EUN_WHERES && w->of[place].used)
		place++;
	if (place == EUN_WHERES)
		err = -ENOSPC;
	if (err || !tests) {
		free(members.keys);
		free(where);
		return err;
	}
	for (int i = 0; i < tests; i++)
		if (where->tests[i].kind == EUN_WHERE_MEMBER)
			where->tests[i].lo = set_of(place, where->tests[i].lo);
	w->of[place].used = true;
	w->of[place].members = members;
	memcpy(&w->places[place], where, sizeof(*where));
	free(where);
	err = put_members(w, place);
	if (err)
		wheres_free(w, place);
	return err ? err : (int)place;
}

void wheres_free(struct wheres *w, uint32_t place)
{
	struct where_members *m = &w->of[place].members;
	if (!place)
		return;
	for (size_t i = 0; i < m->n; i++) {
		const struct eun_member_key key = {m->keys[i].value, set_of(place, m->keys[i].set)};
		bpf_map_delete_elem(w->members, &key);
	}
	free(m->keys);
	*m = (struct where_members){0};
	w->of[place].used = false;
}
