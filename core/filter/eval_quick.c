/* SPDX-License-Identifier: MIT */
/*
 * The tests that are asked most, numbers and texts of the record itself, each compiled for what it meets: a number's
 * size, and a text's first (or last) eight bytes as one number, which is all that nearly every comparison needs.
 */
#include <string.h>

#include "eval.h"

/* ---- numbers ---- */

#define NUMBER(type)                                                                  \
	static bool range_##type(const struct test *test, const struct view *view)    \
	{                                                                             \
		type n;                                                               \
		memcpy(&n, (const char *)view->rec + test->field->offset, sizeof(n)); \
		return ((uint64_t)n - test->lo <= test->span) != test->negate;        \
	}                                                                             \
	static bool bits_##type(const struct test *test, const struct view *view)     \
	{                                                                             \
		type n;                                                               \
		memcpy(&n, (const char *)view->rec + test->field->offset, sizeof(n)); \
		return ((uint64_t)n & test->mask) == test->mask;                      \
	}
NUMBER(uint8_t)
NUMBER(uint16_t)
NUMBER(uint32_t)
NUMBER(uint64_t)
NUMBER(int8_t)
NUMBER(int16_t)
NUMBER(int32_t)
NUMBER(int64_t)

static test_function *const ranges[] = {
	[EUN_U8] = range_uint8_t, [EUN_U16] = range_uint16_t, [EUN_U32] = range_uint32_t, [EUN_U64] = range_uint64_t,
	[EUN_S8] = range_int8_t,  [EUN_S16] = range_int16_t,  [EUN_S32] = range_int32_t,  [EUN_S64] = range_int64_t,
};
static test_function *const bits[] = {
	[EUN_U8] = bits_uint8_t, [EUN_U16] = bits_uint16_t, [EUN_U32] = bits_uint32_t, [EUN_U64] = bits_uint64_t,
	[EUN_S8] = bits_int8_t,  [EUN_S16] = bits_int16_t,  [EUN_S32] = bits_int32_t,  [EUN_S64] = bits_int64_t,
};

/* ---- texts ---- */

#define EDGE sizeof(uint64_t)

uint64_t text_edge(enum test_kind kind, const char *text, uint32_t n)
{
	uint64_t edge = 0;
	uint32_t part = n < EDGE ? n : EDGE;
	if (kind == TEST_SUFFIX)
		memcpy((char *)&edge + EDGE - part, text + n - part, part);
	else
		memcpy(&edge, text, part);
	return edge;
}

/* What view_read() checks, of a reference. */
static inline const char *record_text(const struct test *test, const struct view *view, uint32_t *len)
{
	uint32_t ref;
	memcpy(&ref, (const char *)view->rec + test->field->offset, sizeof(ref));
	uint32_t off = EUN_REF_OFF(ref);
	*len = EUN_REF_LEN(ref);
	return off && off <= view->len && *len <= view->len - off ? (const char *)view->rec + off : NULL;
}

static inline uint64_t load(const char *at)
{
	uint64_t n;
	memcpy(&n, at, sizeof(n));
	return n;
}

/* The value has test->n bytes and more; eight of the record may be read where it begins. */
static inline bool begins(const struct test *test, const struct view *view, const char *at)
{
	uint32_t n = test->n;
	if ((size_t)(at - (const char *)view->rec) + EDGE > view->len)
		return !memcmp(at, test->text, n);
	uint64_t other = load(at) ^ test->edge;
	if (n <= EDGE)
		return !n || !(other << (EDGE - n) * 8);
	return !other && !memcmp(at + EDGE, test->text + EDGE, n - EDGE);
}

static bool quick_prefix(const struct test *test, const struct view *view)
{
	uint32_t len;
	const char *at = record_text(test, view, &len);
	return at && len >= test->n && begins(test, view, at);
}

static bool quick_text(const struct test *test, const struct view *view)
{
	uint32_t len;
	const char *at = record_text(test, view, &len);
	return at && (len == test->n && begins(test, view, at)) != test->negate;
}

/* Before a text there is the record's head, so that eight bytes may be read. */
static bool quick_suffix(const struct test *test, const struct view *view)
{
	uint32_t len, n = test->n;
	const char *at = record_text(test, view, &len);
	if (!at || len < n)
		return false;
	uint64_t other = load(at + len - EDGE) ^ test->edge;
	if (n <= EDGE)
		return !n || !(other >> (EDGE - n) * 8);
	return !other && !memcmp(at + len - n, test->text, n - EDGE);
}

static test_function *const texts[TESTS] = {
	[TEST_PREFIX] = quick_prefix,
	[TEST_SUFFIX] = quick_suffix,
	[TEST_TEXT] = quick_text,
};

test_function *quick_function_of(const struct test *test)
{
	const struct field *field = test->field;
	if (field->get)
		return NULL;
	if (test->kind == TEST_RANGE || test->kind == TEST_BITS) {
		test_function *const *functions = test->kind == TEST_RANGE ? ranges : bits;
		return test->load < sizeof(ranges) / sizeof(ranges[0]) ? functions[test->load] : NULL;
	}
	if (test->see || test->each || (field->type != EUN_STRING && field->type != EUN_PATH))
		return NULL;
	return texts[test->kind];
}
