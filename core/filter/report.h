/* SPDX-License-Identifier: MIT */
/* How the parts of the compiler say what is wrong with a text, and where. */
#ifndef CORE_FILTER_REPORT_H
#define CORE_FILTER_REPORT_H

#include "filter.h"

struct place {
	uint32_t line, column; /* 1-based, in the terms of the text's source */
};

/* A macro or list being expanded, on the stack of who expands it. */
struct use {
	const char *what; /* "macro", "list" */
	const char *name;
	const char *source; /* where its text came from */
	struct place at;    /* where it is named in the text that uses it */
	const struct use *outer;
};

struct report {
	struct filter_error *error;
	const struct use *use; /* the innermost, or NULL: the text itself */
	const char *stream;    /* the one the message is about; NULL: any */
};

/*
 * Fills the error; returns -EINVAL. Inside of a macro or list the error's place is where the text named the outermost
 * one, as that is the source the caller knows; the message says the place in the definition.
 */
int report_fail(const struct report *report, struct place at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A piece of the text for a message: cut when long, nothing but printable ASCII. */
struct quoted {
	char s[64];
};
struct quoted report_quote(const char *text, size_t len);
struct quoted report_str(const char *text);

/* " (did you mean 'dport'?)", or nothing for NULL. */
struct hint {
	char s[96];
};
struct hint report_hint(const char *nearest);

#endif
