/* SPDX-License-Identifier: MIT */
/*
 * Events to bytes: text, wide text, JSON, CSV. A writer appends to a buffer and does no output; the sink flushes it.
 *
 * Event strings are hostile. Text: no control byte and no invalid UTF-8 reaches a terminal (\n, \t, \r as such, else
 * \xHH). JSON: valid UTF-8 (an invalid byte becomes \ufffd). CSV: RFC 4180, CRLF not used, and a cell that a
 * spreadsheet would take for a formula is preceded by an apostrophe.
 * Nothing is allocated per event beyond the buffer's growth.
 */
#ifndef CORE_EVENT_WRITER_H
#define CORE_EVENT_WRITER_H

#include "buf.h"
#include "view.h"

enum format { FORMAT_TEXT, FORMAT_WIDE, FORMAT_JSON, FORMAT_CSV };

/* "text", "wide", "json", "csv"; -EINVAL. */
int format_parse(const char *name, enum format *out);
extern const char *const format_names[]; /* ends at NULL */

/* A column of text or CSV. `field` is looked up per stream by name, so one column serves several streams. */
struct column {
	char *header;   /* PID */
	char *field;    /* pid; "time" and "stream" are header fields */
	uint32_t width; /* at least; 0: what the type needs. The last column is not padded */
	uint32_t decimals;
	uint64_t divisor; /* 0, 1: none */
};

struct writer_options {
	enum format format;
	/*
	 * Text of a tool, CSV, and JSON with --fields: these columns. NULL: text prints TIME PID COMM STREAM and the
	 * stream's default fields as name=value (wide: the whole header and all fields); JSON prints everything; CSV
	 * is given its columns by the caller always.
	 */
	const struct column *columns;
	uint32_t n_columns;
	int64_t clock_offset; /* CLOCK_REALTIME - CLOCK_BOOTTIME, ns */
	bool no_header;       /* no line with the columns' names */
};

struct writer; /* borrows the columns */

struct writer *writer_new(const struct writer_options *options);
void writer_destroy(struct writer *writer);

/* The head: column names of text and CSV; nothing for JSON. A live table prints it again for each round. */
int writer_head(struct writer *writer, struct buf *out);
/* One event, with its newline. -ENOMEM: the buffer did not grow; nothing of the event is in it. */
int writer_event(struct writer *writer, const struct view *view, struct buf *out);
/*
 * `count` events of a stream were lost before `time` (boot clock). JSON: {"ts":...,"stream":"lost","of":"files.open",
 * "count":12}; text: a line of its own that starts with "lost "; CSV has no place for it: nothing (stderr tells).
 */
int writer_lost(struct writer *writer, const struct stream *stream, uint64_t count, uint64_t time, struct buf *out);

/* One value as text the way text output shows it, for messages and tests. */
int value_text(const struct view *view, const struct field *field, struct buf *out);

/* The histogram of a HIST field as bars, a line per slot, as libbpf-tools print it; `unit` heads it ("usecs"). */
int histogram_bars(const uint64_t *slots, uint32_t n, const char *unit, struct buf *out);

#endif
