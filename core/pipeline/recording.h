/* SPDX-License-Identifier: MIT */
/*
 * The reader of recordings: the schema and, one after the other, what record.h wrote. Read from front to end, a chunk
 * in memory at a time; a pipe will do.
 *
 * A recording is as trustworthy as whoever gave it: its streams pass the checks of a plugin's, its records those of a
 * ring's, and its texts (labels, help, meta) are to be escaped as event strings are. Where it is damaged or cut off
 * it ends with an error; everything before that place was delivered, and nothing from it on. One thread.
 */
#ifndef CORE_PIPELINE_RECORDING_H
#define CORE_PIPELINE_RECORDING_H

#include "event/view.h"
#include "record_facts.h"

struct recording;

/*
 * Opens and reads the head. "-" is the standard input. NULL: why ("FILE: ...") and errno: EINVAL it is no recording,
 * ENOTSUP another version or order of bytes, EBADMSG the head is damaged or cut off, others as of open() and read().
 */
struct recording *recording_open(const char *path, char *why, size_t why_size);
/* The same from an open file, which the recording closes in any case; `name` is for messages. */
struct recording *recording_from(FILE *file, const char *name, char *why, size_t why_size);
void recording_close(struct recording *recording);

/* These live as long as the recording. */
const char *recording_meta(const struct recording *recording,
			   const char *key);                  /* NULL: has none; the last, if several */
int64_t recording_clock(const struct recording *recording);   /* CLOCK_REALTIME - CLOCK_BOOTTIME then, ns */
struct schema *recording_schema(struct recording *recording); /* the ids in it are the reader's own */

enum recording_kind {
	RECORDING_EVENT,
	RECORDING_LOST,
	RECORDING_MARK,
	RECORDING_PROCESS, /* what the tables of a replay are to be told before the next event */
	RECORDING_FORGOT,
	RECORDING_CONTAINER,
};

struct recording_item {
	enum recording_kind kind;
	struct view view;            /* EVENT; valid until the next call */
	const struct stream *stream; /* LOST */
	uint64_t count;              /* LOST */
	uint64_t time;               /* LOST, MARK */
	struct fact_process process; /* PROCESS, FORGOT; texts are valid until the next call */
	struct fact_container container;
};

/* 1: an item; 0: the end; -EBADMSG: damaged or cut off, -errno: not readable, with why, the same from then on. */
int recording_next(struct recording *recording, struct recording_item *item, char *why, size_t why_size);

#endif
