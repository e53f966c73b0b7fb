/* SPDX-License-Identifier: MIT */
/*
 * How libbpf loads programs that attach to something by the kernel's types (tp_btf, fentry, fexit, fmod_ret, iter), and
 * those at tracepoints.
 *
 * By itself it would read all of the kernel's BTF for each object to find where they attach. Here that is looked up
 * once for all, and the call of bpf_rdonly_cast() that eun_cast() stands for (bpf/cast.bpf.h) gets its number. What is
 * said here holds for every object that is opened in the process while it lives.
 */
#ifndef CORE_HOST_HOOK_H
#define CORE_HOST_HOOK_H

#include "kernel.h"

#define HOOK_CAST "bpf_rdonly_cast"

struct hooks;

/* To be made before any object is opened; the kernel must outlive all of them. NULL: no memory. */
struct hooks *hooks_new(struct kernel *kernel);
void hooks_destroy(struct hooks *hooks);

/* Sets the variables eun_btf_... of an object that is open to the numbers of the structs that they name. -errno. */
int hooks_set_types(struct kernel *kernel, struct bpf_object *obj);

#endif
