/* SPDX-License-Identifier: MIT */
#include "event_fixture.h"

#include "event/view.h"

/* A record, seen. */
struct seen {
	struct fixture base;
	char *bytes;
	struct view view;
};

static int setup_seen(void **state)
{
	struct seen *f = calloc(1, sizeof(*f));
	assert_non_null(f);
	f->base.stream = every_add(&f->base.schema);
	record_init(&f->base.x);
	*state = f;
	return 0;
}

static int teardown_seen(void **state)
{
	struct seen *f = *state;
	free(f->bytes);
	return teardown(state);
}

/* Sees the record as it now is. */
static void look(struct seen *f)
{
	uint32_t len;
	free(f->bytes);
	f->bytes = record_bytes(&f->base.x, f->base.stream->id, &len);
	assert_true(view_init(&f->view, f->bytes, len, &f->base.schema));
}

static bool get(struct seen *f, const char *name, struct value *out)
{
	const struct field *field = stream_field(f->base.stream, name);
	assert_non_null(field);
	return view_read(&f->view, field, out);
}

static void three_checks(void **state)
{
	struct seen *f = *state;
	uint32_t len;
	struct view v;
	char *bytes = record_bytes(&f->base.x, f->base.stream->id, &len);
	struct eun_event *head = (struct eun_event *)bytes;
	assert_true(view_init(&v, bytes, len, &f->base.schema));
	assert_ptr_equal(v.rec, bytes);
	assert_int_equal(v.len, len);
	assert_ptr_equal(v.stream, f->base.stream);
	/* the length in it is not the length that came */
	assert_false(view_init(&v, bytes, len - 1, &f->base.schema));
	head->len = len + 1;
	assert_false(view_init(&v, bytes, len, &f->base.schema));
	/* shorter than the header: not even read */
	for (uint32_t n = 0; n < sizeof(struct eun_event); n++) {
		char *cut = calloc(1, n ? n : 1);
		if (n >= offsetof(struct eun_event, cpu))
			memcpy(cut + offsetof(struct eun_event, len), &n, sizeof(n));
		assert_false(view_init(&v, cut, n, &f->base.schema));
		free(cut);
	}
	/* shorter than the stream's fixed part */
	head->len = sizeof(struct every) - 1;
	assert_false(view_init(&v, bytes, head->len, &f->base.schema));
	head->len = sizeof(struct every);
	assert_true(view_init(&v, bytes, head->len, &f->base.schema));
	/* a stream that isn't there */
	head->stream = f->base.stream->id + 1;
	assert_false(view_init(&v, bytes, head->len, &f->base.schema));
	head->stream = 65535;
	assert_false(view_init(&v, bytes, head->len, &f->base.schema));
	free(bytes);
}

static void integers(void **state)
{
	struct seen *f = *state;
	struct value v;
	f->base.x.r.u8 = 255;
	f->base.x.r.u16 = 65535;
	f->base.x.r.u32 = UINT32_MAX;
	f->base.x.r.u64 = UINT64_MAX;
	f->base.x.r.s8 = -128;
	f->base.x.r.s16 = -2;
	f->base.x.r.s32 = INT32_MIN;
	f->base.x.r.s64 = INT64_MIN;
	f->base.x.r.ret = -2;
	f->base.x.r.yes = 1;
	f->base.x.r.flags = 9;
	f->base.x.r.kind = 2;
	look(f);
#define ASSERT_FIELD(name, member, want)         \
	do {                                     \
		assert_true(get(f, name, &v));   \
		assert_true(v.member == (want)); \
	} while (0)
	ASSERT_FIELD("u8", u, 255);
	ASSERT_FIELD("u16", u, 65535);
	ASSERT_FIELD("u32", u, UINT32_MAX);
	ASSERT_FIELD("u64", u, UINT64_MAX);
	ASSERT_FIELD("s8", s, -128);
	ASSERT_FIELD("s16", s, -2);
	ASSERT_FIELD("s32", s, INT32_MIN);
	ASSERT_FIELD("s64", s, INT64_MIN);
	ASSERT_FIELD("ret", s, -2);
	ASSERT_FIELD("yes", u, 1);
	ASSERT_FIELD("flags", u, 9);
	ASSERT_FIELD("kind", u, 2);
	ASSERT_FIELD("time", u, BOOT_NS);
	ASSERT_FIELD("cgroup", u, 77);
	ASSERT_FIELD("pid", u, 100);
	ASSERT_FIELD("tid", u, 101);
	ASSERT_FIELD("ppid", u, 99);
	ASSERT_FIELD("uid", u, 1000);
	ASSERT_FIELD("gid", u, 1001);
	ASSERT_FIELD("cpu", u, 1);
	ASSERT_FIELD("pidns", u, 4026531836u);
	ASSERT_FIELD("mntns", u, 4026531841u);
	f->base.x.r.s8 = 127;
	f->base.x.r.s16 = 1;
	f->base.x.r.head.flags = EUN_CONTAINER | EUN_UNREACHABLE;
	look(f);
	ASSERT_FIELD("s8", s, 127);
	ASSERT_FIELD("s16", s, 1);
	ASSERT_FIELD("event_flags", u, EUN_CONTAINER | EUN_UNREACHABLE);
}

static void assert_text(struct seen *f, const char *name, const char *text, uint32_t len)
{
	struct value v;
	assert_true(get(f, name, &v));
	assert_int_equal(v.len, len);
	assert_memory_equal(v.ptr, text, len);
}

static void texts(void **state)
{
	struct seen *f = *state;
	memcpy(f->base.x.r.chars, "ninechars", 9); /* fills the array: no NUL */
	look(f);
	assert_text(f, "chars", "ninechars", 9);
	assert_text(f, "path", "/etc/passwd", 11);
	assert_text(f, "comm", "cat", 3);
	assert_text(f, "stream", "test.every", 10);
	memcpy(f->base.x.r.chars, "a\0b", 4);
	look(f);
	assert_text(f, "chars", "a", 1);
}

/* References: what lies outside the record is no value, whatever the rest says. */
static void references(void **state)
{
	struct seen *f = *state;
	struct value v;
	const uint32_t fixed = sizeof(struct every), len = fixed + f->base.x.used;
	const struct {
		uint32_t off, len;
		bool fine;
	} cases[] = {
		{fixed, 11, true},  {len, 0, true},      {len - 1, 1, true},  {fixed, f->base.x.used, true},
		{1, len - 1, true}, {0, 0, false},       {0, 1, false},       {0, 0xffff, false},
		{len, 1, false},    {len + 1, 0, false}, {len - 1, 2, false}, {fixed, f->base.x.used + 1, false},
		{0xffff, 0, false}, {0xffff, 1, false},  {1, 0xffff, false},  {0xffff, 0xffff, false},
	};
	static const char *const names[] = {"string", "argv", "path", "blob"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		f->base.x.r.string = f->base.x.r.argv = f->base.x.r.path = f->base.x.r.blob =
			EUN_REF(cases[i].off, cases[i].len);
		look(f);
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			assert_int_equal(get(f, names[j], &v), cases[i].fine);
			if (!cases[i].fine)
				continue;
			assert_true(v.ptr >= f->bytes && v.ptr + v.len <= f->bytes + len);
			assert_ptr_equal(v.ptr, f->bytes + cases[i].off);
		}
	}
}

static void assert_strings(struct seen *f, const char *bytes, size_t len, const char *const *want)
{
	struct value v;
	const char *s;
	size_t n;
	uint32_t at = 0;
	f->base.x.used = 0;
	f->base.x.r.argv = record_add(&f->base.x, bytes, len);
	look(f);
	assert_true(get(f, "argv", &v));
	for (; *want; want++) {
		assert_true(strings_next(&v, &at, &s, &n));
		assert_int_equal(n, strlen(*want));
		assert_memory_equal(s, *want, n);
	}
	assert_false(strings_next(&v, &at, &s, &n));
}

static void strings(void **state)
{
	struct seen *f = *state;
	assert_strings(f, "cat\0-n\0", 7, (const char *[]){"cat", "-n", NULL});
	assert_strings(f, "cat\0-n", 6, (const char *[]){"cat", "-n", NULL}); /* cut: no NUL at the end */
	assert_strings(f, "a\0\0b\0", 5, (const char *[]){"a", "", "b", NULL});
	assert_strings(f, "a\0\0", 3, (const char *[]){"a", "", NULL});
	assert_strings(f, "\0\0", 2, (const char *[]){"", "", NULL});
	assert_strings(f, "\0", 1, (const char *[]){"", NULL});
	assert_strings(f, "", 0, (const char *[]){NULL});
}

static void arrays(void **state)
{
	struct seen *f = *state;
	struct value v;
	f->base.x.r.list[1] = UINT64_MAX;
	f->base.x.r.hist[SLOTS - 1] = 5;
	f->base.x.r.stack[0] = 0xffffffff81000000ull;
	look(f);
	assert_true(get(f, "list", &v));
	assert_int_equal(u64s_count(&v), 2);
	assert_true(u64s_at(&v, 1) == UINT64_MAX);
	assert_true(get(f, "hist", &v));
	assert_int_equal(u64s_count(&v), SLOTS);
	assert_int_equal(u64s_at(&v, SLOTS - 1), 5);
	assert_true(get(f, "stack", &v));
	assert_true(u64s_at(&v, 0) == 0xffffffff81000000ull);
	assert_true(get(f, "ip", &v));
	assert_int_equal(v.len, 16);
	assert_memory_equal(v.ptr, &f->base.x.r.ip, 16);
	assert_true(get(f, "addr", &v));
	assert_memory_equal(v.ptr, &f->base.x.r.addr, sizeof(f->base.x.r.addr));
	assert_true(hist_low(0) == 0 && hist_high(0) == 1);
	assert_true(hist_low(1) == 2 && hist_high(1) == 3);
	assert_true(hist_low(63) == 1ull << 63 && hist_high(63) == UINT64_MAX);
}

/* A recording may hold a record at any address; the sanitizer tells if one is read as if it were aligned. */
static void unaligned(void **state)
{
	struct seen *f = *state;
	uint32_t len;
	char *bytes = record_bytes(&f->base.x, f->base.stream->id, &len), *odd = malloc(len + 1);
	struct view view;
	struct value v;
	memcpy(odd + 1, bytes, len);
	assert_true(view_init(&view, odd + 1, len, &f->base.schema));
	for (uint32_t i = 0; i < f->base.stream->n_fields; i++)
		view_read(&view, &f->base.stream->fields[i], &v);
	for (uint32_t i = 0; i < n_header_fields; i++)
		assert_true(view_read(&view, &header_fields[i], &v));
	free(bytes);
	free(odd);
}

static bool twice_pid(const struct view *view, const struct field *field, struct value *out)
{
	(void)field;
	out->u = 2 * view->rec->pid;
	return view->rec->pid != 0;
}

static void computed(void **state)
{
	struct seen *f = *state;
	struct value v;
	const struct field field = {.name = "twice", .type = EUN_U32, .get = twice_pid};
	look(f);
	assert_true(view_read(&f->view, &field, &v));
	assert_int_equal(v.u, 200);
	f->base.x.r.head.pid = 0;
	look(f);
	assert_false(view_read(&f->view, &field, &v));
}

int main(void)
{
#define SEEN(function) cmocka_unit_test_setup_teardown(function, setup_seen, teardown_seen)
	const struct CMUnitTest tests[] = {
		SEEN(three_checks), SEEN(integers), SEEN(texts),     SEEN(references),
		SEEN(strings),      SEEN(arrays),   SEEN(unaligned), SEEN(computed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
