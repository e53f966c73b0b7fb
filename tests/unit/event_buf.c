/* SPDX-License-Identifier: MIT */
#include "event_fixture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "event/buf.h"

static void assert_buf(const struct buf *buf, const char *text)
{
	assert_int_equal(buf->len, strlen(text));
	assert_memory_equal(buf->data, text, buf->len);
}

static void appends(void **state)
{
	struct buf buf = {0};
	(void)state;
	buf_add(&buf, "", 0);
	assert_null(buf.data);
	assert_false(buf.failed);
	buf_add(&buf, "ab", 2);
	buf_str(&buf, "cd");
	buf_char(&buf, 'e');
	buf_pad(&buf, '-', 3);
	buf_pad(&buf, '+', 0);
	buf_printf(&buf, "%d%s", 42, "x");
	buf_hex_bytes(&buf, "\x00\x9f", 2);
	assert_buf(&buf, "abcde---42x009f");
	buf_free(&buf);
	assert_null(buf.data);
}

/* Against printf, around every power of two and ten. */
static void numbers(void **state)
{
	(void)state;
	uint64_t values[64 * 3 + 20 * 3], ten = 1;
	size_t n = 0;
	for (int i = 0; i < 64; i++)
		for (int d = -1; d <= 1; d++)
			values[n++] = (1ull << i) + (uint64_t)d;
	for (int i = 0; i < 20; i++, ten *= 10)
		for (int d = -1; d <= 1; d++)
			values[n++] = ten + (uint64_t)d;
	for (size_t i = 0; i < n; i++) {
		struct buf buf = {0};
		char want[128];
		buf_u64(&buf, values[i]);
		buf_char(&buf, ' ');
		buf_s64(&buf, (int64_t)values[i]);
		buf_char(&buf, ' ');
		buf_hex(&buf, values[i]);
		buf_char(&buf, ' ');
		buf_octal(&buf, values[i]);
		snprintf(want, sizeof(want), "%" PRIu64 " %" PRId64 " 0x%" PRIx64 " %#" PRIo64, values[i],
			 (int64_t)values[i], values[i], values[i]);
		assert_buf(&buf, want);
		buf_free(&buf);
	}
}

static void grows(void **state)
{
	struct buf buf = {0};
	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_char(&buf, (char)i);
	assert_int_equal(buf.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf.data[i], (char)i);
	buf_free(&buf);
}

/* What doesn't fit is dropped whole, what was there stays, and commit takes the sequence back. */
static void limit(void **state)
{
	struct buf buf = {.limit = 5};
	(void)state;
	buf_str(&buf, "abc");
	buf_str(&buf, "def");
	assert_true(buf.failed);
	assert_buf(&buf, "abc");
	buf_str(&buf, "gh");
	assert_buf(&buf, "abcgh");
	buf_char(&buf, 'i');
	assert_buf(&buf, "abcgh");
	assert_int_equal(buf_commit(&buf, 1), -ENOMEM);
	assert_false(buf.failed);
	assert_buf(&buf, "a");
	assert_int_equal(buf_commit(&buf, 0), 0);
	assert_buf(&buf, "a");
	buf_free(&buf);
}

/* A length that no memory has fails at once: no overflow, no endless doubling. */
static void absurd(void **state)
{
	struct buf buf = {0};
	(void)state;
	buf_char(&buf, 'a');
	assert_null(buf_room(&buf, SIZE_MAX));
	assert_true(buf.failed);
	buf.failed = false;
	assert_null(buf_room(&buf, SIZE_MAX / 2));
	assert_true(buf.failed);
	assert_buf(&buf, "a");
	buf_free(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends), cmocka_unit_test(numbers), cmocka_unit_test(grows),
		cmocka_unit_test(limit),   cmocka_unit_test(absurd),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
