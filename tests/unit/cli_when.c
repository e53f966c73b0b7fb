/* SPDX-License-Identifier: MIT */
/* Points in time as people write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "cli/when.h"

#define SECOND 1000000000ll
#define NOW (1795515072 * SECOND) /* 2026-11-24T10:11:12Z */
#define DAY 86400ll

static void right(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} cases[] = {
		{"90", 1795515072 - 90},
		{"90s", 1795515072 - 90},
		{"15m", 1795515072 - 900},
		{"1h", 1795515072 - 3600},
		{"2d", 1795515072 - 2 * DAY},
		{"1w", 1795515072 - 7 * DAY},
		{"0", 1795515072},
		{"@1795515072", 1795515072},
		{"2026-11-24T10:11:12Z", 1795515072},
		{"2026-11-24T12:11:12+02:00", 1795515072},
		{"2026-11-24 05:11:12-0500", 1795515072},
		{"2026-11-24T10:11Z", 1795515060},
		/* local: the zone is two hours east */
		{"2026-11-24 12:11:12", 1795515072},
		{"2026-11-24T12:11", 1795515060},
		{"2026-11-24", 1795515072 - 10 * 3600 - 11 * 60 - 12 - 2 * 3600},
	};
	(void)state;
	setenv("TZ", "EAST-2", 1);
	tzset();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ns = 0;
		if (parse_when(cases[i].text, NOW, &ns) || ns != cases[i].seconds * SECOND)
			fail_msg("%s: %lld", cases[i].text, (long long)ns);
	}
}

static void wrong(void **state)
{
	static const char *const texts[] = {
		"",
		"h",
		"yesterday",
		"-1h",
		"1x",
		"1 h",
		"1hh",
		"@",
		"@-5",
		"@1x",
		"2026-13-01",
		"2026-11-24x",
		"2026-11-24T10:11:12X",
		"2026-",
		"1.5h",
		"99999999999999999999",
		"@99999999999999",
		"9999999999d",
	};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		int64_t ns;
		if (!parse_when(texts[i], NOW, &ns))
			fail_msg("%s: %lld", texts[i], (long long)ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(right), cmocka_unit_test(wrong)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
