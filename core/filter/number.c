/* SPDX-License-Identifier: MIT */
/* Numbers, and the names and units that stand for them. */
#include "literal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

struct number {
	bool negative;
	bool overflow;
	uint64_t n;
	const char *unit; /* what follows the digits of a decimal */
};

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit times[] = {
	{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000ull}, {"h", 3600000000000ull},
	{NULL, 0},
};
static const struct unit sizes[] = {
	{"k", 1ull << 10}, {"m", 1ull << 20}, {"g", 1ull << 30}, {"t", 1ull << 40}, {"K", 1ull << 10},
	{"M", 1ull << 20}, {"G", 1ull << 30}, {"T", 1ull << 40}, {NULL, 0},
};

/* What a field counts, when that is time: ns in one of it. */
static const struct unit time_fields[] = {{"_ns", 1}, {"_us", 1000}, {"_ms", 1000000}, {NULL, 0}};

static uint64_t time_scale(const struct field *field)
{
	size_t len = strlen(field->name);
	if (field->type == EUN_TIME)
		return 1;
	for (const struct unit *u = time_fields; u->name; u++)
		if (len > 3 && !strcmp(field->name + len - 3, u->name))
			return u->factor;
	return 0;
}

static uint64_t unit_factor(const struct unit *units, const char *name)
{
	while (units->name && strcmp(units->name, name))
		units++;
	return units->factor;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* -12, 0x1f, 0o17 or 017, 10ms. False: no number. */
static bool parse(const char *text, struct number *out)
{
	*out = (struct number){.negative = *text == '-', .unit = ""};
	text += out->negative;
	unsigned base = 10;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	} else if (text[0] == '0' && text[1] == 'o') {
		base = 8;
		text += 2;
	} else if (text[0] == '0' && is_digit(text[1])) {
		base = 8;
		text++;
	}
	const char *start = text;
	for (; isxdigit((unsigned char)*text); text++) {
		unsigned digit = is_digit(*text) ? (unsigned)(*text - '0') : (unsigned)((*text | 0x20) - 'a') + 10;
		if (digit >= base)
			break;
		out->overflow |= __builtin_mul_overflow(out->n, base, &out->n);
		out->overflow |= __builtin_add_overflow(out->n, digit, &out->n);
	}
	out->unit = text;
	return text > start && (!*text || base == 10);
}

/* The value `is_not` what the field holds. */
static int refuse(const struct report *report, const struct literal *literal, const char *is_not, const char *nearest)
{
	return report_fail(report, literal->at, "'%s' is %s%s", report_quote(literal->text, literal->len).s, is_not,
			   report_hint(nearest).s);
}

static int apply_unit(const struct report *report, const struct field *field, const struct literal *literal,
		      struct number *number)
{
	uint64_t scale = time_scale(field), factor = unit_factor(scale ? times : sizes, number->unit);
	if (!*number->unit)
		return 0;
	if (!factor && !unit_factor(scale ? sizes : times, number->unit))
		return refuse(report, literal, "not a number", NULL);
	if (!factor)
		return report_fail(report, literal->at, "'%s' is a %s, but '%s' is %s",
				   report_quote(literal->text, literal->len).s, scale ? "size" : "time", field->name,
				   scale ? "a time (units: ns us ms s m h)" : "not a time (units: k m g t, 1024 each)");
	unsigned __int128 total = (unsigned __int128)number->n * factor;
	if (scale && total % scale)
		return report_fail(report, literal->at, "'%s' is not a whole number of the unit of '%s'",
				   report_quote(literal->text, literal->len).s, field->name);
	total /= scale ? scale : 1;
	number->overflow |= total > UINT64_MAX;
	number->n = (uint64_t)total;
	return 0;
}

/* Bits that the field's value has. A computed field need not say its size. */
static uint32_t field_bits(const struct field *field)
{
	static const uint8_t bytes[EUN_TYPES] = {
		[EUN_U8] = 1,  [EUN_U16] = 2, [EUN_U32] = 4, [EUN_U64] = 8,   [EUN_S8] = 1,
		[EUN_S16] = 2, [EUN_S32] = 4, [EUN_S64] = 8, [EUN_ERRNO] = 4,
	};
	uint32_t n = bytes[field->type] ? bytes[field->type] : field->size;
	return n && n < 8 ? n * 8 : 64;
}

static int integer(const struct report *report, const struct field *field, const struct literal *literal, uint64_t *out)
{
	struct number number;
	if (!parse(literal->text, &number))
		return refuse(report, literal, "not a number", NULL);
	int err = apply_unit(report, field, literal, &number);
	if (err)
		return err;
	bool is_signed = type_is_signed(field->type);
	uint64_t most = UINT64_MAX >> (64 - field_bits(field) + is_signed), least = is_signed ? most + 1 : 0;
	if (number.overflow || number.n > (number.negative ? least : most))
		return report_fail(report, literal->at, "%s is out of the range of '%s' (%s, %s%llu to %llu)",
				   report_quote(literal->text, literal->len).s, field->name, type_name(field->type),
				   is_signed ? "-" : "", (unsigned long long)least, (unsigned long long)most);
	*out = number.negative ? -number.n : number.n;
	return 0;
}

static int boolean(const struct report *report, const struct field *field, const struct literal *literal, uint64_t *out)
{
	(void)field;
	*out = !strcmp(literal->text, "true");
	return *out || !strcmp(literal->text, "false") ? 0 : refuse(report, literal, "neither true nor false", NULL);
}

static const struct eun_label *label_find(const struct field *field, const char *name)
{
	for (const struct eun_label *l = field->labels; l && l->name; l++)
		if (!strcmp(l->name, name))
			return l;
	return NULL;
}

static int label_refuse(const struct report *report, const struct field *field, const struct literal *literal,
			const char *name)
{
	size_t n = 0;
	while (field->labels && field->labels[n].name)
		n++;
	const char **names = calloc(n + 1, sizeof(*names)), *nearest = NULL;
	for (size_t i = 0; names && i < n; i++)
		names[i] = field->labels[i].name;
	if (names)
		nearest = nearest_name(name, names, n);
	free(names);
	return report_fail(report, literal->at, "'%s' is no value of '%s'%s", report_str(name).s, field->name,
			   report_hint(nearest).s);
}

static int enumeration(const struct report *report, const struct field *field, const struct literal *literal,
		       uint64_t *out)
{
	const struct eun_label *label = label_find(field, literal->text);
	if (label)
		*out = label->value;
	else if (is_digit(literal->text[0]))
		return integer(report, field, literal, out);
	else
		return label_refuse(report, field, literal, literal->text);
	return 0;
}

/* One of the parts of a set of flags or capabilities, which are joined by '|'. */
static int part(const struct report *report, const struct field *field, const struct literal *part, uint64_t *out)
{
	if (field->type == EUN_FLAGS)
		return enumeration(report, field, part, out);
	if (is_digit(part->text[0]))
		return integer(report, field, part, out);
	*out = cap_mask(part->text);
	return *out ? 0 : refuse(report, part, "not a capability", cap_nearest(part->text));
}

static int parts(const struct report *report, const struct field *field, const struct literal *literal, uint64_t *out)
{
	char name[128];
	*out = 0;
	for (const char *at = literal->text;; at++) {
		size_t len = strcspn(at, "|");
		if (len >= sizeof(name))
			return refuse(report, literal, "not a set of names", NULL);
		memcpy(name, at, len);
		name[len] = '\0';
		struct literal one = {.text = name, .len = (uint32_t)len, .at = literal->at};
		uint64_t bits;
		int err = part(report, field, &one, &bits);
		if (err)
			return err;
		*out |= bits;
		at += len;
		if (!*at)
			return 0;
	}
}

/* A failed call has stored -errno, however the user writes it. */
static int error_number(const struct report *report, const struct field *field, const struct literal *literal,
			uint64_t *out)
{
	const char *name = literal->text + (literal->text[0] == '-');
	if (is_digit(*name))
		return integer(report, field, literal, out);
	int number = errno_number(name);
	*out = (uint64_t) - (int64_t)number;
	return number ? 0 : refuse(report, literal, "not an errno", errno_nearest(name));
}

int literal_number(const struct report *report, const struct field *field, const struct literal *literal, uint64_t *out)
{
	static int (*const types[EUN_TYPES])(const struct report *, const struct field *, const struct literal *,
					     uint64_t *) = {
		[EUN_BOOL] = boolean, [EUN_ENUM] = enumeration,   [EUN_FLAGS] = parts,
		[EUN_CAPS] = parts,   [EUN_ERRNO] = error_number,
	};
	return (types[field->type] ? types[field->type] : integer)(report, field, literal, out);
}
