/* SPDX-License-Identifier: MIT */
/*
 * The host's own BPF object, bpf/core/target.bpf.c: programs whose names begin with "follow_" or "cgroup_", attached by
 * kind. Loading reads the kernel's types, which takes longer than all else: once is better than twice.
 */
#ifndef CORE_TARGET_OBJECT_H
#define CORE_TARGET_OBJECT_H

#include <bpf/libbpf.h>

#include "target/target.h"

#define OBJECT_LINKS 8

struct object {
	struct bpf_object *bpf; /* NULL: not loaded */
	struct bpf_link *links[OBJECT_LINKS];
	size_t n_links;
};

/* The bytes of the .bpf.o. */
const void *object_bytes(size_t *size);

/* Opens it for the programs of a kind ("follow_"), NULL: all. `types`: a BTF file to relocate
 * against, NULL: the kernel's. Constants may be set before object_load(). -errno. */
int object_open(struct object *object, const char *kind, const char *types);

/* Uses these maps in place of its own; those that nobody shares with it and that no program needs are not made. */
void object_share(struct object *object, const struct shared_map *maps, size_t n);

/* Loads. -errno, and it is closed. */
int object_load(struct object *object);
/* Attaches those of a kind. -errno, and it is closed. */
int object_attach(struct object *object, const char *kind);
void object_close(struct object *object);

#endif
