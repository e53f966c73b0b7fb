/* SPDX-License-Identifier: MIT */
#include "object.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* bpf/core/target.bpf.o, embedded */
__asm__(".pushsection .rodata\n"
	".balign 8\n"
	"target_object:\n"
	".incbin \"" TARGET_OBJECT_FILE "\"\n"
	"target_object_end:\n"
	".byte 0\n"
	".popsection\n");
extern const unsigned char target_object[], target_object_end[];

const void *object_bytes(size_t *size)
{
	*size = (size_t)(target_object_end - target_object);
	return target_object;
}

static bool is_kind(const struct bpf_program *prog, const char *kind)
{
	return !kind || !strncmp(bpf_program__name(prog), kind, strlen(kind));
}

int object_open(struct object *o, const char *kind, const char *types)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "eun_target", .btf_custom_path = types);
	*o = (struct object){0};
	o->bpf = bpf_object__open_mem(target_object, (size_t)(target_object_end - target_object), &opts);
	if (!o->bpf)
		return -errno;
	struct bpf_program *prog;
	bpf_object__for_each_program(prog, o->bpf) bpf_program__set_autoload(prog, is_kind(prog, kind));
	return 0;
}

void object_share(struct object *o, const struct shared_map *maps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(o->bpf, maps[i].name);
		if (map)
			bpf_map__reuse_fd(map, maps[i].fd);
	}
}

int object_load(struct object *o)
{
	int err = bpf_object__load(o->bpf);
	if (err)
		object_close(o);
	return err;
}

int object_attach(struct object *o, const char *kind)
{
	struct bpf_program *prog;
	bpf_object__for_each_program(prog, o->bpf)
	{
		if (!is_kind(prog, kind))
			continue;
		struct bpf_link *link = o->n_links < OBJECT_LINKS ? bpf_program__attach(prog) : NULL;
		if (!link) {
			int err = o->n_links < OBJECT_LINKS ? -errno : -ENOSPC;
			object_close(o);
			return err;
		}
		o->links[o->n_links++] = link;
	}
	return 0;
}

void object_close(struct object *o)
{
	while (o->n_links)
		bpf_link__destroy(o->links[--o->n_links]);
	bpf_object__close(o->bpf);
	o->bpf = NULL;
}
