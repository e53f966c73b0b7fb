/* SPDX-License-Identifier: MIT */
#include "json.h"

#include "event/escape.h"
#include "event/stamp.h"

#define EXACT_MAX (1ull << 53)

static void separate(struct buf *out)
{
	if (out->len && !memchr("{[:,", out->data[out->len - 1], 4))
		buf_char(out, ',');
}

void put_open(struct buf *out, char bracket)
{
	separate(out);
	buf_char(out, bracket);
}

void put_close(struct buf *out, char bracket)
{
	buf_char(out, bracket);
}

void put_key(struct buf *out, const char *key)
{
	separate(out);
	buf_char(out, '"');
	buf_str(out, key);
	buf_str(out, "\":");
}

void put_text(struct buf *out, const char *bytes, size_t n)
{
	separate(out);
	escape_json(out, bytes, n);
}

void put_str(struct buf *out, const char *text)
{
	if (text)
		put_text(out, text, strlen(text));
	else
		put_null(out);
}

void put_u64(struct buf *out, uint64_t n)
{
	separate(out);
	const char *quote = n > EXACT_MAX ? "\"" : "";
	buf_str(out, quote);
	buf_u64(out, n);
	buf_str(out, quote);
}

void put_bool(struct buf *out, bool b)
{
	separate(out);
	buf_str(out, b ? "true" : "false");
}

void put_null(struct buf *out)
{
	separate(out);
	buf_str(out, "null");
}

void put_raw(struct buf *out, const char *json, size_t n)
{
	separate(out);
	buf_add(out, json, n && json[n - 1] == '\n' ? n - 1 : n);
}

void put_member(struct buf *out, const char *key, const char *text)
{
	put_key(out, key);
	put_str(out, text);
}

void put_number(struct buf *out, const char *key, uint64_t n)
{
	put_key(out, key);
	put_u64(out, n);
}

void put_flag(struct buf *out, const char *key, bool b)
{
	put_key(out, key);
	put_bool(out, b);
}

void put_time(struct buf *out, const char *key, uint64_t boot_ns, int64_t clock_offset)
{
	struct stamp stamp;
	stamp_init(&stamp, clock_offset);
	put_key(out, key);
	buf_char(out, '"');
	stamp_utc(&stamp, boot_ns, out);
	buf_char(out, '"');
}
