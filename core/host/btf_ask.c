/* SPDX-License-Identifier: MIT */
#include "btf_ask.h"

#include <bpf/btf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* enum bpf_core_relo_kind of linux/bpf.h */
#define CORE_TYPE_ID_TARGET 7

/* A variable of this name is given the number of a struct (bpf/cast.bpf.h). */
static const char id_of[] = "eun_btf_";

static int grow(void **items, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return 0;
	size_t more = *cap ? 2 * *cap : 256;
	void *p = realloc(*items, more * size);
	if (!p)
		return -ENOMEM;
	*items = p;
	*cap = more;
	return 0;
}

/* "task_struct___old" asks for task_struct. NULL: it has none. */
static const char *flavour(const char *name)
{
	const char *at = strstr(name, "___");
	return at != name ? at : NULL;
}

static size_t flavourless(const char *name)
{
	const char *at = flavour(name);
	return at ? (size_t)(at - name) : strlen(name);
}

static int add_name(char ***names, size_t *n, size_t *cap, const char *name)
{
	if (grow((void **)names, *n, cap, sizeof(**names)))
		return -ENOMEM;
	(*names)[*n] = strndup(name, flavourless(name));
	return (*names)[*n] ? ((*n)++, 0) : -ENOMEM;
}

int btf_ask_target(struct btf_ask *ask, const char *prefix, const char *name, uint32_t kind)
{
	if (grow((void **)&ask->targets, ask->n_targets, &ask->cap_targets, sizeof(*ask->targets)))
		return -ENOMEM;
	struct btf_target *t = &ask->targets[ask->n_targets];
	*t = (struct btf_target){.kind = kind};
	if (asprintf(&t->name, "%s%s", prefix, name) < 0)
		return -ENOMEM;
	ask->n_targets++;
	return 0;
}

bool btf_section_target(const char *section, const char **prefix, const char **name, uint32_t *kind)
{
	static const struct {
		const char *section, *prefix;
		uint32_t kind;
	} kinds[] = {
		{"tp_btf/", "btf_trace_", BTF_KIND_TYPEDEF},
		{"fentry/", "", BTF_KIND_FUNC},
		{"fentry.s/", "", BTF_KIND_FUNC},
		{"fexit/", "", BTF_KIND_FUNC},
		{"fexit.s/", "", BTF_KIND_FUNC},
		{"fmod_ret/", "", BTF_KIND_FUNC},
		{"fmod_ret.s/", "", BTF_KIND_FUNC},
		{"lsm/", "bpf_lsm_", BTF_KIND_FUNC},
		{"lsm.s/", "bpf_lsm_", BTF_KIND_FUNC},
		{"iter/", "bpf_iter_", BTF_KIND_FUNC},
		{"iter.s/", "bpf_iter_", BTF_KIND_FUNC},
	};
	section += *section == '?';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].section);
		if (strncmp(section, kinds[i].section, n) != 0)
			continue;
		*prefix = kinds[i].prefix;
		*name = section + n;
		*kind = kinds[i].kind;
		return true;
	}
	return false;
}

/* Every type that has a name, and what variables ask for. */
static int add_types(struct btf_ask *ask, const struct btf *btf)
{
	int err = 0;
	for (uint32_t id = 1, n = btf__type_cnt(btf); id < n && !err; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, t->name_off);
		if (!name || !*name)
			continue;
		switch (btf_kind(t)) {
		case BTF_KIND_VAR:
			if (!strncmp(name, id_of, sizeof(id_of) - 1))
				err = btf_ask_target(ask, "", name + sizeof(id_of) - 1, BTF_KIND_STRUCT);
			break;
		case BTF_KIND_FUNC:
		case BTF_KIND_DATASEC:
			break;
		default:
			err = add_name(&ask->names, &ask->n, &ask->cap, name);
		}
	}
	return err;
}

/* What follows a struct btf_ext_header (Documentation/bpf/btf.rst): a section's size of a record, then the sections. */
static int add_roots(struct btf_ask *ask, const struct btf *btf, const char *bytes, size_t size)
{
	const struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t hdr_len, func_off, func_len, line_off, line_len, core_off, core_len;
	} *h = (const void *)bytes;
	if (size < sizeof(*h) || h->hdr_len < sizeof(*h) || !h->core_len)
		return 0;
	if (h->hdr_len > size || h->core_off > size - h->hdr_len || h->core_len > size - h->hdr_len - h->core_off ||
	    h->core_off % 4 || h->hdr_len % 4 || h->core_len < 4)
		return -EINVAL;
	const uint32_t *at = (const void *)(bytes + h->hdr_len + h->core_off), *end = at + h->core_len / 4;
	uint32_t words = *at++ / 4;
	if (words < 4)
		return -EINVAL;
	while (end - at >= 2) {
		uint32_t n = at[1];
		at += 2;
		for (; n && end - at >= (ptrdiff_t)words; n--, at += words) {
			/* insn_off, type_id, access_str_off, kind */
			const struct btf_type *t = btf__type_by_id(btf, at[1]);
			const char *name = t ? btf__name_by_offset(btf, t->name_off) : NULL;
			ask->ids |= at[3] == CORE_TYPE_ID_TARGET;
			if (name && *name && !flavour(name) &&
			    add_name(&ask->roots, &ask->n_roots, &ask->cap_roots, name))
				return -ENOMEM;
		}
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_names(char **names, size_t *n)
{
	size_t kept = 0;
	if (*n)
		qsort(names, *n, sizeof(*names), compare);
	for (size_t i = 0; i < *n; i++) {
		if (kept && !strcmp(names[kept - 1], names[i]))
			free(names[i]);
		else
			names[kept++] = names[i];
	}
	*n = kept;
}

int btf_ask_object(struct btf_ask *ask, const void *object, size_t size)
{
	size_t strings;
	int err = 0;
	elf_version(EV_CURRENT);
	Elf *elf = elf_memory((char *)object, size);
	Elf_Scn *section = NULL;
	Elf_Data *types = NULL, *ext = NULL;
	struct btf *btf = NULL;
	if (!elf || elf_getshdrstrndx(elf, &strings))
		err = -EINVAL;
	while (!err && (section = elf_nextscn(elf, section))) {
		GElf_Shdr head;
		const char *name = gelf_getshdr(section, &head) ? elf_strptr(elf, strings, head.sh_name) : NULL;
		const char *prefix, *target;
		uint32_t kind;
		if (name && !strcmp(name, ".BTF"))
			types = elf_getdata(section, NULL);
		else if (name && !strcmp(name, ".BTF.ext"))
			ext = elf_getdata(section, NULL);
		else if (name && btf_section_target(name, &prefix, &target, &kind))
			err = btf_ask_target(ask, prefix, target, kind);
	}
	if (!err && (!types || !(btf = btf__new(types->d_buf, (uint32_t)types->d_size))))
		err = -EINVAL;
	if (!err)
		err = add_types(ask, btf);
	if (!err && ext)
		err = add_roots(ask, btf, ext->d_buf, ext->d_size);
	sort_names(ask->names, &ask->n);
	sort_names(ask->roots, &ask->n_roots);
	btf__free(btf);
	elf_end(elf);
	return err;
}

void btf_ask_free(struct btf_ask *ask)
{
	for (size_t i = 0; i < ask->n; i++)
		free(ask->names[i]);
	for (size_t i = 0; i < ask->n_roots; i++)
		free(ask->roots[i]);
	for (size_t i = 0; i < ask->n_targets; i++)
		free(ask->targets[i].name);
	free(ask->names);
	free(ask->roots);
	free(ask->targets);
	*ask = (struct btf_ask){0};
}
