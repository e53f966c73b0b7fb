/* SPDX-License-Identifier: MIT */
/*
 * A copy of the kernel's BTF in which only what some BPF objects name has a name and members.
 *
 * libbpf reads the whole of BTF for each object and looks for each type among all names: most of the time of a start.
 * In the copy every type keeps its id, its kind and its size, so that what is relocated against it is right for the
 * kernel; the strings stay where they are, as modules' BTF refers to them. The format is that of
 * Documentation/bpf/btf.rst. Any thread.
 */
#ifndef CORE_HOST_BTF_SLIM_H
#define CORE_HOST_BTF_SLIM_H

#include <stddef.h>

/* Names that objects may ask for, a superset: the strings of their BTF, and what their programs attach to. */
struct btf_names {
	char **items;
	size_t n, cap;
};

/* Adds those of one .bpf.o in memory. -EINVAL: it has no BTF; -ENOMEM. */
int btf_names_add(struct btf_names *names, const void *object, size_t size);
void btf_names_free(struct btf_names *names);

/* Room for a few MiB that are all used, in huge pages where there are some: a page fault each 4 KiB took longer than
 * the work. To be given to free(); NULL: no memory. */
void *btf_room(size_t size);

/*
 * Sorts the names and writes the copy to `out` (of btf_room(), the caller's). -ENOTSUP: a kind of type that is not
 * known here; -EINVAL: it is no BTF; -ENOMEM.
 */
int btf_slim(const void *btf, size_t size, struct btf_names *names, void **out, size_t *out_size);

#endif
