/* SPDX-License-Identifier: MIT */
/* Lines to stdout or to a file, which is rotated by size and opened anew when asked. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alert_output_impl.h"

struct file {
	int fd;             /* -1: not open */
	size_t at;          /* of the first item, so much is written */
	uint64_t size;      /* of the file; 0: not a regular one */
	uint64_t rotate_at; /* it is rotated before it grows beyond; 0: never */
};

int alert_output_write(struct alert_output *o, int fd, const struct alert_item *item, size_t *at)
{
	uint64_t until = alert_output_until(o);
	while (*at < item->len) {
		size_t left = item->len - *at;
		int err = alert_output_wait(o, fd, POLLOUT, until);
		if (err)
			return err;
		/* A pipe that poll() calls writable takes so much without waiting. */
		ssize_t n = write(fd, item->bytes + *at, left > PIPE_BUF ? PIPE_BUF : left);
		if (n >= 0)
			*at += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
	return 0;
}

static int stdout_open(struct alert_output *o, char *why, size_t why_size)
{
	(void)o;
	(void)why;
	(void)why_size;
	return 0;
}

static int stdout_deliver(struct alert_output *o, const struct alert_item *first, struct alert_delivery *done)
{
	struct file *f = o->state;
	int err = alert_output_write(o, STDOUT_FILENO, first, &f->at);
	if (err)
		alert_output_fail(o, "stdout: %s", strerror(-err));
	if (err && err != -EPIPE)
		return err;
	/* A reader that went away doesn't come back. */
	done->lost = err != 0;
	done->written = !err;
	f->at = 0;
	return 0;
}

static int open_file(struct alert_output *o, struct file *f)
{
	struct stat st;
	/* A FIFO without a reader is ENXIO rather than a wait. */
	f->fd = open(o->config.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640);
	if (f->fd < 0)
		return -errno;
	f->at = 0;
	f->size = f->rotate_at = 0;
	if (o->config.rotate_bytes && !fstat(f->fd, &st) && S_ISREG(st.st_mode)) {
		f->size = (uint64_t)st.st_size;
		f->rotate_at = o->config.rotate_bytes;
	}
	return 0;
}

static void close_file(struct alert_output *o)
{
	struct file *f = o->state;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static int file_open(struct alert_output *o, char *why, size_t why_size)
{
	struct file *f = o->state;
	f->fd = -1;
	int err = o->config.path && *o->config.path ? open_file(o, f) : -ENOENT;
	if (!err || err == -ENXIO)
		return 0;
	snprintf(why, why_size, "%s: %s", o->config.path ? o->config.path : "path", strerror(-err));
	return err;
}

/* path.(keep-1) becomes path.keep ... path becomes path.1; none kept: the file is removed. */
static int shift_files(const struct alert_output *o)
{
	char from[PATH_MAX + 12], to[PATH_MAX + 12];
	const char *path = o->config.path;
	if (!o->config.keep)
		return unlink(path) && errno != ENOENT ? -errno : 0;
	for (unsigned i = o->config.keep; i > 0; i--) {
		snprintf(to, sizeof(to), "%s.%u", path, i);
		if (i > 1)
			snprintf(from, sizeof(from), "%s.%u", path, i - 1);
		else
			snprintf(from, sizeof(from), "%s", path);
		if (rename(from, to) && errno != ENOENT)
			return -errno;
	}
	return 0;
}

static void rotate(struct alert_output *o, struct file *f)
{
	int err = shift_files(o);
	if (err) {
		alert_output_fail(o, "rotate %s: %s", o->config.path, strerror(-err));
		f->rotate_at = f->size + o->config.rotate_bytes;
		return;
	}
	close_file(o);
}

static int file_deliver(struct alert_output *o, const struct alert_item *first, struct alert_delivery *done)
{
	struct file *f = o->state;
	if (f->fd >= 0 && f->rotate_at && !f->at && f->size && f->size + first->len > f->rotate_at)
		rotate(o, f);
	int err = f->fd < 0 ? open_file(o, f) : 0;
	size_t before = f->at;
	if (!err)
		err = alert_output_write(o, f->fd, first, &f->at);
	f->size += f->rotate_at ? f->at - before : 0;
	if (!err) {
		f->at = 0;
		done->written = 1;
		return 0;
	}
	alert_output_fail(o, "%s: %s", o->config.path, strerror(-err));
	if (err == -EPIPE)
		close_file(o);
	return err;
}

const struct alert_output_ops alert_stdout_ops = {
	.state_size = sizeof(struct file),
	.open = stdout_open,
	.deliver = stdout_deliver,
};

const struct alert_output_ops alert_file_ops = {
	.state_size = sizeof(struct file),
	.open = file_open,
	.deliver = file_deliver,
	.reopen = close_file, /* the next alert opens it; a line that was begun is begun anew there */
	.close = close_file,
};
