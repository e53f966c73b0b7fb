/* SPDX-License-Identifier: MIT */
#include "event_fixture.h"

#include <errno.h>

static void assert_bars(const uint64_t *slots, uint32_t n, const char *unit, const char *want)
{
	struct buf out = {0};
	assert_int_equal(histogram_bars(slots, n, unit, &out), 0);
	buf_char(&out, '\0');
	assert_string_equal(out.data, want);
	buf_free(&out);
}

/* As libbpf-tools' biolatency prints these counts. */
static void as_libbpf_tools(void **state)
{
	(void)state;
	assert_bars((const uint64_t[]){0, 0, 1, 42, 21, 0, 3, 0, 0}, 9, "usecs",
		    "     usecs               : count    distribution\n"
		    "         0 -> 1          : 0        |                                        |\n"
		    "         2 -> 3          : 0        |                                        |\n"
		    "         4 -> 7          : 1        |                                        |\n"
		    "         8 -> 15         : 42       |****************************************|\n"
		    "        16 -> 31         : 21       |********************                    |\n"
		    "        32 -> 63         : 0        |                                        |\n"
		    "        64 -> 127        : 3        |**                                      |\n");
	assert_bars((const uint64_t[]){7}, 1, "msecs",
		    "     msecs               : count    distribution\n"
		    "         0 -> 1          : 7        |****************************************|\n");
}

/* Bounds of more than ten digits take the broad shape, with half the stars. */
static void broad(void **state)
{
	uint64_t slots[34] = {[0] = 2, [32] = 123456789, [33] = 1};
	struct buf out = {0};
	(void)state;
	assert_int_equal(histogram_bars(slots, 33, "nsecs", &out), 0);
	assert_memory_equal(out.data, "     nsecs               : count ", 33);
	out.len = 0;
	assert_int_equal(histogram_bars(slots, 34, "nsecs", &out), 0);
	buf_char(&out, '\0');
	const char *line = out.data;
	static const char *const want[] = {
		[0] = "               nsecs                         : count    distribution\n",
		[1] = "                   0 -> 1                    : 2        |                    |\n",
		[33] = "          4294967296 -> 8589934591           : 123456789 |********************|\n",
		[34] = "          8589934592 -> 17179869183          : 1        |                    |\n",
	};
	for (int i = 0; i < 35; i++) {
		size_t n = (size_t)(strchr(line, '\n') - line) + 1;
		if (want[i]) {
			assert_int_equal(n, strlen(want[i]));
			assert_memory_equal(line, want[i], n);
		}
		line += n;
	}
	assert_string_equal(line, "");
	buf_free(&out);
}

static void ends(void **state)
{
	uint64_t slots[70] = {[69] = 5};
	struct buf out = {0};
	(void)state;
	/* nothing counted, or nothing within the 64 slots that can be */
	assert_int_equal(histogram_bars(slots, 0, "u", &out), 0);
	assert_int_equal(histogram_bars(slots, 70, "u", &out), 0);
	assert_int_equal(out.len, 0);
	/* the last slot, and counts that would overflow when multiplied */
	slots[63] = UINT64_MAX;
	slots[62] = UINT64_MAX / 2;
	assert_int_equal(histogram_bars(slots, 70, "u", &out), 0);
	static const char last[] =
		" 4611686018427387904 -> 9223372036854775807  : 9223372036854775807 |*********           |\n"
		" 9223372036854775808 -> 18446744073709551615 : 18446744073709551615 |********************|\n";
	assert_memory_equal(out.data + out.len - strlen(last), last, strlen(last));
	buf_free(&out);
	out = (struct buf){.limit = 200};
	buf_str(&out, "x");
	assert_int_equal(histogram_bars(slots, 64, "u", &out), -ENOMEM);
	assert_int_equal(out.len, 1);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_libbpf_tools),
		cmocka_unit_test(broad),
		cmocka_unit_test(ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
