/* SPDX-License-Identifier: MIT */
/*
 * `eunomia seccomp`: learns which system calls processes, a container or a program make, and writes them as a profile.
 * As a run, with one consumer: what is learned; a program is executed when all is ready.
 */
#include "seccomp.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "choose.h"
#include "cli.h"
#include "host/session.h"
#include "host/teardown.h"
#include "say.h"
#include "seccomp/base.h"
#include "seccomp/learn.h"

#define WATCH_MS 100

enum { LEARN, DENIED, ROLES };
static const char *const roles[ROLES] = {"seccomp.learn", "seccomp.denied"};

/* Whom is learned from. */
struct subject {
	const struct ids *pids;
	const struct texts *containers;
	bool follow;
	struct learned learned;
	int set;
};

struct learning {
	const struct request *request;
	const struct seccomp_request *own;
	struct choices choices; /* one: the plugin that has both roles */
	uint32_t streams[ROLES];
	bool filtered; /* there is a filter already: calls that it denies are needed, too */
	struct session session;
	struct instance *instance; /* the choice's */
	struct seccomp_child child;
	struct seccomp_output output;
	uint32_t child_pid;
	struct ids child_ids;       /* of that one */
	struct subject subjects[2]; /* the second one is who is to be given what is learned from the first */
	size_t n_subjects;
	uint64_t start;
	uint64_t shown; /* second; progress on a terminal */
	bool terminal, gone;
	char why[512];
};

static int complain(const struct learning *l, int status)
{
	say("%s", l->why);
	return status;
}

static uint32_t role_of(const struct plugin *p, const char *role)
{
	uint32_t i = 0;
	while (i < p->abi.streams.count && (!p->streams[i].role || strcmp(p->streams[i].role, role) != 0))
		i++;
	return i;
}

/* 1: found. */
static int look(void *context, const char *path, struct plugin *plugin, const char *why)
{
	struct learning *l = context;
	(void)path, (void)why;
	if (!plugin)
		return 0;
	for (int r = 0; r < ROLES; r++)
		if ((l->streams[r] = role_of(plugin, roles[r])) == plugin->abi.streams.count) {
			plugin_close(plugin);
			return 0;
		}
	struct choice c = {.plugin = plugin, .streams = EUN_BIT(l->streams[LEARN])};
	if (l->filtered)
		c.streams |= EUN_BIT(l->streams[DENIED]);
	int err = choices_add(&l->choices, &c);
	return err ? err : 1;
}

/* A filter is there: "Seccomp: 2" in /proc/PID/status. */
static bool has_filter(const char *pid)
{
	char path[64], line[128];
	int mode = 0;
	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	FILE *status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "Seccomp: %d", &mode) == 1)
			break;
	if (status)
		fclose(status);
	return mode == 2;
}

/* Containers usually have one, and which processes will be in them is not known. */
static bool any_filter(const struct learning *l)
{
	char pid[16];
	bool any = l->request->dashes && has_filter("self");
	for (size_t s = 0; s < l->n_subjects; s++) {
		any = any || l->subjects[s].containers->n;
		for (size_t i = 0; i < l->subjects[s].pids->n && !any; i++) {
			snprintf(pid, sizeof(pid), "%u", l->subjects[s].pids->items[i]);
			any = has_filter(pid);
		}
	}
	return any;
}

static int check_request(struct learning *l)
{
	const struct request *r = l->request;
	if (seccomp_is_transfer(l->own))
		return seccomp_transfer_check(r, l->own, l->why, sizeof(l->why)) ? complain(l, EXIT_USAGE) : EXIT_OK;
	int targets = (r->pids.n != 0) + (r->containers.n != 0) + (r->dashes && r->operands.n);
	if (targets == 1 && (r->dashes || !r->operands.n))
		return EXIT_OK;
	if (r->operands.n && !r->dashes)
		snprintf(l->why, sizeof(l->why),
			 "'%s' is none of apply, merge, subtract, diff, check, show; a program to run stands behind --",
			 r->operands.items[0]);
	else
		snprintf(l->why, sizeof(l->why), "learn from what? One of -p PID, -c CONTAINER, -- COMMAND");
	return complain(l, EXIT_USAGE);
}

static void on_event(void *context, const struct view *view)
{
	learned_event(&((struct subject *)context)->learned, view);
}

static void on_drained(void *context)
{
	(void)context;
}

static void progress_hide(struct learning *l)
{
	if (l->terminal && write(STDERR_FILENO, "\r\033[K", 4) < 0)
		l->terminal = false;
}

/* "12 of 30 s, 57 system calls, no new one for 8 s" */
static void progress_show(struct learning *l)
{
	uint64_t now = clock_boot_ns(), seconds = (now - l->start) / 1000000000;
	const struct learned *learned = &l->subjects[0].learned;
	uint64_t quiet = learned->last && now > learned->last ? (now - learned->last) / 1000000000 : 0;
	char line[160], of[32] = "";
	if (!l->terminal || seconds == l->shown)
		return;
	l->shown = seconds;
	if (l->request->duration_ms)
		snprintf(of, sizeof(of), " of %" PRIu64, (l->request->duration_ms + 999) / 1000);
	int n = snprintf(line, sizeof(line), "\r\033[K%" PRIu64 "%s s, %zu system calls", seconds, of, learned->n);
	if (quiet && n > 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n, ", no new one for %" PRIu64 " s", quiet);
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		l->terminal = false;
}

static void on_watch(void *context)
{
	struct learning *l = context;
	progress_show(l);
	census_tick(l->session.census);
	if (l->child.pid > 0) /* it must be gone, not a zombie of ours */
		while (waitpid(-1, NULL, WNOHANG) > 0) {
		}
	/* twice: the dead are not done when they are dead */
	bool gone = false;
	for (size_t i = 0; i < l->n_subjects; i++)
		gone = gone || (l->subjects[i].pids->n && targets_gone(l->session.host.targets, l->subjects[i].set)) ||
		       census_gone(l->session.census, l->subjects[i].set);
	if (gone && l->gone)
		loop_stop(l->session.loop, 0);
	l->gone = gone;
}

static void on_duration(void *context)
{
	loop_stop(((struct learning *)context)->session.loop, 0);
}

static void on_log(void *context, int level, const char *plugin, const char *text)
{
	progress_hide(context);
	if (level <= EUN_LOG_INFO)
		say("[%s] %s", plugin, text);
}

/* What needs no privileges. */
static int prepare(struct learning *l, char *const *paths)
{
	const char *args = l->own->args ? "args=true" : "args=false";
	int status = check_request(l);
	if (status)
		return status;
	l->subjects[0] = (struct subject){&l->request->pids, &l->request->containers, .follow = l->request->follow};
	l->n_subjects = 1;
	if (seccomp_is_transfer(l->own)) {
		const struct seccomp_who *source = &l->own->source, *target = &l->own->target;
		l->subjects[0].pids = &source->pids;
		l->subjects[0].containers = &source->containers;
		l->subjects[l->n_subjects++] =
			(struct subject){&target->pids, &target->containers, .follow = l->request->follow};
	}
	l->filtered = any_filter(l);
	int found = plugin_each(paths, look, l, l->why, sizeof(l->why));
	if (!found)
		snprintf(l->why, sizeof(l->why),
			 "there is no plugin with the roles %s and %s (see eunomia list streams)", roles[LEARN],
			 roles[DENIED]);
	if (found <= 0)
		return complain(l, EXIT_RUN);
	snprintf(l->why, sizeof(l->why), "no memory");
	if (session_init(&l->session, l->request->btf))
		return complain(l, EXIT_RUN);
	l->session.host.log = on_log;
	l->session.host.log_context = l;
	l->instance = instance_new(&l->session.host, l->choices.items[0].plugin, &args, 1, l->why, sizeof(l->why));
	l->choices.items[0].instance = l->instance;
	if (!l->instance)
		return complain(l, EXIT_RUN);
	if (seccomp_output_open(&l->output, l->request->output))
		return EXIT_RUN;
	if (l->request->dashes) {
		int err = seccomp_child_make(&l->child, &l->request->operands);
		l->child_pid = (uint32_t)l->child.pid;
		l->child_ids = (struct ids){&l->child_pid, 1};
		l->subjects[0].pids = &l->child_ids;
		l->subjects[0].follow = true;
		if (err)
			say("%s: %s", l->request->operands.items[0], strerror(-err));
		return err ? EXIT_RUN : EXIT_OK;
	}
	return EXIT_OK;
}

static void on_waiting(void *context, const char *container)
{
	(void)context;
	say("container %s: not there yet, waiting", container);
}

static int load_subject(struct learning *l, struct subject *s, char *why, size_t why_size)
{
	const struct target_spec spec = {
		.pids = s->pids->items,
		.n_pids = s->pids->n,
		.follow = s->follow,
		.containers = s->containers->n,
	};
	s->set = targets_add(l->session.host.targets, &spec, why, why_size);
	int err = s->set < 0 ? s->set : 0;
	for (size_t i = 0; i < s->containers->n && !err; i++) {
		snprintf(why, why_size, "no memory");
		err = census_ask(l->session.census, s->set, s->containers->items[i]);
	}
	return err;
}

static int load_targets(void *context, char *why, size_t why_size)
{
	struct learning *l = context;
	int err = 0;
	for (size_t i = 0; i < l->n_subjects && !err; i++)
		err = load_subject(l, &l->subjects[i], why, why_size);
	return err ? err : census_start(l->session.census, &l->session.host, on_waiting, l, why, why_size);
}

/* Where events go, and the switch that lets them flow. */
static int connect_subject(struct learning *l, struct subject *subject)
{
	const struct consumer consumer = {1ull << subject->set, NULL, on_event, subject};
	for (int r = 0; r < ROLES; r++) {
		uint32_t s = l->streams[r];
		if (!(l->choices.items[0].streams & EUN_BIT(s)))
			continue;
		if (routes_add(l->session.host.routes, instance_stream(l->instance, s)->id, &consumer))
			return -ENOMEM;
		instance_want(l->instance, s, subject->set, true);
	}
	return 0;
}

static int connect(struct learning *l)
{
	int err = 0;
	for (size_t i = 0; i < l->n_subjects && !err; i++)
		err = connect_subject(l, &l->subjects[i]);
	return err;
}

static int start(struct learning *l)
{
	int err = session_open(&l->session, l->request->ring_bytes, false, l->why, sizeof(l->why));
	if (!err)
		err = session_load(&l->session, &l->choices, load_targets, l, l->why, sizeof(l->why));
	if (err)
		return complain(l, session_denied(err) ? EXIT_KERNEL : EXIT_RUN);
	err = session_loop(&l->session, on_drained, l);
	if (!err)
		err = loop_add_timer(l->session.loop, WATCH_MS, on_watch, l);
	if (err >= 0 && l->request->duration_ms)
		err = loop_add_timer(l->session.loop, (uint32_t)l->request->duration_ms, on_duration, l);
	if (err >= 0)
		err = connect(l);
	snprintf(l->why, sizeof(l->why), "event loop: %s", strerror(err < 0 ? -err : 0));
	if (err < 0)
		return complain(l, EXIT_RUN);
	say("started");
	err = l->child.pid > 0 ? seccomp_child_go(&l->child) : 0;
	snprintf(l->why, sizeof(l->why), "%s: %s", l->request->dashes ? l->request->operands.items[0] : "",
		 strerror(-err));
	return err ? complain(l, EXIT_RUN) : EXIT_OK;
}

/* Calls that a filter denies are in the profile: that is worth a word. */
static void tell_denied(const struct learned *learned)
{
	struct buf names = {0};
	size_t n = 0;
	for (enum profile_arch a = 0; a < PROFILE_ARCHES; a++)
		for (size_t i = 0; i < learned->denied.of[a].n; i++) {
			buf_str(&names, n++ ? ", " : "");
			profile_rule_text(a, &learned->denied.of[a].items[i], &names);
		}
	buf_char(&names, '\0');
	if (n && !names.failed)
		say("%zu of them were denied by a filter that is there already: %s", n, names.data);
	buf_free(&names);
}

/* What got lost, a profile would deny. */
static uint64_t lost(const struct learning *l)
{
	uint64_t n = targets_unfollowed(l->session.host.targets) + census_lost(l->session.census) +
		     instance_missed(l->instance);
	for (int r = 0; r < ROLES; r++) {
		struct stream_counts c;
		if (l->choices.items[0].streams & EUN_BIT(l->streams[r]) &&
		    !instance_counts(l->instance, l->streams[r], &c))
			n += c.bpf.lost + c.host.invalid;
	}
	return n;
}

static int finish(struct learning *l)
{
	struct profile p = {0};
	const struct request *r = l->request;
	const struct learned *learned = &l->subjects[0].learned;
	session_stop(&l->session, &l->choices);
	progress_hide(l);
	int err = learned_profile(learned, l->own->def, &p);
	if (!err)
		err = base_add(&p, base_find("always"));
	if (!err && (r->dashes || l->subjects[0].containers->n))
		err = base_add(&p, base_find("command"));
	for (size_t i = 0; l->own->bases[i] && !err; i++)
		err = base_add(&p, l->own->bases[i]);
	int status = EXIT_RUN;
	if (err)
		say("profile: %s", strerror(-err));
	else
		status = l->n_subjects == 1 || r->output ? seccomp_output_write(&l->output, &p, l->own->form) : EXIT_OK;
	if (!err)
		say("%zu system calls learned", learned->n);
	tell_denied(learned);
	if (lost(l))
		say("%" PRIu64 " events, processes or runs of programs were lost: the profile may lack calls", lost(l));
	if (!status && l->n_subjects > 1)
		status = seccomp_transfer(r, l->own, &p, &l->subjects[1].learned);
	profile_free(&p);
	return status;
}

int seccomp_learn(const struct request *request, const struct seccomp_request *own, char *const *paths)
{
	struct learning *l = calloc(1, sizeof(*l));
	if (!l)
		return EXIT_RUN;
	l->request = request;
	l->own = own;
	l->output.fd = -1;
	l->shown = UINT64_MAX;
	/* until the loop reads them these end us, also when we were started to ignore them */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	int status = prepare(l, paths);
	if (!status)
		status = start(l);
	if (!status) {
		l->terminal = isatty(STDERR_FILENO);
		l->start = clock_boot_ns();
		loop_run(l->session.loop);
		status = finish(l);
	}
	seccomp_child_free(&l->child);
	seccomp_output_close(&l->output);
	if (l->session.host.targets)
		teardown_behind();
	choices_free(&l->choices);
	session_free(&l->session);
	for (size_t i = 0; i < l->n_subjects; i++)
		learned_free(&l->subjects[i].learned);
	free(l);
	return status;
}

int command_seccomp(const struct request *request, char *const *paths)
{
	struct seccomp_request own;
	char why[512];
	if (seccomp_request(&own, request, why, sizeof(why))) {
		say("%s", why);
		return EXIT_USAGE;
	}
	if (seccomp_is_apply(request))
		return seccomp_apply(request, &own, paths);
	return seccomp_is_files(request) ? seccomp_files(request, &own) : seccomp_learn(request, &own, paths);
}
