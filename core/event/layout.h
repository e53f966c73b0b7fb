/* SPDX-License-Identifier: MIT */
/*
 * What one writer prints of one stream, worked out once: which fields, in which order, and the constant bytes before
 * each (`,"pid":`). A line is then a loop over cells.
 */
#ifndef CORE_EVENT_LAYOUT_H
#define CORE_EVENT_LAYOUT_H

#include "buf.h"
#include "writer.h"

struct cell {
	const struct field *field;   /* NULL: the stream has none of that name */
	const struct column *column; /* it stands in, or NULL: it is a name=value pair */
	bool own;                    /* the plugin's: its format callback may be asked */
	uint32_t lead, lead_len;     /* bytes of layout.leads that come before the value */
	const char **names;          /* of an enum with small values: by value, NULL where none */
	uint32_t n_names;
};

#define CONTAINER_PARTS 7

struct layout {
	const struct stream *stream; /* valid while a schema has it with this serial */
	uint32_t serial;
	struct cell *cells;
	uint32_t n_cells, cap;
	struct buf leads;
	bool container;                             /* JSON: tell of the actor's container, */
	const struct field *parts[CONTAINER_PARTS]; /* by these fields; there are none: by the record's flag alone */
	bool failed;                                /* no memory: it is not whole */
};

struct layout *layout_new(const struct stream *stream);
void layout_destroy(struct layout *layout);

/* Adds a cell. Its lead is before, name, after. What fails is told by layout->failed. */
void layout_add(struct layout *layout, const struct field *field, const struct column *column, const char *before,
		const char *name, const char *after);

/* Adds the header's fields from number `first` on, then all own ones. An own one hides a header field of its name. */
void layout_add_all(struct layout *layout, uint32_t first, const char *before, const char *after);

/* A cell outside of any layout. */
struct cell cell_of(const struct stream *stream, const struct field *field);

/* The name of an enum's value; NULL: it has none. */
const char *cell_label(const struct cell *cell, uint64_t value);

/*
 * The names in a value of flags, one a call: the first label whose bits are all set takes them out of `left`. A label
 * of no bits names the value 0 alone. `at` starts at 0. NULL: no more; `left` has the bits that are not named.
 */
const char *flags_next(const struct field *field, uint32_t *at, uint64_t *left);

#endif
