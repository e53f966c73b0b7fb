/* SPDX-License-Identifier: MIT */
/*
 * Events to bytes: text, wide text, JSON, CSV. A writer appends to a buffer and does no output; the sink flushes it.
 * Nothing is allocated per event beyond the buffer's growth.
 *
 * Event strings are hostile; escape.h says what is done to them. What a value looks like:
 *
 *   type                  JSON                                    text and CSV
 *   u8..u64, s8..s64      integer                                 the same; hex or octal if the field says so,
 *                                                                 scaled by the column's divisor in text
 *   bool                  true, false                             true, false
 *   time                  "2026-11-24T10:11:12.123456789Z"        10:11:12, local; CSV as JSON
 *   chars, string, path   string                                  escaped
 *   strings               array of strings                        joined by spaces, "a b" quoted where needed
 *   ip                    "10.0.0.1", "::1"                       the same
 *   sockaddr              {"addr":,"port":,"family":}; no addr    10.0.0.1:80, [::1]:80, unix
 *                         but of inet and inet6: null
 *   enum                  label, or the integer                   the same
 *   flags                 array of labels, left bits as "0x40"    A|B|0x40, 0
 *   errno                 integer                                 ENOENT for -2; 0; 3
 *   caps                  array of names, unknown: bit number     CAP_KILL|CAP_BPF|45, 0
 *   bytes                 "00ff"                                  00ff
 *   u64s                  array of integers                       1,2,3
 *   hist                  {"slots":[{"lo":,"hi":,"count":}]}      0-1:5,4-7:2
 *   stack                 array of "0x..."                        0x...,0x...
 *   no value              null                                    - in text, empty in CSV
 *   flagged text          string: what the plugin makes of it     the same
 *
 * JSON, an object a line: ts, stream, the header's fields, the stream's own (an own field hides a header field of its
 * name), container: null on the host, else {"id":,"name":,"image":,"runtime":,"state":} and, where known, "pod" and
 * "pod_namespace", all of the schema's computed fields container.*; a schema without them has nulls and "pending". With
 * columns: those fields alone, under their field names, in that order.
 *
 * Text with columns: a table, numbers to the right. Without: TIME PID COMM STREAM, then name=value of the stream's
 * default columns (it has none: all of its own fields). A value in such a pair that is empty or holds a space or a
 * quote is "quoted": a string with \" in it for a quote; arguments are joined first, then quoted as a whole with each \
 * and " of the joined text preceded by \. Wide: all header fields and all own ones as pairs, times with nanoseconds;
 * with columns as text, times with milliseconds. Text with a histogram among its columns has no head: HEADER = value of
 * the other columns, then the bars, then an empty line.
 *
 * CSV: RFC 4180, but a row ends in \n and is always one line, for its cells are escaped as text is. The head has the
 * field names; no divisor applies. A cell that begins (after spaces) with = + - @ or their full-width forms and is not
 * a plain number is preceded by an apostrophe, so that no spreadsheet takes it for a formula.
 */
#ifndef CORE_EVENT_WRITER_H
#define CORE_EVENT_WRITER_H

#include <eunomia/plugin.h>

#include "buf.h"
#include "view.h"

enum format { FORMAT_TEXT, FORMAT_WIDE, FORMAT_JSON, FORMAT_CSV };

/* "text", "wide", "json", "csv"; -EINVAL. */
int format_parse(const char *name, enum format *out);
extern const char *const format_names[]; /* ends at NULL */

/* A column of text or CSV. `field` is looked up per stream by name, so one column serves several streams. */
struct column {
	char *header;       /* PID */
	char *field;        /* pid; "time" and "stream" are header fields */
	enum eun_type type; /* of the field, for width and side; EUN_NONE: not known, shown as text is */
	uint32_t width;     /* at least; 0: what the type needs. The last column is not padded */
	uint32_t decimals;
	uint64_t divisor; /* 0, 1: none */
	uint32_t flags;   /* enum eun_column_flags */
};

#define CONTAINER_WIDTH 12 /* of a column CONTAINER: a short id fits */

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
	bool big_as_text;     /* JSON: integers beyond 2^53 are strings, for readers that have doubles alone */
	bool no_header;       /* no line with the columns' names */
	bool container;       /* text without columns tells of the container: CONTAINER after COMM; wide: all of it */
};

struct writer; /* borrows the columns; serves the streams of one schema */

/* NULL: errno; EINVAL is CSV without columns. */
struct writer *writer_new(const struct writer_options *options);
void writer_destroy(struct writer *writer);

/* True: a writer of these options shows the computed field of that name, if the events' streams have it. */
bool writer_reads(const struct writer_options *options, const char *computed);

/* The head: column names of text and CSV; nothing for JSON. A live table prints it again for each round. */
int writer_head(struct writer *writer, struct buf *out);
/* One event, with its newline. -ENOMEM: the buffer did not grow; nothing of the event is in it. */
int writer_event(struct writer *writer, const struct view *view, struct buf *out);
/*
 * `count` events of a stream were lost before `time` (boot clock). JSON: {"ts":...,"stream":"lost","of":"files.open",
 * "count":12}; text: a line of its own that starts with "lost "; CSV has no place for it: nothing (stderr tells).
 */
int writer_lost(struct writer *writer, const struct stream *stream, uint64_t count, uint64_t time, struct buf *out);

/* One value as text the way a column shows it, for messages and tests. `clock_offset` as in the options. */
int value_text(const struct view *view, const struct field *field, int64_t clock_offset, struct buf *out);
/* And the way JSON has it. */
int value_json(const struct view *view, const struct field *field, int64_t clock_offset, struct buf *out);

/*
 * Makes a cell of CSV of the text appended since `start`. `alone`: the only one of its row, which must not look blank.
 */
void csv_cell(struct buf *out, size_t start, bool alone);

/*
 * The histogram of a HIST field as bars, a line per slot, as libbpf-tools print it; `unit` heads it ("usecs"). Nothing
 * when all slots are 0. Slots above the 64th are not looked at.
 */
int histogram_bars(const uint64_t *slots, uint32_t n, const char *unit, struct buf *out);

#endif
