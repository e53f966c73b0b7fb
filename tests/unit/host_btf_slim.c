/* SPDX-License-Identifier: MIT */
/* Against libbpf's reading of the machine's own BTF; where the kernel shows none, only what is refused is tested. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <cmocka.h>
#include <errno.h>

#include "host/btf_slim.h"
#include "target/object.h"

struct both {
	char *bytes;
	size_t size;
	struct btf *whole, *slim;
	void *slim_bytes;
	size_t slim_size;
};

static int setup(void **state)
{
	static struct both b;
	struct btf_names names = {0};
	size_t size;
	const void *object = object_bytes(&size);
	FILE *f = fopen("/sys/kernel/btf/vmlinux", "re");
	*state = &b;
	if (!f)
		return 0;
	b.bytes = malloc(64u << 20);
	b.size = fread(b.bytes, 1, 64u << 20, f);
	fclose(f);
	b.whole = btf__new(b.bytes, (uint32_t)b.size);
	int err = btf_names_add(&names, object, size);
	if (!err)
		err = btf_slim(b.bytes, b.size, &names, &b.slim_bytes, &b.slim_size);
	btf_names_free(&names);
	if (!err)
		b.slim = btf__new(b.slim_bytes, (uint32_t)b.slim_size);
	return err || !b.whole || !b.slim;
}

static int teardown(void **state)
{
	struct both *b = *state;
	btf__free(b->whole);
	btf__free(b->slim);
	free(b->bytes);
	free(b->slim_bytes);
	return 0;
}

static const char *name_of(const struct btf *btf, uint32_t id)
{
	return btf__name_by_offset(btf, btf__type_by_id(btf, id)->name_off);
}

/* Every id means what it meant: kind, size or target; a name is the same or none. */
static void types_keep_their_ids(void **state)
{
	const struct both *b = *state;
	if (!b->whole)
		skip();
	uint32_t n = btf__type_cnt(b->whole), named = 0;
	assert_int_equal(btf__type_cnt(b->slim), n);
	for (uint32_t id = 1; id < n; id++) {
		const struct btf_type *was = btf__type_by_id(b->whole, id), *is = btf__type_by_id(b->slim, id);
		assert_int_equal(btf_kind(is), btf_kind(was));
		assert_int_equal(is->size, was->size);
		if (*name_of(b->slim, id)) {
			assert_string_equal(name_of(b->slim, id), name_of(b->whole, id));
			named++;
		}
	}
	assert_in_range(named, 100, n / 10);
	assert_true(b->slim_size < b->size);
}

/* What an object may be relocated against is there with all its members, also those that are parts of it unnamed. */
static void asked_types_are_whole(void **state)
{
	static const char *const names[] = {"task_struct", "cgroup", "kernfs_node", "cred"};
	const struct both *b = *state;
	if (!b->whole)
		skip();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int id = btf__find_by_name_kind(b->whole, names[i], BTF_KIND_STRUCT);
		assert_true(id > 0);
		assert_int_equal(btf__find_by_name_kind(b->slim, names[i], BTF_KIND_STRUCT), id);
		const struct btf_type *was = btf__type_by_id(b->whole, (uint32_t)id);
		const struct btf_type *is = btf__type_by_id(b->slim, (uint32_t)id);
		assert_int_equal(is->info, was->info);
		for (uint32_t m = 0; m < btf_vlen(was); m++) {
			assert_int_equal(btf_members(is)[m].type, btf_members(was)[m].type);
			assert_int_equal(btf_members(is)[m].offset, btf_members(was)[m].offset);
			assert_string_equal(btf__name_by_offset(b->slim, btf_members(is)[m].name_off),
					    btf__name_by_offset(b->whole, btf_members(was)[m].name_off));
		}
	}
}

static void hooks_are_found(void **state)
{
	const struct both *b = *state;
	if (!b->whole)
		skip();
	assert_int_equal(btf__find_by_name_kind(b->slim, "btf_trace_sched_process_fork", BTF_KIND_TYPEDEF),
			 btf__find_by_name_kind(b->whole, "btf_trace_sched_process_fork", BTF_KIND_TYPEDEF));
	assert_int_equal(btf__find_by_name_kind(b->slim, "bpf_iter_task", BTF_KIND_FUNC),
			 btf__find_by_name_kind(b->whole, "bpf_iter_task", BTF_KIND_FUNC));
	assert_true(btf__find_by_name_kind(b->slim, "ext4_inode_info", BTF_KIND_STRUCT) < 0);
}

/* A type of which nothing is asked has no members: that is what makes it small. */
static void others_are_empty(void **state)
{
	const struct both *b = *state;
	if (!b->whole)
		skip();
	int id = btf__find_by_name_kind(b->whole, "tty_ldisc_ops", BTF_KIND_STRUCT);
	assert_true(id > 0);
	assert_int_equal(btf_vlen(btf__type_by_id(b->slim, (uint32_t)id)), 0);
}

static struct btf_header *make(uint32_t *words, uint32_t info)
{
	struct btf_header *h = (void *)words;
	memset(words, 0, 64);
	*h = (struct btf_header){
		.magic = 0xeb9f, .version = 1, .hdr_len = sizeof(*h), .type_len = 12, .str_off = 12, .str_len = 1};
	words[sizeof(*h) / 4 + 1] = info;
	return h;
}

static int try(const struct btf_header *h, size_t size)
{
	struct btf_names names = {0};
	void *out;
	size_t out_size;
	int err = btf_slim(h, size, &names, &out, &out_size);
	if (!err)
		free(out);
	return err;
}

static void refused(void **state)
{
	uint32_t words[16];
	struct btf_header *h = make(words, BTF_KIND_PTR << 24);
	size_t whole = sizeof(*h) + 13;
	(void)state;
	assert_int_equal(try(h, whole), 0);
	assert_int_equal(try(h, whole - 1), -EINVAL);
	assert_int_equal(try(h, 3), -EINVAL);
	assert_int_equal(try(make(words, 31u << 24), whole), -ENOTSUP);                /* a kind of tomorrow */
	assert_int_equal(try(make(words, BTF_KIND_STRUCT << 24 | 1), whole), -EINVAL); /* its member is missing */
	make(words, BTF_KIND_PTR << 24)->type_len = 8;
	assert_int_equal(try(h, whole), -EINVAL);
	make(words, BTF_KIND_PTR << 24)->magic = 1;
	assert_int_equal(try(h, whole), -EINVAL);
	make(words, BTF_KIND_PTR << 24)->str_off = 1000;
	assert_int_equal(try(h, whole), -EINVAL);
	struct btf_names names = {0};
	assert_int_equal(btf_names_add(&names, words, sizeof(words)), -EINVAL);
	btf_names_free(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_keep_their_ids),
		cmocka_unit_test(asked_types_are_whole),
		cmocka_unit_test(hooks_are_found),
		cmocka_unit_test(others_are_empty),
		cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
