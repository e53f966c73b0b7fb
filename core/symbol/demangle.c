/* SPDX-License-Identifier: MIT */
#include "demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <string.h>

#define MANGLED_MAX 1024

struct text {
	char *to;
	size_t size, used;
	jmp_buf full;
};

/*
 * A mangled name of a few bytes can stand for gigabytes, and the printer can't be told to stop: it is left. It holds
 * no memory: these two functions of libiberty print from the stack.
 */
static void print(const char *part, size_t n, void *context)
{
	struct text *t = context;
	if (n >= t->size - t->used)
		longjmp(t->full, 1);
	memcpy(t->to + t->used, part, n);
	t->used += n;
}

size_t demangle(const char *name, char *to, size_t size)
{
	struct text text = {.to = to, .size = size};
	if (name[0] != '_' || (name[1] != 'Z' && name[1] != 'R') || !size || strnlen(name, MANGLED_MAX) == MANGLED_MAX)
		return 0;
	if (setjmp(text.full))
		return 0;
	int options = DMGL_PARAMS | DMGL_ANSI;
	if (!rust_demangle_callback(name, options, print, &text)) {
		text.used = 0;
		if (!cplus_demangle_v3_callback(name, options, print, &text))
			return 0;
	}
	to[text.used] = '\0';
	return text.used;
}
