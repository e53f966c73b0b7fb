/* SPDX-License-Identifier: MIT */
/* Inside the writers: what a format is, and the parts they share. Everything else includes writer.h. */
#ifndef CORE_EVENT_FORMAT_H
#define CORE_EVENT_FORMAT_H

#include "layout.h"
#include "stamp.h"
#include "writer.h"

struct format_ops;

/* How a value is shown as text. */
struct text_style {
	const char *absent;   /* what stands for no value */
	bool utc;             /* times in RFC 3339; else the local time of day with decimals: */
	unsigned decimals[2]; /* in a column, in a pair */
	bool for_people;      /* the plugin's format callback goes first, a column's divisor applies */
};

/* What the function of a type needs besides the value. */
struct context {
	const struct cell *cell;
	struct stamp *stamp;
	const struct text_style *style; /* of text */
	bool big_as_text;               /* of JSON */
};

typedef void value_writer(const struct context *ctx, const struct value *v, struct buf *out);

/* How a column of text is padded. */
struct look {
	uint32_t width;
	bool right;
};

struct writer {
	struct writer_options options;
	const struct format_ops *ops;
	const struct column *columns; /* those of the options, or the ones of a line of several streams */
	uint32_t n_columns;
	struct look *looks; /* one per column */
	struct stamp stamp;
	struct layout **layouts; /* by stream id; NULL where none was made yet */
	uint32_t n_layouts;
};

/* A format. The functions append to a buffer and leave its failures to be found by the caller. */
struct format_ops {
	const char *name;
	const struct text_style *style;
	bool needs_columns; /* EINVAL without */
	bool line_columns;  /* without columns a line begins with those of line_columns[] */
	void (*layout)(const struct writer *writer, struct layout *layout);
	void (*head)(const struct writer *writer, struct buf *out); /* NULL: has none */
	void (*event)(struct writer *writer, const struct layout *layout, const struct view *view, struct buf *out);
	/* NULL: has no place for it */
	void (*lost)(struct writer *writer, const struct stream *stream, uint64_t count, uint64_t time,
		     struct buf *out);
};

extern const struct format_ops text_format, bars_format, wide_format, json_format, csv_format;

/* A line of its own, in all kinds of text. */
void text_lost(struct writer *writer, const struct stream *stream, uint64_t count, uint64_t time, struct buf *out);

/* The columns that a text of several streams begins with: n_line_columns. With the container: one more. */
extern const struct column line_columns[], line_columns_container[];
extern const uint32_t n_line_columns;

/* What a column needs to show a type. */
struct look text_look(enum eun_type type);

/* A cell's value as text, in a pair quoted where it must be; style->absent when it has none. */
void text_value(const struct text_style *style, struct stamp *stamp, const struct cell *cell, const struct view *view,
		struct buf *out);

/*
 * The text that the plugin itself makes of a cell's value, NUL-terminated: false if it makes none, or if only people
 * are to see it and `for_people` is not set.
 */
bool plugin_text(const struct cell *cell, const struct view *view, const struct value *v, bool for_people, char *text,
		 uint32_t size);

/* The room for it. */
#define PLUGIN_TEXT_MAX 256

/* One cell for each of the writer's columns. */
void columns_layout(const struct writer *writer, struct layout *layout);

#endif
