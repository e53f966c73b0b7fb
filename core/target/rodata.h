/* SPDX-License-Identifier: MIT */
/* The `const volatile` variables of a BPF object that is open and not yet loaded. */
#ifndef CORE_TARGET_RODATA_H
#define CORE_TARGET_RODATA_H

#include <bpf/libbpf.h>

/* The size of a variable; 0: the object has none of that name. */
size_t rodata_size(struct bpf_object *obj, const char *name);

/* Sets a variable to `n` bytes, zero behind them. -ENOENT: there is none; -EOVERFLOW: it is smaller; -ENOMEM. */
int rodata_set(struct bpf_object *obj, const char *name, const void *bytes, size_t n);

#endif
