/* SPDX-License-Identifier: MIT */
#include "variables.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "target/rodata.h"

static int set_variable(const struct eun_option *o, const struct option_value *value, struct bpf_object *obj)
{
	size_t size = rodata_size(obj, o->var);
	if (!size)
		return -ENOENT;
	if (o->type == EUN_OPTION_STRING)
		return value->number >= size ? -EOVERFLOW : rodata_set(obj, o->var, value->text, value->number);
	/* little endian, as BPF is here */
	return size > sizeof(value->number) ? -EOVERFLOW : rodata_set(obj, o->var, &value->number, size);
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
