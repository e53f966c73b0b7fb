/* SPDX-License-Identifier: MIT */
#include "task.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PF_KTHREAD 0x00200000u

static FILE *open_of(uint32_t pid, uint32_t tid, const char *name)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%u/task/%u/%s", pid, tid, name);
	return fopen(path, "re");
}

/* The line behind the name, which may hold anything. */
static void take_stat(const char *line, struct task_status *out)
{
	const char *begin = strchr(line, '('), *end = strrchr(line, ')');
	unsigned flags = 0;
	if (!begin || !end || end < begin)
		return;
	size_t n = (size_t)(end - begin - 1);
	memcpy(out->comm, begin + 1, n < sizeof(out->comm) ? n : sizeof(out->comm));
	sscanf(end + 1, " %c %u %*d %*d %*d %*d %u %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64,
	       &out->state, &out->ppid, &flags, &out->start);
	out->kernel = flags & PF_KTHREAD;
}

static void take_line(const char *line, struct task_status *out)
{
	uint64_t caps;
	unsigned n;
	if (sscanf(line, "Tgid: %u", &n) == 1)
		out->tgid = n;
	else if (sscanf(line, "TracerPid: %u", &n) == 1)
		out->tracer = n;
	else if (sscanf(line, "NoNewPrivs: %u", &n) == 1)
		out->no_new_privs = n;
	else if (sscanf(line, "Seccomp: %u", &n) == 1)
		out->seccomp = n;
	else if (sscanf(line, "Seccomp_filters: %u", &n) == 1)
		out->filters = n;
	else if (sscanf(line, "CapEff: %" SCNx64, &caps) == 1)
		out->sys_admin = caps >> CAP_SYS_ADMIN & 1;
}

int task_read(uint32_t pid, uint32_t tid, struct task_status *out)
{
	char line[1024];
	*out = (struct task_status){0};
	FILE *stat = open_of(pid, tid, "stat");
	size_t n = stat ? fread(line, 1, sizeof(line) - 1, stat) : 0;
	line[n] = '\0';
	take_stat(line, out);
	if (stat)
		fclose(stat);
	FILE *status = open_of(pid, tid, "status");
	while (status && fgets(line, sizeof(line), status))
		take_line(line, out);
	if (status)
		fclose(status);
	if (out->seccomp == 2 && !out->filters)
		out->filters = 1;
	return out->tgid && out->state ? 0 : -ESRCH;
}

int task_each(uint32_t pid, int (*each)(void *context, uint32_t tid), void *context)
{
	char path[64];
	int err = 0;
	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	DIR *folder = opendir(path);
	if (!folder)
		return -ESRCH;
	for (const struct dirent *e; !err && (e = readdir(folder));) {
		char *end;
		unsigned long tid = strtoul(e->d_name, &end, 10);
		if (!*end && tid)
			err = each(context, (uint32_t)tid);
	}
	closedir(folder);
	return err;
}
