/* SPDX-License-Identifier: MIT */
/*
 * A small BTF with those of the kernel's types that some BPF objects name, and what these are made of.
 *
 * libbpf reads the whole of BTF for each object and looks for each type among all of them: most of the time of a start
 * and of its memory. Against this one it relocates in no time. Types have other numbers in it than the kernel's: those
 * that are asked for by number are looked up beside. The format is that of Documentation/bpf/btf.rst. Any thread.
 */
#ifndef CORE_HOST_BTF_COMPACT_H
#define CORE_HOST_BTF_COMPACT_H

#include "btf_ask.h"

/*
 * Writes it to `out` (malloc) and sets the ids of the targets. `missing`: a root of the ask is not among the kernel's
 * types. -ENOTSUP: a kind of type that is not known here; -EINVAL: it is no BTF; -ENOMEM.
 */
int btf_compact(const void *btf, size_t size, struct btf_ask *ask, void **out, size_t *out_size, bool *missing);

#endif
