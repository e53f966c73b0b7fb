/* SPDX-License-Identifier: MIT */
/* Inside the process table: its entries, for those who fill it (proc_event.c, proc_scan.c). */
#ifndef CORE_TARGET_PROC_IMPL_H
#define CORE_TARGET_PROC_IMPL_H

#include "target/proc.h"

/* /proc has starts in clock ticks, 10 ms at most: two starts nearer than this are one. */
#define PROC_SLACK_NS 20000000u
#define PROC_FEEDS_MAX 16

/* exe, NUL, argv: shared by a process and the children that did not exec. */
struct words {
	uint32_t refs;
	uint32_t size;
	bool exe;
	char bytes[];
};

/* In which order entries are forgotten: the dead first, and then those that nobody here comes from. */
enum rank { DEAD, DEAD_PARENT, ALIVE, ALIVE_PARENT, RANKS };

struct entry {
	struct proc proc; /* first: an entry is found by it */
	struct words *words;
	uint64_t ended; /* 0: it lives, or its end was not seen */
	uint64_t seen;  /* time of the first event of it */
	bool told;      /* ever */
	bool fresh;     /* as it is now */
	enum rank rank;
	struct entry *next, **at;               /* of its bucket: of one pid the youngest is the first */
	struct entry *newer, *older;            /* of its rank */
	struct entry *child, *sibling, **among; /* children; its place among its parent's */
};

/* A stream with a role, and its fields that matter. */
struct feed {
	const struct stream *stream;
	uint32_t serial;
	void (*take)(struct procs *t, const struct feed *feed, const struct view *view);
	const struct field *exe, *argv, *ret, *child_pid, *child_tid, *thread;
};

struct procs {
	struct entry **buckets; /* by pid */
	uint32_t mask;
	uint32_t most, n;
	uint64_t text_most, text_bytes;
	uint64_t serial; /* the last one given */
	struct {
		struct entry *oldest, *newest;
	} ranks[RANKS];
	struct feed feeds[PROC_FEEDS_MAX];
	size_t n_feeds;
	procs_tell forgot;
	void *context;
};

/* A new one; another may be forgotten for it. NULL: no memory. */
struct entry *proc_new(struct procs *t, uint32_t pid, uint64_t serial);
/* The youngest that has or had the pid, and the one that had it at a time; or NULL. */
struct entry *proc_youngest(const struct procs *t, uint32_t pid);
struct entry *proc_at(const struct procs *t, uint32_t pid, uint64_t time);

void proc_set_parent(struct procs *t, struct entry *e, struct entry *parent);
void proc_set_comm(struct entry *e, const char *comm);
/* Gives it exe and argv (copied; either may be NULL), or those of another entry. -ENOMEM: it has none. */
int proc_say(struct procs *t, struct entry *e, const char *exe, size_t exe_len, const char *argv, size_t argv_len);
void proc_share(struct procs *t, struct entry *e, struct words *words);
void proc_end(struct procs *t, struct entry *e, uint64_t time);
/* Again within the bounds, without forgetting `keep`. */
void proc_fit(struct procs *t, const struct entry *keep);
/* The newest of its rank from here on. */
void proc_touch(struct procs *t, struct entry *e);

/*
 * A process that exists. What events said of it is newer than `found` and stays. Of `found`, pid, ppid, start and comm
 * must be given. -ENOMEM. After the last one procs_found_all() finds the parents.
 */
int procs_found(struct procs *t, const struct proc *found);
void procs_found_all(struct procs *t);

static inline bool is_same_start(uint64_t a, uint64_t b)
{
	return (a > b ? a - b : b - a) <= PROC_SLACK_NS;
}

#endif
