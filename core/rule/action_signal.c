/* SPDX-License-Identifier: MIT */
/* A signal to the process of an event, and to no other. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rule/action_impl.h"

#define FIRST_PIDNS 0xEFFFFFFCu /* the inode of the first pid namespace */
#define KERNEL_THREAD 0x00200000u

static bool in_first_pidns(void)
{
	struct stat st;
	return !stat("/proc/self/ns/pid", &st) && st.st_ino == FIRST_PIDNS;
}

/* Fields 9 (flags) and 22 (when it was made, in ticks since the boot) of /proc/PID/stat. */
static int read_stat(uint32_t pid, unsigned long *flags, unsigned long long *ticks)
{
	char path[32], text[1024];
	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	FILE *file = fopen(path, "re");
	size_t n = file ? fread(text, 1, sizeof(text) - 1, file) : 0;
	if (file)
		fclose(file);
	text[n] = '\0';
	const char *at = strrchr(text, ')'); /* its name may hold anything */
	if (!at || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %lu %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			  flags, ticks) != 2)
		return -ESRCH;
	return 0;
}

/* The process that has the pid now is the event's: it began before, and when the process table says it did. */
static bool began_before(const struct view *view, unsigned long long ticks)
{
	uint64_t tick = 1000000000u / (uint64_t)sysconf(_SC_CLK_TCK);
	const struct field *start = stream_field(view->stream, "proc.start");
	struct value value;
	if (start && start->get && view_read(view, start, &value))
		return value.u / tick == ticks;
	return ticks <= view->rec->time / tick;
}

static int check(const struct view *view, char *why, size_t why_size)
{
	uint32_t pid = view->rec->pid;
	unsigned long flags;
	unsigned long long ticks;
	if (!pid || view->rec->flags & EUN_NOT_ACTOR) {
		snprintf(why, why_size, "the process of the event is not known");
		return -EPERM;
	}
	if (pid == 1 || pid == (uint32_t)getpid()) {
		snprintf(why, why_size, pid == 1 ? "never towards pid 1" : "never towards the host itself");
		return -EPERM;
	}
	if (read_stat(pid, &flags, &ticks)) {
		snprintf(why, why_size, "the process is gone");
		return -ESRCH;
	}
	if (flags & KERNEL_THREAD) {
		snprintf(why, why_size, "never towards a kernel thread");
		return -EPERM;
	}
	if (!began_before(view, ticks)) {
		snprintf(why, why_size, "the process is gone, its pid is another's");
		return -ESRCH;
	}
	return 0;
}

int action_signal(const struct view *view, int signal, bool dry, char *why, size_t why_size)
{
	if (!in_first_pidns()) {
		snprintf(why, why_size, "the host is in a pid namespace of its own, where pids are others");
		return -EPERM;
	}
	/* first the handle, then the question whose it is */
	int fd = (int)syscall(SYS_pidfd_open, view->rec->pid, 0);
	int err = check(view, why, why_size);
	if (!err && fd < 0) {
		err = -errno;
		snprintf(why, why_size, "%s", strerror(-err));
	}
	if (!err && !dry && syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0)) {
		err = -errno;
		snprintf(why, why_size, "%s", strerror(-err));
	}
	if (fd >= 0)
		close(fd);
	return err;
}
