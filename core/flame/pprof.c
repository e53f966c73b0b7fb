/* SPDX-License-Identifier: MIT */
/* profile.proto of github.com/google/pprof, gzip'd. One function and one location a frame: names are all there is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "write.h"

#define DEPTH_MAX 1024

static void varint(struct buf *b, uint64_t n)
{
	for (; n >= 0x80; n >>= 7)
		buf_char(b, (char)(n | 0x80));
	buf_char(b, (char)n);
}

static void number(struct buf *b, uint32_t field, uint64_t n)
{
	if (!n)
		return;
	varint(b, field << 3);
	varint(b, n);
}

static void bytes(struct buf *b, uint32_t field, const void *data, size_t n)
{
	varint(b, field << 3 | 2);
	varint(b, n);
	buf_add(b, data, n);
}

/* A message within: appended whole, and its buffer emptied for the next one. */
static void message(struct buf *b, uint32_t field, struct buf *inner)
{
	bytes(b, field, inner->data, inner->len);
	b->failed |= inner->failed;
	inner->len = 0;
}

static void text(struct buf *b, const char *s)
{
	bytes(b, 6, s, strlen(s));
}

/* Texts 1 to 4; those of the frames follow, in order. */
enum { TEXT_TYPE = 1, TEXT_UNIT, TEXT_CPU, TEXT_NANOSECONDS, TEXT_FRAMES };

static void value_type(struct buf *b, struct buf *inner, uint32_t field, uint64_t type, uint64_t unit)
{
	number(inner, 1, type);
	number(inner, 2, unit);
	message(b, field, inner);
}

static void samples(const struct flame *p, struct buf *b, struct buf *sample, struct buf *list)
{
	for (uint32_t i = 1; i < p->n_nodes; i++) {
		uint32_t depth = 0;
		if (!p->nodes[i].self)
			continue;
		for (uint32_t at = i; at && depth++ < DEPTH_MAX; at = p->nodes[at].parent) /* innermost first */
			varint(list, p->nodes[at].frame);
		message(sample, 1, list);
		varint(list, p->nodes[i].self);
		message(sample, 2, list);
		message(b, 2, sample);
	}
}

static int gzip(const struct buf *from, struct buf *out)
{
	z_stream z = {0};
	if (deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	uLong room = deflateBound(&z, from->len);
	char *to = buf_room(out, room);
	int end = Z_MEM_ERROR;
	if (to) {
		z.next_in = (Bytef *)from->data;
		z.avail_in = (uInt)from->len;
		z.next_out = (Bytef *)to;
		z.avail_out = (uInt)room;
		end = deflate(&z, Z_FINISH);
		out->len += z.total_out;
	}
	deflateEnd(&z);
	return end == Z_STREAM_END ? 0 : -ENOMEM;
}

int write_pprof(const struct flame *p, const struct flame_about *about, struct buf *out)
{
	struct buf b = {0}, inner = {0}, list = {0};
	value_type(&b, &inner, 1, TEXT_TYPE, TEXT_UNIT);
	samples(p, &b, &inner, &list);
	for (uint32_t i = 1; i < p->n_frames; i++) {
		number(&list, 1, i);
		number(&inner, 1, i);
		message(&inner, 4, &list);
		message(&b, 4, &inner);
		number(&inner, 1, i);
		number(&inner, 2, TEXT_FRAMES + i - 1);
		number(&inner, 3, TEXT_FRAMES + i - 1);
		message(&b, 5, &inner);
	}
	text(&b, "");
	text(&b, about->unit[0] == 'n' ? "time" : "samples");
	text(&b, about->unit[0] == 'n' ? "nanoseconds" : "count");
	text(&b, "cpu");
	text(&b, "nanoseconds");
	for (uint32_t i = 1; i < p->n_frames; i++)
		text(&b, p->frames[i].name);
	number(&b, 9, about->time);
	number(&b, 10, about->duration_ns);
	if (about->period_ns) {
		value_type(&b, &inner, 11, TEXT_CPU, TEXT_NANOSECONDS);
		number(&b, 12, about->period_ns);
	}
	int err = b.failed || b.len > UINT32_MAX ? -ENOMEM : gzip(&b, out);
	buf_free(&b);
	buf_free(&inner);
	buf_free(&list);
	return err;
}
