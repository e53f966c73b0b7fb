/* SPDX-License-Identifier: MIT */
/* A condition of Falco's as one of our language. */
#ifndef CORE_FALCO_TRANSLATE_H
#define CORE_FALCO_TRANSLATE_H

#include "event/buf.h"
#include "falco/fields.h"
#include "falco/file.h"

#define NOTES_MAX 64

struct translator {
	struct falco_file *file;
	const struct falco_host *host;
	char why[320];           /* what the last one that means nothing lacks */
	struct falco_lost *lost; /* exceptions that are gone from the condition at hand */
	struct falco_note {
		const char *field, *note;
		uint32_t line;
	} notes[NOTES_MAX]; /* fields that differ in something, each once */
	size_t n_notes;
	uint32_t line;   /* of what is being translated */
	uint32_t values; /* of lists, counted out so far */
	bool no_memory;
};

#define EXPRESSION_MAX 60000 /* bytes; of 64 KiB that the language has room for */

/* The text goes behind what is in `out`. Without an equivalent nothing does, and `why` says why. */
struct meaning translate(struct translator *t, const struct condition *condition, struct buf *out);
/* Of a condition as it is written, into an empty `out`. */
struct meaning translate_text(struct translator *t, const char *condition, struct buf *out);
/* A check that is written in parts, as exceptions are. */
struct meaning translate_check(struct translator *t, const struct condition *check, struct buf *out);
/* A text as a literal of our language. */
void write_literal(struct buf *out, const char *text);
/* An item of a list: a text, a number or an address as it may be written there. */
void write_item(struct buf *out, const char *text);

#endif
