/* SPDX-License-Identifier: MIT */
/*
 * The process table: who a pid was when its event happened. Fed by the streams with the roles process.fork,
 * process.exec and process.exit (their fields by name, whichever plugin has them) in the order of time, and by one scan
 * of /proc at the start. An entry is a process, not a pid: it is found by pid as long as no other process got that pid,
 * also after its exit, since events of the dead still arrive. Bounded: the dead are forgotten first, oldest first.
 *
 * One thread.
 */
#ifndef CORE_TARGET_PROC_H
#define CORE_TARGET_PROC_H

#include "event/view.h"

struct proc {
	uint32_t pid;
	uint32_t ppid;
	uint64_t start;      /* boot clock, ns */
	uint64_t ended;      /* 0: it lives */
	uint64_t cgroup;     /* as the last event had it */
	struct proc *parent; /* as it was made: stays when the parent ends. NULL: not known */
	const char *exe;     /* NULL: not known */
	const char *argv;    /* argv_len bytes, the parts end in NUL but for the last */
	uint32_t argv_len;
	char comm[EUN_COMM_LEN];
};

struct procs;

/* At most `most` processes are kept, of them with at most `text_bytes` of exe and argv. NULL and errno. */
struct procs *procs_new(uint32_t most, uint64_t text_bytes);
void procs_destroy(struct procs *procs);

/* The processes that exist. After the streams flow, so that none is missed between. -errno. */
int procs_scan(struct procs *procs);

/* One event of a stream with one of the roles; others are ignored. */
void procs_event(struct procs *procs, const struct view *view);

/* NULL: not known. Valid until the next call of anything but this. */
const struct proc *procs_find(const struct procs *procs, uint32_t pid);

#endif
