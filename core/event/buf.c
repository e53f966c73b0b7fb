/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAP 4096

static const char hex[] = "0123456789abcdef";

char *buf_grow(struct buf *buf, size_t n)
{
	size_t most = buf->limit ? buf->limit : SIZE_MAX / 2;
	if (!n || n > most || buf->len > most - n) {
		buf->failed |= n > 0;
		return NULL;
	}
	size_t cap = buf->cap ? buf->cap : FIRST_CAP;
	while (cap - buf->len < n)
		cap *= 2;
	if (cap > most)
		cap = most;
	char *data = realloc(buf->data, cap);
	if (!data) {
		buf->failed = true;
		return NULL;
	}
	buf->data = data;
	buf->cap = cap;
	return buf->data + buf->len;
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

/* The digits of n in a base that is a power of two, after `prefix`. */
static void power_of_two(struct buf *buf, const char *prefix, uint64_t n, unsigned bits)
{
	char digits[24];
	size_t at = sizeof(digits);
	do {
		digits[--at] = hex[n & ((1u << bits) - 1)];
		n >>= bits;
	} while (n);
	buf_str(buf, prefix);
	buf_add(buf, digits + at, sizeof(digits) - at);
}

void buf_hex(struct buf *buf, uint64_t n)
{
	power_of_two(buf, "0x", n, 4);
}

void buf_octal(struct buf *buf, uint64_t n)
{
	power_of_two(buf, n ? "0" : "", n, 3);
}

void buf_hex_bytes(struct buf *buf, const void *bytes, size_t n)
{
	const unsigned char *from = bytes;
	char *to = n ? buf_room(buf, 2 * n) : NULL;
	if (!to)
		return;
	for (size_t i = 0; i < n; i++) {
		to[2 * i] = hex[from[i] >> 4];
		to[2 * i + 1] = hex[from[i] & 15];
	}
	buf->len += 2 * n;
}

static unsigned decimal_digits(uint64_t n)
{
	unsigned digits = 1;
	for (; n >= 10000; n /= 10000)
		digits += 4;
	return digits + (n >= 10) + (n >= 100) + (n >= 1000);
}

void buf_u64(struct buf *buf, uint64_t n)
{
	unsigned digits = decimal_digits(n);
	char *to = buf_room(buf, digits);
	if (!to)
		return;
	for (unsigned i = digits; i > 0; n /= 10)
		to[--i] = (char)('0' + n % 10);
	buf->len += digits;
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

int buf_commit(struct buf *buf, size_t start)
{
	if (!buf->failed)
		return 0;
	buf->failed = false;
	buf->len = start;
	return -ENOMEM;
}

void buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}
