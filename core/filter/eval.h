/* SPDX-License-Identifier: MIT */
/* The two files of tests to each other: eval.c has all of them, eval_quick.c some once more. */
#ifndef CORE_FILTER_EVAL_H
#define CORE_FILTER_EVAL_H

#include "program.h"

/* The one for just this test, or NULL. */
test_function *quick_function_of(const struct test *test);

#endif
