/* SPDX-License-Identifier: MIT */
/*
 * A BPF object without the lines of its source (line_info of .BTF.ext): libbpf and the kernel would copy and check them
 * with each program, a quarter of an object's memory, for messages of the verifier that we tell otherwise. What is
 * relocated against stays.
 */
#ifndef CORE_HOST_LEAN_H
#define CORE_HOST_LEAN_H

#include <stddef.h>

/* A copy (malloc) to be opened in the object's place; as it is where the lines can't be found. NULL: no memory. */
void *lean_copy(const void *object, size_t size);

#endif
