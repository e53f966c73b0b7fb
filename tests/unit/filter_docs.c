/* SPDX-License-Identifier: MIT */
/* The examples in docs/filter.md, each line between ```filter and ```, compile. */
#include "filter_fixture.h"

/* As target/ has them. */
static const struct field offered[] = {
	{.name = "exe", .type = EUN_PATH, .get = get_nothing},
	{.name = "proc.duration_ns", .type = EUN_U64, .get = get_nothing},
	{.name = "parent.exe", .type = EUN_PATH, .get = get_nothing},
	{.name = "ancestor.exe", .type = EUN_STRINGS, .flags = FIELD_EACH, .get = get_nothing},
	{.name = "container", .type = EUN_STRING, .get = get_nothing},
	{.name = "container.name", .type = EUN_STRING, .get = get_nothing},
	{.name = "container.image", .type = EUN_STRING, .get = get_nothing},
	{.name = "container.state",
	 .type = EUN_ENUM,
	 .labels = (struct eun_label[]){{0, "pending"}, {1, "running"}, {2, "ended"}, {0, NULL}},
	 .get = get_nothing},
};

static void test_examples(void **state)
{
	struct filter_defs *defs = filter_defs_new();
	filter_define_list(defs, "shells", "sh, bash, zsh", FILTER_NEW, NULL, NULL);
	filter_define_macro(defs, "admin", "uid = 0 or comm in (su, sudo)", FILTER_NEW, NULL, NULL);
	FILE *in = fopen(DOCUMENT, "r");
	assert_non_null(in);
	char line[512];
	bool example = false;
	uint32_t n = 0;
	while (fgets(line, sizeof(line), in)) {
		if (!strncmp(line, "```", 3)) {
			example = !strcmp(line, "```filter\n");
		} else if (example) {
			filter_destroy(compile(*state, line, defs));
			n++;
		}
	}
	fclose(in);
	filter_defs_destroy(defs);
	assert_in_range(n, 15, 200);
}

int main(void)
{
	struct fixture f;
	fixture_init(&f);
	f.schema.computed = offered;
	f.schema.n_computed = COUNT(offered);
	const struct CMUnitTest tests[] = {cmocka_unit_test_prestate(test_examples, &f)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	fixture_end(&f);
	return failed;
}
