/* SPDX-License-Identifier: MIT */
/*
 * What a filter is compiled to, per stream: a tree of checked clauses, and from it a flat array of tests that jump
 * forward to the next one to do.
 *
 * The tree stays beside the program for those who look at a filter instead of running it. It is in negation normal
 * form and has no constants, so what a record must fulfil in any case, and what could be asked for in the kernel, are
 * the children of a CLAUSE_AND at its root (or the root itself) that are a CLAUSE_TEST on a field without `get`.
 */
#ifndef CORE_FILTER_PROGRAM_H
#define CORE_FILTER_PROGRAM_H

#include "lexer.h"
#include "pattern.h"

enum test_kind {
	TEST_RANGE,   /* number is one of lo .. lo + span modulo 2^64: = != < <= > >=, with and without a sign */
	TEST_BITS,    /* number has all bits of mask */
	TEST_NUMBERS, /* number is one of numbers[n] */
	TEST_CHARS,   /* char array of the record is text[n] */
	TEST_TEXT,    /* text is text[n] */
	TEST_PREFIX,
	TEST_SUFFIX,
	TEST_PART,
	TEST_GLOB,
	TEST_REGEX,
	TEST_TEXTS,   /* text is one of texts[n] */
	TEST_ELEMENT, /* one of the strings is text[n] */
	TEST_ADDRESS, /* address is in one of ranges[n] */
	TEST_EXISTS,
	TESTS,
};

/* How the bytes of a record's text are seen when compared. */
enum see {
	SEE_SPACES = 1, /* NUL as a space: the strings of an argv, as a user would type them */
	SEE_FOLDED = 2, /* ASCII capitals as small letters; the filter's own text is small already */
};

static inline bool type_is_signed(enum eun_type type)
{
	return (type >= EUN_S8 && type <= EUN_S64) || type == EUN_ERRNO;
}

struct text {
	const char *bytes;
	uint32_t len;
};

/* Addresses lo to hi, in network byte order, both in it. */
struct range {
	uint8_t lo[16], hi[16];
};

/* A comparison of one field. It is false when the event has no such value, with or without `negate`. */
struct test {
	uint8_t kind; /* enum test_kind */
	uint8_t op;   /* enum op, as written */
	uint8_t load; /* of numbers: the integer type of the field's bytes, EUN_U8 to EUN_S64; computed: EUN_NONE */
	uint8_t see;  /* of texts: enum see */
	bool negate;  /* != */
	bool each;    /* of texts: it is true when it is for one of the strings, negated when for none */
	uint32_t n;
	uint32_t yes, no; /* the test that comes next; program.n: the event passes; more: it doesn't */
	const struct field *field;
	bool (*run)(const struct test *test, const struct view *view); /* of a program's */
	union {
		struct {
			uint64_t lo, span;
		};
		uint64_t mask;
		const uint64_t *numbers; /* ascending as unsigned */
		struct {
			const char *text;
			uint64_t edge; /* of TEST_TEXT, TEST_PREFIX and TEST_SUFFIX: see text_edge() */
		};
		const struct text *texts;   /* ascending by length, then bytes */
		const struct range *ranges; /* ascending, apart from each other */
		const struct pattern *pattern;
	};
};

enum clause_kind { CLAUSE_FALSE, CLAUSE_TRUE, CLAUSE_TEST, CLAUSE_AND, CLAUSE_OR };

struct clause {
	enum clause_kind kind;
	bool invert; /* of CLAUSE_TEST: the clause is `not` the test; unlike negate it is true for a missing value */
	uint8_t cost;
	uint32_t tests; /* in it and below */
	struct test test;
	struct clause *first, *last; /* of CLAUSE_AND and CLAUSE_OR: two or more, none constant or of the same kind */
	struct clause *next;
};

struct program {
	const struct stream *stream;
	const struct clause *clause; /* constant: CLAUSE_TRUE or CLAUSE_FALSE alone */
	struct test *tests;
	uint32_t n;
	uint32_t start;
};

struct filter {
	struct pool pool;
	struct pattern *patterns; /* tests with the same text share one */
	struct program *programs;
	uint32_t n_programs;
	uint32_t *by_id; /* stream id to 1 + index in programs; 0: none */
	uint32_t n_ids;
};

/* NULL: the filter was not compiled for the stream. */
const struct program *filter_program(const struct filter *filter, const struct stream *stream);

/* Orders the operands in the tree by their cost and lays the tests out in `pool`. -ENOMEM. */
int program_build(struct program *program, struct pool *pool, const struct stream *stream, struct clause *clause);

bool program_run(const struct program *program, const struct view *view);

/* A clause as text: "(path startswith /etc or not uid = 0)". */
struct buf;
void clause_dump(const struct clause *clause, struct buf *out);

/* One test alone, without where it leads. */
bool test_run(const struct test *test, const struct view *view);
/* What runs it, for who does so often. */
typedef bool test_function(const struct test *test, const struct view *view);
test_function *test_function_of(const struct test *test);
/* The first eight bytes of a text, of a suffix the last, as a number; 0 where there are fewer. */
uint64_t text_edge(enum test_kind kind, const char *text, uint32_t n);

#endif
