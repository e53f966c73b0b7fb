/* SPDX-License-Identifier: MIT */
/* A growing byte buffer. A failed growth leaves what was in it and sets `failed`, so that a sequence of appends may be
 * checked once at its end. Zero-initialised is valid and empty. */
#ifndef CORE_EVENT_BUF_H
#define CORE_EVENT_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len, cap;
	bool failed; /* an append did not fit and was dropped whole */
};

/* Room for `n` more bytes at data + len; NULL: no memory. The caller adds to len. */
char *buf_room(struct buf *buf, size_t n);
void buf_add(struct buf *buf, const void *bytes, size_t n);
void buf_str(struct buf *buf, const char *text);
void buf_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_u64(struct buf *buf, uint64_t n); /* decimal */
void buf_s64(struct buf *buf, int64_t n);
void buf_pad(struct buf *buf, char c, size_t n);
void buf_free(struct buf *buf);

#endif
