/* SPDX-License-Identifier: MIT */
/*
 * The writer of recordings: raw records with all that is needed to print them again without the plugin, the kernel or
 * root. docs/recording.md has the format.
 *
 * Calls come in this order: recorder_meta() and recorder_stream() any number of times, recorder_start() once, then
 * events, losses and marks, recorder_close(). Written are 64 KiB at a time, or what there is on recorder_flush().
 *
 * The first error is kept: the recording ends there, each later call returns the same error and writes nothing, and
 * recorder_error() tells it. So nothing is missing in a recording without an error that says so. One thread.
 */
#ifndef CORE_PIPELINE_RECORD_H
#define CORE_PIPELINE_RECORD_H

#include "event/view.h"
#include "target/container.h"
#include "target/proc.h"

struct recorder;

/*
 * Creates the file with mode 0600, for events are nobody else's business, or empties the one that is there, which
 * keeps its mode. FIFOs and character devices will do, terminals and disks not. NULL: errno and why.
 */
struct recorder *recorder_new(const char *path, char *why, size_t why_size);

/* A text that the reader asks for by key: the host's name, the kernel, how the run was to show its events. */
int recorder_meta(struct recorder *recorder, const char *key, const char *value);
/* A stream whose events are to come. -E2BIG: with it the head would be longer than a reader accepts. */
int recorder_stream(struct recorder *recorder, const struct stream *stream);
/* Ends the head. `clock_offset`: CLOCK_REALTIME - CLOCK_BOOTTIME, ns. */
int recorder_start(struct recorder *recorder, int64_t clock_offset);

/*
 * From here on what these know of an event's actor is written before it, so that a replay knows it too. Borrowed until
 * recorder_close(); either may be NULL. -ENOMEM.
 */
int recorder_facts(struct recorder *recorder, struct procs *procs, const struct containers *containers);

/* The record and, if its stream has a format callback, the texts this makes of the fields. */
int recorder_event(struct recorder *recorder, const struct view *view);
/* `count` events of a stream were lost before `time`. */
int recorder_lost(struct recorder *recorder, const struct stream *stream, uint64_t count, uint64_t time);
/* A round of tables ended at `time`. */
int recorder_mark(struct recorder *recorder, uint64_t time);

int recorder_flush(struct recorder *recorder);

/* The error that ended the recording, -errno, and its text "FILE: what: why"; 0: none so far. */
int recorder_error(const struct recorder *recorder, char *why, size_t why_size);

/* Writes the end and closes the file; frees in any case. Returns the error as recorder_error() does. NULL: 0. */
int recorder_close(struct recorder *recorder, char *why, size_t why_size);

#endif
