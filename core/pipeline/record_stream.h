/* SPDX-License-Identifier: MIT */
/* A stream's schema as the payload of a STREAM chunk. */
#ifndef CORE_PIPELINE_RECORD_STREAM_H
#define CORE_PIPELINE_RECORD_STREAM_H

#include "event/schema.h"
#include "wire.h"

void record_stream_put(struct buf *out, const struct stream *stream);

/*
 * Reads what record_stream_put() wrote. `id` is the one it had when it was recorded; the stream has none yet. It passes
 * the checks that a plugin's must. NULL: why.
 */
struct stream *record_stream_get(struct wire *in, uint16_t *id, char *why, size_t why_size);

#endif
