/* SPDX-License-Identifier: MIT */
#include "apply_plan.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "target/container_sets.h"
#include "target/descend.h"
#include "task.h"

#define ANCESTORS_MAX 1000

int pid_list_add(void *list, uint32_t pid)
{
	struct pid_list *l = list;
	for (size_t i = 0; i < l->n; i++)
		if (l->items[i] == pid)
			return 0;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 64;
		uint32_t *items = realloc(l->items, cap * sizeof(*items));
		if (!items)
			return -ENOMEM;
		l->items = items;
		l->cap = cap;
	}
	l->items[l->n++] = pid;
	return 0;
}

void pid_list_free(struct pid_list *l)
{
	free(l->items);
	*l = (struct pid_list){0};
}

void apply_report_free(struct apply_report *r)
{
	free(r->items);
	*r = (struct apply_report){0};
}

struct apply_process *apply_report_add(struct apply_report *r, const struct apply_process *process)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 16;
		struct apply_process *items = realloc(r->items, cap * sizeof(*items));
		if (!items)
			return NULL;
		r->items = items;
		r->cap = cap;
	}
	r->items[r->n] = *process;
	return &r->items[r->n++];
}

static int list_file(const char *folder, struct pid_list *out)
{
	char path[PATH_MAX];
	unsigned pid;
	int err = 0;
	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	FILE *procs = fopen(path, "re");
	while (procs && !err && fscanf(procs, "%u", &pid) == 1)
		if (pid) /* 0: of a pid namespace that is not ours */
			err = pid_list_add(out, pid);
	if (procs)
		fclose(procs);
	return err;
}

static int list_folder(const char *folder, struct pid_list *out)
{
	char path[PATH_MAX];
	int err = list_file(folder, out);
	DIR *dir = err ? NULL : opendir(folder);
	for (const struct dirent *e; dir && !err && (e = readdir(dir));)
		if (e->d_type == DT_DIR && e->d_name[0] != '.' &&
		    snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) < (int)sizeof(path))
			err = list_folder(path, out);
	if (dir)
		closedir(dir);
	return err;
}

int apply_list(const struct apply_targets *t, struct pid_list *out)
{
	int err = 0;
	for (size_t i = 0; i < t->n_pids && !err; i++)
		err = pid_list_add(out, t->pids[i]);
	if (t->follow && !err)
		err = pid_descendants(t->pids, t->n_pids, pid_list_add, out);
	for (size_t i = 0; i < t->n_cgroups && !err; i++)
		err = list_folder(t->cgroups[i], out);
	return err;
}

static bool is_ancestor(uint32_t pid)
{
	struct task_status st;
	uint32_t of = (uint32_t)getpid();
	for (int i = 0; i < ANCESTORS_MAX && of; i++) {
		if (of == pid)
			return true;
		of = task_read(of, of, &st) ? 0 : st.ppid;
	}
	return false;
}

struct looking {
	uint32_t pid;
	struct apply_process *out;
	struct task_status worst; /* of the threads, what stands in the way, or has to be told */
	uint32_t with_from;       /* filters */
};

static int look_thread(void *context, uint32_t tid)
{
	struct looking *l = context;
	struct task_status st;
	if (task_read(l->pid, tid, &st) || strchr("ZX", st.state))
		return 0;
	l->out->threads++;
	l->out->threads_with += st.seccomp == 2 && st.filters >= l->with_from;
	if (st.filters > l->out->filters)
		l->out->filters = st.filters;
	l->out->no_new_privs |= !st.sys_admin && !st.no_new_privs;
	if (st.tracer)
		l->worst.tracer = st.tracer;
	if (st.seccomp == 1)
		l->worst.seccomp = 1;
	return 0;
}

static void refuse(struct apply_process *out, int err, const char *why)
{
	out->state = APPLY_REFUSED;
	out->err = err;
	snprintf(out->why, sizeof(out->why), "%s", why);
}

static void refuse_traced(struct apply_process *out, uint32_t tracer)
{
	struct task_status st;
	char why[sizeof(out->why)];
	task_read(tracer, tracer, &st);
	snprintf(why, sizeof(why), "process %u (%.16s) traces it; end that first", tracer, st.comm);
	refuse(out, -EBUSY, why);
}

void apply_look(uint32_t pid, struct apply_process *out)
{
	struct task_status st;
	struct looking l = {.pid = pid, .out = out};
	*out = (struct apply_process){.pid = pid, .state = APPLY_GONE};
	if (task_read(pid, pid, &st))
		return;
	memcpy(out->comm, st.comm, sizeof(out->comm));
	task_each(pid, look_thread, &l);
	out->threads_with = 0;
	if (st.kernel)
		refuse(out, -EINVAL, "it is a thread of the kernel");
	else if (!out->threads)
		return;
	else if (pid == 1)
		refuse(out, -EINVAL, "it is the machine's first process, of which all others descend");
	else if (is_ancestor(pid))
		refuse(out, -EINVAL, "eunomia itself runs in or below it; run it from elsewhere");
	else if (l.worst.seccomp == 1)
		refuse(out, -EINVAL, "it is in seccomp's strict mode, which has no filters");
	else if (l.worst.tracer)
		refuse_traced(out, l.worst.tracer);
	else
		out->state = APPLY_READY;
}

bool apply_verify(uint32_t pid, uint32_t filters, struct apply_process *out)
{
	struct apply_process now = {0};
	struct looking l = {.pid = pid, .out = &now, .with_from = filters};
	task_each(pid, look_thread, &l);
	out->threads = now.threads;
	out->threads_with = now.threads_with;
	return now.threads;
}

int apply_plan(const struct apply_targets *t, struct apply_report *out, char *why, size_t why_size)
{
	struct pid_list list = {0};
	struct apply_process one;
	int err = 0;
	for (size_t i = 0; i < t->n_pids && !err; i++) {
		uint32_t leader = pid_leader(t->pids[i]);
		if (!leader)
			snprintf(why, why_size, "pid %u: there is no such process", t->pids[i]);
		else if (leader != t->pids[i])
			snprintf(why, why_size, "pid %u is a thread of process %u; name that", t->pids[i], leader);
		err = !leader ? -ESRCH : leader != t->pids[i] ? -EINVAL : 0;
	}
	if (err)
		return err;
	err = apply_list(t, &list);
	for (size_t i = 0; i < list.n && !err; i++) {
		apply_look(list.items[i], &one);
		if (one.state != APPLY_GONE && !apply_report_add(out, &one))
			err = -ENOMEM;
	}
	pid_list_free(&list);
	if (err)
		snprintf(why, why_size, "%s", strerror(-err));
	return err;
}

struct finding {
	struct container_sets *sets;
	const struct container *found;
};

static void on_container(void *context, const struct container *c)
{
	struct finding *f = context;
	if (container_sets_of(f->sets, c))
		f->found = c;
}

/* Never the root: that is the whole machine. */
static int folder_of(const struct hierarchy *h, const struct container *c, char *folder, size_t size)
{
	const char *path = c ? c->info.cgroup : NULL;
	if (!path || !path[0] || !strcmp(path, "/") || strstr(path, "/../"))
		return -ENOENT;
	return snprintf(folder, size, "%s%s", h->mount, path) < (int)size ? 0 : -ENAMETOOLONG;
}

int apply_container(const char *name, char *folder, size_t size, char *why, size_t why_size)
{
	struct hierarchy h;
	int err = hierarchy_find(&h);
	struct runtimes *runtimes = runtimes_new("");
	struct finding f = {.sets = container_sets_new()};
	struct containers *all = runtimes ? containers_new(runtimes, &h) : NULL;
	if (!f.sets || !all)
		err = -ENOMEM;
	snprintf(why, why_size, "container %s: %s", name, strerror(err ? -err : 0));
	if (!err)
		err = containers_scan(all);
	if (!err)
		err = container_sets_add(f.sets, 0, name);
	if (!err)
		err = container_sets_resolve(f.sets, all, NULL, NULL, why, why_size);
	if (!err) {
		containers_each(all, on_container, &f);
		err = folder_of(&h, f.found, folder, size);
		snprintf(why, why_size,
			 f.found ? "container %s: it has no cgroup of its own that says which processes are in it"
				 : "container %s: it is not there",
			 name);
	}
	containers_destroy(all);
	container_sets_destroy(f.sets);
	runtimes_destroy(runtimes);
	return err;
}
