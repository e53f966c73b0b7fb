/* SPDX-License-Identifier: MIT */
/* The host's own BPF object, bpf/core/target.bpf.c: some of its programs, loaded and attached. */
#ifndef CORE_TARGET_OBJECT_H
#define CORE_TARGET_OBJECT_H

#include <bpf/libbpf.h>

#include "target/target.h"

#define OBJECT_LINKS 4

struct object {
	struct bpf_object *bpf; /* NULL: not loaded */
	struct bpf_link *links[OBJECT_LINKS];
	size_t n_links;
};

/* The bytes of the .bpf.o. */
const void *object_bytes(size_t *size);

/* Opens it for the programs whose name begins with `prefix`. Constants may be set before object_start(). -errno. */
int object_open(struct object *object, const char *prefix);

/* Uses these maps in place of its own; those that nobody shares with it and that no program needs are not made. */
void object_share(struct object *object, const struct shared_map *maps, size_t n);

/* Loads. -errno, and it is closed. */
int object_load(struct object *object);
/* Attaches. -errno, and it is closed. */
int object_attach(struct object *object);
void object_close(struct object *object);

#endif
