/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer. A failed growth leaves what was in it and sets `failed`, so that a sequence of appends may be
 * checked once at its end (buf_commit). Zero-initialised is valid and empty.
 */
#ifndef CORE_EVENT_BUF_H
#define CORE_EVENT_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	char *data;
	size_t len, cap;
	bool failed;  /* an append did not fit and was dropped whole */
	size_t limit; /* it grows to so many bytes at most; 0: as far as memory goes */
};

/* The slow half of buf_room. */
char *buf_grow(struct buf *buf, size_t n);

/* Room for `n` > 0 more bytes at data + len; NULL: no memory. The caller adds to len. */
static inline char *buf_room(struct buf *buf, size_t n)
{
	return buf->cap - buf->len >= n && n ? buf->data + buf->len : buf_grow(buf, n);
}

static inline void buf_add(struct buf *buf, const void *bytes, size_t n)
{
	char *to = n ? buf_room(buf, n) : NULL;
	if (!to)
		return;
	memcpy(to, bytes, n);
	buf->len += n;
}

static inline void buf_char(struct buf *buf, char c)
{
	char *to = buf_room(buf, 1);
	if (!to)
		return;
	*to = c;
	buf->len++;
}

static inline void buf_str(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_u64(struct buf *buf, uint64_t n); /* decimal */
void buf_s64(struct buf *buf, int64_t n);
void buf_hex(struct buf *buf, uint64_t n);                        /* 0x1f */
void buf_octal(struct buf *buf, uint64_t n);                      /* 0644 */
void buf_hex_bytes(struct buf *buf, const void *bytes, size_t n); /* 00ff */
void buf_pad(struct buf *buf, char c, size_t n);

/*
 * Ends a sequence of appends that began when the buffer had `start` bytes. When one of them failed it takes them all
 * back, forgets the failure and returns -ENOMEM.
 */
int buf_commit(struct buf *buf, size_t start);

void buf_free(struct buf *buf);

#endif
