/* SPDX-License-Identifier: MIT */
#include "btf_compact.h"

#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

/* What comes behind a struct btf_type: so many bytes, and so many for each of its members. */
static const struct kind {
	bool known, refers; /* `type` is another type, not a size */
	uint8_t fixed, member;
} kinds[] = {
	[BTF_KIND_INT] = {true, false, 4, 0},
	[BTF_KIND_PTR] = {true, false, 0, 0}, /* where it points to does not matter to who is relocated */
	[BTF_KIND_ARRAY] = {true, false, sizeof(struct btf_array), 0},
	[BTF_KIND_STRUCT] = {true, false, 0, sizeof(struct btf_member)},
	[BTF_KIND_UNION] = {true, false, 0, sizeof(struct btf_member)},
	[BTF_KIND_ENUM] = {true, false, 0, sizeof(struct btf_enum)},
	[BTF_KIND_FWD] = {true, false, 0, 0},
	[BTF_KIND_TYPEDEF] = {true, true, 0, 0},
	[BTF_KIND_VOLATILE] = {true, true, 0, 0},
	[BTF_KIND_CONST] = {true, true, 0, 0},
	[BTF_KIND_RESTRICT] = {true, true, 0, 0},
	[BTF_KIND_FUNC] = {true, false, 0, 0},
	[BTF_KIND_FUNC_PROTO] = {true, false, 0, sizeof(struct btf_param)},
	[BTF_KIND_VAR] = {true, false, sizeof(struct btf_var), 0},
	[BTF_KIND_DATASEC] = {true, false, 0, sizeof(struct btf_var_secinfo)},
	[BTF_KIND_FLOAT] = {true, false, 0, 0},
	[BTF_KIND_DECL_TAG] = {true, false, sizeof(struct btf_decl_tag), 0},
	[BTF_KIND_TYPE_TAG] = {true, true, 0, 0},
	[BTF_KIND_ENUM64] = {true, false, 0, sizeof(struct btf_enum64)},
};

enum want { NOT, HOLLOW, WHOLE }; /* hollow: its kind and size, no name and no members */

struct compact {
	const char *types;
	size_t types_len;
	const char *strings;
	uint32_t strings_len;
	uint32_t n;     /* of types; ids are 1 to n */
	uint32_t *at;   /* by id: its offset */
	uint8_t *want;  /* by id */
	uint32_t *to;   /* by id: its number in the copy, 0: not there */
	uint32_t *todo; /* ids whose parts are to be looked at */
	size_t n_todo;
	uint8_t *asked; /* a bit for each byte of the strings: a name that was asked for begins there */
	char *out, *names;
	size_t out_len, names_len;
};

static const struct btf_type *type(const struct compact *c, uint32_t id)
{
	return (const struct btf_type *)(c->types + c->at[id]);
}

static bool is_composite(uint32_t kind)
{
	return kind == BTF_KIND_STRUCT || kind == BTF_KIND_UNION;
}

/* What is relocated against: everything but functions and variables. */
static bool is_data(uint32_t kind)
{
	return kind != BTF_KIND_FUNC && kind != BTF_KIND_FUNC_PROTO && kind != BTF_KIND_VAR &&
	       kind != BTF_KIND_DATASEC && kind != BTF_KIND_DECL_TAG;
}

/* Where each type begins. */
static int index_types(struct compact *c)
{
	size_t cap = c->types_len / sizeof(struct btf_type) + 2;
	c->at = malloc(cap * sizeof(*c->at));
	if (!c->at)
		return -ENOMEM;
	for (size_t off = 0; off < c->types_len;) {
		const struct btf_type *t = (const void *)(c->types + off);
		if (c->types_len - off < sizeof(*t))
			return -EINVAL;
		uint32_t kind = BTF_INFO_KIND(t->info);
		if (kind >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[kind].known)
			return -ENOTSUP;
		size_t size = sizeof(*t) + kinds[kind].fixed + (size_t)kinds[kind].member * BTF_INFO_VLEN(t->info);
		if (c->types_len - off < size)
			return -EINVAL;
		c->at[++c->n] = (uint32_t)off;
		off += size;
	}
	return 0;
}

/* Of most names it tells without a search that they are not asked for. */
static uint32_t hash(const char *name, size_t len)
{
	return (uint32_t)(len * 31 + (uint8_t)name[0] * 7 + (uint8_t)name[len / 2] * 131 + (uint8_t)name[len - 1]) %
	       8192;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names that are there. In `list` all that are asked for, sorted. */
static void mark_strings(struct compact *c, char **list, size_t n)
{
	bool asked[8192] = {0};
	for (size_t i = 0; i < n; i++)
		asked[hash(list[i], strlen(list[i]))] = true;
	for (uint32_t off = 0, len; off < c->strings_len; off += len + 1) {
		const char *name = c->strings + off;
		len = (uint32_t)strlen(name);
		if (len && asked[hash(name, len)] && bsearch(&name, list, n, sizeof(*list), compare))
			c->asked[off / 8] |= (uint8_t)(1u << off % 8);
	}
}

static const char *name_of(const struct compact *c, const struct btf_type *t)
{
	return t->name_off < c->strings_len ? c->strings + t->name_off : "";
}

static bool is_asked(const struct compact *c, const struct btf_type *t)
{
	return t->name_off < c->strings_len && c->asked[t->name_off / 8] >> t->name_off % 8 & 1;
}

static int mark_names(struct compact *c, const struct btf_ask *ask)
{
	size_t n = 0;
	char **list = malloc((ask->n + ask->n_targets + 1) * sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < ask->n; i++)
		if (*ask->names[i])
			list[n++] = ask->names[i];
	for (size_t i = 0; i < ask->n_targets; i++)
		if (*ask->targets[i].name)
			list[n++] = ask->targets[i].name;
	if (n)
		qsort(list, n, sizeof(*list), compare);
	mark_strings(c, list, n);
	free(list);
	return 0;
}

static void want(struct compact *c, uint32_t id, enum want how)
{
	if (!id || id > c->n || c->want[id] >= how || !is_data(BTF_INFO_KIND(type(c, id)->info)))
		return;
	c->want[id] = how;
	c->todo[c->n_todo++] = id; /* twice at most: room is for that */
}

/* A part of something: what has no name of its own is reached through what it is a part of. */
static void want_part(struct compact *c, uint32_t id)
{
	if (id && id <= c->n)
		want(c, id,
		     is_composite(BTF_INFO_KIND(type(c, id)->info)) && !*name_of(c, type(c, id)) ? WHOLE : HOLLOW);
}

static void want_parts(struct compact *c, uint32_t id)
{
	const struct btf_type *t = type(c, id);
	uint32_t kind = BTF_INFO_KIND(t->info);
	const struct btf_array *array = (const void *)(t + 1);
	const struct btf_member *members = (const void *)(t + 1);
	if (kinds[kind].refers)
		want_part(c, t->type);
	if (kind == BTF_KIND_ARRAY) {
		want_part(c, array->type);
		want_part(c, array->index_type);
	}
	for (uint32_t i = 0; is_composite(kind) && c->want[id] == WHOLE && i < BTF_INFO_VLEN(t->info); i++)
		want_part(c, members[i].type);
}

static struct btf_target *find_target(const struct btf_ask *ask, const char *name, uint32_t kind)
{
	for (size_t i = 0; i < ask->n_targets; i++)
		if (ask->targets[i].kind == kind && !ask->targets[i].id && !strcmp(ask->targets[i].name, name))
			return &ask->targets[i];
	return NULL;
}

/* Several targets may be one: each gets the number. */
static void choose(struct compact *c, struct btf_ask *ask)
{
	for (uint32_t id = 1; id <= c->n; id++) {
		const struct btf_type *t = type(c, id);
		if (!is_asked(c, t))
			continue;
		for (struct btf_target *target; (target = find_target(ask, name_of(c, t), BTF_INFO_KIND(t->info)));)
			target->id = id;
		want(c, id, WHOLE);
	}
	while (c->n_todo)
		want_parts(c, c->todo[--c->n_todo]);
}

static uint32_t put_name(struct compact *c, uint32_t off)
{
	const char *name = off < c->strings_len ? c->strings + off : "";
	size_t len = strlen(name);
	if (!len)
		return 0;
	uint32_t at = (uint32_t)c->names_len;
	memcpy(c->names + at, name, len + 1);
	c->names_len += len + 1;
	return at;
}

static size_t name_size(const struct compact *c, uint32_t off)
{
	return off < c->strings_len ? strlen(c->strings + off) + 1 : 1;
}

/* Numbers what is wanted; the room that it takes, at most. */
static void number(struct compact *c, size_t *types, size_t *names)
{
	uint32_t next = 0;
	*types = 0;
	*names = 1;
	for (uint32_t id = 1; id <= c->n; id++) {
		if (c->want[id] == NOT)
			continue;
		const struct btf_type *t = type(c, id);
		const struct kind *kind = &kinds[BTF_INFO_KIND(t->info)];
		const char *member = (const char *)(t + 1) + kind->fixed;
		c->to[id] = ++next;
		*types += sizeof(*t) + kind->fixed;
		if (c->want[id] != WHOLE)
			continue;
		*types += (size_t)kind->member * BTF_INFO_VLEN(t->info);
		*names += name_size(c, t->name_off);
		for (uint32_t i = 0; kind->member && i < BTF_INFO_VLEN(t->info); i++, member += kind->member)
			*names += name_size(c, *(const uint32_t *)member); /* each begins with it */
	}
}

static uint32_t number_of(const struct compact *c, uint32_t id)
{
	return id <= c->n ? c->to[id] : 0;
}

static void put_type(struct compact *c, uint32_t id)
{
	const struct btf_type *t = type(c, id);
	uint32_t kind = BTF_INFO_KIND(t->info);
	bool whole = c->want[id] == WHOLE;
	size_t size = sizeof(*t) + kinds[kind].fixed;
	struct btf_type *to = (struct btf_type *)(c->out + c->out_len);
	if (whole)
		size += (size_t)kinds[kind].member * BTF_INFO_VLEN(t->info);
	memcpy(to, t, size);
	c->out_len += size;
	to->name_off = whole ? put_name(c, t->name_off) : 0;
	if (!whole && kinds[kind].member)
		to->info = kind << 24; /* no members, no kind_flag */
	if (kinds[kind].refers)
		to->type = number_of(c, t->type);
	else if (kind == BTF_KIND_PTR)
		to->type = 0;
	if (kind == BTF_KIND_ARRAY) {
		struct btf_array *array = (struct btf_array *)(to + 1);
		array->type = number_of(c, array->type);
		array->index_type = number_of(c, array->index_type);
	}
	char *member = (char *)(to + 1) + kinds[kind].fixed;
	for (uint32_t i = 0; whole && kinds[kind].member && i < BTF_INFO_VLEN(t->info);
	     i++, member += kinds[kind].member) {
		*(uint32_t *)member = put_name(c, *(uint32_t *)member);
		if (is_composite(kind))
			((struct btf_member *)member)->type = number_of(c, ((struct btf_member *)member)->type);
	}
}

/* `out` has room for a header, the types and the names. */
static int put(struct compact *c, void **out, size_t *out_size)
{
	size_t types, names;
	number(c, &types, &names);
	char *bytes = malloc(sizeof(struct btf_header) + types + names);
	if (!bytes)
		return -ENOMEM;
	c->out = bytes + sizeof(struct btf_header);
	c->names = c->out + types;
	*c->names = '\0';
	c->names_len = 1;
	for (uint32_t id = 1; id <= c->n; id++)
		if (c->want[id] != NOT)
			put_type(c, id);
	*(struct btf_header *)bytes = (struct btf_header){.magic = BTF_MAGIC,
							  .version = BTF_VERSION,
							  .hdr_len = sizeof(struct btf_header),
							  .type_len = (uint32_t)types,
							  .str_off = (uint32_t)types,
							  .str_len = (uint32_t)c->names_len};
	*out = bytes;
	*out_size = sizeof(struct btf_header) + types + c->names_len;
	return 0;
}

/* A root is there if a type of its name is. */
static int find_missing(const struct compact *c, const struct btf_ask *ask, bool *missing)
{
	bool *there = calloc(ask->n_roots + 1, sizeof(*there));
	if (!there)
		return -ENOMEM;
	for (uint32_t id = 1; id <= c->n; id++) {
		const char *name = c->want[id] == WHOLE ? name_of(c, type(c, id)) : "";
		char **root = *name && ask->n_roots
				      ? bsearch(&name, ask->roots, ask->n_roots, sizeof(*ask->roots), compare)
				      : NULL;
		if (root)
			there[root - ask->roots] = true;
	}
	*missing = false;
	for (size_t i = 0; i < ask->n_roots; i++)
		*missing |= !there[i];
	free(there);
	return 0;
}

static int work(struct compact *c, struct btf_ask *ask, void **out, size_t *out_size, bool *missing)
{
	int err = index_types(c);
	if (err)
		return err;
	c->want = calloc(c->n + 1, sizeof(*c->want));
	c->to = calloc(c->n + 1, sizeof(*c->to));
	c->todo = malloc(2 * (c->n + 1) * sizeof(*c->todo));
	c->asked = calloc(c->strings_len / 8 + 1, 1);
	if (!c->want || !c->to || !c->todo || !c->asked)
		return -ENOMEM;
	err = mark_names(c, ask);
	if (err)
		return err;
	choose(c, ask);
	err = find_missing(c, ask, missing);
	return err ? err : put(c, out, out_size);
}

int btf_compact(const void *btf, size_t size, struct btf_ask *ask, void **out, size_t *out_size, bool *missing)
{
	const struct btf_header *h = btf;
	if (size < sizeof(*h) || h->magic != BTF_MAGIC || h->hdr_len < sizeof(*h) || h->hdr_len > size ||
	    h->type_off > size - h->hdr_len || h->type_len > size - h->hdr_len - h->type_off ||
	    h->str_off > size - h->hdr_len || h->str_len > size - h->hdr_len - h->str_off || h->type_off % 4 ||
	    h->hdr_len % 4 || !h->str_len)
		return -EINVAL;
	const char *base = (const char *)btf + h->hdr_len;
	struct compact c = {.types = base + h->type_off,
			    .types_len = h->type_len,
			    .strings = base + h->str_off,
			    .strings_len = h->str_len};
	if (c.strings[h->str_len - 1])
		return -EINVAL;
	int err = work(&c, ask, out, out_size, missing);
	free(c.at);
	free(c.want);
	free(c.to);
	free(c.todo);
	free(c.asked);
	return err;
}
