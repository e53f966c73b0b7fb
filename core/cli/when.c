/* SPDX-License-Identifier: MIT */
#include "when.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000000ll

static int ago(const char *text, int64_t now, int64_t *out)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
	char *end;
	errno = 0;
	long long n = strtoll(text, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t ns;
		if (strcmp(end, units[i].name) != 0)
			continue;
		if (errno || __builtin_mul_overflow(n, units[i].seconds * SECOND, &ns) || ns >= now)
			return -EINVAL;
		*out = now - ns;
		return 0;
	}
	return -EINVAL;
}

static int since_1970(const char *text, int64_t *out)
{
	char *end;
	errno = 0;
	long long n = strtoll(text, &end, 10);
	return errno || end == text || *end || n < 1 || __builtin_mul_overflow(n, SECOND, out) ? -EINVAL : 0;
}

/* What is behind a time: nothing, Z, +hh:mm. *local: nothing. */
static bool zone(const char *text, bool *local, long *offset)
{
	struct tm tm = {0};
	*local = !*text;
	*offset = 0;
	if (*local)
		return true;
	const char *end = *text == 'Z' || *text == '+' || *text == '-' ? strptime(text, "%z", &tm) : NULL;
	*offset = tm.tm_gmtoff;
	return end && !*end;
}

static int date(const char *text, int64_t *out)
{
	static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
					    "%Y-%m-%d %H:%M", "%Y-%m-%d"};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {.tm_isdst = -1};
		long offset;
		bool local;
		const char *end = strptime(text, forms[i], &tm);
		if (!end || !zone(end, &local, &offset))
			continue;
		int64_t seconds = local ? mktime(&tm) : timegm(&tm) - offset;
		return seconds < 1 || __builtin_mul_overflow(seconds, SECOND, out) ? -EINVAL : 0;
	}
	return -EINVAL;
}

int parse_when(const char *text, int64_t now, int64_t *out)
{
	if (*text == '@')
		return since_1970(text + 1, out);
	size_t digits = strspn(text, "0123456789");
	if (!digits)
		return -EINVAL;
	return text[digits] == '-' ? date(text, out) : ago(text, now, out);
}
