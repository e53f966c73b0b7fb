/* SPDX-License-Identifier: MIT */
/* A schema with a field of every type, and records of it made by hand. */
#ifndef TESTS_UNIT_FILTER_FIXTURE_H
#define TESTS_UNIT_FILTER_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "filter/filter.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* test.all */
struct all {
	struct eun_event head;
	__u64 u64;
	__s64 s64;
	__u64 at;
	__u64 caps;
	__u64 latency_ns, rtt_us, tx_bytes;
	__u64 u64s[2], hist[3], stack[4];
	__u32 u32;
	__s32 s32;
	__u32 flags;
	__s32 ret;
	__u32 mode;
	eun_ref string, argv, path, bytes;
	struct eun_ip daddr;
	struct eun_sockaddr peer;
	__u16 u16;
	__s16 s16;
	__u16 dport;
	__u16 tag;
	__u8 u8;
	__s8 s8;
	__u8 failed;
	__u8 state;
	char name[12];
};

/* test.few: some names are there with another type. */
struct few {
	struct eun_event head;
	__u32 dport;
	eun_ref path;
	__s32 ret;
	__u8 only;
	char tag[8];
};

static const struct eun_label state_labels[] = {{1, "established"}, {2, "syn_sent"}, {10, "listen"}, {0, NULL}};
static const struct eun_label flag_labels[] = {
	{0, "O_RDONLY"},  {1, "O_WRONLY"},    {2, "O_RDWR"}, {0100, "O_CREAT"},
	{0200, "O_EXCL"}, {01000, "O_TRUNC"}, {0, NULL},
};

static const struct eun_field all_fields[] = {
	EUN_FIELD(struct all, u8, EUN_U8, 0, ""),
	EUN_FIELD(struct all, u16, EUN_U16, 0, ""),
	EUN_FIELD(struct all, u32, EUN_U32, 0, ""),
	EUN_FIELD(struct all, u64, EUN_U64, 0, ""),
	EUN_FIELD(struct all, s8, EUN_S8, 0, ""),
	EUN_FIELD(struct all, s16, EUN_S16, 0, ""),
	EUN_FIELD(struct all, s32, EUN_S32, 0, ""),
	EUN_FIELD(struct all, s64, EUN_S64, 0, ""),
	EUN_FIELD(struct all, failed, EUN_BOOL, 0, ""),
	EUN_FIELD(struct all, at, EUN_TIME, 0, ""),
	EUN_FIELD(struct all, name, EUN_CHARS, 0, ""),
	EUN_FIELD(struct all, string, EUN_STRING, 0, ""),
	EUN_FIELD(struct all, argv, EUN_STRINGS, 0, ""),
	EUN_FIELD(struct all, path, EUN_PATH, 0, ""),
	EUN_FIELD(struct all, daddr, EUN_IP, 0, ""),
	EUN_FIELD(struct all, peer, EUN_SOCKADDR, 0, ""),
	EUN_LABELLED(struct all, state, EUN_ENUM, 0, state_labels, ""),
	EUN_LABELLED(struct all, flags, EUN_FLAGS, 0, flag_labels, ""),
	EUN_FIELD(struct all, ret, EUN_ERRNO, 0, ""),
	EUN_FIELD(struct all, caps, EUN_CAPS, 0, ""),
	EUN_FIELD(struct all, bytes, EUN_BYTES, 0, ""),
	EUN_FIELD(struct all, u64s, EUN_U64S, 0, ""),
	EUN_FIELD(struct all, hist, EUN_HIST, 0, ""),
	EUN_FIELD(struct all, stack, EUN_STACK, 0, ""),
	EUN_FIELD(struct all, mode, EUN_U32, EUN_FIELD_OCTAL, ""),
	EUN_FIELD(struct all, dport, EUN_U16, 0, ""),
	EUN_FIELD(struct all, tag, EUN_U16, 0, ""),
	EUN_FIELD(struct all, latency_ns, EUN_U64, 0, ""),
	EUN_FIELD(struct all, rtt_us, EUN_U64, 0, ""),
	EUN_FIELD(struct all, tx_bytes, EUN_U64, 0, ""),
};
static const struct eun_stream all_stream = {
	.name = "test.all",
	.record_size = sizeof(struct all),
	.fields = EUN_TABLE(all_fields),
};

static const struct eun_field few_fields[] = {
	EUN_FIELD(struct few, dport, EUN_U32, 0, ""), EUN_FIELD(struct few, path, EUN_PATH, 0, ""),
	EUN_FIELD(struct few, ret, EUN_ERRNO, 0, ""), EUN_FIELD(struct few, only, EUN_BOOL, 0, ""),
	EUN_FIELD(struct few, tag, EUN_CHARS, 0, ""),
};
static const struct eun_stream few_stream = {
	.name = "test.few",
	.record_size = sizeof(struct few),
	.fields = EUN_TABLE(few_fields),
};

/* Computed: a pid has a container when it is odd, and is then "box"; `depth` is the pid with its sign turned. */
static inline bool get_container(const struct view *view, const struct field *field, struct value *out)
{
	(void)field;
	*out = (struct value){.ptr = "box", .len = 3};
	return view->rec->pid & 1;
}

static inline bool get_depth(const struct view *view, const struct field *field, struct value *out)
{
	(void)field;
	*out = (struct value){.s = -(int64_t)view->rec->pid};
	return true;
}

static inline bool get_nothing(const struct view *view, const struct field *field, struct value *out)
{
	(void)view;
	(void)field;
	*out = (struct value){0};
	return true;
}

/* Strings that are compared one by one: of pid 7 and above; 8 has an empty one alone. */
static inline bool get_above(const struct view *view, const struct field *field, struct value *out)
{
	static const char strings[] = "/bin/sh\0/usr/sbin/nginx\0/sbin/init";
	(void)field;
	*out = (struct value){.ptr = strings, .len = view->rec->pid == 8 ? 0 : sizeof(strings) - 1, .u = 1};
	return view->rec->pid >= 7;
}

static const struct field computed[] = {
	{.name = "container.name", .type = EUN_STRING, .get = get_container},
	{.name = "depth", .type = EUN_S32, .get = get_depth},
	{.name = "nothing", .type = EUN_STRING, .get = get_nothing},
	{.name = "above", .type = EUN_STRINGS, .flags = FIELD_EACH, .get = get_above},
	{.name = "uid", .type = EUN_STRING, .get = get_nothing}, /* never found: the header has it */
};

struct fixture {
	struct schema schema;
	const struct stream *streams[2];
	const struct stream *all, *few;
};

static inline void fixture_init(struct fixture *f)
{
	char why[256];
	*f = (struct fixture){0};
	struct stream *all = stream_new(&all_stream, why, sizeof(why)),
		      *few = stream_new(&few_stream, why, sizeof(why));
	if (!all || !few || schema_add(&f->schema, all) || schema_add(&f->schema, few)) {
		fprintf(stderr, "fixture: %s\n", why);
		abort();
	}
	f->schema.computed = computed;
	f->schema.n_computed = COUNT(computed);
	f->streams[0] = f->all = all;
	f->streams[1] = f->few = few;
}

static inline void fixture_end(struct fixture *f)
{
	schema_destroy(&f->schema);
}

/* A record in the making: the fixed part first, then the strings. */
struct record {
	union {
		struct eun_event head;
		struct all all;
		struct few few;
		char bytes[EUN_RECORD_MAX];
	};
};

static inline void record_begin(struct record *r, const struct stream *stream)
{
	memset(r, 0, sizeof(*r));
	r->head.stream = stream->id;
	r->head.len = stream->record_size;
}

static inline eun_ref record_put(struct record *r, const void *bytes, uint32_t len)
{
	uint32_t at = r->head.len;
	memcpy(r->bytes + at, bytes, len);
	r->head.len += len;
	return EUN_REF(at, len);
}

static inline eun_ref record_str(struct record *r, const char *text)
{
	return record_put(r, text, (uint32_t)strlen(text));
}

/* IPv4 from four numbers, as records hold it. */
static inline struct eun_ip ip4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct eun_ip){{[10] = 0xff, [11] = 0xff, a, b, c, d}};
}

/* Evaluates on a copy of exactly the record's size, so that a sanitizer sees a read behind it. */
static inline bool match(const struct fixture *f, const struct filter *filter, const struct record *r)
{
	char *copy = malloc(r->head.len);
	struct view view;
	memcpy(copy, r->bytes, r->head.len);
	if (!view_init(&view, copy, r->head.len, &f->schema))
		abort();
	bool result = filter_match(filter, &view);
	free(copy);
	return result;
}

static inline struct filter *compile(const struct fixture *f, const char *text, const struct filter_defs *defs)
{
	struct filter *filter = NULL;
	struct filter_error error = {0};
	if (filter_compile(&filter, text, NULL, f->streams, 2, defs, &error))
		fail_msg("%s: %u:%u: %s", text, error.line, error.column, error.text);
	return filter;
}

#endif
