/* SPDX-License-Identifier: MIT */
/*
 * The rings that BPF objects send records into: made here, shared with every object, read here. The reader is our own
 * (the layout is that of kernel/bpf/ringbuf.c: a 64-bit head of length, busy and discard bits before each record), so
 * that a whole round can be sorted by time and delivered in place before its space is given back.
 *
 * Rings 0 to n-1 carry the bulk: one, or one a CPU on machines with more than eight; ring n the critical streams.
 * One thread.
 */
#ifndef CORE_PIPELINE_RINGS_H
#define CORE_PIPELINE_RINGS_H

#include "target/target.h"

#define RINGS_BULK_BYTES (2u << 20) /* all bulk rings together, by default */
#define RINGS_CRITICAL_BYTES (256u << 10)

struct rings;

/*
 * `bulk` bytes for the bulk rings together, rounded up to powers of two of at least a page each. `ctl` is the shared
 * control block (its `sleeping` is used). NULL and errno, with `why`.
 */
struct rings *rings_new(uint64_t bulk, struct eun_ctl *ctl, char *why, size_t why_size);
void rings_destroy(struct rings *rings);

/*
 * Puts the rings where programs look for them, which takes until every program that is running has ended, about 10 ms:
 * for the time when objects load. Before it, records are lost. -errno.
 */
int rings_connect(struct rings *rings);

/* The maps to share: eun_rings, eun_scratch. */
const struct shared_map *rings_maps(const struct rings *rings, size_t *n);

/* What eun_stream_ctl.ring and .mask are to be for a bulk or a critical stream. */
void rings_choice(const struct rings *rings, bool critical, uint32_t *ring, uint32_t *mask);

/* One record: `len` bytes, wanted by the target sets `sets`. Valid during the call. */
typedef void (*rings_each)(void *context, const void *record, uint32_t len, uint64_t sets);

/*
 * Called in each drain that finds something, after it is decided what belongs to it and before any of it is delivered:
 * what was written down elsewhere before an event, is known when the event comes.
 */
void rings_before(struct rings *rings, void (*before)(void *context), void *context);

/* Delivers what is there, in order of time within a round. Returns how many records there were. */
size_t rings_drain(struct rings *rings, rings_each each, void *context);

/* How full ring `i` is, bytes: now, and at the most when a drain began. False: there is none. */
struct ring_use {
	uint64_t size, waiting, most;
	bool critical;
};
bool rings_use(const struct rings *rings, size_t i, struct ring_use *out);

/*
 * Sleep protocol: rings_arm() says that the reader is about to wait; false: something came meanwhile, do not. The fds
 * of rings_fd(i) become readable when a program wakes the reader. rings_awake() after the wait.
 */
bool rings_arm(struct rings *rings);
void rings_awake(struct rings *rings);
int rings_fd(const struct rings *rings, size_t i); /* -1: no more */

#endif
