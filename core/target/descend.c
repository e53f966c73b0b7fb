/* SPDX-License-Identifier: MIT */
#include "descend.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t pid_leader(uint32_t id)
{
	char path[64], line[256];
	unsigned tgid = 0;
	snprintf(path, sizeof(path), "/proc/%u/status", id);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Tgid: %u", &tgid) == 1)
			break;
	fclose(f);
	return tgid;
}

/* State and parent from /proc/PID/stat; behind the last ')', as the name before it may hold anything. */
static bool pid_stat(uint32_t pid, char *state, uint32_t *ppid)
{
	char path[64], text[512];
	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	char *end = strrchr(text, ')');
	return end && sscanf(end + 1, " %c %u", state, ppid) == 2;
}

bool pid_alive(uint32_t pid)
{
	char state;
	uint32_t ppid;
	return pid_stat(pid, &state, &ppid) && state != 'Z' && state != 'X';
}

struct pids {
	uint32_t *ids;
	size_t n, cap;
};

static bool pids_has(const struct pids *p, uint32_t id)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->ids[i] == id)
			return true;
	return false;
}

static int pids_push(struct pids *p, uint32_t id)
{
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 64;
		uint32_t *ids = realloc(p->ids, cap * sizeof(*ids));
		if (!ids)
			return -ENOMEM;
		p->ids = ids;
		p->cap = cap;
	}
	p->ids[p->n++] = id;
	return 0;
}

/* One pass over /proc. Returns how many were new, or -errno. */
static int pass(struct pids *known, int (*add)(void *context, uint32_t pid), void *context)
{
	DIR *proc = opendir("/proc");
	if (!proc)
		return -errno;
	int found = 0, err = 0;
	for (struct dirent *e; !err && (e = readdir(proc));) {
		char state;
		uint32_t ppid, pid = isdigit((unsigned char)*e->d_name) ? (uint32_t)strtoul(e->d_name, NULL, 10) : 0;
		if (!pid || pids_has(known, pid) || !pid_stat(pid, &state, &ppid) || !pids_has(known, ppid))
			continue;
		err = pids_push(known, pid);
		if (!err)
			err = add(context, pid);
		found++;
	}
	closedir(proc);
	return err ? err : found;
}

int pid_descendants(const uint32_t *roots, size_t n, int (*add)(void *context, uint32_t pid), void *context)
{
	struct pids known = {0};
	int err = 0;
	for (size_t i = 0; i < n && !err; i++)
		err = pids_push(&known, roots[i]);
	while (!err) {
		int found = pass(&known, add, context);
		if (found <= 0) {
			err = found;
			break;
		}
	}
	free(known.ids);
	return err;
}
