/* SPDX-License-Identifier: MIT */
/* Sections to typed options, and what is wrong with them. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config.h"

int config_error_at(struct config_error *error, const char *file, uint32_t line, uint32_t column, const char *fmt, ...)
{
	va_list args;
	snprintf(error->file, sizeof(error->file), "%s", file);
	error->line = line;
	error->column = column;
	va_start(args, fmt);
	vsnprintf(error->text, sizeof(error->text), fmt, args);
	va_end(args);
	return -EINVAL;
}

int config_fail(const struct config_section *section, const struct config_key *key, uint32_t line, uint32_t column,
		struct config_error *error, const char *fmt, ...)
{
	va_list args;
	char text[sizeof(error->text)];
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return config_error_at(error, section->file, key->line + line - 1, line > 1 ? column : key->column + column - 1,
			       "%s", text);
}

const struct config_key *config_key(const struct config_section *section, const char *name)
{
	for (size_t i = 0; i < section->n_keys; i++)
		if (!strcmp(section->keys[i].name, name))
			return &section->keys[i];
	return NULL;
}

const char *config_named(const struct config_section *section, const char *word)
{
	size_t n = strlen(word);
	if (strncmp(section->name, word, n) != 0 || section->name[n] != ' ')
		return NULL;
	return section->name + n + strspn(section->name + n, " ");
}

/* Of replacing, inserting and leaving out single bytes. Names are short, the tail of a longer one doesn't count. */
static size_t distance(const char *a, const char *b)
{
	enum { MOST = 64 };
	size_t row[MOST + 1], la = strnlen(a, MOST), lb = strnlen(b, MOST);
	for (size_t j = 0; j <= lb; j++)
		row[j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t least = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			if (row[j] + 1 < least)
				least = row[j] + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			row[j] = least;
		}
	}
	return row[lb];
}

const char *config_nearest(const char *name, const char *const *names, size_t n)
{
	size_t most = strlen(name) / 3 + 2;
	const char *nearest = NULL;
	for (size_t i = 0; i < n; i++) {
		size_t d = distance(name, names[i]);
		if (d < most) {
			most = d;
			nearest = names[i];
		}
	}
	return nearest;
}

/* " (did you mean 'x'?)" */
static void hint(char *text, size_t size, const char *nearest)
{
	snprintf(text, size, "%s%s%s", nearest ? " (did you mean '" : "", nearest ? nearest : "", nearest ? "'?)" : "");
}

/* ---- lists ---- */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* An item from `at` on, into `out` if given. Returns where it ends, at a comma or the end; NULL: why. */
static const char *item(const char *at, char *out, const char **why)
{
	size_t n = 0;
	bool quoted = *at == '"';
	if (quoted) {
		for (at++; *at && *at != '"'; at++) {
			if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
				at++;
			if (out)
				out[n] = *at;
			n++;
		}
		*why = "unterminated string: no closing \"";
		if (!*at++)
			return NULL;
		while (is_space(*at))
			at++;
		*why = "text behind the closing \"";
		if (*at && *at != ',')
			return NULL;
	} else {
		const char *start = at;
		at += strcspn(at, ",");
		for (n = (size_t)(at - start); n && is_space(start[n - 1]);)
			n--;
		if (out)
			memcpy(out, start, n);
	}
	if (out)
		out[n] = '\0';
	*why = "an empty item";
	return n || quoted ? at : NULL;
}

void config_texts_free(char **texts)
{
	for (size_t i = 0; texts && texts[i]; i++)
		free(texts[i]);
	free(texts);
}

static const char *skip(const char *at)
{
	while (is_space(*at))
		at++;
	return at;
}

char **config_texts(const char *value, const char **why)
{
	size_t most = 2, n = 0;
	for (const char *at = value; *at; at++)
		most += *at == ',';
	char **texts = calloc(most, sizeof(*texts));
	const char *at = skip(value);
	*why = NULL;
	for (bool more = *at; texts && more; n++) {
		texts[n] = malloc(strlen(at) + 1);
		at = texts[n] ? item(at, texts[n], why) : NULL;
		if (!at) {
			*why = texts[n] ? *why : NULL;
			config_texts_free(texts);
			return NULL;
		}
		more = *at == ',';
		at = skip(at + more);
	}
	*why = NULL;
	return texts;
}

void config_texts_place(const char *value, size_t i, uint32_t *line, uint32_t *column)
{
	const char *at = skip(value), *why;
	for (; i && at; i--) {
		at = item(at, NULL, &why);
		if (at)
			at = skip(at + (*at == ','));
	}
	*line = *column = 1;
	for (const char *p = value; at && p < at; p++) {
		bool newline = *p == '\n';
		*line += newline;
		*column = newline ? 1 : *column + (((unsigned char)*p & 0xc0) != 0x80);
	}
}

/* ---- values ---- */

struct unit {
	const char *name;
	uint64_t factor;
};

static int number(const char *value, const struct unit *units, uint64_t *out)
{
	char *end;
	if (*value < '0' || *value > '9')
		return -EINVAL;
	errno = 0;
	*out = strtoull(value, &end, 10);
	if (errno)
		return -EINVAL;
	for (; units->name; units++)
		if (!strcmp(end, units->name))
			return __builtin_mul_overflow(*out, units->factor, out) ? -EINVAL : 0;
	return -EINVAL;
}

/* A key that is being read. */
struct reading {
	const struct config_section *section;
	const struct config_key *key;
	const struct config_option *option;
	struct config_error *error;
};

static int wrong(const struct reading *r, const char *expected)
{
	return config_fail(r->section, r->key, 1, 1, r->error, "'%s' is not %s", r->key->value, expected);
}

static int take_text(const struct reading *r, void *out)
{
	*(const char **)out = r->key->value;
	return 0;
}

static int take_texts(const struct reading *r, void *out)
{
	const char *why;
	char **texts = config_texts(r->key->value, &why);
	if (!texts)
		return why ? config_fail(r->section, r->key, 1, 1, r->error, "%s", why) : -ENOMEM;
	*(char ***)out = texts;
	return 0;
}

static int take_bool(const struct reading *r, void *out)
{
	static const char *const names[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcasecmp(r->key->value, names[i])) {
			*(bool *)out = i & 1;
			return 0;
		}
	return wrong(r, "yes or no");
}

static int take_number(const struct reading *r, const struct unit *units, const char *expected, uint64_t *out)
{
	const struct config_option *o = r->option;
	if (number(r->key->value, units, out))
		return wrong(r, expected);
	if ((o->min || o->max) && (*out < o->min || *out > o->max))
		return config_fail(r->section, r->key, 1, 1, r->error, "'%s' is out of range: %llu to %llu%s",
				   r->key->value, (unsigned long long)o->min, (unsigned long long)o->max,
				   o->type == CONFIG_MS ? " ms" : "");
	return 0;
}

static int take_uint(const struct reading *r, void *out)
{
	static const struct unit units[] = {{"", 1},        {"k", 1 << 10}, {"K", 1 << 10}, {"m", 1 << 20},
					    {"M", 1 << 20}, {"g", 1 << 30}, {"G", 1 << 30}, {0}};
	return take_number(r, units, "a number (10, 64k, 8m)", out);
}

static int take_ms(const struct reading *r, void *out)
{
	static const struct unit units[] = {{"", 1000},     {"ms", 1},       {"s", 1000}, {"m", 60000},
					    {"h", 3600000}, {"d", 86400000}, {0}};
	return take_number(r, units, "a time (500ms, 10s, 2m, 1h)", out);
}

static int take_enum(const struct reading *r, void *out)
{
	const struct config_option *o = r->option;
	char expected[256] = "one of", near[96];
	size_t n = 0, len = strlen(expected);
	for (; o->names[n]; n++) {
		if (!strcasecmp(o->names[n], r->key->value)) {
			*(int *)out = (int)n;
			return 0;
		}
		if (len < sizeof(expected))
			len += (size_t)snprintf(expected + len, sizeof(expected) - len, "%s %s", n ? "," : "",
						o->names[n]);
	}
	hint(near, sizeof(near), config_nearest(r->key->value, o->names, n));
	return config_fail(r->section, r->key, 1, 1, r->error, "'%s' is not %s%s", r->key->value, expected, near);
}

static int (*const takes[])(const struct reading *r, void *out) = {
	[CONFIG_TEXT] = take_text, [CONFIG_TEXTS] = take_texts, [CONFIG_BOOL] = take_bool,
	[CONFIG_UINT] = take_uint, [CONFIG_MS] = take_ms,       [CONFIG_ENUM] = take_enum,
};

static int unknown(const struct reading *r, const struct config_option *table)
{
	const char *names[64];
	size_t n = 0;
	char near[96];
	for (; table[n].name && n < 64; n++)
		names[n] = table[n].name;
	hint(near, sizeof(near), config_nearest(r->key->name, names, n));
	return config_error_at(r->error, r->section->file, r->key->line, 1, "[%s] has no key '%s'%s", r->section->name,
			       r->key->name, near);
}

static void drop_texts(const struct config_option *table, void *out)
{
	for (; table->name; table++)
		if (table->type == CONFIG_TEXTS) {
			char ***texts = (char ***)((char *)out + table->offset);
			config_texts_free(*texts);
			*texts = NULL;
		}
}

static int apply_key(const struct reading *r, void *out)
{
	const struct config_key *first = config_key(r->section, r->key->name);
	if (first != r->key)
		return config_error_at(r->error, r->section->file, r->key->line, 1,
				       "'%s' is there twice: first in line %u", r->key->name, first->line);
	return takes[r->option->type](r, (char *)out + r->option->offset);
}

int config_apply(const struct config_section *section, const struct config_option *table, void *out,
		 int (*more)(void *context, const struct config_section *section, const struct config_key *key,
			     struct config_error *error),
		 void *context, struct config_error *error)
{
	int err = 0;
	for (size_t i = 0; i < section->n_keys && !err; i++) {
		struct reading r = {section, &section->keys[i], table, error};
		while (r.option->name && strcmp(r.option->name, r.key->name) != 0)
			r.option++;
		if (r.option->name)
			err = apply_key(&r, out);
		else
			err = more ? more(context, section, r.key, error) : unknown(&r, table);
		section->keys[i].used = !err;
	}
	if (err)
		drop_texts(table, out);
	return err;
}
