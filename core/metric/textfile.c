/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/fd.h"
#include "metric.h"

/* The name is ours, whatever lies there: what a host that was killed left, or somebody's link. */
static int replace(const char *path, const char *aside, const struct buf *text)
{
	unlink(aside);
	int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	int err = fd_write_all(fd, text->data, text->len);
	if (!err && fchmod(fd, 0644)) /* the collector runs as a user of its own, whatever our umask */
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(aside, path))
		err = -errno;
	if (err)
		unlink(aside);
	return err;
}

int metrics_textfile(struct metrics *metrics, const char *path, char *why, size_t why_size)
{
	struct buf text = {0};
	char *aside = NULL;
	int err = metrics_write(metrics, METRICS_TEXT, &text);
	if (!err && asprintf(&aside, "%s.tmp", path) < 0)
		err = -ENOMEM;
	if (!err)
		err = replace(path, aside, &text);
	if (err)
		snprintf(why, why_size, "%s: %s", path, strerror(-err));
	if (aside)
		free(aside);
	buf_free(&text);
	return err;
}
