/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "seccomp/apply.h"
#include "seccomp/base.h"
#include "seccomp/filter.h"
#include "seccomp/profile_io.h"

#define ID_LEAST 12 /* characters of an id that mean one container: a filter is never taken off again */

static const char rule[] = "[rule Denied by the seccomp profile]\n"
			   "streams = seccomp.denied\n"
			   "severity = warning\n"
			   "message = {comm} (pid {pid}) was denied {syscall}: {action}\n"
			   "key = comm, syscall\n"
			   "window = 60s\n";

struct guard {
	const char *profile;   /* the file */
	struct config *config; /* the rule */
	struct apply_filter filter;
	const uint32_t *pids; /* borrowed, as the containers */
	size_t n_pids;
	bool follow;
	char *const *containers; /* end at NULL, or NULL */
	bool pids_done;
	uint64_t *done; /* cgroups of containers that were seen to */
	size_t n_done;
	struct generation *generation; /* while it ticks */
};

static void on_warn(void *context, const char *text)
{
	daemon_say(context, EUN_LOG_WARN, "%s", text);
}

static int build(struct guard *guard, const struct generation *g, const struct settings_seccomp *s, char *why,
		 size_t size)
{
	struct profile p = {0};
	struct sock_filter *program = NULL;
	const struct profile_source source = {guard->profile, on_warn, g->daemon};
	int err = profile_read(&p, &source, why, size);
	if (err)
		return err;
	if (s->mode == SETTINGS_SECCOMP_ERRNO && p.def.act != PROFILE_ERRNO)
		p.def = (struct profile_action){PROFILE_ERRNO, EPERM};
	else if (s->mode == SETTINGS_SECCOMP_LOG)
		p.def = (struct profile_action){PROFILE_LOG, 0};
	else if (s->mode == SETTINGS_SECCOMP_KILL)
		p.def = (struct profile_action){PROFILE_KILL, 0};
	if (!p.arches)
		p.arches = 1u << profile_native();
	snprintf(why, size, "no memory");
	err = base_add(&p, base_find("always")); /* what every process needs to go on, or to end */
	if (!err)
		err = filter_build(&p, &program, &guard->filter.n, on_warn, g->daemon, why, size);
	guard->filter.program = program;
	if (!err)
		err = filter_try(program, guard->filter.n, why, size);
	profile_free(&p);
	return err;
}

static int add_rule(struct guard *guard, const struct generation *g, struct config_error *error)
{
	int err = config_parse(&guard->config, "seccomp", rule, sizeof(rule) - 1, error);
	return err ? err : ruleset_add(g->rules, guard->config, error);
}

int guard_read(struct guard **out, const struct generation *g, struct config_error *error)
{
	const struct settings_seccomp *s = &g->settings->seccomp;
	const char *file = g->daemon->options->seccomp ? g->daemon->options->seccomp : s->profile, *in = "";
	char why[768];
	*out = NULL;
	if (!file)
		return 0;
	struct guard *guard = calloc(1, sizeof(*guard));
	if (!guard)
		return -ENOMEM;
	*out = guard;
	guard->profile = file;
	bool own = s->n_pids || s->containers;
	guard->pids = own ? s->pids : g->target.pids;
	guard->n_pids = own ? s->n_pids : g->target.n_pids;
	guard->follow = !own && g->target.follow;
	guard->containers = own ? s->containers : g->containers;
	if (s->section)
		in = s->section->file;
	if (!guard->n_pids && !(guard->containers && guard->containers[0]))
		return config_error_at(error, in, s->section ? s->section->line : 0, 1,
				       "seccomp: whom to apply %s to? A container or pid", file);
	int err = build(guard, g, s, why, sizeof(why));
	if (err && err != -ENOMEM)
		return config_error_at(error, in, s->section ? s->section->line : 0, 1, "seccomp: %s", why);
	return err ? err : add_rule(guard, g, error);
}

void guard_free(struct guard *guard)
{
	if (!guard)
		return;
	free((void *)guard->filter.program);
	free(guard->done);
	config_free(guard->config);
	free(guard);
}

static void tell(const struct guard *guard, const char *whom, const struct apply_report *r)
{
	const struct daemon *d = guard->generation->daemon;
	size_t have = 0;
	for (size_t i = 0; i < r->n; i++) {
		const struct apply_process *p = &r->items[i];
		have += p->state == APPLY_DONE || p->state == APPLY_HAD;
		if (p->state == APPLY_REFUSED || p->state == APPLY_FAILED)
			daemon_say(d, EUN_LOG_WARN, "seccomp: %s: process %u (%.*s) does not have %s: %s", whom, p->pid,
				   (int)sizeof(p->comm), p->comm, guard->profile, p->why);
	}
	daemon_say(d, EUN_LOG_INFO, "seccomp: %s: %zu processes have %s", whom, have, guard->profile);
}

static void apply(const struct guard *guard, const char *whom, const struct apply_targets *targets)
{
	struct apply_report report = {0};
	char why[512];
	int err = apply_run(targets, &guard->filter, &report, why, sizeof(why));
	tell(guard, whom, &report);
	if (err)
		daemon_say(guard->generation->daemon, EUN_LOG_ERROR, "seccomp: %s: %s", whom, why);
	apply_report_free(&report);
}

static bool meant(const struct guard *guard, const struct container *c)
{
	for (char *const *name = guard->containers; name && *name; name++) {
		size_t len = strlen(*name);
		if ((c->info.name && !strcmp(c->info.name, *name)) ||
		    (c->info.id &&
		     (!strcmp(c->info.id, *name) || (len >= ID_LEAST && !strncmp(c->info.id, *name, len)))))
			return true;
	}
	return false;
}

static bool is_done(const struct guard *guard, uint64_t cgroup)
{
	for (size_t i = 0; i < guard->n_done; i++)
		if (guard->done[i] == cgroup)
			return true;
	return false;
}

/*
 * True: all its processes run programs that were executed inside. Before, and for a moment when a runtime executes
 * one in it, there is the runtime, which is not to be filtered.
 */
static bool on_its_own(const struct guard *guard, const struct container *c, const char *folder)
{
	char path[PATH_MAX + 16];
	bool any = false, own = true;
	uint32_t pid;
	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	FILE *procs = fopen(path, "re");
	while (procs && own && fscanf(procs, "%u", &pid) == 1) {
		any = true;
		own = computed_inside(&guard->generation->daemon->session.who.computed, pid, clock_boot_ns(), c->found);
	}
	if (procs)
		fclose(procs);
	return any && own;
}

static void see_to(void *context, const struct container *c)
{
	struct guard *guard = context;
	char folder[PATH_MAX], why[512];
	if (c->state != CONTAINER_RUNNING || !c->cgroup || !c->info.id || is_done(guard, c->cgroup) || !meant(guard, c))
		return;
	if (apply_container(c->info.id, folder, sizeof(folder), why, sizeof(why)) || !on_its_own(guard, c, folder))
		return;
	uint64_t *grown = realloc(guard->done, (guard->n_done + 1) * sizeof(*grown));
	if (!grown)
		return;
	guard->done = grown;
	grown[guard->n_done++] = c->cgroup;
	const char *const folders[] = {folder};
	const struct apply_targets targets = {.cgroups = folders, .n_cgroups = 1};
	apply(guard, c->info.name ? c->info.name : c->info.id, &targets);
}

void guard_tick(struct guard *guard, struct generation *g)
{
	if (!guard)
		return;
	guard->generation = g;
	if (!guard->pids_done && guard->n_pids) {
		const struct apply_targets targets = {guard->pids, guard->n_pids, guard->follow, NULL, 0};
		apply(guard, "processes", &targets);
	}
	guard->pids_done = true;
	if (guard->containers)
		containers_each(census_containers(g->daemon->session.census), see_to, guard);
}
