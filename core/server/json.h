/* SPDX-License-Identifier: MIT */
/* JSON text as it is written: commas come by themselves. Strings may be hostile. Keys are ours. */
#ifndef CORE_SERVER_JSON_H
#define CORE_SERVER_JSON_H

#include "event/buf.h"

void put_open(struct buf *out, char bracket);  /* '{' or '[' */
void put_close(struct buf *out, char bracket); /* '}' or ']' */
void put_key(struct buf *out, const char *key);
void put_str(struct buf *out, const char *text); /* NULL: null */
void put_text(struct buf *out, const char *bytes, size_t n);
void put_u64(struct buf *out, uint64_t n); /* beyond 2^53: a string */
void put_bool(struct buf *out, bool b);
void put_null(struct buf *out);
/* JSON that is there already; its newline at the end is left out. */
void put_raw(struct buf *out, const char *json, size_t n);

/* "key": value */
void put_member(struct buf *out, const char *key, const char *text);
void put_number(struct buf *out, const char *key, uint64_t n);
void put_flag(struct buf *out, const char *key, bool b);
/* RFC 3339 of a moment of the boot clock. */
void put_time(struct buf *out, const char *key, uint64_t boot_ns, int64_t clock_offset);

#endif
