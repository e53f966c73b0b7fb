/* SPDX-License-Identifier: MIT */
/* Ending without waiting for the kernel: detaching a tracepoint takes tens of milliseconds, one after the other. */
#ifndef CORE_HOST_TEARDOWN_H
#define CORE_HOST_TEARDOWN_H

/*
 * Leaves this process's file descriptors with a child that outlives it and does nothing but end after it, so that the
 * slow closes happen there. Call it last, with all output written; then exit. Nothing flows any more: the streams were
 * stopped. Where fork() fails the closes are slow, no more.
 */
void teardown_behind(void);

#endif
