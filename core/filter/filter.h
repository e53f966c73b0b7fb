/* SPDX-License-Identifier: MIT */
/*
 * The one expression language, for --filter, rules, Lua and the API:
 *
 *   path startswith "/etc/" and not (uid = 0 or comm in (sshd, "login")) and dport >= 1024 and daddr in 10.0.0.0/8
 *
 * Compiled once against a stream's schema, evaluated without allocation, in a time bounded by the product of the two
 * lengths for glob, regex and contains, whatever the event holds. docs/filter.md is the user's reference.
 * One thread; a compiled filter is constant and may be shared.
 */
#ifndef CORE_FILTER_FILTER_H
#define CORE_FILTER_FILTER_H

#include "event/view.h"

/*
 * Where a text came from, for messages: "eunomia.ini", first line and column of the text in it (1-based). Only the
 * first line is moved to the right. NULL where one is asked for: line 1, column 1.
 */
struct filter_source {
	const char *name; /* "--filter" on the command line */
	uint32_t line, column;
};

struct filter_error {
	uint32_t line, column; /* of the offending token, 1-based, in the source's terms */
	char text[256];        /* "unknown field 'dprot' (did you mean 'dport'?)" */
};

/* Named lists and macros, shared by all filters of a host. */
struct filter_defs;

struct filter_defs *filter_defs_new(void);
void filter_defs_destroy(struct filter_defs *defs);
/*
 * `items`: "sshd, \"login\", 10.0.0.0/8", parsed as the inside of in (...); `expression`: any expression. A name that
 * exists is replaced with replace, appended to (lists: more items; macros: `or`) with append, else -EEXIST; one that
 * does not is defined. An error (-EINVAL or -EEXIST with `error` filled, -ENOMEM) leaves the definitions as they were.
 * Syntax is checked here, fields and types where a filter uses the name: that error's place is in the filter, its
 * text names the place here. `error` may be NULL.
 */
enum filter_define { FILTER_NEW, FILTER_REPLACE, FILTER_APPEND };
int filter_define_list(struct filter_defs *defs, const char *name, const char *items, enum filter_define how,
		       const struct filter_source *source, struct filter_error *error);
int filter_define_macro(struct filter_defs *defs, const char *name, const char *expression, enum filter_define how,
			const struct filter_source *source, struct filter_error *error);

struct filter;

/*
 * Compiles `text` for events of any of the `n` streams of one schema. A field must exist in at least one of them (the
 * header's and the schema's computed ones exist in all); for a stream that lacks it, a comparison on it is false and
 * `exists` is false. `defs` may be NULL.
 * -EINVAL: `error`, which may be NULL, says what and where; -ENOMEM. The filter keeps no reference to `text` or `defs`,
 * but does to streams and fields: destroy it before them.
 */
int filter_compile(struct filter **out, const char *text, const struct filter_source *source,
		   const struct stream *const *streams, uint32_t n, const struct filter_defs *defs,
		   struct filter_error *error);
void filter_destroy(struct filter *filter);

/* True: the event passes. A stream the filter was not compiled for: false. */
bool filter_match(const struct filter *filter, const struct view *view);

/* True: it looks at a field of which `is` is true. */
bool filter_reads(const struct filter *filter, bool (*is)(const struct field *field));

/* The program as text, one clause a line: for `explain` and tests. */
struct buf;
void filter_dump(const struct filter *filter, const struct stream *stream, struct buf *out);

#endif
