/* SPDX-License-Identifier: MIT */
/* field op value: which operators a type has, and the test that a comparison becomes. */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is built, of what, for which field. */
struct comparison {
	struct check *check;
	const struct node *node;
	const struct field *field;
	struct test *test;
	struct clause *clause; /* which may turn out constant */
};

static int never(struct comparison *c)
{
	c->clause->kind = CLAUSE_FALSE;
	return 0;
}

static int count_value(struct check *check, const struct literal *value, void *context)
{
	(void)check;
	(void)value;
	++*(uint32_t *)context;
	return 0;
}

/* An array with room for the values of in (...). */
static int values_array(struct comparison *c, size_t size, void **out)
{
	uint32_t n = 0;
	int err = check_values(c->check, c->node->values, count_value, &n);
	if (err)
		return err;
	*out = pool_alloc(&c->check->filter->pool, n * size);
	return *out ? 0 : -ENOMEM;
}

/* Sorts and takes out the double ones. */
static uint32_t unique(void *array, uint32_t n, size_t size, int (*order)(const void *, const void *))
{
	char *at = array;
	uint32_t kept = 0;
	if (n)
		qsort(array, n, size, order);
	for (uint32_t i = 0; i < n; i++)
		if (!kept || order(at + (kept - 1) * size, at + i * size))
			memmove(at + kept++ * size, at + i * size, size);
	return kept;
}

/* ---- numbers ---- */

struct numbers {
	const struct field *field;
	uint64_t *all;
	uint32_t n;
};

static int add_number(struct check *check, const struct literal *value, void *context)
{
	struct numbers *numbers = context;
	return literal_number(&check->report, numbers->field, value, &numbers->all[numbers->n++]);
}

static int number_order(const void *a, const void *b)
{
	uint64_t x, y;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

static int number_in(struct comparison *c)
{
	struct numbers numbers = {.field = c->field};
	int err = values_array(c, sizeof(*numbers.all), (void **)&numbers.all);
	if (!err)
		err = check_values(c->check, c->node->values, add_number, &numbers);
	if (err)
		return err;
	c->test->kind = TEST_NUMBERS;
	c->test->numbers = numbers.all;
	c->test->n = unique(numbers.all, numbers.n, sizeof(*numbers.all), number_order);
	return c->test->n ? 0 : never(c);
}

static int number_bits(struct comparison *c)
{
	const struct literal *value = c->node->values;
	c->test->kind = TEST_BITS;
	int err = literal_number(&c->check->report, c->field, value, &c->test->mask);
	if (err || c->test->mask)
		return err;
	return report_fail(&c->check->report, value->at, "'%s' is 0, it has no bits: compare with '='",
			   report_quote(value->text, value->len).s);
}

static int number_range(struct comparison *c)
{
	struct test *test = c->test;
	uint64_t n, lo = 0, hi = UINT64_MAX;
	int err = literal_number(&c->check->report, c->field, c->node->values, &n);
	if (err)
		return err;
	if (type_is_signed(c->field->type)) {
		lo = (uint64_t)INT64_MIN;
		hi = INT64_MAX;
	}
	if ((c->node->op == OP_LT && n == lo) || (c->node->op == OP_GT && n == hi))
		return never(c);
	switch (c->node->op) {
	case OP_LT:
		hi = n - 1;
		break;
	case OP_LE:
		hi = n;
		break;
	case OP_GT:
		lo = n + 1;
		break;
	case OP_GE:
		lo = n;
		break;
	default:
		lo = n;
		if (c->field->type != EUN_BOOL || !n) /* any other byte than 0 is true */
			hi = n;
	}
	test->kind = TEST_RANGE;
	test->negate = c->node->op == OP_NE;
	test->lo = lo;
	test->span = hi - lo;
	return 0;
}

static int number(struct comparison *c)
{
	static const uint8_t loads[2][9] = {
		{[1] = EUN_U8, [2] = EUN_U16, [4] = EUN_U32, [8] = EUN_U64},
		{[1] = EUN_S8, [2] = EUN_S16, [4] = EUN_S32, [8] = EUN_S64},
	};
	c->test->load = c->field->get ? EUN_NONE : loads[type_is_signed(c->field->type)][c->field->size];
	if (c->node->op == OP_IN)
		return number_in(c);
	return c->node->op == OP_HAS ? number_bits(c) : number_range(c);
}

/* ---- texts ---- */

static bool is_array(const struct field *field)
{
	return field->type == EUN_CHARS && !field->get;
}

struct texts {
	const struct field *field;
	struct text *all;
	uint32_t n;
};

/* A list may serve fields of any size: what is too long for this one just never matches. */
static int add_text(struct check *check, const struct literal *value, void *context)
{
	struct texts *texts = context;
	struct text text;
	int err = literal_text(&check->report, &check->filter->pool, texts->field, value, &text);
	if (!err && (!is_array(texts->field) || text.len <= texts->field->size))
		texts->all[texts->n++] = text;
	return err;
}

static int text_sort(const void *a, const void *b)
{
	const struct text *x = a, *y = b;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->bytes, y->bytes, x->len);
}

static int text_in(struct comparison *c)
{
	struct texts texts = {.field = c->field};
	int err = values_array(c, sizeof(*texts.all), (void **)&texts.all);
	if (!err)
		err = check_values(c->check, c->node->values, add_text, &texts);
	if (err)
		return err;
	c->test->kind = TEST_TEXTS;
	c->test->texts = texts.all;
	c->test->n = unique(texts.all, texts.n, sizeof(*texts.all), text_sort);
	return c->test->n ? 0 : never(c);
}

static int text_regex(struct comparison *c)
{
	struct filter *filter = c->check->filter;
	const struct literal *value = c->node->values;
	bool spaces = c->test->see & SEE_SPACES;
	c->test->kind = TEST_REGEX;
	for (struct pattern *known = filter->patterns; known; known = known->next)
		if (known->spaces == spaces && !strcmp(known->text, value->text)) {
			c->test->pattern = known;
			return 0;
		}
	const char *why;
	struct pattern *pattern = pattern_new(&filter->pool, value->text, value->len, spaces, &why);
	if (!pattern)
		return why ? report_fail(&c->check->report, value->at, "bad regex '%s': %s",
					 report_quote(value->text, value->len).s, why)
			   : -ENOMEM;
	pattern->next = filter->patterns;
	filter->patterns = pattern;
	c->test->pattern = pattern;
	return 0;
}

static int text(struct comparison *c)
{
	static const uint8_t kinds[OPS] = {
		[OP_EQ] = TEST_TEXT,         [OP_NE] = TEST_TEXT,     [OP_CONTAINS] = TEST_PART,
		[OP_ICONTAINS] = TEST_PART,  [OP_GLOB] = TEST_GLOB,   [OP_STARTSWITH] = TEST_PREFIX,
		[OP_ENDSWITH] = TEST_SUFFIX, [OP_HAS] = TEST_ELEMENT,
	};
	struct test *test = c->test;
	const struct literal *value = c->node->values;
	test->each = c->field->flags & FIELD_EACH;
	test->see = c->field->type == EUN_STRINGS && !test->each ? SEE_SPACES : 0;
	if (c->node->op == OP_IN)
		return text_in(c);
	if (c->node->op == OP_REGEX)
		return text_regex(c);
	struct text text;
	int err = literal_text(&c->check->report, &c->check->filter->pool, c->field, value, &text);
	if (err)
		return err;
	test->kind = kinds[c->node->op];
	test->negate = c->node->op == OP_NE;
	test->text = text.bytes;
	test->n = text.len;
	if (c->node->op == OP_ICONTAINS) {
		test->see |= SEE_FOLDED;
		for (uint32_t i = 0; i < text.len; i++)
			if (text.bytes[i] >= 'A' && text.bytes[i] <= 'Z')
				((char *)text.bytes)[i] |= 0x20;
	}
	test->edge = text_edge(test->kind, text.bytes, text.len);
	if (test->kind == TEST_TEXT && is_array(c->field)) {
		test->kind = TEST_CHARS;
		if (text.len > c->field->size)
			return report_fail(&c->check->report, value->at, "'%s' has %u bytes, '%s' holds at most %u",
					   report_quote(value->text, value->len).s, text.len, c->field->name,
					   c->field->size);
	}
	return 0;
}

/* ---- addresses ---- */

struct ranges {
	const struct field *field;
	struct range *all;
	uint32_t n;
};

static const uint8_t before_v4[16] = {[10] = 0xff, [11] = 0xfe, [12] = 0xff, 0xff, 0xff, 0xff};
static const uint8_t first_v4[16] = {[10] = 0xff, [11] = 0xff};
static const uint8_t last_v4[16] = {[10] = 0xff, [11] = 0xff, [12] = 0xff, 0xff, 0xff, 0xff};
static const uint8_t after_v4[16] = {[9] = 1};

/* IPv4 lives inside of IPv6, but a network of IPv6 around it (::/0) doesn't mean it: that one falls into two. */
static int add_range(struct check *check, const struct literal *value, void *context)
{
	struct ranges *ranges = context;
	struct range *range = &ranges->all[ranges->n++];
	int err = literal_address(&check->report, ranges->field, value, true, range);
	if (err)
		return err;
	if (memcmp(range->lo, first_v4, 16) >= 0 || memcmp(range->hi, last_v4, 16) < 0)
		return 0;
	if (memcmp(range->hi, last_v4, 16) > 0) {
		struct range *upper = &ranges->all[ranges->n++];
		*upper = *range;
		memcpy(upper->lo, after_v4, 16);
	}
	memcpy(range->hi, before_v4, 16);
	return 0;
}

static int range_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct range));
}

/* Ranges that overlap become one. */
static uint32_t merge(struct range *ranges, uint32_t n)
{
	uint32_t kept = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (!kept || memcmp(ranges[i].lo, ranges[kept - 1].hi, 16) > 0)
			ranges[kept++] = ranges[i];
		else if (memcmp(ranges[i].hi, ranges[kept - 1].hi, 16) > 0)
			memcpy(ranges[kept - 1].hi, ranges[i].hi, 16);
	}
	return kept;
}

static int address(struct comparison *c)
{
	struct ranges ranges = {.field = c->field};
	int err = values_array(c, 2 * sizeof(*ranges.all), (void **)&ranges.all);
	if (err)
		return err;
	if (c->node->op == OP_IN) {
		err = check_values(c->check, c->node->values, add_range, &ranges);
	} else {
		ranges.n = 1;
		err = literal_address(&c->check->report, c->field, c->node->values, false, ranges.all);
	}
	if (err)
		return err;
	c->test->kind = TEST_ADDRESS;
	c->test->negate = c->node->op == OP_NE;
	c->test->ranges = ranges.all;
	c->test->n = merge(ranges.all, unique(ranges.all, ranges.n, sizeof(*ranges.all), range_order));
	return c->test->n ? 0 : never(c);
}

/* ---- all of them ---- */

#define BIT(op) (1u << OP_##op)
#define EQUAL (BIT(EQ) | BIT(NE))
#define ORDER (EQUAL | BIT(LT) | BIT(LE) | BIT(GT) | BIT(GE) | BIT(IN))
#define BYTES (EQUAL | BIT(IN) | BIT(CONTAINS) | BIT(STARTSWITH) | BIT(ENDSWITH))
#define TEXT (BYTES | BIT(ICONTAINS) | BIT(GLOB) | BIT(REGEX))

/* Besides `exists`, which all have. */
static const struct {
	uint32_t ops;
	int (*build)(struct comparison *);
} types[EUN_TYPES] = {
	[EUN_U8] = {ORDER | BIT(HAS), number},
	[EUN_U16] = {ORDER | BIT(HAS), number},
	[EUN_U32] = {ORDER | BIT(HAS), number},
	[EUN_U64] = {ORDER | BIT(HAS), number},
	[EUN_S8] = {ORDER, number},
	[EUN_S16] = {ORDER, number},
	[EUN_S32] = {ORDER, number},
	[EUN_S64] = {ORDER, number},
	[EUN_BOOL] = {EQUAL, number},
	[EUN_TIME] = {ORDER, number},
	[EUN_CHARS] = {TEXT, text},
	[EUN_STRING] = {TEXT, text},
	[EUN_STRINGS] = {TEXT | BIT(HAS), text},
	[EUN_PATH] = {TEXT, text},
	[EUN_IP] = {EQUAL | BIT(IN), address},
	[EUN_SOCKADDR] = {EQUAL | BIT(IN), address},
	[EUN_ENUM] = {ORDER, number},
	[EUN_FLAGS] = {EQUAL | BIT(IN) | BIT(HAS), number},
	[EUN_ERRNO] = {ORDER, number},
	[EUN_CAPS] = {EQUAL | BIT(IN) | BIT(HAS), number},
	[EUN_BYTES] = {BYTES, text},
};

static int wrong_operator(struct comparison *c)
{
	char has[128] = "";
	for (enum op op = 0; op < OPS; op++) {
		size_t len = strlen(has);
		if (types[c->field->type].ops & (1u << op) || op == OP_EXISTS)
			snprintf(has + len, sizeof(has) - len, " %s", op_names[op]);
	}
	return report_fail(&c->check->report, c->node->op_at, "'%s' is not for '%s' (%s), which has:%s",
			   op_names[c->node->op], report_str(c->node->name).s, type_name(c->field->type), has);
}

static int build(struct comparison *c)
{
	if (c->node->op == OP_EXISTS) {
		c->test->kind = TEST_EXISTS;
		/* What lies in the fixed part is always there. */
		if (!c->field->get && !type_is_ref(c->field->type))
			c->clause->kind = CLAUSE_TRUE;
		return 0;
	}
	if (!(types[c->field->type].ops & (1u << c->node->op)))
		return wrong_operator(c);
	return types[c->field->type].build(c);
}

/* The header's one field that isn't in the record is the name of the stream, and that one is known by now. */
static bool is_stream_name(const struct field *field)
{
	return field >= header_fields && field < header_fields + n_header_fields && field->get;
}

static bool is_own(const struct stream *stream, const struct field *field)
{
	return field >= stream->fields && field < stream->fields + stream->n_fields;
}

int check_comparison(struct check *check, const struct node *node, const struct field *field, struct clause *out)
{
	struct comparison c = {check, node, field, &out->test, out};
	out->kind = CLAUSE_TEST;
	out->test.op = (uint8_t)node->op;
	out->test.field = field;
	if (check->n_streams > 1 && is_own(check->stream, field))
		check->report.stream = check->stream->name;
	int err = build(&c);
	check->report.stream = NULL;
	if (!err && out->kind == CLAUSE_TEST && is_stream_name(field))
		out->kind = test_run(&out->test, &(struct view){.stream = check->stream}) ? CLAUSE_TRUE : CLAUSE_FALSE;
	return err;
}
