/* SPDX-License-Identifier: MIT */
/*
 * A file that events go to: stdout, or the one given with -o. Events are appended to its buffer and flushed after each
 * round. An error is kept and every later byte is dropped: the run ends with it. One thread.
 */
#ifndef CORE_SINK_OUTPUT_H
#define CORE_SINK_OUTPUT_H

#include "event/buf.h"

struct output {
	int fd;
	const char *name; /* for messages: the path, or "stdout" */
	struct buf buf;
	int error; /* first errno; EPIPE: the reader went away; ETIME: it took nothing, see output_hurry() */
	bool owned;
	bool waits;        /* a pipe or the like: its reader may be slow */
	int interrupt;     /* readable when the run is to end, or -1: output_hurry() then, in the midst of a wait */
	uint64_t deadline; /* monotonic ns; 0: none */
	void (*before_write)(void *context); /* NULL, or called before bytes are written */
	void *before_context;
};

/* NULL: stdout. The file is created (0644 less the umask) or truncated. -errno: why. */
int output_open(struct output *out, const char *path, char *why, size_t why_size);
/* From now on a slow reader is waited for one second, all flushes together. */
void output_hurry(struct output *out);
/* Writes what is in the buffer, waiting for a slow reader. Returns 0 or -errno, the same from then on. */
int output_flush(struct output *out);
/* Flushes and closes: an error that only close() tells is returned too. */
int output_close(struct output *out);
/* True: the buffer is large enough that waiting for the end of the round would only cost memory. */
bool output_full(const struct output *out);

#endif
