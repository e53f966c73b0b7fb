/* SPDX-License-Identifier: MIT */
/* Profiles from texts, and what the reader warned of. */
#ifndef TESTS_UNIT_SECCOMP_FIXTURE_H
#define TESTS_UNIT_SECCOMP_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "seccomp/filter.h"
#include "seccomp/names.h"
#include "seccomp/profile_io.h"

struct warned {
	char text[4096];
};

static inline void on_warn(void *context, const char *text)
{
	struct warned *w = context;
	size_t at = strlen(w->text);
	snprintf(w->text + at, sizeof(w->text) - at, "%s\n", text);
}

static inline struct profile parsed(const char *text, struct warned *w)
{
	struct profile p;
	char why[512];
	const struct profile_source source = {"file", w ? on_warn : NULL, w};
	if (profile_parse(&p, &source, text, strlen(text), why, sizeof(why)))
		fail_msg("%s", why);
	return p;
}

/* The profile in a form, as a string to be freed. */
static inline char *written(const struct profile *p, enum profile_form form, struct warned *w)
{
	struct buf out = {0};
	char why[512];
	if (profile_write(p, form, &out, w ? on_warn : NULL, w, why, sizeof(why)))
		fail_msg("%s", why);
	buf_char(&out, '\0');
	return out.data;
}

static inline void assert_text(const struct profile *p, const char *expected)
{
	char *text = written(p, PROFILE_TEXT, NULL);
	assert_string_equal(text, expected);
	free(text);
}

static inline struct profile profile_copy(const struct profile *p)
{
	struct profile copy = {.def = p->def};
	assert_int_equal(profile_merge(&copy, p), 0);
	return copy;
}

static inline void assert_same(const struct profile *a, const struct profile *b)
{
	char *x = written(a, PROFILE_TEXT, NULL), *y = written(b, PROFILE_TEXT, NULL);
	assert_string_equal(x, y);
	free(x);
	free(y);
}

#endif
