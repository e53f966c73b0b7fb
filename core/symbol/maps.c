/* SPDX-License-Identifier: MIT */
#include "maps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "root.h"

/* In place: the kernel writes a newline in a path as \012. */
static void unescape(char *path)
{
	char *to = path;
	for (const char *p = path; *p; p++)
		if (!strncmp(p, "\\012", 4)) {
			*to++ = '\n';
			p += 3;
		} else {
			*to++ = *p;
		}
	*to = '\0';
}

int maps_each(uint32_t pid, int (*each)(void *context, const struct mapping *mapping), void *context)
{
	char path[32], *line = NULL;
	size_t room = 0;
	int err = 0;
	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return -errno;
	for (ssize_t n; !err && (n = getline(&line, &room, f)) > 0;) {
		struct mapping m;
		unsigned major, minor;
		char flags[5];
		int name = 0;
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &m.start, &m.end,
			   flags, &m.offset, &major, &minor, &m.inode, &name) < 7 ||
		    flags[2] != 'x')
			continue;
		m.dev = makedev(major, minor);
		unescape(line + name);
		m.path = line + name;
		err = each(context, &m);
	}
	free(line);
	fclose(f);
	return err;
}

int maps_open(uint32_t pid, const struct mapping *m)
{
	char path[80];
	struct stat st;
	snprintf(path, sizeof(path), "/proc/%u/map_files/%" PRIx64 "-%" PRIx64, pid, m->start, m->end);
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	if (fd >= 0) {
		close(fd);
		return -EINVAL;
	}
	if (*m->path != '/')
		return -ENOENT;
	/* without CAP_SYS_ADMIN: by its name, if that is still the same file */
	int root = root_of(pid);
	if (root < 0)
		return root;
	fd = root_open(root, m->path);
	close(root);
	if (fd >= 0 && (fstat(fd, &st) || st.st_ino != m->inode)) {
		close(fd);
		return -ESTALE;
	}
	return fd;
}
