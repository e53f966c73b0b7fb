/* SPDX-License-Identifier: MIT */
/* Objects of JSON; what single values look like is in event_types.c, and event_oracle.c has it read by Python. */
#include "event_fixture.h"

/* Two own fields are enough. */
static int setup_two(void **state)
{
	setup(state);
	((struct fixture *)*state)->stream->n_fields = 2; /* u8, u16 */
	return 0;
}

static void assert_object(struct fixture *f, const struct column *columns, uint32_t n, const char *want)
{
	char *got = record_output(
		&(struct writer_options){
			.format = FORMAT_JSON,
			.columns = columns,
			.n_columns = n,
			.clock_offset = CLOCK_OFFSET,
		},
		&f->schema, f->stream->id, &f->x);
	assert_string_equal(got, want);
	free(got);
}

#define TS "\"ts\":\"2026-11-24T10:11:12.123456789Z\""
#define IDS "\"cpu\":1,\"pid\":100,\"tid\":101,\"ppid\":99"
#define REST "\"comm\":\"cat\",\"cgroup\":77,\"pidns\":4026531836,\"mntns\":4026531841"
#define HEADER "{" TS ",\"stream\":\"test.every\",\"event_flags\":[]," IDS ",\"uid\":1000,\"gid\":1001," REST

static void whole(void **state)
{
	assert_object(*state, NULL, 0, HEADER ",\"u8\":0,\"u16\":0,\"container\":null}\n");
}

/* The names of a container come later: that it is one is said at once. */
static void container(void **state)
{
	struct fixture *f = *state;
	f->x.r.head.flags = EUN_CONTAINER | EUN_IA32;
	assert_object(f, NULL, 0,
		      "{" TS ",\"stream\":\"test.every\",\"event_flags\":[\"ia32\",\"container\"]," IDS
		      ",\"uid\":1000,\"gid\":1001," REST ",\"u8\":0,\"u16\":0,\"container\":{\"id\":null,\"name\":null,"
		      "\"image\":null,\"runtime\":null,\"state\":\"pending\"}}\n");
}

/* A key stands once in an object: an own field wins over the header's, and over ts and container. */
static void no_key_twice(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *first, *second, *want;
	} cases[] = {
		{"uid", "u16",
		 "{" TS ",\"stream\":\"test.every\",\"event_flags\":[]," IDS ",\"gid\":1001," REST
		 ",\"uid\":5,\"u16\":0,\"container\":null}\n"},
		{"container", "time", HEADER ",\"container\":5,\"time\":0}\n"},
		{"ts", "u16",
		 "{\"stream\":\"test.every\",\"event_flags\":[]," IDS ",\"uid\":1000,\"gid\":1001," REST
		 ",\"ts\":5,\"u16\":0,\"container\":null}\n"},
	};
	f->x.r.u8 = 5;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		free((char *)f->stream->fields[0].name);
		f->stream->fields[0].name = strdup(cases[i].first);
		free((char *)f->stream->fields[1].name);
		f->stream->fields[1].name = strdup(cases[i].second);
		assert_object(f, NULL, 0, cases[i].want);
	}
}

/* With columns: exactly those fields, by name, once each. Headers, widths and divisors are for eyes. */
static void columns(void **state)
{
	struct fixture *f = *state;
	static const struct column some[] = {
		{.header = "B", .field = "u16", .divisor = 1000, .decimals = 2},
		{.header = "T", .field = "time"},
		{.header = "N", .field = "no_such_field"},
		{.header = "B", .field = "u16"},
		{.header = "S", .field = "stream", .width = 40},
	};
	f->x.r.u16 = 1500;
	f->x.r.head.flags = EUN_CONTAINER;
	assert_object(f, some, 5,
		      "{\"u16\":1500,\"time\":\"2026-11-24T10:11:12.123456789Z\",\"no_such_field\":null,"
		      "\"stream\":\"test.every\"}\n");
}

static void lost(void **state)
{
	struct fixture *f = *state;
	struct writer *w = writer_new(&(struct writer_options){.format = FORMAT_JSON, .clock_offset = CLOCK_OFFSET});
	struct buf out = {0};
	assert_int_equal(writer_lost(w, f->stream, UINT64_MAX, BOOT_NS, &out), 0);
	buf_char(&out, '\0');
	assert_string_equal(out.data,
			    "{" TS ",\"stream\":\"lost\",\"of\":\"test.every\",\"count\":18446744073709551615}\n");
	buf_free(&out);
	writer_destroy(w);
}

int main(void)
{
#define TWO(function) cmocka_unit_test_setup_teardown(function, setup_two, teardown)
	const struct CMUnitTest tests[] = {
		TWO(whole), TWO(container), TWO(no_key_twice), TWO(columns), TWO(lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
