/* SPDX-License-Identifier: MIT */
#include "btf_slim.h"

#include <errno.h>
#include <libelf.h>
#include <gelf.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What comes behind a struct btf_type: so many bytes, and so many for each of its members. */
static const struct kind {
	bool known;
	uint8_t fixed, member;
} kinds[] = {
	[BTF_KIND_INT] = {true, 4, 0},
	[BTF_KIND_PTR] = {true, 0, 0},
	[BTF_KIND_ARRAY] = {true, sizeof(struct btf_array), 0},
	[BTF_KIND_STRUCT] = {true, 0, sizeof(struct btf_member)},
	[BTF_KIND_UNION] = {true, 0, sizeof(struct btf_member)},
	[BTF_KIND_ENUM] = {true, 0, sizeof(struct btf_enum)},
	[BTF_KIND_FWD] = {true, 0, 0},
	[BTF_KIND_TYPEDEF] = {true, 0, 0},
	[BTF_KIND_VOLATILE] = {true, 0, 0},
	[BTF_KIND_CONST] = {true, 0, 0},
	[BTF_KIND_RESTRICT] = {true, 0, 0},
	[BTF_KIND_FUNC] = {true, 0, 0},
	[BTF_KIND_FUNC_PROTO] = {true, 0, sizeof(struct btf_param)},
	[BTF_KIND_VAR] = {true, sizeof(struct btf_var), 0},
	[BTF_KIND_DATASEC] = {true, 0, sizeof(struct btf_var_secinfo)},
	[BTF_KIND_FLOAT] = {true, 0, 0},
	[BTF_KIND_DECL_TAG] = {true, sizeof(struct btf_decl_tag), 0},
	[BTF_KIND_TYPE_TAG] = {true, 0, 0},
	[BTF_KIND_ENUM64] = {true, 0, sizeof(struct btf_enum64)},
};

void *btf_room(size_t size)
{
	const size_t huge = 2u << 20;
	void *room;
	size = (size + huge - 1) & ~(huge - 1);
	if (posix_memalign(&room, huge, size))
		return NULL;
	madvise(room, size, MADV_HUGEPAGE); /* it may not: small pages do as well */
	return room;
}

static int add(struct btf_names *names, const char *name, size_t len)
{
	if (names->n == names->cap) {
		size_t cap = names->cap ? 2 * names->cap : 1024;
		char **items = realloc(names->items, cap * sizeof(*items));
		if (!items)
			return -ENOMEM;
		names->items = items;
		names->cap = cap;
	}
	names->items[names->n] = strndup(name, len);
	return names->items[names->n++] ? 0 : -ENOMEM;
}

void btf_names_free(struct btf_names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
	*names = (struct btf_names){0};
}

/* "task_struct___old" asks for task_struct. */
static size_t flavourless(const char *name)
{
	const char *flavour = strstr(name, "___");
	return flavour && flavour != name ? (size_t)(flavour - name) : strlen(name);
}

static int add_strings(struct btf_names *names, const char *btf, size_t size)
{
	const struct btf_header *h = (const void *)btf;
	if (size < sizeof(*h) || h->magic != BTF_MAGIC || h->hdr_len > size || h->str_off > size - h->hdr_len ||
	    h->str_len > size - h->hdr_len - h->str_off || !h->str_len)
		return -EINVAL;
	const char *at = btf + h->hdr_len + h->str_off, *end = at + h->str_len;
	int err = end[-1] ? -EINVAL : 0;
	for (; !err && at < end; at += strlen(at) + 1)
		if (*at)
			err = add(names, at, flavourless(at));
	return err;
}

int btf_names_add(struct btf_names *names, const void *object, size_t size)
{
	size_t strings;
	int err = -EINVAL;
	elf_version(EV_CURRENT);
	Elf *elf = elf_memory((char *)object, size);
	Elf_Scn *section = NULL;
	if (!elf || elf_getshdrstrndx(elf, &strings)) {
		elf_end(elf);
		return -EINVAL;
	}
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr head;
		const char *name = gelf_getshdr(section, &head) ? elf_strptr(elf, strings, head.sh_name) : NULL;
		const char *target = name ? strrchr(name, '/') : NULL;
		Elf_Data *data = name && !strcmp(name, ".BTF") ? elf_getdata(section, NULL) : NULL;
		if (target && add(names, target + 1, strlen(target + 1))) {
			err = -ENOMEM;
			break;
		}
		if (data && (err = add_strings(names, data->d_buf, data->d_size)))
			break;
	}
	elf_end(elf);
	return err;
}

struct slim {
	const char *types, *types_end;
	const char *strings;
	uint32_t strings_len;
	const struct btf_names *names;
	uint8_t *kept; /* a bit for each byte of the strings: a name that stays begins there */
	bool *protos;  /* by type id: of a function that is asked for */
	uint32_t n;
	char *to;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool begins(const char *name, const char *start)
{
	return !strncmp(name, start, strlen(start));
}

/*
 * What is looked up by a name that is made of the program's: bpf_iter_task, btf_trace_sched_switch. And the function
 * that kernel_hook() tries whether functions can be attached to.
 */
static bool is_hook(const char *name)
{
	return (*name == 'b' &&
		(begins(name, "btf_trace_") || begins(name, "bpf_iter_") || begins(name, "bpf_lsm_"))) ||
	       !strcmp(name, "do_exit");
}

/* Of most names it tells without a search that they are not asked for. */
static uint32_t hash(const char *name, size_t len)
{
	return (uint32_t)(len * 31 + (uint8_t)name[0] * 7 + (uint8_t)name[len / 2] * 131 + (uint8_t)name[len - 1]) %
	       4096;
}

/* Every string is there once, so that a name is known by its offset. */
static void choose_names(struct slim *s)
{
	bool asked[4096] = {0};
	for (size_t i = 0; i < s->names->n; i++)
		asked[hash(s->names->items[i], strlen(s->names->items[i]))] = true;
	for (uint32_t off = 0, len; off < s->strings_len; off += len + 1) {
		const char *name = s->strings + off;
		len = (uint32_t)strlen(name);
		if (!len || is_hook(name) ||
		    (asked[hash(name, len)] && bsearch(&name, s->names->items, s->names->n, sizeof(char *), compare)))
			s->kept[off / 8] |= (uint8_t)(1u << off % 8);
	}
}

static bool keep(const struct slim *s, const struct btf_type *t, uint32_t id)
{
	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
		return true;
	case BTF_KIND_FUNC_PROTO:
		return s->protos[id];
	case BTF_KIND_DATASEC:
		return false;
	default:
		return t->name_off < s->strings_len && s->kept[t->name_off / 8] >> t->name_off % 8 & 1;
	}
}

/* Calls `each` for every type with its size in bytes. */
static int walk(struct slim *s, void (*each)(struct slim *s, const struct btf_type *t, uint32_t id, size_t size))
{
	uint32_t id = 0;
	for (const char *at = s->types; at < s->types_end;) {
		struct btf_type t;
		if ((size_t)(s->types_end - at) < sizeof(t))
			return -EINVAL;
		memcpy(&t, at, sizeof(t));
		uint32_t kind = BTF_INFO_KIND(t.info);
		if (kind >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[kind].known)
			return -ENOTSUP;
		size_t size = sizeof(t) + kinds[kind].fixed + (size_t)kinds[kind].member * BTF_INFO_VLEN(t.info);
		if ((size_t)(s->types_end - at) < size)
			return -EINVAL;
		each(s, (const struct btf_type *)at, ++id, size);
		at += size;
	}
	s->n = id;
	return 0;
}

static void count(struct slim *s, const struct btf_type *t, uint32_t id, size_t size)
{
	(void)s, (void)t, (void)id, (void)size;
}

static void mark_proto(struct slim *s, const struct btf_type *t, uint32_t id, size_t size)
{
	(void)id, (void)size;
	if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC && t->type <= s->n && keep(s, t, id))
		s->protos[t->type] = true;
}

static void copy(struct slim *s, const struct btf_type *t, uint32_t id, size_t size)
{
	struct btf_type *to = (struct btf_type *)s->to;
	if (keep(s, t, id)) {
		memcpy(to, t, size);
	} else {
		const struct kind *kind = &kinds[BTF_INFO_KIND(t->info)];
		size = sizeof(*t) + kind->fixed;
		memcpy(to, t, size);
		to->name_off = 0;
		if (kind->member)
			to->info = BTF_INFO_KIND(t->info) << 24; /* no members, no kind_flag */
	}
	s->to += size;
}

int btf_slim(const void *btf, size_t size, struct btf_names *names, void **out, size_t *out_size)
{
	const struct btf_header *h = btf;
	if (size < sizeof(*h) || h->magic != BTF_MAGIC || h->hdr_len < sizeof(*h) || h->hdr_len > size ||
	    h->type_off > size - h->hdr_len || h->type_len > size - h->hdr_len - h->type_off ||
	    h->str_off > size - h->hdr_len || h->str_len > size - h->hdr_len - h->str_off || h->type_off % 4 ||
	    h->hdr_len % 4 || !h->str_len)
		return -EINVAL;
	const char *base = (const char *)btf + h->hdr_len;
	struct slim s = {.types = base + h->type_off,
			 .types_end = base + h->type_off + h->type_len,
			 .strings = base + h->str_off,
			 .strings_len = h->str_len,
			 .names = names};
	if (s.strings[h->str_len - 1])
		return -EINVAL;
	if (names->n)
		qsort(names->items, names->n, sizeof(char *), compare);
	int err = walk(&s, count);
	if (err)
		return err;
	char *copied = btf_room(sizeof(*h) + h->type_len + h->str_len);
	s.protos = calloc(s.n + 1, sizeof(*s.protos));
	s.kept = calloc(h->str_len / 8 + 1, 1);
	if (!copied || !s.protos || !s.kept) {
		free(copied);
		free(s.protos);
		free(s.kept);
		return -ENOMEM;
	}
	choose_names(&s);
	s.to = copied + sizeof(*h);
	walk(&s, mark_proto);
	walk(&s, copy);
	free(s.protos);
	free(s.kept);
	struct btf_header *head = (struct btf_header *)copied;
	uint32_t types = (uint32_t)(s.to - copied - (ptrdiff_t)sizeof(*h));
	*head = (struct btf_header){.magic = BTF_MAGIC,
				    .version = h->version,
				    .flags = h->flags,
				    .hdr_len = sizeof(*h),
				    .type_len = types,
				    .str_off = types,
				    .str_len = h->str_len};
	memcpy(s.to, s.strings, h->str_len);
	*out = copied;
	*out_size = sizeof(*h) + types + h->str_len;
	return 0;
}
