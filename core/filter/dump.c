/* SPDX-License-Identifier: MIT */
/* A program as text: what it tests, in which order, and where that leads. */
#include "event/address.h"
#include "event/buf.h"
#include "event/escape.h"
#include "event/layout.h"
#include "event/names.h"
#include "program.h"

#define ITEMS_MAX 8 /* of a set; the others are counted */

/* As a user would write them: O_CREAT|O_TRUNC. Bits without a name: in hexadecimal, all of them. */
static void dump_bits(const struct field *field, uint64_t n, struct buf *out)
{
	size_t start = out->len;
	uint64_t left = n;
	const char *name;
	for (uint32_t at = 0; n && field->type == EUN_FLAGS && (name = flags_next(field, &at, &left));)
		buf_printf(out, "%s%s", out->len > start ? "|" : "", name);
	for (unsigned bit = 0; bit < 64 && field->type == EUN_CAPS; bit++)
		if (n >> bit & 1 && cap_name(bit)) {
			buf_printf(out, "%s%s", out->len > start ? "|" : "", cap_name(bit));
			left &= ~(1ull << bit);
		}
	if (!left && n)
		return;
	out->len = start;
	buf_hex(out, n);
}

static void dump_number(const struct field *field, uint64_t n, struct buf *out)
{
	for (const struct eun_label *l = field->type == EUN_ENUM ? field->labels : NULL; l && l->name; l++)
		if (l->value == n) {
			buf_str(out, l->name);
			return;
		}
	const char *error = field->type == EUN_ERRNO ? errno_name((int)-(int64_t)n) : NULL;
	if (error)
		buf_str(out, error);
	else if (field->type == EUN_BOOL)
		buf_str(out, n ? "true" : "false");
	else if (type_is_signed(field->type))
		buf_s64(out, (int64_t)n);
	else if (field->type == EUN_FLAGS || field->type == EUN_CAPS)
		dump_bits(field, n, out);
	else if (field->flags & EUN_FIELD_HEX)
		buf_hex(out, n);
	else if (field->flags & EUN_FIELD_OCTAL)
		buf_octal(out, n);
	else
		buf_u64(out, n);
}

/* The number that was written: a test only has the range that it came to. */
static uint64_t bound(const struct test *test)
{
	switch (test->op) {
	case OP_LT:
		return test->lo + test->span + 1;
	case OP_LE:
		return test->lo + test->span;
	case OP_GT:
		return test->lo - 1;
	default:
		return test->lo;
	}
}

static void dump_text(const struct field *field, const char *bytes, uint32_t len, struct buf *out)
{
	if (field->type == EUN_BYTES)
		buf_hex_bytes(out, bytes, len);
	else
		escape_word(out, bytes, len);
}

static void dump_range(const struct range *range, struct buf *out)
{
	struct eun_ip ip;
	memcpy(ip.b, range->lo, sizeof(ip.b));
	address_text(out, &ip, 0);
	if (!memcmp(range->lo, range->hi, sizeof(ip.b)))
		return;
	memcpy(ip.b, range->hi, sizeof(ip.b));
	buf_char(out, '-');
	address_text(out, &ip, 0);
}

static void dump_item(const struct test *test, uint32_t i, struct buf *out)
{
	if (test->kind == TEST_NUMBERS)
		dump_number(test->field, test->numbers[i], out);
	else if (test->kind == TEST_TEXTS)
		dump_text(test->field, test->texts[i].bytes, test->texts[i].len, out);
	else
		dump_range(&test->ranges[i], out);
}

static void dump_items(const struct test *test, struct buf *out)
{
	buf_char(out, '(');
	for (uint32_t i = 0; i < test->n && i < ITEMS_MAX; i++) {
		buf_str(out, i ? ", " : "");
		dump_item(test, i, out);
	}
	if (test->n > ITEMS_MAX)
		buf_printf(out, ", and %u more", test->n - ITEMS_MAX);
	buf_char(out, ')');
}

static void dump_value(const struct test *test, struct buf *out)
{
	switch (test->kind) {
	case TEST_EXISTS:
		return;
	case TEST_RANGE:
		dump_number(test->field, bound(test), out);
		return;
	case TEST_BITS:
		dump_number(test->field, test->mask, out);
		return;
	case TEST_REGEX:
		escape_word(out, test->pattern->text, strlen(test->pattern->text));
		return;
	case TEST_NUMBERS:
	case TEST_TEXTS:
	case TEST_ADDRESS:
		dump_items(test, out);
		return;
	default:
		dump_text(test->field, test->text, test->n, out);
	}
}

static void dump_test(const struct test *test, struct buf *out)
{
	buf_printf(out, "%s %s", test->field->name, op_names[test->op]);
	if (test->kind != TEST_EXISTS)
		buf_char(out, ' ');
	dump_value(test, out);
}

void clause_dump(const struct clause *clause, struct buf *out)
{
	if (clause->kind == CLAUSE_TRUE || clause->kind == CLAUSE_FALSE) {
		buf_str(out, clause->kind == CLAUSE_TRUE ? "true" : "false");
		return;
	}
	if (clause->kind == CLAUSE_TEST) {
		buf_str(out, clause->invert ? "not " : "");
		dump_test(&clause->test, out);
		return;
	}
	buf_char(out, '(');
	for (const struct clause *child = clause->first; child; child = child->next) {
		clause_dump(child, out);
		if (child->next)
			buf_str(out, clause->kind == CLAUSE_AND ? " and " : " or ");
	}
	buf_char(out, ')');
}

static void dump_target(const struct program *program, uint32_t at, struct buf *out)
{
	if (at < program->n)
		buf_u64(out, at);
	else
		buf_str(out, at == program->n ? "pass" : "fail");
}

void filter_dump(const struct filter *filter, const struct stream *stream, struct buf *out)
{
	const struct program *program = filter_program(filter, stream);
	if (!program || !program->n) {
		buf_str(out, program && program->start == 0 ? "pass\n" : "fail\n");
		return;
	}
	for (uint32_t i = 0; i < program->n; i++) {
		const struct test *test = &program->tests[i];
		buf_printf(out, "%u: ", i);
		dump_test(test, out);
		buf_str(out, " ? ");
		dump_target(program, test->yes, out);
		buf_str(out, " : ");
		dump_target(program, test->no, out);
		buf_char(out, '\n');
	}
}
