/* SPDX-License-Identifier: MIT */
/*
 * INI files (inih) to sections with keys, each with its place, and sections to typed options through tables. Names over
 * 40 bytes (of a section: behind its first word) and lines over 190, which inih would cut silently, are refused, as are
 * NUL bytes, text that is not UTF-8, and files over 4 MiB; long values go on in indented lines. ';' and '#' begin a
 * comment line, ';' behind a blank one in any line. Errors name file, line and column (in characters) and the nearest
 * name. One thread.
 */
#ifndef CORE_CONFIG_CONFIG_H
#define CORE_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config_key {
	char *name;
	char *value;           /* of several lines: as they stand, so that places in it can be told */
	uint32_t line, column; /* of the value's first byte, 1-based */
	bool used;             /* some table knew it */
};

struct config_section {
	char *name; /* "rule shell in container"; "": before the first section */
	uint32_t line;
	struct config_key *keys;
	size_t n_keys;
	const char *file;
};

struct config {
	char *file;
	struct config_section *sections; /* in the order of the file; a name may be there twice */
	size_t n_sections;
};

struct config_error {
	char file[256];
	uint32_t line, column; /* 0: of the whole file */
	char text[512];
};

/* -errno, or -EINVAL, with `error`. */
int config_read(struct config **out, const char *path, struct config_error *error);
/* The same of text in memory, called `name` in messages. */
int config_parse(struct config **out, const char *name, const char *text, size_t len, struct config_error *error);
void config_free(struct config *config);

const struct config_key *config_key(const struct config_section *section, const char *name);

/* What follows a section's first word, blanks between left out: "x y" of "rule x y". NULL: the first word is another.
 */
const char *config_named(const struct config_section *section, const char *word);

/* What a key is and where its value goes. A table ends at name NULL. */
enum config_type {
	CONFIG_TEXT,  /* const char *: borrowed from the config */
	CONFIG_TEXTS, /* char ** that ends at NULL: see config_texts(); freed by config_texts_free() */
	CONFIG_BOOL,  /* bool: yes, no, true, false, on, off, 1, 0 */
	CONFIG_UINT,  /* uint64_t, with units k, m, g */
	CONFIG_MS,    /* uint64_t milliseconds: 10s, 500ms, 2m, 1h, 7d; without a unit seconds */
	CONFIG_ENUM,  /* int: index in `names` */
};

struct config_option {
	const char *name;
	enum config_type type;
	size_t offset;            /* in the structure that is filled */
	uint64_t min, max;        /* of UINT and MS; both 0: any */
	const char *const *names; /* of ENUM, ends at NULL */
	const char *help;
};

/*
 * Fills `out` by the table and marks the keys used. A key that no row knows is an error with the nearest name, unless
 * `more` is given and takes it (a plugin's own options); so is a key that is there twice. -EINVAL with `error`, and
 * nothing is left to be freed; -ENOMEM.
 */
int config_apply(const struct config_section *section, const struct config_option *table, void *out,
		 int (*more)(void *context, const struct config_section *section, const struct config_key *key,
			     struct config_error *error),
		 void *context, struct config_error *error);

/*
 * A list as it stands in a value: items between commas, blanks around them left out. An item in double quotes may hold
 * commas, \" and \\. An empty value is an empty list. NULL, with what is wrong: static; NULL: no memory.
 */
char **config_texts(const char *value, const char **why);
void config_texts_free(char **texts);
/* Where its i-th item begins, in the value's terms. */
void config_texts_place(const char *value, size_t i, uint32_t *line, uint32_t *column);

/* The one of `names` that is most like `name`, or NULL. */
const char *config_nearest(const char *name, const char *const *names, size_t n);
/* Fills an error; returns -EINVAL. */
int config_error_at(struct config_error *error, const char *file, uint32_t line, uint32_t column, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* An error at a place inside a key's value, `line` and `column` 1-based within the value. -EINVAL. */
int config_fail(const struct config_section *section, const struct config_key *key, uint32_t line, uint32_t column,
		struct config_error *error, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

#endif
