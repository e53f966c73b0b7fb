/* SPDX-License-Identifier: MIT */
/* Readable names of C++ and Rust. */
#ifndef CORE_SYMBOL_DEMANGLE_H
#define CORE_SYMBOL_DEMANGLE_H

#include <stddef.h>

#define DEMANGLED_MAX 4096

/*
 * Writes the readable form of a mangled name to `to` (`size` bytes with the NUL) and returns its length; 0: it is not
 * mangled, or its readable form does not fit. No memory is taken, whatever the name.
 */
size_t demangle(const char *name, char *to, size_t size);

#endif
