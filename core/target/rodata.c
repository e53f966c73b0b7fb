/* SPDX-License-Identifier: MIT */
#include "rodata.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where a variable lies in .rodata: the DATASEC of the object's BTF lists them. */
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

size_t rodata_size(struct bpf_object *obj, const char *name)
{
	const struct btf_var_secinfo *var = find_variable(bpf_object__btf(obj), name);
	return var ? var->size : 0;
}

int rodata_set(struct bpf_object *obj, const char *name, const void *bytes, size_t n)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, ".rodata");
	const struct btf_var_secinfo *var = find_variable(bpf_object__btf(obj), name);
	size_t size = 0;
	const void *initial = map ? bpf_map__initial_value(map, &size) : NULL;
	if (!initial || !var || var->offset > size || var->size > size - var->offset)
		return -ENOENT;
	if (n > var->size)
		return -EOVERFLOW;
	char *data = malloc(size);
	if (!data)
		return -ENOMEM;
	memcpy(data, initial, size);
	memset(data + var->offset, 0, var->size);
	memcpy(data + var->offset, bytes, n);
	int err = bpf_map__set_initial_value(map, data, size);
	free(data);
	return err;
}
