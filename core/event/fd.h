/* SPDX-License-Identifier: MIT */
/* A file descriptor and all that is to be read from it or written to it. */
#ifndef CORE_EVENT_FD_H
#define CORE_EVENT_FD_H

#include "buf.h"

/* To the end, behind what is in `out`. -EFBIG: it has more than `max` bytes then; -ENOMEM; -errno. */
int fd_read_all(int fd, struct buf *out, size_t max);

/* -errno; what went before stays written. */
int fd_write_all(int fd, const void *bytes, size_t n);

#endif
