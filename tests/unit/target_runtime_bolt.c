/* SPDX-License-Identifier: MIT */
/* containerd's database as 1.6.20 wrote it, with 60 containers of one namespace and one of another; and damaged. */
#include "target_runtime.h"

#include "target/runtime_bolt.h"

#define DATABASE "/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db"
#define IMAGE "docker.io/library/eun-busybox:1"
#define PAGE 4096

static char *image_of(const char *root, const char *space, const char *id)
{
	const char *keys[] = {"v1", space, "containers", id, "image"};
	return bolt_text(root, DATABASE, keys, 5);
}

/* Branch pages, leaf pages and buckets within values are on the way. */
static void test_all(void **unused)
{
	(void)unused;
	for (int i = 1; i <= 60; i++) {
		char id[80];
		snprintf(id, sizeof(id), "%064d", i);
		char *image = image_of(FIXTURES "/containerd", "default", id);
		assert_non_null(image);
		assert_string_equal(image, IMAGE);
		free(image);
	}
	char *image = image_of(FIXTURES "/containerd", "other", "web1");
	assert_non_null(image);
	free(image);
}

static void test_none(void **unused)
{
	(void)unused;
	static const char *const keys[][5] = {
		{"v1", "default", "containers", "0", "image"},    /* before the first */
		{"v1", "default", "containers", "web2", "image"}, /* behind the last */
		{"v1", "third", "containers", "web1", "image"},
		{"v1", "default", "containers", "web1", "labels"}, /* a bucket, no text */
		{"v1", "default", "containers", "web1", "imag"},
		{"v1", "version", "containers", "web1", "image"}, /* a text, no bucket */
		{"", "", "", "", ""},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		assert_null(bolt_text(FIXTURES "/containerd", DATABASE, keys[i], 5));
	assert_null(bolt_text(FIXTURES "/containerd", "/no/such", keys[0], 5));
}

static size_t load(unsigned char **bytes)
{
	FILE *f = fopen(FIXTURES "/containerd" DATABASE, "r");
	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	size_t n = (size_t)ftell(f);
	rewind(f);
	*bytes = malloc(n);
	assert_non_null(*bytes);
	assert_int_equal(fread(*bytes, 1, n, f), n);
	fclose(f);
	return n;
}

static void store(const struct tree *tree, const unsigned char *bytes, size_t n)
{
	tree_folders(tree, DATABASE);
	FILE *f = fopen(tree_path(tree, DATABASE), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* The newer meta was not written whole: the older one counts. Without both there is nothing. */
static void test_metas(void **state)
{
	const struct tree *tree = *state;
	unsigned char *bytes;
	size_t n = load(&bytes);
	for (int lost = 0; lost < 4; lost++) {
		for (int meta = 0; meta < 2; meta++)
			bytes[meta * PAGE + 16 + 48] ^= lost & 1 << meta; /* the transaction; the sum is wrong then */
		store(tree, bytes, n);
		char *image = image_of(tree->root, "other", "web1");
		assert_true(lost == 3 ? !image : image && !strcmp(image, IMAGE));
		free(image);
		for (int meta = 0; meta < 2; meta++)
			bytes[meta * PAGE + 16 + 48] ^= lost & 1 << meta;
	}
	free(bytes);
}

/* Cut anywhere, or with any header or element of its pages overwritten: an answer, the right one or none. */
static void test_damaged(void **state)
{
	static const unsigned char values[] = {0x00, 0x01, 0x7f, 0xff};
	const struct tree *tree = *state;
	unsigned char *bytes;
	size_t n = load(&bytes), answers = 0;
	for (size_t cut = 0; cut < n; cut += PAGE / 2 + 1) {
		store(tree, bytes, cut);
		free(image_of(tree->root, "default", "web1"));
	}
	store(tree, bytes, n);
	FILE *f = fopen(tree_path(tree, DATABASE), "r+");
	assert_non_null(f);
	for (size_t at = 2 * PAGE; at < n; at += PAGE)
		for (size_t i = 8; i < 64; i++)
			for (size_t v = 0; v < sizeof(values); v++) {
				unsigned char old = bytes[at + i];
				fseek(f, (long)(at + i), SEEK_SET);
				fputc(values[v], f);
				fflush(f);
				char *image = image_of(tree->root, "default", "web1");
				answers += image && !strcmp(image, IMAGE);
				free(image);
				fseek(f, (long)(at + i), SEEK_SET);
				fputc(old, f);
				fflush(f);
			}
	fclose(f);
	assert_true(answers > 1000); /* most pages are none of this container's */
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_none),
		cmocka_unit_test_setup_teardown(test_metas, tree_make, tree_remove),
		cmocka_unit_test_setup_teardown(test_damaged, tree_make, tree_remove),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
