/* SPDX-License-Identifier: MIT */
#include "option.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "refuse.h"

struct unit {
	const char *name;
	uint64_t factor;
};

/* Ascending, so that the last that divides a number writes it shortest. */
static const struct unit sizes[] = {{"", 1}, {"k", 1u << 10}, {"m", 1u << 20}, {"g", 1u << 30}, {NULL, 0}};
static const struct unit times[] = {
	{"ns", 1},          {"us", 1000},         {"ms", 1000000}, {"s", 1000000000},
	{"m", 60000000000}, {"h", 3600000000000}, {NULL, 0},
};

static int bool_parse(const char *text, struct option_value *out)
{
	out->number = !strcmp(text, "true");
	return out->number || !strcmp(text, "false") ? 0 : -EINVAL;
}

static int number_parse(const char *text, const struct unit *units, struct option_value *out)
{
	const char *p = text;
	uint64_t n = 0;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return -ERANGE;
	if (p == text)
		return -EINVAL;
	while (units->name && strcasecmp(p, units->name) && (n || *p))
		units++;
	if (!units->name)
		return -EINVAL;
	return __builtin_mul_overflow(n, units->factor, &out->number) ? -ERANGE : 0;
}

static int uint_parse(const char *text, struct option_value *out)
{
	return number_parse(text, sizes, out);
}

static int time_parse(const char *text, struct option_value *out)
{
	return number_parse(text, times, out);
}

static int string_parse(const char *text, struct option_value *out)
{
	out->text = text;
	out->number = strlen(text);
	return 0;
}

static const struct {
	int (*parse)(const char *text, struct option_value *out);
	const char *like; /* what is right */
	const struct unit *units;
	bool bounded;
} types[] = {
	[EUN_OPTION_BOOL] = {bool_parse, "true or false", NULL, false},
	[EUN_OPTION_UINT] = {uint_parse, "a number, as 4096 or 4k", sizes, true},
	[EUN_OPTION_TIME] = {time_parse, "a time with its unit, as 10ms or 2s", times, true},
	[EUN_OPTION_STRING] = {string_parse, "a text", NULL, true},
};

static bool type_known(uint32_t type)
{
	return type && type < sizeof(types) / sizeof(types[0]);
}

void option_number(const struct eun_option *option, __u64 number, char *buf, size_t size)
{
	const struct unit *unit = type_known(option->type) ? types[option->type].units : NULL, *best = unit;
	if (option->type == EUN_OPTION_BOOL) {
		snprintf(buf, size, "%s", number ? "true" : "false");
		return;
	}
	for (; unit && number && unit->name; unit++)
		if (number % unit->factor == 0)
			best = unit;
	snprintf(buf, size, "%" PRIu64 "%s", (uint64_t)number / (best ? best->factor : 1), best ? best->name : "");
}

int option_parse(const struct eun_option *option, const char *text, struct option_value *out, char *why,
		 size_t why_size)
{
	char min[32], max[32];
	*out = (struct option_value){0};
	if (!type_known(option->type)) {
		refuse(why, why_size, "option %s has the unknown type %u; use one of enum eun_option_type", option->key,
		       option->type);
		return -ENOTSUP;
	}
	int err = types[option->type].parse(text, out);
	if (err == -EINVAL)
		return refuse(why, why_size, "option %s: '%s' is not valid; give %s", option->key, text,
			      types[option->type].like);
	if (err || (types[option->type].bounded && (out->number < option->min || out->number > option->max))) {
		option_number(option, option->min, min, sizeof(min));
		option_number(option, option->max, max, sizeof(max));
		if (option->type == EUN_OPTION_STRING)
			refuse(why, why_size, "option %s: '%s' has %zu bytes; give %s to %s", option->key, text,
			       strlen(text), min, max);
		else
			refuse(why, why_size, "option %s: %s is out of bounds; give %s to %s", option->key, text, min,
			       max);
		return -ERANGE;
	}
	return 0;
}
