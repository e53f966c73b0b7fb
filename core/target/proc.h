/* SPDX-License-Identifier: MIT */
/*
 * The process table: who a pid was when its event happened. Fed by the streams with the roles process.fork,
 * process.exec and process.exit (their fields by name, whichever plugin has them) about in the order of time, and by
 * one scan of /proc at the start; or by what a recording tells. An entry is a process, not a pid: one that got a pid
 * again has an entry of its own, and the old one stays for its children and its late events.
 *
 * Bounded: of the dead those go first that made nobody, the oldest first. One thread.
 */
#ifndef CORE_TARGET_PROC_H
#define CORE_TARGET_PROC_H

#include "event/view.h"

/* How many ancestors of a process are looked at, and told. */
#define PROC_ANCESTORS_MAX 32

struct proc {
	uint64_t serial; /* no other process of the table has or had it */
	uint32_t pid;
	uint32_t ppid;       /* as it was made; 0: not known */
	uint64_t start;      /* boot clock, ns; 0: not known */
	struct proc *parent; /* who made it: stays when that one ends. NULL: not known, or forgotten */
	const char *exe;     /* NULL: not known */
	const char *argv;    /* argv_len bytes, the parts end in NUL but for the last. NULL: not known */
	uint32_t argv_len;
	/*
	 * Of the event as it, or who made it, ran its program: cgroup and flags. But what it ran in the same mount
	 * namespace before stays: a runtime may be in a container's cgroup before it runs itself again.
	 */
	uint64_t exec_cgroup;
	uint32_t exec_mntns;
	uint16_t exec_flags;
	bool exec_seen;          /* or neither is known */
	char comm[EUN_COMM_LEN]; /* of its last fork or exec; ends in NUL if it is shorter */
};

struct procs;

/* At most `most` processes are kept, with at most `text_bytes` of exe and argv together. NULL and errno. */
struct procs *procs_new(uint32_t most, uint64_t text_bytes);
void procs_destroy(struct procs *procs);

/* The processes that `root` ("/proc") has. After the streams flow, so that none is missed between. -errno. */
int procs_scan(struct procs *procs, const char *root);

/* One event of a stream with one of the roles; others are ignored. */
void procs_event(struct procs *procs, const struct view *view);

/* Who had the pid at `time` (boot clock); NULL: not known. Valid until the next call of anything but this. */
const struct proc *procs_find(const struct procs *procs, uint32_t pid, uint64_t time);

/* Calls `each` for all that have not ended, as far as is known. */
void procs_each(const struct procs *procs, void (*each)(void *context, const struct proc *proc), void *context);

/*
 * For recordings. Calls `tell` for the process and its ancestors, from the oldest on, as far as they are new or changed
 * since they were last told; and from now on `forgot` for each that was told and is forgotten. procs_learn() and
 * procs_forget() make another table answer as this one does; `parent` is the serial of the process that made it, 0:
 * not known. -ENOMEM.
 */
typedef void (*procs_tell)(void *context, const struct proc *proc);
void procs_tell_of(struct procs *procs, uint32_t pid, uint64_t time, procs_tell tell, procs_tell forgot, void *context);
int procs_learn(struct procs *procs, const struct proc *proc, uint32_t parent_pid, uint64_t parent);
void procs_forget(struct procs *procs, uint32_t pid, uint64_t serial);

#endif
