/* SPDX-License-Identifier: MIT */
/*
 * How events are shown: columns, order, rounds. Made from the request and the tool, or, for a replay, from what the
 * recording says of the run that wrote it; the request's options win.
 */
#ifndef CORE_CLI_VIEW_H
#define CORE_CLI_VIEW_H

#include "pipeline/record.h"
#include "pipeline/recording.h"
#include "request.h"

struct columns {
	struct column *items;
	uint32_t n;
};

struct show {
	enum format format;
	char *title; /* the tool's name, or "" */
	struct columns columns;
	struct columns every; /* CSV without --fields: the header's fields, then each stream's, a name once */
	bool own_columns;     /* --fields: JSON prints these alone */
	char *key, *sort;
	uint64_t top;
	uint64_t interval_ms; /* > 0: rounds */
	bool table;           /* rows are collected and printed in rounds, or once at the end */
	bool no_header;
	bool container; /* text tells of the container: a column of its own */
};

/* `tool` may be NULL. -EINVAL: why (unknown field, with the nearest). */
int show_from_request(struct show *show, const struct request *request, const struct eun_tool *tool,
		      const struct stream *const *streams, size_t n, char *why, size_t why_size);
int show_from_recording(struct show *show, const struct request *request, const struct recording *recording,
			const struct stream *const *streams, size_t n, char *why, size_t why_size);
/* Notes it in a recording. */
void show_record(const struct show *show, struct recorder *recorder);
void show_free(struct show *show);

/* Text tells of the container, in a column behind COMM (or at the end), unless the columns are the user's. -ENOMEM. */
int show_container(struct show *show);
/* True: rows are ordered or added up by the field. */
bool show_orders_by(const struct show *show, const char *field);
/* True: a column or the order is by a field of which `is` is true. */
bool show_reads(const struct show *show, const struct stream *const *streams, size_t n,
		bool (*is)(const struct field *field));

/* The writer's options that follow from it. */
struct writer_options show_writer(const struct show *show, int64_t clock_offset);

#endif
