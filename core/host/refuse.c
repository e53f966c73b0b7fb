/* SPDX-License-Identifier: MIT */
#include "refuse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int refuse(char *why, size_t why_size, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(why, why_size, fmt, args);
	va_end(args);
	return -EINVAL;
}

void refuse_prefix(char *why, size_t why_size, const char *prefix)
{
	size_t head = strlen(prefix) + 2, len = strlen(why);
	if (head + 1 > why_size)
		return;
	if (len > why_size - head - 1)
		len = why_size - head - 1;
	memmove(why + head, why, len);
	why[head + len] = 0;
	memcpy(why, prefix, head - 2);
	memcpy(why + head - 2, ": ", 2);
	for (char *p = why; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}
