/* SPDX-License-Identifier: MIT */
/* The bytes of a recording: integers, texts and chunks, put into a buffer and got out of one. */
#ifndef CORE_PIPELINE_WIRE_H
#define CORE_PIPELINE_WIRE_H

#include "event/buf.h"

/* Room that could not be had is told by buf_commit(). */
void wire_put_u16(struct buf *out, uint16_t n);
void wire_put_u32(struct buf *out, uint32_t n);
void wire_put_u64(struct buf *out, uint64_t n);
void wire_put_text(struct buf *out, const char *text); /* NULL: no text */

/* A chunk is what is put between the two calls; the first returns where it begins. */
size_t wire_chunk_begin(struct buf *out, uint32_t type);
void wire_chunk_end(struct buf *out, size_t begin);

/* The checksum of a chunk, from its head (the sum in it does not count) and its payload. */
uint32_t wire_chunk_sum(const void *head, const void *payload, size_t n);

/* Bytes being read. What is not there is 0 or NULL, and `bad` stays set from then on. Zero-initialised is empty. */
struct wire {
	const unsigned char *at, *end;
	bool bad;
};

static inline size_t wire_left(const struct wire *in)
{
	return in->bad ? 0 : (size_t)(in->end - in->at);
}

const void *wire_get_bytes(struct wire *in, size_t n);
uint16_t wire_get_u16(struct wire *in);
uint32_t wire_get_u32(struct wire *in);
uint64_t wire_get_u64(struct wire *in);
const char *wire_get_text(struct wire *in);      /* where it lies; NULL: no text, or bad */
const char *wire_get_some_text(struct wire *in); /* no text is bad */

#endif
