/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "event/clock.h"

#define FLUSH_BYTES (64u << 10)
#define HURRY_NS 1000000000u

static bool has_reader(int fd)
{
	struct stat st;
	return !fstat(fd, &st) && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(fd));
}

int output_open(struct output *out, const char *path, char *why, size_t why_size)
{
	*out = (struct output){.fd = STDOUT_FILENO, .name = "stdout", .interrupt = -1};
	if (!path) {
		out->waits = has_reader(out->fd);
		return 0;
	}
	out->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (out->fd < 0) {
		int err = -errno;
		snprintf(why, why_size, "output %s: %s", path, strerror(-err));
		return err;
	}
	out->name = path;
	out->owned = true;
	out->waits = has_reader(out->fd);
	return 0;
}

void output_hurry(struct output *out)
{
	if (!out->deadline)
		out->deadline = clock_ns(CLOCK_MONOTONIC) + HURRY_NS;
}

/* Until the reader takes some bytes more. -ETIME: it did not, and the run is to end. */
static int wait_for_reader(struct output *out)
{
	for (;;) {
		struct pollfd fds[] = {{.fd = out->fd, .events = POLLOUT}, {.fd = out->interrupt, .events = POLLIN}};
		uint64_t now = clock_ns(CLOCK_MONOTONIC);
		int left = out->deadline <= now ? 0 : (int)((out->deadline - now) / 1000000) + 1;
		int n = poll(fds, out->deadline ? 1 : 2, out->deadline ? left : -1);
		if (n > 0 && fds[0].revents)
			return 0;
		if (n > 0)
			output_hurry(out);
		else if (!n)
			return -ETIME;
	}
}

int output_flush(struct output *out)
{
	size_t done = 0;
	if (out->before_write && out->buf.len)
		out->before_write(out->before_context);
	while (!out->error && done < out->buf.len) {
		size_t left = out->buf.len - done;
		if (out->waits && wait_for_reader(out)) {
			out->error = ETIME;
			break;
		}
		/* a pipe that poll() calls writable takes so much without waiting */
		ssize_t n = write(out->fd, out->buf.data + done, out->waits && left > PIPE_BUF ? PIPE_BUF : left);
		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN)
			out->error = errno;
	}
	if (out->buf.failed && !out->error)
		out->error = ENOMEM;
	out->buf.len = 0;
	return -out->error;
}

int output_close(struct output *out)
{
	output_flush(out);
	if (out->owned && close(out->fd) && !out->error)
		out->error = errno;
	buf_free(&out->buf);
	out->fd = -1;
	return -out->error;
}

bool output_full(const struct output *out)
{
	return out->buf.len >= FLUSH_BYTES;
}
