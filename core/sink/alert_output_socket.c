/* SPDX-License-Identifier: MIT */
/* Datagrams to the local syslog's or journal's socket, which may come and go. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "alert_output_impl.h"

#define SYSLOG_SOCKET "/dev/log"
#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct endpoint {
	int fd; /* -1: not connected */
	struct sockaddr_un address;
};

static int open_at(struct alert_output *o, const char *otherwise, char *why, size_t why_size)
{
	struct endpoint *e = o->state;
	const char *path = o->config.path ? o->config.path : otherwise;
	size_t most = sizeof(e->address.sun_path) - 1;
	e->fd = -1;
	e->address.sun_family = AF_UNIX;
	if (strlen(path) > most) {
		snprintf(why, why_size, "path: %zu bytes, a socket's has at most %zu", strlen(path), most);
		return -ENAMETOOLONG;
	}
	memcpy(e->address.sun_path, path, strlen(path));
	return 0;
}

static int syslog_open(struct alert_output *o, char *why, size_t why_size)
{
	return open_at(o, SYSLOG_SOCKET, why, why_size);
}

static int journald_open(struct alert_output *o, char *why, size_t why_size)
{
	return open_at(o, JOURNAL_SOCKET, why, why_size);
}

static void endpoint_close(struct alert_output *o)
{
	struct endpoint *e = o->state;
	if (e->fd >= 0)
		close(e->fd);
	e->fd = -1;
}

static int endpoint_connect(struct endpoint *e)
{
	if (e->fd >= 0)
		return 0;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&e->address, sizeof(e->address))) {
		int err = -errno;
		close(fd);
		return err;
	}
	e->fd = fd;
	return 0;
}

static int send_when_ready(struct alert_output *o, int fd, const struct msghdr *message)
{
	uint64_t until = alert_output_until(o);
	for (;;) {
		if (sendmsg(fd, message, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		int err = alert_output_wait(o, fd, POLLOUT, until);
		if (err)
			return err;
	}
}

static int send_bytes(struct alert_output *o, int fd, const struct alert_item *item)
{
	struct iovec bytes = {(void *)item->bytes, item->len};
	return send_when_ready(o, fd, &(struct msghdr){.msg_iov = &bytes, .msg_iovlen = 1});
}

/* What is too large for a datagram goes in a sealed memfd that is passed instead. */
static int send_memfd(struct alert_output *o, int fd, const struct alert_item *item)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	int memfd = memfd_create("eunomia-alert", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memfd < 0)
		return -errno;
	int err = 0;
	for (size_t done = 0; !err && done < item->len;) {
		ssize_t n = write(memfd, item->bytes + done, item->len - done);
		if (n < 0)
			err = -errno;
		else
			done += (size_t)n;
	}
	if (!err && fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL))
		err = -errno;
	control.head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(&control.head), &memfd, sizeof(memfd));
	if (!err)
		err = send_when_ready(o, fd,
				      &(struct msghdr){.msg_control = &control, .msg_controllen = sizeof(control)});
	close(memfd);
	return err;
}

/* `oversize`: how what is too large for a datagram is sent; NULL: not at all. */
static int deliver(struct alert_output *o, const struct alert_item *first, struct alert_delivery *done,
		   int (*oversize)(struct alert_output *, int, const struct alert_item *))
{
	struct endpoint *e = o->state;
	int err = endpoint_connect(e);
	if (!err)
		err = send_bytes(o, e->fd, first);
	bool large = err == -EMSGSIZE || err == -ENOBUFS;
	if (large && oversize)
		err = oversize(o, e->fd, first);
	if (!err) {
		done->written = 1;
		return 0;
	}
	alert_output_fail(o, "%s: %s", e->address.sun_path, strerror(-err));
	if (err == -EMSGSIZE) {
		done->lost = 1;
		return 0;
	}
	/* A server that was started anew has another socket at the path. */
	if (err != -ETIMEDOUT)
		endpoint_close(o);
	return err;
}

static int syslog_deliver(struct alert_output *o, const struct alert_item *first, struct alert_delivery *done)
{
	return deliver(o, first, done, NULL);
}

static int journald_deliver(struct alert_output *o, const struct alert_item *first, struct alert_delivery *done)
{
	return deliver(o, first, done, send_memfd);
}

const struct alert_output_ops alert_syslog_ops = {
	.render = alert_syslog,
	.state_size = sizeof(struct endpoint),
	.open = syslog_open,
	.deliver = syslog_deliver,
	.close = endpoint_close,
};

const struct alert_output_ops alert_journald_ops = {
	.render = alert_journal,
	.state_size = sizeof(struct endpoint),
	.open = journald_open,
	.deliver = journald_deliver,
	.close = endpoint_close,
};
