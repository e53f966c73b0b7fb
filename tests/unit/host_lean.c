/* SPDX-License-Identifier: MIT */
/* libbpf is the judge of what is left. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "host/btf_ask.h"
#include "host/lean.h"
#include "target/object.h"

static void the_lines_are_gone_and_all_else_stays(void **state)
{
	size_t size;
	const void *object = object_bytes(&size);
	void *lean = lean_copy(object, size);
	struct btf_ask was = {0}, is = {0};
	(void)state;
	assert_non_null(lean);
	assert_memory_not_equal(lean, object, size);
	assert_int_equal(btf_ask_object(&was, object, size), 0);
	assert_int_equal(btf_ask_object(&is, lean, size), 0);
	assert_true(was.n_roots > 3);
	assert_int_equal(is.n_roots, was.n_roots);
	for (size_t i = 0; i < was.n_roots; i++)
		assert_string_equal(is.roots[i], was.roots[i]);
	btf_ask_free(&was);
	btf_ask_free(&is);
	struct bpf_object *a = bpf_object__open_mem(object, size, NULL), *b = bpf_object__open_mem(lean, size, NULL);
	assert_non_null(a);
	assert_non_null(b);
	struct bpf_program *p, *q = NULL;
	bpf_object__for_each_program(p, a)
	{
		q = bpf_object__next_program(b, q);
		assert_string_equal(bpf_program__name(p), bpf_program__name(q));
		assert_int_equal(bpf_program__insn_cnt(p), bpf_program__insn_cnt(q));
		assert_memory_equal(bpf_program__insns(p), bpf_program__insns(q),
				    bpf_program__insn_cnt(p) * sizeof(struct bpf_insn));
	}
	bpf_object__close(a);
	bpf_object__close(b);
	free(lean);
}

/* What can't be read is left as it is; every cut and every damaged byte of the head, under ASan. */
static void damage_is_left_alone(void **state)
{
	size_t size;
	const void *object = object_bytes(&size);
	char *bytes = malloc(size);
	(void)state;
	assert_non_null(bytes);
	for (size_t n = 0; n < 4096; n += 61)
		free(lean_copy(object, n));
	for (size_t at = 0; at < 64; at++) {
		memcpy(bytes, object, size);
		bytes[at] ^= 0xff;
		free(lean_copy(bytes, size));
	}
	memset(bytes, 0, size);
	char *copy = lean_copy(bytes, size);
	assert_memory_equal(copy, bytes, size);
	free(copy);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lines_are_gone_and_all_else_stays),
		cmocka_unit_test(damage_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
