/* SPDX-License-Identifier: MIT */
/* The process table's view of /proc: each process through one descriptor, so that what is read is of one process. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proc_impl.h"

static ssize_t read_file(int dir, const char *name, char *to, size_t size)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size_t len = 0;
	ssize_t n;
	while (len < size && (n = read(fd, to + len, size - len)) > 0)
		len += (size_t)n;
	close(fd);
	return (ssize_t)len;
}

/* "PID (comm) state ppid ... starttime ...": comm may hold anything, also ") ", but nothing behind it does. */
static bool read_stat(int dir, struct proc *out)
{
	char text[1024];
	unsigned long long start;
	ssize_t n = read_file(dir, "stat", text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	if (!open || !close || close < open)
		return false;
	if (sscanf(close + 1, " %*c %u %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &out->ppid, &start) != 2)
		return false;
	size_t len = (size_t)(close - open - 1);
	memcpy(out->comm, open + 1, len < sizeof(out->comm) ? len : sizeof(out->comm));
	out->start = start * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
	return true;
}

/* As process.exec says it: a file that is deleted keeps its name, one that never had a name has no directory. */
static bool read_exe(int dir, char *to, size_t size)
{
	static const char deleted[] = " (deleted)", memory[] = "/memfd:";
	ssize_t n = readlinkat(dir, "exe", to, size - 1);
	if (n <= 0)
		return false;
	to[n] = '\0';
	size_t len = (size_t)n, tail = sizeof(deleted) - 1;
	if (len > tail && !strcmp(to + len - tail, deleted) && access(to, F_OK))
		to[len - tail] = '\0';
	if (!strncmp(to, memory, sizeof(memory) - 1))
		memmove(to, to + 1, strlen(to));
	return true;
}

static int scan_one(struct procs *t, int root, const char *name, uint32_t pid)
{
	char exe[PATH_MAX], argv[EUN_STRING_MAX];
	struct proc found = {.pid = pid};
	int dir = openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 0; /* gone */
	int err = 0;
	if (read_stat(dir, &found)) {
		ssize_t n = read_file(dir, "cmdline", argv, sizeof(argv));
		if (n > 0) {
			found.argv = argv;
			found.argv_len = (uint32_t)n - !argv[n - 1];
		}
		found.exe = read_exe(dir, exe, sizeof(exe)) ? exe : NULL;
		err = procs_found(t, &found);
	}
	close(dir);
	return err;
}

int procs_scan(struct procs *t, const char *root)
{
	DIR *dir = opendir(root);
	struct dirent *entry;
	if (!dir)
		return -errno;
	int err = 0;
	while (!err && (entry = readdir(dir))) {
		char *end;
		unsigned long pid = strtoul(entry->d_name, &end, 10);
		if (entry->d_name[0] > '0' && entry->d_name[0] <= '9' && !*end && pid <= UINT32_MAX)
			err = scan_one(t, dirfd(dir), entry->d_name, (uint32_t)pid);
	}
	closedir(dir);
	procs_found_all(t);
	return err;
}
