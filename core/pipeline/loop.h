/* SPDX-License-Identifier: MIT */
/*
 * The event loop: the rings, file descriptors, timers and the two signals that end a run. It wakes when a program
 * wakes it, drains, sleeps a millisecond so that a burst costs its producers one wake-up, and sleeps again when
 * nothing is left. One thread.
 */
#ifndef CORE_PIPELINE_LOOP_H
#define CORE_PIPELINE_LOOP_H

#include "rings.h"

struct loop;

/*
 * `rings` may be NULL (replay). SIGINT and SIGTERM are blocked and read from a signalfd, also when inherited as
 * ignored: what is blocked is kept. NULL and errno.
 */
struct loop *loop_new(struct rings *rings, rings_each each, void *context);
void loop_destroy(struct loop *loop);

/* Called whenever fd is readable. -errno. */
int loop_add_fd(struct loop *loop, int fd, void (*ready)(void *context), void *context);

/* Called every `ms`, at a resolution of about 1 ms while events flow and 100 ms while none do. Returns its id, -ENOMEM.
 */
int loop_add_timer(struct loop *loop, uint32_t ms, void (*expired)(void *context), void *context);

/* Called after each round that delivered something, before the loop sleeps: flush outputs here. */
void loop_on_drained(struct loop *loop, void (*drained)(void *context), void *context);

/* Readable while a signal that ends the run waits to be seen: for who must wait elsewhere. */
int loop_signal_fd(const struct loop *loop);

/* Ends loop_run() with `status` after the current round; timers that are due in it are not called any more. */
void loop_stop(struct loop *loop, int status);
/* Runs until loop_stop() or a signal (status 0). */
int loop_run(struct loop *loop);
/* The signal that ended the run; 0: none did. */
int loop_signal(const struct loop *loop);
/* Delivers what the rings hold now. */
size_t loop_drain(struct loop *loop);

uint64_t clock_boot_ns(void);
/* CLOCK_REALTIME - CLOCK_BOOTTIME, now. */
int64_t clock_offset_ns(void);

#endif
