/* SPDX-License-Identifier: MIT */
#include "file_check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "refuse.h"

#define FOLDERS_MAX 1024

static bool trusted(uid_t uid)
{
	struct stat exe;
	return uid == 0 || uid == geteuid() || (!stat("/proc/self/exe", &exe) && uid == exe.st_uid);
}

/* `what`: "it" or "its folder". */
static int owner_check(const struct stat *st, const char *what, const char *path, char *why, size_t why_size)
{
	if (!trusted(st->st_uid))
		return refuse(
			why, why_size,
			"%s belongs to user %u, not to root, user %u (this process) or the owner of this program; "
			"chown root '%s'",
			what, st->st_uid, geteuid(), path);
	bool sticky = S_ISDIR(st->st_mode) && st->st_mode & S_ISVTX; /* entries can only be replaced by their owner */
	if (st->st_mode & (S_IWGRP | S_IWOTH) && !sticky)
		return refuse(why, why_size, "%s can be written by %s (mode %04o); chmod go-w '%s'", what,
			      st->st_mode & S_IWOTH ? "everyone" : "its group", st->st_mode & 07777, path);
	return 0;
}

/* The folder and all above it, by "..": what they are, not what a path with links calls them. Closes `dir`. */
static int folders_check(int dir, const char *folder, char *why, size_t why_size)
{
	char name[PATH_MAX], what[PATH_MAX + 16];
	struct stat st = {0}, below;
	int err;
	if (!realpath(folder, name))
		snprintf(name, sizeof(name), "%s", folder);
	for (int i = 0; i < FOLDERS_MAX; i++) {
		below = st;
		if (fstat(dir, &st))
			goto unseen;
		if (i && st.st_dev == below.st_dev && st.st_ino == below.st_ino) { /* the root is its own parent */
			close(dir);
			return 0;
		}
		snprintf(what, sizeof(what), "its folder %s", name);
		err = owner_check(&st, what, name, why, why_size);
		if (err)
			goto out;
		int up = openat(dir, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (up < 0)
			goto unseen;
		close(dir);
		dir = up;
		char *slash = strrchr(name, '/');
		if (slash)
			slash[slash == name] = 0;
	}
	errno = ELOOP;
unseen:
	err = -errno;
	refuse(why, why_size, "its folder %s can't be looked at: %s; move the file", name, strerror(-err));
out:
	close(dir);
	return err;
}

static int open_refused(int dir, const char *base, const char *path, char *why, size_t why_size)
{
	int err = errno;
	char target[PATH_MAX];
	ssize_t n = err == ELOOP ? readlinkat(dir, base, target, sizeof(target) - 1) : -1;
	if (n >= 0) {
		target[n] = 0;
		refuse(why, why_size, "it is a symbolic link; give the file itself: '%s'", target);
	} else if (err == ENOENT) {
		refuse(why, why_size, "there is no such file; check '%s'", path);
	} else {
		refuse(why, why_size, "it can't be opened: %s; check '%s'", strerror(err), path);
	}
	return -err;
}

static int regular_check(const struct stat *st, char *why, size_t why_size)
{
	if (S_ISDIR(st->st_mode))
		return refuse(why, why_size, "it is a folder, not a file; give it to --plugin-path");
	if (!S_ISREG(st->st_mode))
		return refuse(why, why_size, "it is not a regular file (type %06o); give a shared object",
			      st->st_mode & S_IFMT);
	if (!st->st_size)
		return refuse(why, why_size, "it is empty (0 bytes); build it again");
	if (st->st_size > FILE_SIZE_MAX)
		return refuse(why, why_size, "it has %lld bytes, a plugin at most %u; strip it", (long long)st->st_size,
			      FILE_SIZE_MAX);
	return 0;
}

int file_open_trusted(const char *path, struct stat *st, char *why, size_t why_size)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
	if (len >= sizeof(folder))
		return refuse(why, why_size, "its path has over %d bytes; move it", PATH_MAX - 1);
	memcpy(folder, path, len);
	folder[len] = 0;
	if (!slash)
		strcpy(folder, ".");

	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return open_refused(AT_FDCWD, folder, path, why, why_size);
	/* NONBLOCK: a pipe of that name must not stop the host; it is refused below. */
	int fd = openat(dir, base, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		int err = open_refused(dir, base, path, why, why_size);
		close(dir);
		return err;
	}
	int err = fstat(fd, st) ? refuse(why, why_size, "it can't be looked at: %s", strerror(errno)) : 0;
	if (!err)
		err = regular_check(st, why, why_size);
	if (!err)
		err = owner_check(st, "it", path, why, why_size);
	if (err)
		close(dir);
	else
		err = folders_check(dir, folder, why, why_size);
	if (err)
		close(fd);
	return err ? err : fd;
}
