/* SPDX-License-Identifier: MIT */
/* For the tests of core/event: a stream that has a field of every type, and records of it. */
#ifndef TESTS_UNIT_EVENT_FIXTURE_H
#define TESTS_UNIT_EVENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "event/writer.h"

#define SLOTS 64
#define FRAMES 4

struct every {
	struct eun_event head;
	__u64 u64;
	__s64 s64;
	__u64 when;
	__u64 caps;
	__u64 list[2];
	__u64 hist[SLOTS];
	__u64 stack[FRAMES];
	struct eun_sockaddr addr;
	struct eun_ip ip;
	__u32 u32;
	__s32 s32;
	__s32 ret;
	__u32 mode;
	eun_ref string;
	eun_ref argv;
	eun_ref path;
	eun_ref blob;
	__u32 flags;
	__u16 u16;
	__s16 s16;
	__u16 kind;
	__u8 u8;
	__s8 s8;
	__u8 yes;
	char chars[9];
	__u32 address;
	__u64 big;
};

static const struct eun_label every_kinds[] = {{0, "none"}, {1, "file"}, {2, "dir"},   {3, "a \"b\""},
					       {4, "e4"},   {5, "e5"},   {6, "e6"},    {7, "e7"},
					       {8, "e8"},   {9, "e9"},   {1, "twice"}, {0, NULL}};
static const struct eun_label every_bigs[] = {{1ull << 40, "far"}, {2, "near"}, {0, NULL}};
static const struct eun_label every_flags[] = {{3, "RW"}, {1, "R"}, {2, "W"}, {8, "X"}, {0, NULL}};

#define EVERY(member, type, flags) EUN_FIELD(struct every, member, type, flags, #member)
static const struct eun_field every_fields[] = {
	EVERY(u8, EUN_U8, 0),
	EVERY(u16, EUN_U16, 0),
	EVERY(u32, EUN_U32, 0),
	EVERY(u64, EUN_U64, 0),
	EVERY(s8, EUN_S8, 0),
	EVERY(s16, EUN_S16, 0),
	EVERY(s32, EUN_S32, 0),
	EVERY(s64, EUN_S64, 0),
	EVERY(yes, EUN_BOOL, 0),
	EVERY(when, EUN_TIME, 0),
	EVERY(chars, EUN_CHARS, 0),
	EVERY(string, EUN_STRING, 0),
	EVERY(argv, EUN_STRINGS, 0),
	EVERY(path, EUN_PATH, 0),
	EVERY(ip, EUN_IP, 0),
	EVERY(addr, EUN_SOCKADDR, 0),
	EUN_LABELLED(struct every, kind, EUN_ENUM, 0, every_kinds, "kind"),
	EUN_LABELLED(struct every, big, EUN_ENUM, EUN_FIELD_HEX, every_bigs, "big"),
	EUN_LABELLED(struct every, flags, EUN_FLAGS, 0, every_flags, "flags"),
	EVERY(ret, EUN_ERRNO, 0),
	EVERY(caps, EUN_CAPS, 0),
	EVERY(blob, EUN_BYTES, 0),
	EVERY(list, EUN_U64S, 0),
	EVERY(hist, EUN_HIST, 0),
	EVERY(stack, EUN_STACK, 0),
	EVERY(mode, EUN_U32, EUN_FIELD_OCTAL),
	EVERY(address, EUN_U32, EUN_FIELD_HEX),
};

static const struct eun_stream every_stream = {
	.name = "test.every",
	.version = 1,
	.record_size = sizeof(struct every),
	.fields = EUN_TABLE(every_fields),
	.columns = "path,ret,argv",
	.help = "a field of every type",
};

/* 2026-11-24T10:11:12.123456789Z is boot time BOOT_NS on a machine with this offset. */
#define BOOT_NS 3600123456789ull
#define CLOCK_OFFSET 1795511472000000000

/* A record being made. */
struct record {
	struct every r;
	char tail[15000];
	uint32_t used;
};

static inline eun_ref record_add(struct record *x, const void *bytes, size_t n)
{
	eun_ref ref = EUN_REF(sizeof(x->r) + x->used, n);
	assert_true(x->used + n <= sizeof(x->tail));
	memcpy(x->tail + x->used, bytes, n);
	x->used += (uint32_t)n;
	return ref;
}

static inline eun_ref record_text(struct record *x, const char *text)
{
	return record_add(x, text, strlen(text));
}

static inline struct eun_ip ip4(unsigned a, unsigned b, unsigned c, unsigned d)
{
	return (struct eun_ip){{[10] = 0xff, 0xff, (__u8)a, (__u8)b, (__u8)c, (__u8)d}};
}

/* A record with nothing odd in it. */
static inline void record_init(struct record *x)
{
	memset(x, 0, sizeof(*x));
	x->r.head = (struct eun_event){
		.time = BOOT_NS,
		.cgroup = 77,
		.cpu = 1,
		.pid = 100,
		.tid = 101,
		.ppid = 99,
		.uid = 1000,
		.gid = 1001,
		.pidns = 4026531836u,
		.mntns = 4026531841u,
		.comm = "cat",
	};
	x->r.path = record_text(x, "/etc/passwd");
	x->r.argv = record_add(x, "cat\0-n\0", 7);
	x->r.ip = ip4(10, 0, 0, 1);
	x->r.addr = (struct eun_sockaddr){.addr = ip4(10, 0, 0, 2), .port = 443, .family = 2};
}

/* Bytes for every length check to look at: exactly as long as the record. The caller frees. */
static inline void *record_bytes(struct record *x, uint16_t stream, uint32_t *len)
{
	*len = (uint32_t)sizeof(x->r) + x->used;
	x->r.head.len = *len;
	x->r.head.stream = stream;
	char *bytes = malloc(*len);
	assert_non_null(bytes);
	memcpy(bytes, &x->r, sizeof(x->r));
	memcpy(bytes + sizeof(x->r), x->tail, x->used);
	return bytes;
}

/* A schema with the stream of every type. */
static inline struct stream *every_add(struct schema *schema)
{
	char why[256];
	struct stream *s = stream_new(&every_stream, why, sizeof(why));
	if (!s)
		fail_msg("%s", why);
	assert_int_equal(schema_add(schema, s), 0);
	return s;
}

/* What most tests start with. The time zone is UTC until a test sets another. */
struct fixture {
	struct schema schema;
	struct stream *stream;
	struct record x;
};

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	setenv("TZ", "UTC0", 1);
	tzset();
	f->stream = every_add(&f->schema);
	record_init(&f->x);
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	f->stream->n_fields = sizeof(every_fields) / sizeof(every_fields[0]); /* a test may have shown fewer */
	schema_destroy(&f->schema);
	free(f);
	return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/* What `writer` makes of a record, NUL-terminated. The caller frees. */
static inline char *record_written(struct writer *writer, struct schema *schema, uint16_t stream, struct record *x)
{
	uint32_t len;
	void *bytes = record_bytes(x, stream, &len);
	struct view view;
	struct buf out = {0};
	assert_true(view_init(&view, bytes, len, schema));
	assert_int_equal(writer_event(writer, &view, &out), 0);
	buf_char(&out, '\0');
	free(bytes);
	return out.data;
}

/* The whole output of a writer of these options: head, and the one record. The caller frees. */
static inline char *record_output(const struct writer_options *options, struct schema *schema, uint16_t stream,
				  struct record *x)
{
	struct writer *writer = writer_new(options);
	struct buf out = {0};
	assert_non_null(writer);
	assert_int_equal(writer_head(writer, &out), 0);
	char *line = record_written(writer, schema, stream, x);
	buf_str(&out, line);
	buf_char(&out, '\0');
	free(line);
	writer_destroy(writer);
	return out.data;
}

#endif
