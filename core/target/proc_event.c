/* SPDX-License-Identifier: MIT */
/* What events tell the process table. */
#include "proc_impl.h"

/* The actor of an event; made if it is not known: its fork was lost, or comes later. NULL: none, or no memory. */
static struct entry *actor(struct procs *t, const struct view *view)
{
	const struct eun_event *rec = view->rec;
	struct entry *e = rec->pid ? proc_at(t, rec->pid, rec->time) : NULL;
	if (e && (!e->ended || rec->time <= e->ended))
		return e;
	if (!rec->pid || proc_youngest(t, rec->pid) != e) /* the pid has a later owner already */
		return NULL;
	e = proc_new(t, rec->pid, t->serial + 1);
	if (!e)
		return NULL;
	e->seen = rec->time;
	e->proc.ppid = rec->ppid;
	proc_set_comm(e, rec->comm);
	struct entry *parent = rec->ppid ? proc_at(t, rec->ppid, rec->time) : NULL;
	if (parent && !parent->ended)
		proc_set_parent(t, e, parent);
	return e;
}

/* True: the process that a fork at `time` made. Its own events may have come before the fork's. */
static bool is_made_at(const struct entry *e, uint64_t time)
{
	return e->proc.start ? is_same_start(e->proc.start, time) : time <= e->seen;
}

static uint64_t number(const struct view *view, const struct field *field)
{
	struct value v;
	return field && view_read(view, field, &v) ? v.u : 0;
}

static void take_fork(struct procs *t, const struct feed *feed, const struct view *view)
{
	uint32_t pid = (uint32_t)number(view, feed->child_pid);
	uint64_t time = view->rec->time;
	if (!pid || (feed->child_tid && number(view, feed->child_tid) != pid) || number(view, feed->thread))
		return;
	struct entry *parent = actor(t, view), *e = proc_youngest(t, pid);
	bool known = e && is_made_at(e, time);
	if (e && !known && e->proc.start > time) /* late: the pid has a later owner already */
		return;
	if (!known) {
		if (e)
			proc_end(t, e, time);
		e = proc_new(t, pid, t->serial + 1);
		if (!e)
			return;
		e->seen = time;
		if (parent) /* which the new one may have pushed out */
			parent = proc_at(t, view->rec->pid, time);
	}
	e->proc.start = time;
	e->proc.ppid = view->rec->pid;
	e->fresh = false;
	if (!parent || parent == e)
		return;
	proc_set_parent(t, e, parent);
	if (!e->words) { /* it runs what its parent runs */
		proc_share(t, e, parent->words);
		e->proc.exec_cgroup = parent->proc.exec_cgroup;
		e->proc.exec_flags = parent->proc.exec_flags;
		e->proc.exec_mntns = parent->proc.exec_mntns;
		e->proc.exec_seen = parent->proc.exec_seen;
	}
	if (!known)
		proc_set_comm(e, view->rec->comm);
}

static void take_exec(struct procs *t, const struct feed *feed, const struct view *view)
{
	struct value ret, exe = {0}, argv = {0};
	if (feed->ret && view_read(view, feed->ret, &ret) && ret.s)
		return;
	struct entry *e = actor(t, view);
	if (!e)
		return;
	bool has_exe = feed->exe && view_read(view, feed->exe, &exe);
	bool has_argv = feed->argv && view_read(view, feed->argv, &argv) && (argv.len || argv.u);
	proc_set_comm(e, view->rec->comm);
	if (!e->proc.exec_seen || e->proc.exec_mntns != view->rec->mntns) {
		e->proc.exec_cgroup = view->rec->cgroup;
		e->proc.exec_flags = view->rec->flags;
		e->proc.exec_mntns = view->rec->mntns;
		e->proc.exec_seen = true;
	}
	proc_say(t, e, has_exe ? exe.ptr : NULL, exe.len, has_argv ? argv.ptr : NULL, argv.len);
	if (!e->ended)
		proc_touch(t, e);
	proc_fit(t, e);
}

static void take_exit(struct procs *t, const struct feed *feed, const struct view *view)
{
	struct entry *e = number(view, feed->thread) ? NULL : actor(t, view);
	if (e)
		proc_end(t, e, view->rec->time);
}

static const struct {
	const char *role;
	void (*take)(struct procs *t, const struct feed *feed, const struct view *view);
} roles[] = {
	{"process.fork", take_fork},
	{"process.exec", take_exec},
	{"process.exit", take_exit},
};

static const struct field *field_of(const struct stream *stream, const char *name, bool text)
{
	for (uint32_t i = 0; i < stream->n_fields; i++) {
		const struct field *f = &stream->fields[i];
		if (!strcmp(f->name, name))
			return text == type_is_text(f->type) ? f : NULL;
	}
	return NULL;
}

static const struct feed *feed_of(struct procs *t, const struct stream *stream)
{
	size_t i = 0;
	while (i < t->n_feeds && (t->feeds[i].stream != stream || t->feeds[i].serial != stream->serial))
		i++;
	if (i < t->n_feeds)
		return &t->feeds[i];
	if (t->n_feeds == PROC_FEEDS_MAX) /* streams came and went: look again */
		t->n_feeds = 0;
	struct feed *feed = &t->feeds[t->n_feeds++];
	*feed = (struct feed){.stream = stream, .serial = stream->serial};
	for (size_t r = 0; stream->role && r < sizeof(roles) / sizeof(roles[0]); r++)
		if (!strcmp(stream->role, roles[r].role))
			feed->take = roles[r].take;
	feed->exe = field_of(stream, "exe", true);
	feed->argv = field_of(stream, "argv", true);
	feed->ret = field_of(stream, "ret", false);
	feed->child_pid = field_of(stream, "child_pid", false);
	feed->child_tid = field_of(stream, "child_tid", false);
	feed->thread = field_of(stream, "thread", false);
	return feed;
}

void procs_event(struct procs *t, const struct view *view)
{
	const struct feed *feed = feed_of(t, view->stream);
	if (feed->take)
		feed->take(t, feed, view);
}
