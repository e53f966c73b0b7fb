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

#include "host/btf_compact.h"
#include "target/object.h"

struct both {
	char *bytes;
	size_t size;
	struct btf *whole, *compact;
	struct btf_ask ask;
	void *compact_bytes;
	size_t compact_size;
	bool missing;
};

static int grow_names(struct btf_ask *ask, const char *name)
{
	char **names = realloc(ask->names, (ask->n + 1) * sizeof(*names));
	if (!names)
		return -ENOMEM;
	ask->names = names;
	names[ask->n++] = strdup(name);
	ask->cap = ask->n;
	return 0;
}

static int setup(void **state)
{
	static struct both b;
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
	int err = btf_ask_object(&b.ask, object, size);
	if (!err)
		err = btf_ask_target(&b.ask, "", "bpf_get_current_pid_tgid", BTF_KIND_FUNC);
	if (!err)
		err = btf_ask_target(&b.ask, "", "no_such_function", BTF_KIND_FUNC);
	if (!err)
		err = grow_names(&b.ask, "cgroup_subsys_id");
	if (!err)
		err = btf_compact(b.bytes, b.size, &b.ask, &b.compact_bytes, &b.compact_size, &b.missing);
	if (!err)
		b.compact = btf__new(b.compact_bytes, (uint32_t)b.compact_size);
	return err || !b.whole || !b.compact;
}

static int teardown(void **state)
{
	struct both *b = *state;
	btf__free(b->whole);
	btf__free(b->compact);
	btf_ask_free(&b->ask);
	free(b->bytes);
	free(b->compact_bytes);
	return 0;
}

static const char *name_of(const struct btf *btf, uint32_t off)
{
	return btf__name_by_offset(btf, off);
}

static const struct btf_type *strip(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);
	while (btf_is_mod(t) || btf_is_typedef(t))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* What a relocation may ask of a type: kind, size, and of those that are whole their members, at the same places. */
static void same(const struct both *b, uint32_t was_id, uint32_t is_id, bool whole, int depth)
{
	const struct btf_type *was = strip(b->whole, was_id), *is = strip(b->compact, is_id);
	assert_true(depth < 32);
	assert_int_equal(btf_kind(is), btf_kind(was));
	if (btf_is_array(was)) {
		assert_int_equal(btf_array(is)->nelems, btf_array(was)->nelems);
		same(b, btf_array(was)->type, btf_array(is)->type, false, depth + 1);
		return;
	}
	if (!btf_is_ptr(was))
		assert_int_equal(is->size, was->size);
	if (!btf_is_composite(was))
		return;
	whole |= !*name_of(b->whole, was->name_off);
	if (!whole)
		return;
	assert_int_equal(is->info, was->info);
	for (uint32_t i = 0; i < btf_vlen(was); i++) {
		const struct btf_member *m = &btf_members(was)[i], *n = &btf_members(is)[i];
		assert_string_equal(name_of(b->compact, n->name_off), name_of(b->whole, m->name_off));
		assert_int_equal(n->offset, m->offset);
		same(b, m->type, n->type, false, depth + 1);
	}
}

static void asked_types_are_whole(void **state)
{
	const struct both *b = *state;
	size_t structs = 0;
	if (!b->whole)
		skip();
	for (size_t i = 0; i < b->ask.n; i++) {
		int was = btf__find_by_name_kind(b->whole, b->ask.names[i], BTF_KIND_STRUCT);
		int is = btf__find_by_name_kind(b->compact, b->ask.names[i], BTF_KIND_STRUCT);
		assert_int_equal(is > 0, was > 0);
		if (was <= 0)
			continue;
		same(b, (uint32_t)was, (uint32_t)is, true, 0);
		structs++;
	}
	assert_true(structs > 10);
	assert_false(b->missing);
}

/* Enumerators have their values. */
static void enums_are_whole(void **state)
{
	const struct both *b = *state;
	if (!b->whole)
		skip();
	int was = btf__find_by_name_kind(b->whole, "cgroup_subsys_id", BTF_KIND_ENUM);
	int is = btf__find_by_name_kind(b->compact, "cgroup_subsys_id", BTF_KIND_ENUM);
	assert_true(was > 0 && is > 0);
	const struct btf_type *t = btf__type_by_id(b->whole, (uint32_t)was),
			      *u = btf__type_by_id(b->compact, (uint32_t)is);
	assert_int_equal(btf_vlen(t), btf_vlen(u));
	for (uint32_t i = 0; i < btf_vlen(t); i++) {
		assert_int_equal(btf_enum(t)[i].val, btf_enum(u)[i].val);
		assert_string_equal(name_of(b->whole, btf_enum(t)[i].name_off),
				    name_of(b->compact, btf_enum(u)[i].name_off));
	}
}

/* By the kernel's own numbers. */
static void targets_are_found(void **state)
{
	const struct both *b = *state;
	if (!b->whole)
		skip();
	assert_true(b->ask.n_targets > 4);
	for (size_t i = 0; i < b->ask.n_targets; i++) {
		const struct btf_target *t = &b->ask.targets[i];
		int id = btf__find_by_name_kind(b->whole, t->name, t->kind);
		assert_int_equal(t->id, id > 0 ? id : 0);
	}
	assert_true(b->ask.targets[b->ask.n_targets - 2].id > 0);
	assert_int_equal(b->ask.targets[b->ask.n_targets - 1].id, 0);
}

static void it_is_small(void **state)
{
	const struct both *b = *state;
	if (!b->whole)
		skip();
	assert_in_range(btf__type_cnt(b->compact), 100, 5000);
	assert_true(b->compact_size < b->size / 10);
	assert_true(btf__find_by_name_kind(b->compact, "ext4_inode_info", BTF_KIND_STRUCT) < 0);
}

static void what_is_missing_is_told(void **state)
{
	const struct both *b = *state;
	struct btf_ask ask = {0};
	char *root[] = {"eun_no_such_struct"};
	void *out;
	size_t size;
	bool missing;
	if (!b->whole)
		skip();
	ask.roots = root;
	ask.n_roots = 1;
	assert_int_equal(btf_compact(b->bytes, b->size, &ask, &out, &size, &missing), 0);
	assert_true(missing);
	free(out);
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

static int try_it(const struct btf_header *h, size_t size)
{
	struct btf_ask ask = {0};
	void *out = NULL;
	size_t out_size;
	bool missing;
	int err = btf_compact(h, size, &ask, &out, &out_size, &missing);
	if (!err)
		free(out);
	return err;
}

static void what_is_no_btf_is_refused(void **state)
{
	(void)state;
	uint32_t words[16];
	const size_t size = sizeof(struct btf_header) + 13;
	struct btf_header *h = make(words, BTF_KIND_PTR << 24);
	assert_int_equal(try_it(h, size), 0);
	assert_int_equal(try_it(h, 8), -EINVAL);
	assert_int_equal(try_it(h, size - 1), -EINVAL);
	h = make(words, 31u << 24);
	assert_int_equal(try_it(h, size), -ENOTSUP);
	h = make(words, BTF_KIND_STRUCT << 24 | 1000); /* more members than bytes */
	assert_int_equal(try_it(h, size), -EINVAL);
	h = make(words, BTF_KIND_PTR << 24);
	h->magic = 0;
	assert_int_equal(try_it(h, size), -EINVAL);
	h = make(words, BTF_KIND_PTR << 24);
	h->str_len = 1u << 31;
	assert_int_equal(try_it(h, size), -EINVAL);
	h = make(words, BTF_KIND_TYPEDEF << 24);
	words[sizeof(*h) / 4 + 2] = 77; /* of what is not there */
	assert_int_equal(try_it(h, size), 0);
	struct btf_ask ask = {0};
	assert_int_equal(btf_ask_object(&ask, words, sizeof(words)), -EINVAL);
	btf_ask_free(&ask);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asked_types_are_whole),   cmocka_unit_test(enums_are_whole),
		cmocka_unit_test(targets_are_found),       cmocka_unit_test(it_is_small),
		cmocka_unit_test(what_is_missing_is_told), cmocka_unit_test(what_is_no_btf_is_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
