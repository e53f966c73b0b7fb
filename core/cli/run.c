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
#include "host/census.h"
#include "host/loading.h"
#include "host/teardown.h"
#include "pipeline/loop.h"
#include "outputs.h"
#include "progress.h"
#include "say.h"
#include "set.h"
#include "target/object.h"
#include "target/target.h"
#include "where.h"
#include "who.h"

#define WATCH_MS 100 /* losses, targets that are gone */

struct run {
	const struct request *request;
	struct choices *choices;
	char *const *paths;
	struct host host;
	struct schema schema;
	struct census *census;
	struct who who;
	struct loop *loop;
	struct instance **instances; /* by choice */
	const struct stream **streams;
	size_t n_streams;
	struct filter *where;
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
	outputs_event(&((struct run *)context)->out, view);
}

/* Ends the run when its outputs can't go on: quietly when the reader left. */
static void flush(struct run *r, bool save)
{
	if (!outputs_flush(&r->out, save, &r->status))
		loop_stop(r->loop, 0);
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
	flush(r, true); /* a run that is killed leaves what it saw */
	progress_show(&r->progress, r->out.printer.events, r->out.lost);
	census_tick(r->census);
	/* twice: the dead are not done when they are dead, their files are still being closed */
	bool gone = !r->request->duration_ms &&
		    ((r->request->pids.n && targets_gone(r->host.targets, r->set)) || census_gone(r->census, r->set));
	if (gone && r->gone)
		loop_stop(r->loop, 0);
	r->gone = gone;
}

static void on_tick(void *context)
{
	struct run *r = context;
	for (size_t i = 0; i < r->choices->n; i++)
		if (instance_tick(r->instances[i], clock_boot_ns(), r->why, sizeof(r->why))) {
			r->status = complain(r, EXIT_RUN);
			loop_stop(r->loop, 0);
		}
}

static void drain_aggregates(struct run *r, bool stopped)
{
	for (size_t i = 0; i < r->choices->n; i++)
		if (instance_drain(r->instances[i], stopped, r->why, sizeof(r->why)))
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
		loop_stop(r->loop, 0); /* finish() ends the last round, with all that is still to come */
	else
		end_round(r, false);
}

static void on_duration(void *context)
{
	loop_stop(((struct run *)context)->loop, 0);
}

static int make_instance(struct run *r, size_t i)
{
	const struct choice *c = &r->choices->items[i];
	size_t n;
	char **list = set_options(r->request, r->choices, i, &n);
	snprintf(r->why, sizeof(r->why), "no memory");
	if (list)
		r->instances[i] =
			instance_new(&r->host, c->plugin, (const char *const *)list, n, r->why, sizeof(r->why));
	set_options_free(list, n);
	if (!r->instances[i])
		return -EINVAL;
	for (uint32_t s = 0; s < c->plugin->abi.streams.count; s++)
		if (c->streams & EUN_BIT(s))
			r->streams[r->n_streams++] = instance_stream(r->instances[i], s);
	return 0;
}

/* All that can be wrong with the request itself. */
static int prepare(struct run *r)
{
	r->host = (struct host){.schema = &r->schema, .log = on_log, .log_context = r};
	r->instances = calloc(r->choices->n + WHO_ROLES, sizeof(struct instance *));
	r->streams = calloc(r->choices->n * EUN_STREAMS_MAX, sizeof(struct stream *));
	r->host.kernel = kernel_new(r->request->btf);
	r->host.routes = routes_new(&r->schema);
	r->census = census_new();
	if (!r->instances || !r->streams || !r->host.kernel || !r->host.routes || !r->census ||
	    who_init(&r->who, census_containers(r->census), &r->schema)) {
		snprintf(r->why, sizeof(r->why), "no memory");
		return complain(r, EXIT_RUN);
	}
	r->host.cgroup_v1 = census_cgroup_v1(r->census);
	if (set_check(r->request, r->choices, r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	for (size_t i = 0; i < r->choices->n; i++)
		if (make_instance(r, i))
			return complain(r, EXIT_USAGE);
	if (show_from_request(&r->show, r->request, r->choices->tool, r->streams, r->n_streams, r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	if (where_compile(&r->where, r->request, r->choices->tool, r->streams, r->n_streams, r->why, sizeof(r->why)))
		return complain(r, EXIT_USAGE);
	size_t chosen = r->choices->n;
	if (who_prepare(&r->who, r->where, &r->show, r->streams, r->n_streams, r->choices, r->paths, r->why,
			sizeof(r->why)))
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
	containers_each(census_containers(r->census), on_container, &any);
	snprintf(r->why, sizeof(r->why), "no memory");
	if (any && show_container(&r->show))
		return complain(r, EXIT_RUN);
	int status = outputs_open(&r->out, r->request, &r->show, r->streams, r->n_streams);
	if (!status && r->out.recorder)
		recorder_facts(r->out.recorder, r->who.procs, census_containers(r->census));
	return status;
}

static int kernel_status(int err)
{
	return err == -EPERM || err == -EACCES || err == -ENOENT || err == -ENODEV || err == -EOPNOTSUPP ||
			       err == -ENOSYS
		       ? EXIT_KERNEL
		       : EXIT_RUN;
}

static int add_targets(struct run *r)
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
	r->why[0] = '\0';
	r->set = targets_add(r->host.targets, &spec, r->why, sizeof(r->why));
	return r->set < 0 ? complain(r, r->set == -ESRCH || r->set == -EINVAL ? EXIT_RUN : kernel_status(r->set))
			  : EXIT_OK;
}

static void on_waiting(void *context, const char *container)
{
	(void)context;
	say("container %s: not there yet, waiting", container);
}

static int start_census(struct run *r)
{
	int err = 0;
	for (size_t i = 0; i < r->request->containers.n && !err; i++)
		err = census_ask(r->census, r->set, r->request->containers.items[i]);
	snprintf(r->why, sizeof(r->why), "no memory");
	if (!err)
		err = census_start(r->census, &r->host, on_waiting, r, r->why, sizeof(r->why));
	return err ? complain(r, kernel_status(err)) : EXIT_OK;
}

/* Who is meant. Returns the exit code. */
static int load_targets(struct loading *loading)
{
	struct run *r = loading->context;
	int status = add_targets(r);
	return status ? status : start_census(r);
}

static int connect_rings(struct loading *loading)
{
	return rings_connect(((struct run *)loading->context)->host.rings);
}

/* The kernel's types are searched for what these objects name, and no more. */
static void prepare_kernel(struct run *r)
{
	size_t n = r->choices->n;
	struct kernel_object *objects = calloc(n + 1, sizeof(*objects));
	if (!objects)
		return;
	for (size_t i = 0; i < n; i++) {
		const struct eun_plugin *abi = &r->choices->items[i].plugin->abi;
		if (abi->object)
			objects[i] = (struct kernel_object){abi->object, (size_t)(abi->object_end - abi->object)};
	}
	objects[n].bytes = object_bytes(&objects[n].size);
	kernel_prepare(r->host.kernel, objects, n + 1);
	free(objects);
}

/* Objects, rings and targets side by side: loading takes most of the time until the first event. */
static int load_all(struct run *r)
{
	size_t n = r->choices->n;
	struct loading *loads = calloc(n + 1, sizeof(*loads)), rings;
	if (!loads) {
		snprintf(r->why, sizeof(r->why), "no memory");
		return complain(r, EXIT_RUN);
	}
	loading_begin(&rings, NULL, connect_rings, r); /* it waits, mostly */
	prepare_kernel(r);
	int unconnected = loading_end(&rings, NULL, 0);
	if (unconnected) {
		snprintf(r->why, sizeof(r->why), "rings: %s", strerror(-unconnected));
		free(loads);
		return complain(r, kernel_status(unconnected));
	}
	for (size_t i = 0; i < n; i++)
		loading_instance(&loads[i], r->host.kernel, r->instances[i],
				 r->choices->items[i].streams | r->choices->items[i].feeds);
	loading_begin(&loads[n], r->host.kernel, load_targets, r);
	int status = loading_end(&loads[n], NULL, 0);
	for (size_t i = 0; i < n; i++) {
		char why[512];
		int err = loading_end(&loads[i], why, sizeof(why));
		if (!err && !status)
			err = instance_open(r->instances[i], why, sizeof(why));
		if (err && !status) {
			say("%s", why);
			status = kernel_status(err);
		}
	}
	free(loads);
	kernel_forget(r->host.kernel);
	malloc_trim(0);
	return status;
}

static int open_kernel(struct run *r)
{
	if (*kernel_privileges()) {
		snprintf(r->why, sizeof(r->why), "tracing %s", kernel_privileges());
		return complain(r, EXIT_KERNEL);
	}
	if (kernel_version() < KERNEL_OLDEST) {
		snprintf(r->why, sizeof(r->why), "this kernel is older than Linux 5.15 (see eunomia doctor)");
		return complain(r, EXIT_KERNEL);
	}
	int err = kernel_btf_check(r->host.kernel, r->why, sizeof(r->why));
	if (err)
		return complain(r, EXIT_KERNEL);
	r->host.targets = targets_new(r->why, sizeof(r->why));
	if (!r->host.targets)
		return complain(r, kernel_status(-errno));
	if (r->where && !(r->host.wheres = wheres_new(r->host.targets)))
		return complain(r, kernel_status(-errno));
	uint64_t bytes = r->request->ring_bytes ? r->request->ring_bytes : RINGS_BULK_BYTES;
	r->host.rings = rings_new(bytes, targets_ctl(r->host.targets), r->why, sizeof(r->why));
	if (!r->host.rings)
		return complain(r, kernel_status(-errno));
	return load_all(r);
}

/* Where events go, and the switch that lets them flow. */
static int connect_streams(struct run *r)
{
	const struct consumer consumer = {1ull << r->set, r->where, on_event, r};
	int failed = who_start(&r->who, &r->host, r->choices, r->instances, r->why, sizeof(r->why));
	if (failed)
		return failed;
	for (size_t i = 0; i < r->choices->n; i++) {
		const struct choice *c = &r->choices->items[i];
		if (!c->plugin->abi.object && census_stream(r->census, r->instances[i]))
			return -ENOMEM;
		for (uint32_t s = 0; s < c->plugin->abi.streams.count; s++) {
			if (!(c->streams & EUN_BIT(s)))
				continue;
			if (routes_add(r->host.routes, instance_stream(r->instances[i], s)->id, &consumer))
				return -ENOMEM;
			if (account_add(&r->account, r->instances[i], s))
				return -ENOMEM;
			/* what the process table is fed with must arrive all of it; without a place the host filters */
			if (r->where && !(c->feeds & EUN_BIT(s)))
				instance_where(r->instances[i], s, (const struct filter *const[]){r->where}, 1);
			instance_want(r->instances[i], s, r->set, true);
		}
		int err = instance_seed(r->instances[i], r->why, sizeof(r->why));
		if (err)
			return err;
	}
	return 0;
}

static void deliver(void *context, const void *record, uint32_t len, uint64_t sets)
{
	const struct run *r = context;
	if (!census_record(r->census, record, len))
		routes_deliver(r->host.routes, record, len, sets);
}

/* Someone came or went: his last events go before his end. */
static void on_census(void *context)
{
	struct run *r = context;
	loop_drain(r->loop);
	census_look(r->census);
	on_drained(r);
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
	r->loop = loop_new(r->host.rings, deliver, r);
	if (!r->loop)
		return -errno;
	r->out.output.interrupt = loop_signal_fd(r->loop);
	loop_on_drained(r->loop, on_drained, r);
	int err = loop_add_fd(r->loop, census_fd(r->census), on_census, r);
	if (!err)
		err = loop_add_timer(r->loop, WATCH_MS, on_watch, r);
	/* before the rounds: where both end at the same time finish() makes one round of it, not two */
	if (err >= 0 && r->request->duration_ms)
		err = loop_add_timer(r->loop, (uint32_t)r->request->duration_ms, on_duration, r);
	if (err >= 0 && r->show.interval_ms)
		err = loop_add_timer(r->loop, (uint32_t)r->show.interval_ms, on_round, r);
	if (err >= 0 && has_tick(r, &tick))
		err = loop_add_timer(r->loop, tick, on_tick, r);
	return err < 0 ? err : 0;
}

/* Off, a grace period, and everything that is still on its way. */
static void finish(struct run *r)
{
	if (loop_signal(r->loop))
		output_hurry(&r->out.output);
	for (size_t i = 0; i < r->choices->n; i++)
		instance_stop(r->instances[i]);
	kernel_grace();
	for (size_t i = 0; i < r->choices->n; i++)
		instance_stopped(r->instances[i]);
	loop_drain(r->loop);
	account_losses(&r->account, on_lost, r);
	end_round(r, true);
}

static void run_free(struct run *r)
{
	for (size_t i = 0; r->instances && i < r->choices->n; i++)
		instance_destroy(r->instances[i]);
	free(r->instances);
	free(r->streams);
	account_free(&r->account);
	loop_destroy(r->loop);
	census_destroy(r->census);
	rings_destroy(r->host.rings);
	wheres_destroy(r->host.wheres);
	targets_destroy(r->host.targets);
	routes_destroy(r->host.routes);
	kernel_destroy(r->host.kernel);
	filter_destroy(r->where);
	outputs_free(&r->out);
	show_free(&r->show);
	schema_destroy(&r->schema);
	who_free(&r->who);
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
	struct run *r = calloc(1, sizeof(*r));
	if (!r)
		return EXIT_RUN;
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
		loop_run(r->loop);
		progress_hide(&r->progress);
		finish(r);
		status = outputs_close(&r->out, r->status);
		account_summary(&r->account, r->out.printer.events,
				r->out.printer.table ? table_dropped(r->out.printer.table) : 0, request->stats);
		if (targets_unfollowed(r->host.targets))
			say("%llu processes were not followed: too many at once",
			    (unsigned long long)targets_unfollowed(r->host.targets));
		if (who_lost(&r->who))
			say("%llu events of processes were lost: some exe, argv, parent.* and ancestor.exe may be "
			    "wrong",
			    (unsigned long long)who_lost(&r->who));
		if (census_lost(r->census))
			say("%llu cgroups were missed: too many at once", (unsigned long long)census_lost(r->census));
	} else {
		outputs_discard(&r->out);
	}
	if (r->host.targets)
		teardown_behind();
	run_free(r);
	free(r);
	return status;
}
