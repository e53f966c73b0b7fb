/* SPDX-License-Identifier: MIT */
#include "btf_mount.h"

#include <errno.h>
#include <fcntl.h>
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

int btf_mount(const char *file, const char *place, char *why, size_t why_size)
{
	char folder[256];
	int fd = -1;
	snprintf(folder, sizeof(folder), "%.*s", (int)(strrchr(place, '/') - place), place);
	if (access(file, R_OK))
		return failed(file, "can't be read", why, why_size);
	if (access(folder, F_OK))
		return failed(folder, "this kernel was built without CONFIG_DEBUG_INFO_BTF", why, why_size);
	/* the file by its own path: one that was opened before belongs to the old namespace */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return failed(file, "a mount namespace of our own", why, why_size);
	if (mount("eunomia", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=4k") ||
	    (fd = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444)) < 0 || close(fd) ||
	    mount(file, place, NULL, MS_BIND, NULL))
		return failed(file, place, why, why_size);
	return 0;
}
