/* SPDX-License-Identifier: MIT */
/*
 * A live run, from the request to its summary. In this order: what needs no privileges (schema, filter, view), then
 * the kernel (maps, rings, objects), then the loop; at the end streams are switched off, a grace period passes, what
 * is in the rings is delivered, and the account is drawn.
 */
#include "run.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "host/ia32.h"
#include "host/session.h"
#include "host/teardown.h"
#include "outputs.h"
#include "progress.h"
#include "say.h"
#include "set.h"
#include "watch.h"
#include "where.h"

#define WATCH_MS 100 /* losses, targets that are gone */

struct run {
	const struct request *request;
	struct choices *choices;
	char *const *paths;
	const struct run_listener *listener; /* or NULL */
	struct session session;
	const struct stream **streams;
	size_t n_streams;
	struct filter *where;
	struct watch *watch; /* NULL: no rules */
	struct show show;
	struct outputs out;
	struct account account;
	struct progress progress;
	int set;
	uint64_t rounds;
	bool gone; /* every target was dead a moment ago */
	int status;
	char why[512];
};

static int complain(struct run *r, int status)
{
	say("%s", r->why);
	return status;
}

static void on_log(void *context, int level, const char *plugin, const char *text)
{
	struct run *r = context;
	progress_hide(&r->progress);
	if (level <= EUN_LOG_INFO)
		say("[%s] %s", plugin, text);
}

static void on_event(void *context, const struct view *view)
{
	struct run *r = context;
	if (r->listener)
		r->listener->event(r->listener->context, view);
	outputs_event(&r->out, view);
}

/* Ends the run when its outputs can't go on: quietly when the reader left. */
static void flush(struct run *r, bool save)
{
	if (!outputs_flush(&r->out, save, &r->status))
		loop_stop(r->session.loop, 0);
}

static void on_drained(void *context)
{
	flush(context, false);
}

static void on_lost(void *context, const struct stream *stream, uint64_t count)
{
	outputs_lost(&((struct run *)context)->out, stream, count);
}

static void on_watch(void *context)
{
	struct run *r = context;
	account_losses(&r->account, on_lost, r);
	watch_tick(r->watch, clock_boot_ns());
	flush(r, true); /* a run that is killed leaves what it saw */
	progress_show(&r->progress, r->out.printer.events, r->out.lost);
	census_tick(r->session.census);
	/* twice: the dead are not done when they are dead, their files are still being closed */
	bool gone = (!r->request->duration_ms || r->listener) &&
		    ((r->request->pids.n && targets_gone(r->session.host.targets, r->set)) ||
		     census_gone(r->session.census, r->set));
	if (gone && r->gone)
		loop_stop(r->session.loop, 0);
	r->gone = gone;
}

static void on_tick(void *context)
{
	struct run *r = context;
	for (size_t i = 0; i < r->choices->n; i++)
		if (instance_tick(r->choices->items[i].instance, clock_boot_ns(), r->why, sizeof(r->why))) {
			r->status = complain(r, EXIT_RUN);
			loop_stop(r->session.loop, 0);
		}
}

static void drain_aggregates(struct run *r, bool stopped)
{
	for (size_t i = 0; i < r->choices->n; i++)
		if (instance_drain(r->choices->items[i].instance, stopped, r->why, sizeof(r->why)))
			r->status = complain(r, EXIT_RUN);
}

static void end_round(struct run *r, bool stopped)
{
	uint64_t now = clock_boot_ns();
	drain_aggregates(r, stopped);
	outputs_round(&r->out, now);
	r->rounds++;
	on_drained(r);
}

static void on_round(void *context)
{
	struct run *r = context;
	if (r->request->count && r->rounds + 1 >= r->request->count)
		loop_stop(r->session.loop, 0); /* finish() ends the last round, with all that is still to come */
	else
		end_round(r, false);
}

static void on_duration(void *context)
{
	loop_stop(((struct run *)context)->session.loop, 0);
}

static int make_instance(struct run *r, size_t i)
{
	struct choice *c = &r->choices->items[i];
	size_t n;
	char **list = set_options(r->request, r->choices, i, &n);
	snprintf(r->why, sizeof(r->why), "no memory");
	if (list)
		c->instance =
			instance_new(&r->session.host, c->plugin, (const char *const *)list, n, r->why, sizeof(r->why));
	set_options_free(list, n);
	if (!c->instance)
		return -EINVAL;
	for (uint32_t s = 0; s < c->plugin->abi.streams.count; s++)
		if (c->streams & EUN_BIT(s))
			r->streams[r->n_streams++] = instance_stream(c->instance, s);
	return 0;
}

/* Calls through the 32-bit entry are looked at, at the cost of a program or two for every call of the machine. */
static bool wants_ia32(const struct request *request)
{
	return request->ia32 == IA32_ON || (request->ia32 == IA32_AUTO && ia32_auto(request->rules.n));
}

/* Of its actors it is to be known which programs they run. */
static bool asks_processes(const struct run *r)
{
	return watch_reads_processes(r->watch, &r->session.schema) ||
	       (r->where && filter_reads(r->where, computed_of_process)) ||
	       show_reads(&r->show, r->streams, r->n_streams, computed_of_process);
}

/* All that can be wrong with the request itself. */
static int prepare(struct run *r)
{
	int status = watch_open(&r->watch, r->request, r->choices, r->paths, &r->out);
	if (status)
		return status;
	r->streams = calloc(r->choices->n * EUN_STREAMS_MAX, sizeof(struct stream *));
	if (session_init(&r->session, r->request->btf) || !r->streams) {
		snprintf(r->why, sizeof(r->why), "no memory");
		return complain(r, EXIT_RUN);
	}
	r->session.host.log = on_log;
	r->session.host.log_context = r;
	r->session.host.ia32 = wants_ia32(r->request);
	if (set_check(r->request, r->choices, r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	for (size_t i = 0; i < r->choices->n; i++)
		if (make_instance(r, i))
			return complain(r, EXIT_USAGE);
	if (show_from_request(&r->show, r->request, r->choices->tool, r->streams, r->n_streams, r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	if (where_compile(&r->where, r->request, r->choices->tool, r->streams, r->n_streams, r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	if (!r->n_streams) /* alerts alone have no columns */
		r->show.no_header = true;
	status = r->watch ? watch_bind(r->watch, &r->session.schema) : EXIT_OK;
	if (status)
		return status;
	size_t chosen = r->choices->n;
	if (asks_processes(r) && who_prepare(&r->session.who, r->choices, r->paths, r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	for (size_t i = chosen; i < r->choices->n; i++)
		if (make_instance(r, i))
			return complain(r, EXIT_USAGE);
	if (r->request->follow && !r->request->pids.n) {
		snprintf(r->why, sizeof(r->why), "option --follow: needs -p PID to begin with");
		return complain(r, EXIT_USAGE);
	}
	if (r->request->output && r->request->record && !strcmp(r->request->output, r->request->record)) {
		snprintf(r->why, sizeof(r->why), "option --record: '%s' is the file of -o; give another one",
			 r->request->record);
		return complain(r, EXIT_USAGE);
	}
	if (r->request->count && !r->show.interval_ms) {
		snprintf(r->why, sizeof(r->why), "option --count: needs --interval, there are no intervals to count");
		return complain(r, EXIT_USAGE);
	}
	return EXIT_OK;
}

static void on_container(void *any, const struct container *container)
{
	(void)container;
	*(bool *)any = true;
}

static int open_outputs(struct run *r)
{
	bool any = r->request->containers.n;
	containers_each(census_containers(r->session.census), on_container, &any);
	snprintf(r->why, sizeof(r->why), "no memory");
	if (any && show_container(&r->show))
		return complain(r, EXIT_RUN);
	int status = outputs_open(&r->out, r->request, &r->show, r->streams, r->n_streams);
	if (!status && r->out.recorder)
		recorder_facts(r->out.recorder, r->session.who.procs, census_containers(r->session.census));
	return status;
}

static int kernel_status(int err)
{
	return session_denied(err) ? EXIT_KERNEL : EXIT_RUN;
}

static int add_targets(struct run *r, char *why, size_t why_size)
{
	const struct target_spec spec = {
		.pids = r->request->pids.items,
		.n_pids = r->request->pids.n,
		.follow = r->request->follow,
		.uids = r->request->uids.items,
		.n_uids = r->request->uids.n,
		.comms = r->request->comms.items,
		.n_comms = r->request->comms.n,
		.mntns = r->request->mntns.items,
		.n_mntns = r->request->mntns.n,
		.pidns = r->request->pidns.items,
		.n_pidns = r->request->pidns.n,
		.containers = r->request->containers.n,
	};
	r->set = targets_add(r->session.host.targets, &spec, why, why_size);
	return r->set < 0 ? r->set : 0;
}

static void on_waiting(void *context, const char *container)
{
	(void)context;
	say("container %s: not there yet, waiting", container);
}

/* Who is meant. */
static int load_targets(void *context, char *why, size_t why_size)
{
	struct run *r = context;
	int err = add_targets(r, why, why_size);
	if (err)
		return err;
	if (!r->request->follow && r->request->pids.n)
		probing_only(r->session.probing, r->request->pids.items, r->request->pids.n);
	for (size_t i = 0; i < r->request->containers.n && !err; i++)
		err = census_ask(r->session.census, r->set, r->request->containers.items[i]);
	snprintf(why, why_size, "no memory");
	return err ? err : census_start(r->session.census, &r->session.host, on_waiting, r, why, why_size);
}

static int open_kernel(struct run *r)
{
	int err = session_open(&r->session, r->request->ring_bytes, r->where || r->watch, r->why, sizeof(r->why));
	if (!err)
		err = session_load(&r->session, r->choices, load_targets, r, r->why, sizeof(r->why));
	return err ? complain(r, kernel_status(err)) : EXIT_OK;
}

/* Where the events of a stream go, and the switch that lets them flow. */
static int connect_stream(struct run *r, const struct choice *c, uint32_t s)
{
	const struct consumer consumer = {1ull << r->set, r->where, on_event, r};
	bool printed = c->streams & EUN_BIT(s), watched = c->watched & EUN_BIT(s);
	if (printed && routes_add(r->session.host.routes, instance_stream(c->instance, s)->id, &consumer))
		return -ENOMEM;
	if (watched && watch_stream(r->watch, &r->session.host, c, s, r->set))
		return -ENOMEM;
	if (account_add(&r->account, c->instance, s))
		return -ENOMEM;
	/* what the process table is fed with must arrive all of it; without a place the host filters */
	if (watched && !(c->feeds & EUN_BIT(s)))
		watch_where(r->watch, c, s, printed, r->where);
	else if (r->where && !(c->feeds & EUN_BIT(s)))
		instance_where(c->instance, s, (const struct filter *const[]){r->where}, 1);
	instance_want(c->instance, s, r->set, true);
	return 0;
}

static int connect_streams(struct run *r)
{
	int err = who_start(&r->session.who, &r->session.host, r->choices, r->why, sizeof(r->why));
	for (size_t i = 0; i < r->choices->n && !err; i++) {
		const struct choice *c = &r->choices->items[i];
		if (!c->plugin->abi.object && census_stream(r->session.census, c->instance))
			return -ENOMEM;
		for (uint32_t s = 0; s < c->plugin->abi.streams.count && !err; s++)
			if ((c->streams | c->watched) & EUN_BIT(s))
				err = connect_stream(r, c, s);
		if (!err)
			err = instance_seed(c->instance, r->why, sizeof(r->why));
	}
	return err;
}

static bool has_tick(const struct run *r, uint32_t *ms)
{
	*ms = UINT32_MAX;
	for (size_t i = 0; i < r->choices->n; i++) {
		const struct eun_plugin *abi = &r->choices->items[i].plugin->abi;
		if (abi->tick && abi->tick_ms && abi->tick_ms < *ms)
			*ms = abi->tick_ms;
	}
	return *ms != UINT32_MAX;
}

static int make_loop(struct run *r)
{
	uint32_t tick;
	int err = session_loop(&r->session, on_drained, r);
	if (!err)
		r->out.output.interrupt = loop_signal_fd(r->session.loop);
	if (!err)
		err = loop_add_timer(r->session.loop, WATCH_MS, on_watch, r);
	/* before the rounds: where both end at the same time finish() makes one round of it, not two */
	if (err >= 0 && r->request->duration_ms)
		err = loop_add_timer(r->session.loop, (uint32_t)r->request->duration_ms, on_duration, r);
	if (err >= 0 && r->show.interval_ms)
		err = loop_add_timer(r->session.loop, (uint32_t)r->show.interval_ms, on_round, r);
	if (err >= 0 && has_tick(r, &tick))
		err = loop_add_timer(r->session.loop, tick, on_tick, r);
	return err < 0 ? err : 0;
}

/* Off, a grace period, and everything that is still on its way. */
static void finish(struct run *r)
{
	if (loop_signal(r->session.loop))
		output_hurry(&r->out.output);
	session_stop(&r->session, r->choices);
	watch_end(r->watch);
	account_losses(&r->account, on_lost, r);
	end_round(r, true);
}

static void run_free(struct run *r)
{
	choices_free_instances(r->choices);
	free(r->streams);
	account_free(&r->account);
	watch_free(r->watch);
	filter_destroy(r->where);
	outputs_free(&r->out);
	show_free(&r->show);
	session_free(&r->session);
}

static int start(struct run *r)
{
	int status = prepare(r);
	if (!status)
		status = open_kernel(r);
	if (!status)
		status = open_outputs(r);
	if (status)
		return status;
	/* signals first: one that comes while streams are connected must end the run in order */
	int err = make_loop(r);
	if (err)
		snprintf(r->why, sizeof(r->why), "event loop: %s", strerror(-err));
	else
		err = connect_streams(r);
	return err ? complain(r, kernel_status(err)) : EXIT_OK;
}

int command_run(const struct request *request, struct choices *choices, char *const *paths)
{
	return command_run_heard(request, choices, paths, NULL);
}

int command_run_heard(const struct request *request, struct choices *choices, char *const *paths,
		      const struct run_listener *listener)
{
	struct run *r = calloc(1, sizeof(*r));
	if (!r)
		return EXIT_RUN;
	r->listener = listener;
	r->request = request;
	r->choices = choices;
	r->paths = paths;
	outputs_init(&r->out);
	/* until the loop reads them these end us, also when we were started to ignore them */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	int status = start(r);
	if (!status) {
		say("started");
		progress_init(&r->progress, request->duration_ms, &r->out.output);
		loop_run(r->session.loop);
		progress_hide(&r->progress);
		finish(r);
		status = outputs_close(&r->out, r->status);
		account_summary(&r->account, r->out.printer.events,
				r->out.printer.table ? table_dropped(r->out.printer.table) : 0, request->stats);
		if (targets_unfollowed(r->session.host.targets))
			say("%llu processes were not followed: too many at once",
			    (unsigned long long)targets_unfollowed(r->session.host.targets));
		if (who_lost(&r->session.who))
			say("%llu events of processes were lost: some exe, argv, parent.* and ancestor.exe may be "
			    "wrong",
			    (unsigned long long)who_lost(&r->session.who));
		if (census_lost(r->session.census))
			say("%llu cgroups were missed: too many at once",
			    (unsigned long long)census_lost(r->session.census));
	} else {
		outputs_discard(&r->out);
	}
	if (r->session.host.targets)
		teardown_behind();
	run_free(r);
	free(r);
	return status;
}
