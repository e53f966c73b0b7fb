/* SPDX-License-Identifier: MIT */
#include "proc.h"

#include <errno.h>
#include <stdlib.h>

#include "proc_impl.h"

#define CHAIN_MAX 4096 /* of a process that has children: who is looked at for a circle */

struct procs *procs_new(uint32_t most, uint64_t text_bytes)
{
	struct procs *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->most = most;
	t->text_most = text_bytes;
	while (t->mask < most)
		t->mask = 2 * t->mask + 1;
	t->buckets = calloc(t->mask + 1u, sizeof(struct entry *));
	if (!t->buckets) {
		free(t);
		return NULL;
	}
	return t;
}

/* ---- the lists that an entry is in ---- */

static void rank_leave(struct procs *t, struct entry *e)
{
	*(e->older ? &e->older->newer : &t->ranks[e->rank].oldest) = e->newer;
	*(e->newer ? &e->newer->older : &t->ranks[e->rank].newest) = e->older;
}

/* As the newest of its rank. */
static void rank_enter(struct procs *t, struct entry *e)
{
	e->rank = (e->ended ? DEAD : ALIVE) + (e->child ? 1 : 0);
	e->newer = NULL;
	e->older = t->ranks[e->rank].newest;
	*(e->older ? &e->older->newer : &t->ranks[e->rank].oldest) = e;
	t->ranks[e->rank].newest = e;
}

void proc_touch(struct procs *t, struct entry *e)
{
	rank_leave(t, e);
	rank_enter(t, e);
}

static void bucket_enter(struct procs *t, struct entry *e)
{
	struct entry **at = &t->buckets[e->proc.pid & t->mask];
	while (*at && (*at)->proc.serial > e->proc.serial)
		at = &(*at)->next;
	e->next = *at;
	e->at = at;
	if (e->next)
		e->next->at = &e->next;
	*at = e;
}

static void parent_leave(struct procs *t, struct entry *e)
{
	struct entry *parent = (struct entry *)e->proc.parent;
	if (!parent)
		return;
	*e->among = e->sibling;
	if (e->sibling)
		e->sibling->among = e->among;
	e->proc.parent = NULL;
	if (!parent->child)
		proc_touch(t, parent);
}

/* Also said of what is too far away to know. */
static bool descends(const struct entry *e, const struct entry *from)
{
	uint32_t steps = 0;
	while (e && e != from && steps++ < CHAIN_MAX)
		e = (const struct entry *)e->proc.parent;
	return e != NULL;
}

/* Keeps the chain of parents free of circles, whatever a recording says. */
void proc_set_parent(struct procs *t, struct entry *e, struct entry *parent)
{
	if (parent == e || &parent->proc == e->proc.parent || (e->child && descends(parent, e)))
		return;
	parent_leave(t, e);
	e->fresh = false;
	e->proc.parent = &parent->proc;
	e->sibling = parent->child;
	e->among = &parent->child;
	if (e->sibling)
		e->sibling->among = &e->sibling;
	parent->child = e;
	if (!e->sibling)
		proc_touch(t, parent);
}

/* ---- entries ---- */

static void words_put(struct procs *t, struct words *words)
{
	if (!words || --words->refs)
		return;
	t->text_bytes -= words->size;
	free(words);
}

void proc_share(struct procs *t, struct entry *e, struct words *words)
{
	if (words)
		words->refs++;
	words_put(t, e->words);
	e->words = words;
	e->proc.exe = words && words->exe ? words->bytes : NULL;
	e->proc.argv = NULL;
	e->proc.argv_len = 0;
	if (!words)
		return;
	size_t exe = strlen(words->bytes) + 1, size = words->size - sizeof(*words);
	if (size > exe) { /* argv and a NUL */
		e->proc.argv = words->bytes + exe;
		e->proc.argv_len = (uint32_t)(size - exe - 1);
	}
}

static void forget(struct procs *t, struct entry *e)
{
	if (e->told && t->forgot)
		t->forgot(t->context, &e->proc);
	while (e->child) {
		struct entry *child = e->child;
		e->child = child->sibling;
		child->proc.parent = NULL;
	}
	parent_leave(t, e);
	rank_leave(t, e);
	*e->at = e->next;
	if (e->next)
		e->next->at = e->at;
	words_put(t, e->words);
	free(e);
	t->n--;
}

/* Forgets the one that matters least, but not `keep`. False: there is none. */
static bool forget_one(struct procs *t, const struct entry *keep)
{
	for (enum rank rank = DEAD; rank < RANKS; rank++) {
		struct entry *e = t->ranks[rank].oldest;
		if (e == keep && e)
			e = e->newer;
		if (e) {
			forget(t, e);
			return true;
		}
	}
	return false;
}

void proc_fit(struct procs *t, const struct entry *keep)
{
	while ((t->n > t->most || t->text_bytes > t->text_most) && forget_one(t, keep))
		;
}

void procs_destroy(struct procs *t)
{
	if (!t)
		return;
	t->forgot = NULL;
	while (forget_one(t, NULL))
		;
	free(t->buckets);
	free(t);
}

/* Texts that a NUL ends early are that long. A recording's may be anything. */
int proc_say(struct procs *t, struct entry *e, const char *exe, size_t exe_len, const char *argv, size_t argv_len)
{
	exe_len = exe ? strnlen(exe, exe_len) : 0;
	size_t size = sizeof(struct words) + exe_len + 1 + (argv ? argv_len + 1 : 0);
	struct words *words = calloc(1, size);
	if (!words) {
		proc_share(t, e, NULL); /* better none than those of before */
		return -ENOMEM;
	}
	words->size = (uint32_t)size;
	words->exe = exe != NULL;
	if (exe_len)
		memcpy(words->bytes, exe, exe_len);
	if (argv && argv_len)
		memcpy(words->bytes + exe_len + 1, argv, argv_len);
	t->text_bytes += size;
	proc_share(t, e, words);
	e->fresh = false;
	return 0;
}

struct entry *proc_new(struct procs *t, uint32_t pid, uint64_t serial)
{
	struct entry *e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->proc.pid = pid;
	e->proc.serial = serial;
	if (serial > t->serial)
		t->serial = serial;
	bucket_enter(t, e);
	rank_enter(t, e);
	t->n++;
	proc_fit(t, e);
	return e;
}

void proc_set_comm(struct entry *e, const char *comm)
{
	memcpy(e->proc.comm, comm, EUN_COMM_LEN);
	e->fresh = false;
}

struct entry *proc_youngest(const struct procs *t, uint32_t pid)
{
	struct entry *e = t->buckets[pid & t->mask];
	while (e && e->proc.pid != pid)
		e = e->next;
	return e;
}

struct entry *proc_at(const struct procs *t, uint32_t pid, uint64_t time)
{
	struct entry *e = proc_youngest(t, pid);
	while (e && (e->proc.pid != pid || e->proc.start > time))
		e = e->next;
	return e;
}

const struct proc *procs_find(const struct procs *t, uint32_t pid, uint64_t time)
{
	struct entry *e = proc_at(t, pid, time);
	return e ? &e->proc : NULL;
}

void proc_end(struct procs *t, struct entry *e, uint64_t time)
{
	if (e->ended)
		return;
	e->ended = time ? time : 1;
	proc_touch(t, e);
}

/* ---- the scan ---- */

int procs_found(struct procs *t, const struct proc *found)
{
	struct entry *e = proc_youngest(t, found->pid);
	if (e && e->proc.start && !is_same_start(e->proc.start, found->start)) {
		if (e->proc.start > found->start) /* another one has the pid by now */
			return 0;
		proc_end(t, e, found->start);
		e = NULL;
	}
	if (!e) {
		e = proc_new(t, found->pid, t->serial + 1);
		if (!e)
			return -ENOMEM;
		e->seen = found->start;
		proc_set_comm(e, found->comm);
	}
	if (!e->proc.start)
		e->proc.start = found->start;
	if (!e->proc.ppid)
		e->proc.ppid = found->ppid;
	e->fresh = false;
	if (e->words)
		return 0;
	int err = proc_say(t, e, found->exe, found->exe ? strlen(found->exe) : 0, found->argv, found->argv_len);
	proc_fit(t, e);
	return err;
}

void procs_found_all(struct procs *t)
{
	for (uint32_t i = 0; i <= t->mask; i++)
		for (struct entry *e = t->buckets[i]; e; e = e->next) {
			struct entry *parent = e->proc.parent || !e->proc.ppid ? NULL : proc_youngest(t, e->proc.ppid);
			if (parent && parent->proc.start <= e->proc.start + PROC_SLACK_NS)
				proc_set_parent(t, e, parent);
		}
}

/* ---- recordings ---- */

/* Children that were told before their parent was are to be told again: it was not known then who that is. */
static void tell_one(struct procs *t, struct entry *e, procs_tell tell)
{
	if (e->fresh)
		return;
	for (struct entry *child = e->told ? NULL : e->child; child; child = child->sibling)
		child->fresh = false;
	e->told = e->fresh = true;
	tell(t->context, &e->proc);
}

void procs_tell_of(struct procs *t, uint32_t pid, uint64_t time, procs_tell tell, procs_tell forgot, void *context)
{
	struct entry *chain[PROC_ANCESTORS_MAX + 1], *e = proc_at(t, pid, time);
	size_t n = 0;
	t->forgot = forgot;
	t->context = context;
	/* younger owners of the pid too: that they were not it yet */
	for (struct entry *other = proc_youngest(t, pid); other && other != e; other = other->next)
		if (other->proc.pid == pid)
			tell_one(t, other, tell);
	for (; e && n < sizeof(chain) / sizeof(chain[0]); e = (struct entry *)e->proc.parent)
		chain[n++] = e;
	while (n--)
		tell_one(t, chain[n], tell);
}

static struct entry *proc_of(const struct procs *t, uint32_t pid, uint64_t serial)
{
	struct entry *e = t->buckets[pid & t->mask];
	while (e && (e->proc.pid != pid || e->proc.serial != serial))
		e = e->next;
	return e;
}

void procs_each(const struct procs *t, void (*each)(void *context, const struct proc *proc), void *context)
{
	for (int rank = ALIVE; rank < RANKS; rank++)
		for (const struct entry *e = t->ranks[rank].oldest; e; e = e->newer)
			each(context, &e->proc);
}

int procs_learn(struct procs *t, const struct proc *proc, uint32_t parent_pid, uint64_t parent_serial)
{
	struct entry *e = proc_of(t, proc->pid, proc->serial);
	if (!e)
		e = proc_new(t, proc->pid, proc->serial);
	if (!e)
		return -ENOMEM;
	e->proc.ppid = proc->ppid;
	e->proc.start = proc->start;
	proc_set_comm(e, proc->comm);
	struct entry *parent = parent_serial ? proc_of(t, parent_pid, parent_serial) : NULL;
	if (parent)
		proc_set_parent(t, e, parent);
	else
		parent_leave(t, e);
	int err = proc_say(t, e, proc->exe, proc->exe ? strlen(proc->exe) : 0, proc->argv, proc->argv_len);
	proc_fit(t, e);
	return err;
}

void procs_forget(struct procs *t, uint32_t pid, uint64_t serial)
{
	struct entry *e = proc_of(t, pid, serial);
	if (e)
		forget(t, e);
}
