/* SPDX-License-Identifier: MIT */
/*
 * The process around generations. In this order: what needs no privileges (settings, rules, outputs), then the kernel,
 * then the loop; at the end streams are switched off, what is in the rings is delivered, the outputs are flushed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/guard.h"
#include "daemon/measure.h"
#include "daemon/reload.h"
#include "daemon/share.h"
#include "daemon/toml.h"
#include "host/teardown.h"

#define TICK_MS 100
#define LOSSES_TICKS 10    /* so often losses are looked at and systemd is told how it goes */
#define GUARD_TICKS 5      /* who is to be under a seccomp profile gets it */
#define AGGREGATE_TICKS 50 /* rows of aggregates are drained */
#define ERRORS_TICKS 100   /* outputs that fail are told */
#define PATIENCE_MS 1000   /* of outputs at the end: all is to be over within 2 s */
#define STORE_MS 500       /* of the history */
#define REAP_MS 300        /* what is being taken down is waited for */
#define TOML_MAX (1u << 20)

void daemon_say(const struct daemon *d, int level, const char *fmt, ...)
{
	char text[2048];
	va_list args;
	if (level > d->log)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	d->options->say(text);
}

void daemon_wrong(const struct daemon *d, const char *before, const struct config_error *error)
{
	if (!*error->file)
		daemon_say(d, EUN_LOG_ERROR, "%s%s", before, error->text);
	else if (!error->line)
		daemon_say(d, EUN_LOG_ERROR, "%s%s: %s", before, error->file, error->text);
	else
		daemon_say(d, EUN_LOG_ERROR, "%s%s:%u:%u: %s", before, error->file, error->line, error->column,
			   error->text);
}

static void on_log(void *context, int level, const char *plugin, const char *text)
{
	daemon_say(context, level, "[%s] %s", plugin, text);
}

/* ---- while it runs ---- */

static void flush_events(const struct daemon *d)
{
	char why[512];
	if (d->now->events && event_log_flush(d->now->events, why, sizeof(why)))
		daemon_say(d, EUN_LOG_ERROR, "%s", why);
}

/* One of the guest's functions that take nothing else. */
#define GUEST(d, member)                                                \
	do {                                                            \
		const struct daemon_guest *guest = (d)->options->guest; \
		if (guest && guest->member)                             \
			guest->member(guest->context);                  \
	} while (0)

static void on_drained(void *context)
{
	const struct daemon *d = context;
	flush_events(d);
	GUEST(d, drained);
}

static void tell_losses(const struct daemon *d)
{
	for (size_t i = 0; i < d->now->n_taps; i++) {
		struct tap *t = &d->now->taps[i];
		const struct stream *stream = instance_stream(t->instance, t->stream);
		struct stream_counts c;
		if (instance_counts(t->instance, t->stream, &c))
			continue;
		uint64_t lost = c.bpf.lost + c.bpf.full + c.host.invalid, before = t->lost;
		t->lost = lost;
		if (before >= lost)
			continue;
		daemon_say(d, EUN_LOG_WARN, "lost %llu events of %s", (unsigned long long)(lost - before),
			   stream->name);
		if (d->now->events)
			event_log_lost(d->now->events, stream, lost - before, clock_boot_ns());
	}
}

static uint64_t alerts_lost(const struct daemon *d)
{
	uint64_t lost = d->alerts_lost;
	for (size_t i = 0; i < d->now->n_outputs; i++) {
		struct alert_output_counts c;
		alert_output_counts(d->now->outputs[i], &c);
		lost += c.lost;
	}
	return lost;
}

static void tell_errors(const struct daemon *d)
{
	for (size_t i = 0; i < d->now->n_outputs; i++) {
		struct alert_output_counts c;
		alert_output_counts(d->now->outputs[i], &c);
		if (c.errors > d->now->errors[i])
			daemon_say(d, EUN_LOG_WARN, "%s: %s; %llu alerts lost so far", d->now->configs[i].config.name,
				   c.last_error, (unsigned long long)c.lost);
		d->now->errors[i] = c.errors;
	}
	generation_tell_history(d->now);
}

static void tell_status(const struct daemon *d)
{
	size_t enabled, skipped, rules = ruleset_rules(d->now->rules, &enabled, &skipped);
	notify_say(&d->notify, "STATUS=%zu of %zu rules, %zu scripts; %llu events, %llu alerts, %llu and %llu lost",
		   enabled - skipped, rules, ruleset_scripts(d->now->rules), (unsigned long long)d->events,
		   (unsigned long long)ruleset_alerts(d->now->rules),
		   (unsigned long long)(d->lost + generation_lost(d->now)), (unsigned long long)alerts_lost(d));
}

/* Of plugins: their ticks, and with `rows` what their aggregates hold. */
static void tick_instances(const struct daemon *d, bool rows, bool stopped)
{
	char why[512];
	for (size_t i = 0; i < d->now->choices.n; i++) {
		struct instance *in = d->now->choices.items[i].instance;
		if (!stopped && instance_tick(in, clock_boot_ns(), why, sizeof(why)))
			daemon_say(d, EUN_LOG_ERROR, "%s", why);
		if (rows && instance_drain(in, stopped, why, sizeof(why)))
			daemon_say(d, EUN_LOG_ERROR, "%s", why);
	}
}

static void on_tick(void *context)
{
	struct daemon *d = context;
	d->ticks++;
	tick_instances(d, !(d->ticks % AGGREGATE_TICKS), false);
	ruleset_tick(d->now->rules, clock_boot_ns());
	census_tick(d->session.census);
	GUEST(d, tick);
	flush_events(d);
	reload_reap(d);
	measure_tick(d->measure);
	notify_alive(&d->notify);
	if (!(d->ticks % GUARD_TICKS))
		guard_tick(d->now->guard, d->now);
	if (!(d->ticks % ERRORS_TICKS))
		tell_errors(d);
	if (d->ticks % LOSSES_TICKS)
		return;
	tell_losses(d);
	tell_status(d);
}

static void say_started(const struct daemon *d, const char *what)
{
	size_t enabled, skipped, rules = ruleset_rules(d->now->rules, &enabled, &skipped);
	daemon_say(d, EUN_LOG_INFO, "%s: %zu of %zu rules, %zu scripts, %zu streams", what, enabled - skipped, rules,
		   ruleset_scripts(d->now->rules), d->now->n_taps);
	if (skipped)
		daemon_say(d, EUN_LOG_WARN, "%zu rules are of disabled plugins", skipped);
}

int daemon_reload(struct daemon *d, struct config_error *error)
{
	const struct settings *before = d->now->settings;
	uint64_t ring_bytes = before->ring_bytes;
	notify_reloading(&d->notify);
	GUEST(d, settle);
	int err = reload(d, error);
	if (err) {
		d->failed++;
		if (err == -ENOMEM)
			config_error_at(error, "", 0, 0, "no memory");
		daemon_wrong(d, "not reloaded, the old configuration stays: ", error);
	} else {
		d->reloads++;
		d->log = d->now->settings->log;
		say_started(d, "reloaded");
		if (ring_bytes != d->now->settings->ring_bytes)
			daemon_say(d, EUN_LOG_WARN, "ring_size: the next start has the new one");
	}
	notify_say(&d->notify, "READY=1");
	tell_status(d);
	return err;
}

static void reopen(const struct daemon *d)
{
	char why[512];
	for (size_t i = 0; i < d->now->n_outputs; i++)
		alert_output_reopen(d->now->outputs[i]);
	if (d->now->events && event_log_reopen(d->now->events, why, sizeof(why)))
		daemon_say(d, EUN_LOG_ERROR, "%s; the old file stays open", why);
	daemon_say(d, EUN_LOG_INFO, "files are opened anew");
}

static void on_signal(void *context)
{
	struct daemon *d = context;
	struct signalfd_siginfo info;
	if (read(d->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	struct config_error error = {0};
	if (info.ssi_signo == SIGHUP)
		daemon_reload(d, &error);
	else
		reopen(d);
}

/* ---- the start ---- */

static int take_signals(struct daemon *d)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR1);
	/* before there are threads: none of them may take these */
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* until the loop reads them these end us, also when we were started to ignore them */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	d->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return d->signals < 0 ? -errno : 0;
}

/* The files that others configure with: says what they would be here. */
static enum daemon_status translate(const struct daemon *d)
{
	struct buf ini = {0};
	char *text = malloc(TOML_MAX);
	int fd = open(d->config, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 || !text ? -1 : read(fd, text, TOML_MAX);
	if (n < 0) {
		daemon_say(d, EUN_LOG_ERROR, "%s: %s", d->config, strerror(errno));
	} else {
		daemon_say(d, EUN_LOG_ERROR,
			   "%s: the configuration is INI, not TOML; the equivalent of what is recognised "
			   "is on stdout",
			   d->config);
		if (!toml_to_ini(text, (size_t)n, &ini) && write(STDOUT_FILENO, ini.data, ini.len) < 0) {
			/* nobody wants it */
		}
	}
	if (fd >= 0)
		close(fd);
	free(text);
	buf_free(&ini);
	return DAEMON_WRONG;
}

static enum daemon_status failed(const struct daemon *d, int err, const char *why)
{
	daemon_say(d, EUN_LOG_ERROR, "%s", why);
	return session_denied(err) ? DAEMON_DENIED : DAEMON_FAILED;
}

static enum daemon_status wrong(const struct daemon *d, int err, const struct config_error *error)
{
	if (err == -ENOMEM)
		return failed(d, err, "no memory");
	daemon_wrong(d, "", error);
	return DAEMON_WRONG;
}

/* All that needs no privileges. */
static enum daemon_status prepare(struct daemon *d, struct generation **out)
{
	struct config_error error = {0};
	int err = generation_read(out, d, &error);
	if (err)
		return wrong(d, err, &error);
	if (session_init(&d->session, (*out)->settings->btf))
		return failed(d, -ENOMEM, "no memory");
	d->session.host.log = on_log;
	d->session.host.log_context = d;
	err = generation_make(*out, NULL, &error);
	if (err && err != -EINVAL && err != -ENOMEM) {
		daemon_wrong(d, "", &error);
		return DAEMON_FAILED;
	}
	return err ? wrong(d, err, &error) : DAEMON_FINE;
}

static void on_waiting(void *context, const char *container)
{
	daemon_say(context, EUN_LOG_INFO, "container %s: not there yet, waiting", container);
}

static int load_targets(void *context, char *why, size_t why_size)
{
	struct generation *g = context;
	struct session *s = &g->daemon->session;
	int err = generation_target(g, NULL, why, why_size);
	return err ? err : census_start(s->census, &s->host, on_waiting, g->daemon, why, why_size);
}

static int open_kernel(struct daemon *d, struct generation *g, char *why, size_t why_size)
{
	struct choices fresh;
	int err = session_open(&d->session, g->settings->ring_bytes, true, why, why_size);
	if (err)
		return err;
	snprintf(why, why_size, "no memory");
	err = generation_unloaded(g, &fresh);
	if (err)
		return err;
	err = session_load(&d->session, &fresh, load_targets, g, why, why_size);
	free(fresh.items);
	return err;
}

static int connect_streams(struct daemon *d, struct generation *g, char *why, size_t why_size)
{
	struct session *s = &d->session;
	int err = who_start(&s->who, &s->host, &g->choices, why, why_size);
	if (!err) {
		snprintf(why, why_size, "no memory");
		err = generation_tap(g);
	}
	for (size_t i = 0; i < g->choices.n && !err; i++)
		if (!g->choices.items[i].plugin->abi.object)
			err = census_stream(s->census, g->choices.items[i].instance);
	for (size_t i = 0; i < g->n_taps && !err; i++) {
		err = generation_connect(g, &g->taps[i]);
		generation_where(g, &g->taps[i]);
		instance_want(g->taps[i].instance, g->taps[i].stream, g->set, true);
	}
	for (size_t i = 0; i < g->choices.n && !err; i++)
		err = instance_seed(g->choices.items[i].instance, why, why_size);
	return err;
}

static int make_loop(struct daemon *d)
{
	int err = session_loop(&d->session, on_drained, d);
	if (!err)
		err = loop_add_timer(d->session.loop, TICK_MS, on_tick, d);
	return err < 0 ? err : loop_add_fd(d->session.loop, d->signals, on_signal, d);
}

static enum daemon_status start(struct daemon *d, struct generation **out)
{
	char why[512];
	enum daemon_status status = prepare(d, out);
	if (status)
		return status;
	int err = open_kernel(d, *out, why, sizeof(why));
	if (err)
		return failed(d, err, why);
	d->now = *out;
	err = make_loop(d);
	if (err)
		snprintf(why, sizeof(why), "event loop: %s", strerror(-err));
	else
		err = connect_streams(d, *out, why, sizeof(why));
	if (err)
		return failed(d, err, why);
	const struct daemon_guest *guest = d->options->guest;
	status = guest ? (enum daemon_status)guest->start(guest->context, d, why, sizeof(why)) : DAEMON_FINE;
	if (status)
		daemon_say(d, EUN_LOG_ERROR, "%s", why);
	return status;
}

/* ---- the end ---- */

static void close_outputs(struct daemon *d, struct generation *g)
{
	struct alert_output_counts *last = calloc(g->n_outputs + 1, sizeof(*last));
	alert_outputs_close(g->outputs, g->n_outputs, PATIENCE_MS, last);
	for (size_t i = 0; i < g->n_outputs; i++) {
		g->lent[i] = true;
		if (last && last[i].lost)
			daemon_say(d, EUN_LOG_WARN, "%s: %llu alerts lost%s%s", g->configs[i].config.name,
				   (unsigned long long)last[i].lost, *last[i].last_error ? ": " : "",
				   last[i].last_error);
	}
	free(last);
}

static void finish(struct daemon *d)
{
	struct generation *g = d->now;
	notify_say(&d->notify, "STOPPING=1");
	if (g->events)
		event_log_hurry(g->events);
	GUEST(d, stop);
	session_stop(&d->session, &g->choices);
	tick_instances(d, true, true);
	ruleset_flush(g->rules);
	tell_losses(d);
	flush_events(d);
	measure_end(d->measure);
	close_outputs(d, g);
	generation_end_history(g, STORE_MS);
	daemon_say(d, EUN_LOG_INFO, "stopped: %llu events, %llu alerts, %llu events lost, %llu reloads, %llu refused",
		   (unsigned long long)d->events, (unsigned long long)ruleset_alerts(g->rules),
		   (unsigned long long)(d->lost + generation_lost(g)), (unsigned long long)d->reloads,
		   (unsigned long long)d->failed);
}

static enum daemon_status run(struct daemon *d)
{
	struct generation *g = NULL;
	if (d->config && toml_named(d->config))
		return translate(d);
	enum daemon_status status = start(d, &g);
	if (!status) {
		measure_begin(d->measure, g, NULL);
		say_started(d, "started");
		notify_say(&d->notify, "READY=1");
		tell_status(d);
		loop_run(d->session.loop);
		g = d->now;
		finish(d);
	}
	if (d->session.host.targets)
		teardown_behind();
	for (int ms = 0; d->retired && ms < REAP_MS; ms += 10) {
		reload_reap(d);
		nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	GUEST(d, close);
	if (d->retired) /* a server that does not answer: nothing may be taken from the thread that waits for it */
		_exit((int)status);
	generation_free(g);
	if (d->session.host.schema)
		session_free(&d->session);
	return status;
}

enum daemon_status daemon_run(const struct daemon_options *options)
{
	struct daemon *d = calloc(1, sizeof(*d));
	if (!d)
		return DAEMON_FAILED;
	d->options = options;
	d->log = EUN_LOG_INFO;
	d->config = options->config ? options->config : access(DAEMON_CONFIG, F_OK) ? NULL : DAEMON_CONFIG;
	gethostname(d->hostname, sizeof(d->hostname) - 1);
	d->style = (struct alert_style){clock_offset_ns(), d->hostname};
	d->rules = share_path("rules");
	d->lib = share_path("lib");
	notify_open(&d->notify);
	d->metrics = metrics_new(NULL, NULL, NULL);
	d->measure = d->metrics ? measure_new(d) : NULL;
	int err = d->measure ? take_signals(d) : -ENOMEM;
	enum daemon_status status = err ? failed(d, err, strerror(-err)) : run(d);
	notify_close(&d->notify);
	if (d->signals >= 0)
		close(d->signals);
	measure_free(d->measure);
	metrics_free(d->metrics);
	free(d->rules);
	free(d->lib);
	free(d);
	return status;
}
