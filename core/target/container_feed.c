/* SPDX-License-Identifier: MIT */
/*
 * What makes the table of containers true: the cgroups that the kernel tells of and the state that runtimes write, in
 * whichever order they arrive. A cgroup that nobody has named yet is in doubt; one below a container's is that
 * container's; one whose path names an id is that container's even if no runtime ever tells more.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "container_table.h"
#include "descend.h"
#include "event/clock.h"

#define HOPE_NS                                                                                              \
	10000000000u /* so long after its making a cgroup may turn out to be a container's that is asked for \
		      */

static void tell(struct containers *cs, const struct entry *e)
{
	if (cs->watch.changed)
		cs->watch.changed(cs->watch.context, &e->c);
}

/* A cgroup is in the sets of its container and of all that it is nested in. */
static void place(struct containers *cs, struct node *n)
{
	uint64_t sets = 0;
	for (const struct node *up = n; up; up = up->parent ? node_find(cs, up->parent) : NULL)
		sets |= up->of ? up->of->sets : 0;
	n->sets = sets;
	if (cs->watch.cgroup)
		cs->watch.cgroup(cs->watch.context, n->id, sets);
}

/* The sets that mean the container, after what is known of it changed. */
static void join_sets(struct containers *cs, struct entry *e)
{
	uint64_t sets = cs->watch.sets ? cs->watch.sets(cs->watch.context, &e->c) : 0;
	bool all = sets != e->sets; /* containers inside of it are concerned */
	e->sets = sets;
	for (struct entry *x = all ? cs->oldest : e; x; x = all ? x->newer : NULL)
		for (struct node *n = x->nodes; n; n = n->by)
			place(cs, n);
}

void containers_watch(struct containers *cs, const struct container_watch *watch)
{
	cs->watch = *watch;
	for (struct entry *e = cs->oldest; e; e = e->newer)
		join_sets(cs, e);
}

static struct entry *find_live(const struct containers *cs, const char *id)
{
	for (struct entry *e = cs->newest; e; e = e->older)
		if (e->c.state != CONTAINER_ENDED && e->c.info.id && !strcmp(e->c.info.id, id))
			return e;
	return NULL;
}

/* One path is the other's, or lies below it: crun's containers are in a cgroup within their unit's. */
static bool same_place(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	const char *longer = n > m ? a : b;
	n = n < m ? n : m;
	return !strncmp(a, b, n) && (!longer[n] || longer[n] == '/');
}

/* The one that a runtime speaks of: an id may be in use once in each runtime, and in each of its namespaces. */
static struct entry *find_told(const struct containers *cs, const struct container_info *info)
{
	for (struct entry *e = cs->newest; e; e = e->older)
		if (e->c.state != CONTAINER_ENDED && e->c.info.id && !strcmp(e->c.info.id, info->id) &&
		    (!e->c.info.cgroup || !info->cgroup || same_place(e->c.info.cgroup, info->cgroup)))
			return e;
	return NULL;
}

static void end(struct containers *cs, struct entry *e)
{
	if (e->c.state == CONTAINER_ENDED)
		return;
	entry_end(cs, e);
	tell(cs, e);
}

static void below(void *context, uint64_t id, uint64_t parent, const char *path)
{
	containers_made(context, id, parent, path, clock_ns(CLOCK_BOOTTIME));
}

/* True: `n` lies somewhere below the cgroup `id`. */
static bool is_below(const struct containers *cs, const struct node *n, uint64_t id)
{
	for (; n; n = n->parent ? node_find(cs, n->parent) : NULL)
		if (n->parent == id)
			return true;
	return false;
}

/* The cgroup `id` at `path` is the container's, and so are those in doubt below it. */
static void bind(struct containers *cs, struct entry *e, uint64_t id, const char *path)
{
	struct node *n = node_find(cs, id);
	if (!n && !(n = node_add(cs, id, 0, e)))
		return;
	if (!n->made)
		n->made = clock_ns(CLOCK_BOOTTIME);
	if (n->of != e)
		node_settle(cs, n, e);
	if (!e->c.cgroup) {
		e->c.cgroup = id;
		e->c.started = n->made;
	}
	for (struct node *d = cs->doubtful, *by; d; d = by) {
		by = d->by;
		if (is_below(cs, d, id))
			node_settle(cs, d, e);
	}
	if (path && cs->hierarchy)
		cgroup_below(cs->hierarchy, path, id, below, cs);
}

/* Its end is the end of the container. False: it is dead already. */
static bool watch_first(struct containers *cs, struct entry *e)
{
	if (e->first >= 0 || !e->c.info.pid)
		return true;
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = e};
	e->first = (int)syscall(SYS_pidfd_open, e->c.info.pid, 0);
	if (e->first < 0)
		return errno != ESRCH;
	epoll_ctl(cs->epoll, EPOLL_CTL_ADD, e->first, &event);
	return true;
}

/* By what the kernel told, and else by what is there: a short-lived one may be gone from there. */
static uint64_t find_cgroup(const struct containers *cs, const char *path)
{
	if (!path || !strcmp(path, "/")) /* a container without a cgroup of its own */
		return 0;
	for (const struct node *n = cs->doubtful; n; n = n->by)
		if (n->path && !strcmp(n->path, path))
			return n->id;
	return cs->hierarchy ? cgroup_id(cs->hierarchy, path) : 0;
}

/* A runtime says: this is there. */
static void on_info(void *context, const struct container_info *info)
{
	struct containers *cs = context;
	struct entry *e = find_told(cs, info);
	uint64_t id = e && e->c.cgroup ? e->c.cgroup : find_cgroup(cs, info->cgroup);
	/* it does not run; but one that ended before we could look was there, and its events are on their way */
	if (!e && (cs->scanning ? !id || !info->pid || !pid_alive(info->pid) : !info->pid && !info->cgroup))
		return;
	bool fresh = !e;
	if (!e && !(e = entry_add(cs)))
		return;
	int err = entry_describe(e, info);
	if (err < 0 && fresh)
		entry_remove(cs, e);
	if (err < 0 || (err == 1 && e->c.state == CONTAINER_RUNNING && e->c.cgroup))
		return;
	if (fresh) {
		e->c.found = cs->scanning;
		e->c.started = clock_ns(CLOCK_BOOTTIME);
	}
	if (id && !e->c.cgroup)
		bind(cs, e, id, e->c.info.cgroup);
	e->c.state = CONTAINER_RUNNING;
	bool alive = watch_first(cs, e);
	join_sets(cs, e);
	tell(cs, e);
	if (!alive)
		end(cs, e);
}

/* A cgroup whose path names an id. */
static void made_named(struct containers *cs, struct node *n, const char *id, const char *runtime)
{
	struct entry *e = find_live(cs, id);
	bool fresh = !e;
	if (fresh && (e = entry_add(cs))) {
		const struct container_info info = {.id = id, .runtime = runtime};
		e->c.found = cs->scanning;
		if (entry_describe(e, &info) < 0) {
			entry_remove(cs, e);
			return;
		}
	}
	if (!e)
		return;
	bind(cs, e, n->id, NULL);
	if (fresh && cs->runtimes)
		runtimes_find(cs->runtimes, id, on_info, cs);
	if (fresh && e->c.state == CONTAINER_PENDING)
		tell(cs, e);
	if (fresh)
		join_sets(cs, e);
	else
		place(cs, n); /* one more of a container that is as it was */
}

void containers_made(struct containers *cs, uint64_t id, uint64_t parent, const char *path, uint64_t time)
{
	struct node *n = node_find(cs, id);
	char name[CONTAINER_ID_MAX + 1];
	const char *runtime = NULL;
	if (n && n->parent)
		return;
	if (!n && !(n = node_add(cs, id, parent, NULL)))
		return;
	n->parent = parent;
	n->made = time;
	if (n->of) { /* its runtime was faster */
		if (n->of->c.cgroup == id)
			n->of->c.started = time;
		place(cs, n);
		return;
	}
	if (runtime_id_of_cgroup(path, name, &runtime)) {
		made_named(cs, n, name, runtime);
		return;
	}
	for (struct entry *e = cs->newest; e; e = e->older)
		if (!e->c.cgroup && e->c.info.cgroup && !strcmp(e->c.info.cgroup, path)) {
			bind(cs, e, id, NULL);
			e->c.started = time;
			join_sets(cs, e);
			tell(cs, e);
			return;
		}
	struct node *up = node_find(cs, parent);
	if (up && up->of) {
		node_settle(cs, n, up->of);
		place(cs, n);
	} else {
		n->path = strdup(path);
	}
}

void containers_removed(struct containers *cs, uint64_t id)
{
	struct node *n = node_find(cs, id);
	if (cs->watch.cgroup)
		cs->watch.cgroup(cs->watch.context, id, 0);
	if (!n)
		return;
	if (n->of && n->of->c.cgroup == id)
		end(cs, n->of); /* its events may still be on their way */
	else
		node_remove(cs, n);
}

/* Of all cgroups that exist, those whose path names a container that no runtime told of. */
static void on_cgroup(void *context, uint64_t id, uint64_t parent, const char *path)
{
	struct containers *cs = context;
	char name[CONTAINER_ID_MAX + 1];
	struct node *up = node_find(cs, parent);
	if (!node_find(cs, id) && (runtime_id_of_cgroup(path, name, NULL) || (up && up->of)))
		containers_made(cs, id, parent, path, clock_ns(CLOCK_BOOTTIME));
}

int containers_scan(struct containers *cs)
{
	cs->scanning = true;
	int err = cs->runtimes ? runtimes_scan(cs->runtimes, on_info, cs) : 0;
	if (cs->hierarchy)
		cgroup_below(cs->hierarchy, "/", cgroup_id(cs->hierarchy, "/"), on_cgroup, cs);
	cs->scanning = false;
	return err;
}

void containers_told(struct containers *cs)
{
	struct pollfd ready = {.fd = cs->runtimes ? runtimes_fd(cs->runtimes) : -1, .events = POLLIN};
	if (poll(&ready, 1, 0) > 0)
		runtimes_changed(cs->runtimes, on_info, cs);
}

void containers_changed(struct containers *cs)
{
	struct epoll_event events[64];
	containers_told(cs);
	int n = epoll_wait(cs->epoll, events, 64, 0);
	for (int i = 0; i < n; i++)
		if (events[i].data.ptr)
			end(cs, events[i].data.ptr);
}

void containers_tick(struct containers *cs, uint64_t now)
{
	for (struct node *n = cs->doubtful, *by; n; n = by) {
		by = n->by;
		if (now < n->made + HOPE_NS)
			continue;
		if (cs->watch.cgroup)
			cs->watch.cgroup(cs->watch.context, n->id, 0);
		node_remove(cs, n);
	}
	for (struct entry *e = cs->oldest; e; e = e->newer) {
		/* whose cgroup never came; one a tick, as an end may take others out of the list */
		if (!e->c.cgroup && e->c.state != CONTAINER_ENDED && now > e->c.started + HOPE_NS &&
		    !(e->c.info.pid && pid_alive(e->c.info.pid))) {
			end(cs, e);
			break;
		}
	}
}
