/* SPDX-License-Identifier: MIT */
/* For the tests of recordings: files made and read in a folder of their own, and files made by hand in memory. */
#ifndef TESTS_UNIT_PIPELINE_FIXTURE_H
#define TESTS_UNIT_PIPELINE_FIXTURE_H

#include "event_fixture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "pipeline/record.h"
#include "pipeline/record_format.h"
#include "pipeline/record_stream.h"
#include "pipeline/recording.h"
#include "pipeline/wire.h"

#define WHY 512

struct place {
	char dir[64];
	char file[80]; /* in it */
};

static inline int place_new(void **state)
{
	struct place *p = calloc(1, sizeof(*p));
	snprintf(p->dir, sizeof(p->dir), "/tmp/eunomia-record-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->file, sizeof(p->file), "%s/run.rec", p->dir);
	*state = p;
	return 0;
}

static inline int place_remove(void **state)
{
	struct place *p = *state;
	unlink(p->file);
	assert_int_equal(rmdir(p->dir), 0);
	free(p);
	return 0;
}

static inline struct recorder *recorder_make(const char *path)
{
	char why[WHY];
	struct recorder *r = recorder_new(path, why, sizeof(why));
	if (!r)
		fail_msg("%s", why);
	return r;
}

static inline void recorder_finish(struct recorder *r)
{
	char why[WHY];
	if (recorder_close(r, why, sizeof(why)))
		fail_msg("%s", why);
}

/* A stream without fields of its own. */
static const struct eun_stream bare_stream = {
	.name = "other.bare",
	.version = 7,
	.record_size = sizeof(struct eun_event),
	.flags = EUN_STREAM_DEFAULT | EUN_STREAM_CRITICAL,
	.columns = "",
	.role = "process.exit",
	.help = "no field of its own",
};

/* Events that differ in every field. */
static inline void record_vary(struct record *x, unsigned i)
{
	char text[64];
	record_init(x);
	x->r.head.time += i * 1000003ull;
	x->r.head.pid = 100 + i;
	x->r.head.flags = (__u16)i;
	x->r.u8 = (__u8)i;
	x->r.u16 = (__u16)(i * 257);
	x->r.u32 = i * 77777;
	x->r.u64 = i * 0x123456789abcull;
	x->r.s8 = (__s8)-i;
	x->r.s16 = (__s16)-i;
	x->r.s32 = -(int)i;
	x->r.s64 = -(long long)i * 0x123456789ll;
	x->r.yes = i & 1;
	x->r.when = BOOT_NS + i;
	memcpy(x->r.chars, "ninechars", i % 10);
	x->r.ip = ip4(10, 0, 0, i);
	x->r.addr.port = (__u16)(i + 1);
	x->r.kind = (__u16)(i % 12);
	x->r.big = i & 1 ? 1ull << 40 : i;
	x->r.flags = i % 32;
	x->r.ret = -(int)i;
	x->r.caps = 1ull << (i % 64);
	for (unsigned j = 0; j < 2; j++)
		x->r.list[j] = i + j;
	for (unsigned j = 0; j < SLOTS; j++)
		x->r.hist[j] = (uint64_t)i * j;
	for (unsigned j = 0; j < FRAMES; j++)
		x->r.stack[j] = j < i % 5 ? 0xffffffff81000000ull + j : 0;
	x->r.mode = 0100644 + i % 8;
	x->r.address = i;
	snprintf(text, sizeof(text), "hostile \x1b[31m \"%u\" \xff", i);
	x->r.string = i % 3 ? record_text(x, text) : 0;
	x->r.blob = record_add(x, &i, sizeof(i));
}

/* Makes a stream and puts it into the schema. */
static inline struct stream *stream_add(struct schema *schema, const struct eun_stream *row)
{
	char why[WHY];
	struct stream *s = stream_new(row, why, sizeof(why));
	if (!s)
		fail_msg("%s", why);
	assert_int_equal(schema_add(schema, s), 0);
	return s;
}

/* A record as an event of a stream that is in `schema`. */
static inline int record_event(struct recorder *r, const struct schema *schema, uint16_t stream, struct record *x)
{
	uint32_t len;
	void *bytes = record_bytes(x, stream, &len);
	struct view view;
	assert_true(view_init(&view, bytes, len, schema));
	int err = recorder_event(r, &view);
	free(bytes);
	return err;
}

static inline struct recording *recording_make(const char *path)
{
	char why[WHY];
	struct recording *r = recording_open(path, why, sizeof(why));
	if (!r)
		fail_msg("%s", why);
	return r;
}

static inline void assert_next(struct recording *r, struct recording_item *item, int found)
{
	char why[WHY] = "";
	int got = recording_next(r, item, why, sizeof(why));
	if (got != found)
		fail_msg("%d, not %d: %s", got, found, why);
}

/* The whole file. The caller frees. */
static inline struct buf file_bytes(const char *path)
{
	struct buf bytes = {0};
	FILE *f = fopen(path, "re");
	assert_non_null(f);
	for (int c; (c = fgetc(f)) != EOF;)
		buf_char(&bytes, (char)c);
	fclose(f);
	assert_false(bytes.failed);
	return bytes;
}

/* A recording in memory. NULL: why. */
static inline struct recording *recording_of(const void *bytes, size_t n, char *why)
{
	FILE *f = fmemopen((void *)bytes, n, "r");
	assert_non_null(f);
	return recording_from(f, "FILE", why, WHY);
}

/* Where the chunk that begins at `at` ends, and its type. */
static inline size_t chunk_end_at(const struct buf *file, size_t at, uint32_t *type)
{
	struct wire in = {.at = (unsigned char *)file->data + at, .end = (unsigned char *)file->data + file->len};
	*type = wire_get_u32(&in);
	size_t length = wire_get_u32(&in);
	assert_false(in.bad);
	return at + CHUNK_HEAD_LEN + length;
}

/* A chunk of a few numbers, each of `size` bytes, given as size, number; ends at size 0. */
static inline void chunk_put(struct buf *out, uint32_t type, ...)
{
	va_list args;
	size_t begin = wire_chunk_begin(out, type);
	va_start(args, type);
	for (int size; (size = va_arg(args, int));) {
		uint64_t n = va_arg(args, uint64_t);
		char bytes[8];
		for (int i = 0; i < 8; i++)
			bytes[i] = (char)(n >> 8 * i);
		buf_add(out, bytes, (size_t)size);
	}
	va_end(args);
	wire_chunk_end(out, begin);
}

#endif
