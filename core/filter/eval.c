/* SPDX-License-Identifier: MIT */
/* The tests, each a function of its own. Nothing here allocates. */
#include "eval.h"

#include <string.h>

#include "event/address.h"
#include "text.h"

#define LOAD(type)                         \
	do {                               \
		type n;                    \
		memcpy(&n, at, sizeof(n)); \
		*out = (uint64_t)n;        \
		return true;               \
	} while (0)

/* A field within the fixed part needs no check: the schema did it for the offset and the view for the length. */
static inline bool number(const struct test *test, const struct view *view, uint64_t *out)
{
	const char *at = (const char *)view->rec + test->field->offset;
	switch (test->load) {
	case EUN_U8:
		LOAD(uint8_t);
	case EUN_U16:
		LOAD(uint16_t);
	case EUN_U32:
		LOAD(uint32_t);
	case EUN_U64:
		LOAD(uint64_t);
	case EUN_S8:
		LOAD(int8_t);
	case EUN_S16:
		LOAD(int16_t);
	case EUN_S32:
		LOAD(int32_t);
	case EUN_S64:
		LOAD(int64_t);
	}
	struct value value;
	if (!view_read(view, test->field, &value))
		return false;
	*out = type_is_signed(test->field->type) ? (uint64_t)value.s : value.u;
	return true;
}

static inline bool text(const struct test *test, const struct view *view, struct value *out)
{
	if (!view_read(view, test->field, out))
		return false;
	if (!out->len)
		out->ptr = ""; /* the getter of a computed field may leave it NULL */
	return true;
}

static bool address(const struct test *test, const struct view *view, uint8_t out[16])
{
	struct value value;
	struct eun_sockaddr sockaddr;
	if (!view_read(view, test->field, &value))
		return false;
	if (test->field->type == EUN_IP) {
		if (value.len < 16)
			return false;
		memcpy(out, value.ptr, 16);
		return true;
	}
	if (value.len < sizeof(sockaddr))
		return false;
	memcpy(&sockaddr, value.ptr, sizeof(sockaddr));
	memcpy(out, sockaddr.addr.b, 16);
	return address_is_inet(&sockaddr);
}

static bool run_range(const struct test *test, const struct view *view)
{
	uint64_t n;
	return number(test, view, &n) && (n - test->lo <= test->span) != test->negate;
}

static bool run_bits(const struct test *test, const struct view *view)
{
	uint64_t n;
	return number(test, view, &n) && (n & test->mask) == test->mask;
}

static bool run_numbers(const struct test *test, const struct view *view)
{
	uint64_t n;
	if (!number(test, view, &n))
		return false;
	uint32_t lo = 0, hi = test->n;
	while (lo < hi) {
		uint32_t middle = lo + (hi - lo) / 2;
		if (test->numbers[middle] < n)
			lo = middle + 1;
		else
			hi = middle;
	}
	return lo < test->n && test->numbers[lo] == n;
}

/* The text is not longer than the array; if shorter, a NUL must follow in the array. */
static bool run_chars(const struct test *test, const struct view *view)
{
	const char *at = (const char *)view->rec + test->field->offset;
	bool equal = !memcmp(at, test->text, test->n) && (test->n == test->field->size || !at[test->n]);
	return equal != test->negate;
}

/* One string, or the whole text. */
typedef bool text_test(const struct test *test, const char *at, uint32_t len);

static inline bool run_on_text(const struct test *test, const struct view *view, text_test *run)
{
	struct value v;
	if (!text(test, view, &v))
		return false;
	if (!test->each)
		return run(test, v.ptr, v.len) != test->negate;
	const char *string;
	size_t len;
	for (uint32_t at = 0; strings_next(&v, &at, &string, &len);)
		if (run(test, string, (uint32_t)len))
			return !test->negate;
	return test->negate;
}

static bool is_text(const struct test *test, const char *at, uint32_t len)
{
	return len == test->n && text_equal(at, test->text, len, test->see);
}

static bool run_text(const struct test *test, const struct view *view)
{
	return run_on_text(test, view, is_text);
}

static bool is_prefix(const struct test *test, const char *at, uint32_t len)
{
	return len >= test->n && text_equal(at, test->text, test->n, test->see);
}

static bool run_prefix(const struct test *test, const struct view *view)
{
	return run_on_text(test, view, is_prefix);
}

static bool is_suffix(const struct test *test, const char *at, uint32_t len)
{
	return len >= test->n && text_equal(at + (len - test->n), test->text, test->n, test->see);
}

static bool run_suffix(const struct test *test, const struct view *view)
{
	return run_on_text(test, view, is_suffix);
}

static bool is_part(const struct test *test, const char *at, uint32_t len)
{
	return text_contains(at, len, test->text, test->n, test->see);
}

static bool run_part(const struct test *test, const struct view *view)
{
	return run_on_text(test, view, is_part);
}

static bool is_glob(const struct test *test, const char *at, uint32_t len)
{
	return text_glob(at, len, test->text, test->n, test->see);
}

static bool run_glob(const struct test *test, const struct view *view)
{
	return run_on_text(test, view, is_glob);
}

static bool is_regex(const struct test *test, const char *at, uint32_t len)
{
	return pattern_match(test->pattern, at, len);
}

static bool run_regex(const struct test *test, const struct view *view)
{
	return run_on_text(test, view, is_regex);
}

static bool is_one_of(const struct test *test, const char *at, uint32_t len)
{
	uint32_t lo = 0, hi = test->n;
	while (lo < hi) {
		uint32_t middle = lo + (hi - lo) / 2;
		const struct text *t = &test->texts[middle];
		int d = text_order(at, len, t->bytes, t->len, test->see);
		if (!d)
			return true;
		if (d > 0)
			lo = middle + 1;
		else
			hi = middle;
	}
	return false;
}

static bool run_texts(const struct test *test, const struct view *view)
{
	return run_on_text(test, view, is_one_of);
}

static bool run_element(const struct test *test, const struct view *view)
{
	struct value v;
	if (!text(test, view, &v))
		return false;
	const char *string;
	size_t len;
	for (uint32_t at = 0; strings_next(&v, &at, &string, &len);)
		if (len == test->n && !memcmp(string, test->text, len))
			return true;
	return false;
}

static bool run_address(const struct test *test, const struct view *view)
{
	uint8_t a[16];
	if (!address(test, view, a))
		return false;
	uint32_t lo = 0, hi = test->n; /* lo: how many ranges start at or before the address */
	while (lo < hi) {
		uint32_t middle = lo + (hi - lo) / 2;
		if (memcmp(test->ranges[middle].lo, a, sizeof(a)) <= 0)
			lo = middle + 1;
		else
			hi = middle;
	}
	return (lo && memcmp(a, test->ranges[lo - 1].hi, sizeof(a)) <= 0) != test->negate;
}

static bool run_exists(const struct test *test, const struct view *view)
{
	struct value value;
	return view_read(view, test->field, &value);
}

static test_function *const runs[TESTS] = {
	[TEST_RANGE] = run_range,     [TEST_BITS] = run_bits,     [TEST_NUMBERS] = run_numbers,
	[TEST_CHARS] = run_chars,     [TEST_TEXT] = run_text,     [TEST_PREFIX] = run_prefix,
	[TEST_SUFFIX] = run_suffix,   [TEST_PART] = run_part,     [TEST_GLOB] = run_glob,
	[TEST_REGEX] = run_regex,     [TEST_TEXTS] = run_texts,   [TEST_ELEMENT] = run_element,
	[TEST_ADDRESS] = run_address, [TEST_EXISTS] = run_exists,
};

test_function *test_function_of(const struct test *test)
{
	test_function *quick = quick_function_of(test);
	return quick ? quick : runs[test->kind];
}

bool test_run(const struct test *test, const struct view *view)
{
	return runs[test->kind](test, view);
}

bool program_run(const struct program *program, const struct view *view)
{
	uint32_t at = program->start, n = program->n;
	while (at < n) {
		const struct test *test = &program->tests[at];
		at = test->run(test, view) ? test->yes : test->no;
	}
	return at == n;
}
