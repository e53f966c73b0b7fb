/* SPDX-License-Identifier: MIT */
#include "variables.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a `const volatile` variable lies in .rodata: the DATASEC of the object's BTF lists them. */
static const struct btf_var_secinfo *find_variable(const struct btf *btf, const char *name)
{
	int id = btf ? btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC) : -ENOENT;
	if (id < 0)
		return NULL;
	const struct btf_type *section = btf__type_by_id(btf, (uint32_t)id);
	const struct btf_var_secinfo *var = btf_var_secinfos(section);
	for (uint32_t i = 0; i < btf_vlen(section); i++, var++)
		if (!strcmp(btf__name_by_offset(btf, btf__type_by_id(btf, var->type)->name_off), name))
			return var;
	return NULL;
}

static int set_variable(const struct eun_option *o, const struct option_value *value, struct bpf_object *obj)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, ".rodata");
	const struct btf_var_secinfo *var = find_variable(bpf_object__btf(obj), o->var);
	size_t size = 0;
	const void *initial = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!initial || !var || var->offset > size || var->size > size - var->offset)
		return -ENOENT;
	bool text = o->type == EUN_OPTION_STRING;
	if (text ? value->number >= var->size : var->size > sizeof(value->number))
		return -EOVERFLOW;
	char *data = malloc(size);
	if (!data)
		return -ENOMEM;
	memcpy(data, initial, size);
	memset(data + var->offset, 0, var->size);
	if (text)
		memcpy(data + var->offset, value->text, value->number);
	else
		memcpy(data + var->offset, &value->number, var->size); /* little endian, as BPF is here */
	int err = bpf_map__set_initial_value(map, data, size);
	free(data);
	return err;
}

int option_apply(const struct eun_option *o, const char *text, struct bpf_object *obj, char *why, size_t why_size)
{
	struct option_value value;
	int err = option_parse(o, text, &value, why, why_size);
	if (err)
		return err;
	if (o->var && (err = set_variable(o, &value, obj))) {
		snprintf(why, why_size, "option %s: the object's variable '%s': %s", o->key, o->var, strerror(-err));
		return err;
	}
	struct bpf_map *map = o->map ? bpf_object__find_map_by_name(obj, o->map) : NULL;
	if (o->map && (!map || bpf_map__set_max_entries(map, (uint32_t)value.number))) {
		snprintf(why, why_size, "option %s: the object has no map '%s'", o->key, o->map);
		return -ENOENT;
	}
	return 0;
}
