/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *buf_room(struct buf *buf, size_t n)
{
	if (buf->cap - buf->len < n) {
		size_t cap = buf->cap ? buf->cap : 4096;
		while (cap - buf->len < n)
			cap *= 2;
		char *data = realloc(buf->data, cap);
		if (!data) {
			buf->failed = true;
			return NULL;
		}
		buf->data = data;
		buf->cap = cap;
	}
	return buf->data + buf->len;
}

void buf_add(struct buf *buf, const void *bytes, size_t n)
{
	char *to = n ? buf_room(buf, n) : NULL;
	if (!to)
		return;
	memcpy(to, bytes, n);
	buf->len += n;
}

void buf_str(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	char *to = n < 0 ? NULL : buf_room(buf, (size_t)n + 1);
	if (!to)
		return;
	va_start(args, fmt);
	vsnprintf(to, (size_t)n + 1, fmt, args);
	va_end(args);
	buf->len += (size_t)n;
}

void buf_u64(struct buf *buf, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	buf_add(buf, digits + at, sizeof(digits) - at);
}

void buf_s64(struct buf *buf, int64_t n)
{
	if (n < 0)
		buf_char(buf, '-');
	buf_u64(buf, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

void buf_pad(struct buf *buf, char c, size_t n)
{
	char *to = n ? buf_room(buf, n) : NULL;
	if (!to)
		return;
	memset(to, c, n);
	buf->len += n;
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}
