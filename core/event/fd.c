/* SPDX-License-Identifier: MIT */
#include "fd.h"

#include <errno.h>
#include <unistd.h>

#define PIECE 65536

int fd_read_all(int fd, struct buf *out, size_t max)
{
	for (;;) {
		char *at = buf_room(out, PIECE);
		if (!at)
			return -ENOMEM;
		ssize_t n = read(fd, at, PIECE);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			return 0;
		out->len += n > 0 ? (size_t)n : 0;
		if (out->len > max)
			return -EFBIG;
	}
}

int fd_write_all(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;
	while (n) {
		ssize_t done = write(fd, at, n);
		if (done < 0 && errno != EINTR)
			return -errno;
		at += done > 0 ? done : 0;
		n -= done > 0 ? (size_t)done : 0;
	}
	return 0;
}
