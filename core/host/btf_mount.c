/* SPDX-License-Identifier: MIT */
#include "btf_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static int failed(const char *file, const char *what, char *why, size_t why_size)
{
	int err = errno;
	snprintf(why, why_size, "BTF %s: %s: %s%s", file, what, strerror(err),
		 err == EPERM ? " (needs CAP_SYS_ADMIN)" : "");
	return -err;
}

/* A mount namespace of our own with an empty folder that belongs to us alone. */
static int own_folder(const char *folder, const char *size)
{
	return unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) ||
	       mount("eunomia", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, size);
}

static void folder_of(const char *place, char *folder, size_t size)
{
	snprintf(folder, size, "%.*s", (int)(strrchr(place, '/') - place), place);
}

int btf_mount(const char *file, const char *place, char *why, size_t why_size)
{
	char folder[256];
	int fd = -1;
	folder_of(place, folder, sizeof(folder));
	if (access(file, R_OK))
		return failed(file, "can't be read", why, why_size);
	if (access(folder, F_OK))
		return failed(folder, "this kernel was built without CONFIG_DEBUG_INFO_BTF", why, why_size);
	/* the file by its own path: one that was opened before belongs to the old namespace */
	if (own_folder(folder, "mode=755,size=4k"))
		return failed(file, "a mount namespace of our own", why, why_size);
	if ((fd = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444)) < 0 || close(fd) ||
	    mount(file, place, NULL, MS_BIND, NULL))
		return failed(file, place, why, why_size);
	return 0;
}

struct bytes {
	const void *bytes;
	size_t size;
	const char *place;
	int ns; /* or -errno */
};

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);
		if (n < 0)
			return -errno;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

static int put_bytes(const struct bytes *b)
{
	char folder[256];
	folder_of(b->place, folder, sizeof(folder));
	if (own_folder(folder, "mode=755"))
		return -errno;
	int fd = open(b->place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	int err = fd < 0 ? -errno : write_all(fd, b->bytes, b->size);
	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	int ns = err ? err : open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
	return ns == -1 ? -errno : ns;
}

/* A thread of its own: the caller stays where it is. */
static void *in_thread(void *context)
{
	struct bytes *b = context;
	b->ns = put_bytes(b);
	return NULL;
}

int btf_mount_bytes(const void *bytes, size_t size, const char *place)
{
	struct bytes b = {bytes, size, place, -EAGAIN};
	pthread_t thread;
	int err = pthread_create(&thread, NULL, in_thread, &b);
	if (err)
		return -err;
	pthread_join(thread, NULL);
	return b.ns;
}

int btf_enter(int ns)
{
	/* a working directory that is shared with other threads would move under them */
	return unshare(CLONE_FS) || setns(ns, CLONE_NEWNS) ? -errno : 0;
}
