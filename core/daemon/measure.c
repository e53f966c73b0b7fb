/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/cost.h"
#include "measure_impl.h"
#include "store/store.h"

#define STREAM(member, name, help)                                                                               \
	{                                                                                                        \
		"eunomia_stream_" name "_total", help, METRIC_COUNTER, offsetof(struct stream_counts, member), 1 \
	}
static const struct measured streams[MEASURE_STREAMS] = {
	STREAM(bpf.seen, "seen", "Events that a program in the kernel was to make a record of."),
	STREAM(bpf.not_target, "not_target", "Of those seen: the actor is none that is meant."),
	STREAM(bpf.not_where, "not_where", "Of those seen: the filters in the kernel said no."),
	STREAM(bpf.aggregated, "aggregated",
	       "Of those seen: added to a row in the kernel, or lost as there was no room."),
	STREAM(bpf.sent, "sent", "Of those seen: put into a ring."),
	STREAM(bpf.lost, "lost", "Of those seen: lost, the ring was full."),
	STREAM(bpf.full, "full", "Of those aggregated: lost, the map of rows was full."),
	STREAM(host.delivered, "delivered", "Records that the host took out of a ring."),
	STREAM(host.invalid, "invalid", "Records that the host refused."),
	STREAM(host.rows, "rows", "Rows of aggregates, and records made in user space."),
	STREAM(drained, "drained", "Events that the rows drained from aggregates stand for."),
};

#define RULE(member, name, help)                                                                             \
	{                                                                                                    \
		"eunomia_rule_" name "_total", help, METRIC_COUNTER, offsetof(struct rule_counts, member), 1 \
	}
static const struct measured rules[MEASURE_RULES] = {
	RULE(matched, "matches", "Events that a rule's condition matched."),
	RULE(excepted, "exceptions", "Of those that matched: an exception, or the script, said no."),
	RULE(alerts, "alerts", "Alerts that were told."),
	RULE(suppressed, "suppressed", "Alerts that were counted into a summary instead of being told."),
};

#define SCRIPT(member, name, type, divisor, help)                                               \
	{                                                                                       \
		"eunomia_lua_" name, help, type, offsetof(struct script_stats, member), divisor \
	}
static const struct measured scripts[MEASURE_SCRIPTS] = {
	SCRIPT(calls, "calls_total", METRIC_COUNTER, 1, "Calls of a script's functions."),
	SCRIPT(errors, "errors_total", METRIC_COUNTER, 1, "Calls that ended in an error."),
	SCRIPT(strikes, "strikes_total", METRIC_COUNTER, 1, "Calls that went over a limit."),
	SCRIPT(alerts, "alerts_total", METRIC_COUNTER, 1, "Alerts of a script's own."),
	SCRIPT(dropped, "dropped_total", METRIC_COUNTER, 1, "Alerts that came too fast and were not told."),
	SCRIPT(time_ns, "seconds_total", METRIC_COUNTER, 1e9, "Time in a script, estimated from some of the calls."),
	SCRIPT(memory, "memory_bytes", METRIC_GAUGE, 1, "Memory that a script has."),
};

#define OUTPUT(member, name, help)                                                                                     \
	{                                                                                                              \
		"eunomia_output_" name "_total", help, METRIC_COUNTER, offsetof(struct alert_output_counts, member), 1 \
	}
static const struct measured outputs[MEASURE_OUTPUTS] = {
	OUTPUT(taken, "taken", "Alerts that were given to an output."),
	OUTPUT(written, "written", "Alerts that an output delivered."),
	OUTPUT(lost, "lost", "Alerts that an output lost: its queue was full, or it was refused."),
	OUTPUT(errors, "errors", "Attempts to deliver that failed."),
};

#define HISTORY(member, name, type, help)                                                     \
	{                                                                                     \
		"eunomia_history_" name, help, type, offsetof(struct store_counts, member), 1 \
	}
static const struct measured history[MEASURE_HISTORY] = {
	HISTORY(taken, "taken_total", METRIC_COUNTER, "Records that were given to the history."),
	HISTORY(written, "written_total", METRIC_COUNTER, "Records that are in the history's file."),
	HISTORY(lost, "lost_total", METRIC_COUNTER, "Records that the history lost."),
	HISTORY(errors, "errors_total", METRIC_COUNTER, "Batches that could not be written, at each try."),
	HISTORY(bytes, "bytes", METRIC_GAUGE, "Size of the history's files."),
};

static uint64_t member(const void *of, const struct measured *f)
{
	uint64_t n;
	memcpy(&n, (const char *)of + f->offset, sizeof(n));
	return n;
}

struct metric *measure_family(struct measure *m, const char *name, const char *help, enum metric_type type,
			      const char *const *labels)
{
	char why[256];
	struct metric_desc d = {.name = name, .help = help, .type = type, .labels = labels};
	while (labels && labels[d.n_labels])
		d.n_labels++;
	return metric_new(m->daemon->metrics, &d, why, sizeof(why));
}

static bool families(struct measure *m, const struct measured *table, size_t n, const char *const *labels,
		     struct metric **out)
{
	bool done = true;
	for (size_t i = 0; i < n; i++) {
		out[i] = measure_family(m, table[i].name, table[i].help, table[i].type, labels);
		done &= out[i] != NULL;
	}
	return done;
}

/* ---- collecting ---- */

/* All of a table's numbers for one set of labels. */
static void take(const struct measured *table, size_t n, struct metric *const *to, const void *from,
		 const char *const *values)
{
	for (size_t i = 0; i < n; i++) {
		struct series *s = metric_at(to[i], values);
		if (table[i].type == METRIC_GAUGE)
			series_set(s, (double)member(from, &table[i]) / table[i].divisor);
		else
			series_follow(s, member(from, &table[i]), table[i].divisor);
	}
}

static void collect_streams(struct measure *m, const struct generation *g)
{
	for (size_t i = 0; i < g->choices.n; i++) {
		const struct choice *c = &g->choices.items[i];
		for (uint32_t s = 0; s < c->plugin->abi.streams.count; s++) {
			struct stream_counts counts;
			if (!(g->parts[i].loaded & EUN_BIT(s)) || instance_counts(c->instance, s, &counts))
				continue;
			take(streams, MEASURE_STREAMS, m->streams, &counts,
			     (const char *[]){c->plugin->streams[s].name});
		}
		series_follow(metric_at(m->missed, (const char *[]){c->plugin->abi.name}),
			      c->plugin->abi.object ? instance_missed(c->instance) : 0, 1);
	}
}

static void collect_rules(struct measure *m, const struct generation *g)
{
	const struct rules *all = ruleset_all(g->rules);
	size_t enabled, skipped, n = ruleset_rules(g->rules, &enabled, &skipped);
	for (size_t i = 0; i < n; i++) {
		const struct rule *rule = rules_at(all, i);
		struct rule_counts counts;
		if (!rule->enabled)
			continue;
		engine_counts(ruleset_engine(g->rules), i, &counts);
		take(rules, MEASURE_RULES, m->rules, &counts,
		     (const char *[]){rule->name, severity_names[rule->severity]});
	}
	series_set(metric_at(m->loaded, (const char *[]){"enabled"}), (double)(enabled - skipped));
	series_set(metric_at(m->loaded, (const char *[]){"disabled"}), (double)(n - enabled));
	series_set(metric_at(m->loaded, (const char *[]){"skipped"}), (double)skipped);
}

static void collect_scripts(struct measure *m, const struct generation *g)
{
	for (size_t i = 0; i < ruleset_scripts(g->rules); i++) {
		const struct script *script = ruleset_script(g->rules, i);
		struct script_stats stats;
		script_stats(script, &stats);
		take(scripts, MEASURE_SCRIPTS, m->scripts, &stats, (const char *[]){script_name(script)});
	}
}

static void collect_outputs(struct measure *m, const struct generation *g)
{
	for (size_t i = 0; i < g->n_outputs; i++) {
		const char *name = g->configs[i].config.name;
		struct alert_output_counts counts;
		alert_output_counts(g->outputs[i], &counts);
		take(outputs, MEASURE_OUTPUTS, m->outputs, &counts, (const char *[]){name});
		series_set(metric_at(m->waiting, (const char *[]){name}),
			   (double)(counts.taken - counts.written - counts.lost));
	}
}

static void collect_history(struct measure *m, const struct generation *g)
{
	struct store_counts counts;
	if (!g->history.store)
		return;
	store_counts(g->history.store, &counts);
	take(history, MEASURE_HISTORY, m->history, &counts, NULL);
}

static void collect_rings(struct measure *m, const struct rings *rings)
{
	struct ring_use use;
	for (size_t i = 0; rings && rings_use(rings, i, &use); i++) {
		char name[24];
		snprintf(name, sizeof(name), "%zu", i);
		const char *values[] = {use.critical ? "critical" : name};
		series_set(metric_at(m->ring_size, values), (double)use.size);
		series_set(metric_at(m->ring_waiting, values), (double)use.waiting);
		series_set(metric_at(m->ring_most, values), (double)use.most);
	}
}

static void collect(void *context)
{
	struct measure *m = context;
	const struct daemon *d = m->daemon;
	char abi[24];
	if (!d->now)
		return;
	snprintf(abi, sizeof(abi), "%u.%u", EUN_ABI_MAJOR, EUN_ABI_MINOR);
	series_set(metric_at(m->build, (const char *[]){EUNOMIA_VERSION, abi}), 1);
	series_set(metric_at(m->reloads, (const char *[]){"done"}), (double)d->reloads);
	series_set(metric_at(m->reloads, (const char *[]){"refused"}), (double)d->failed);
	series_set(metric_series(m->events, NULL), (double)d->events);
	collect_streams(m, d->now);
	collect_rules(m, d->now);
	collect_scripts(m, d->now);
	collect_outputs(m, d->now);
	collect_history(m, d->now);
	collect_rings(m, d->session.host.rings);
	measure_process(m);
	measure_programs(m, &d->now->settings->metrics);
}

/* ---- what is told to it ---- */

void measure_alert(struct measure *m, const struct alert *alert)
{
	const struct field *field = alert->view ? stream_field(alert->view->stream, "container") : NULL;
	struct value v;
	struct metric_text values[] = {{alert->rule, strlen(alert->rule)}, {NULL, 0}, {"-", 1}};
	values[1] = (struct metric_text){severity_names[alert->severity], strlen(severity_names[alert->severity])};
	if (field && view_read(alert->view, field, &v))
		values[2] = (struct metric_text){v.ptr, v.len};
	series_add(metric_series(m->alerts, values), 1);
}

static void write_file(struct measure *m)
{
	const char *path = m->daemon->now->settings->metrics.textfile;
	char why[512];
	if (!path)
		return;
	bool failing = metrics_textfile(m->daemon->metrics, path, why, sizeof(why));
	if (failing && !m->failing)
		daemon_say(m->daemon, EUN_LOG_ERROR, "metrics: %s", why);
	m->failing = failing;
}

void measure_tick(struct measure *m)
{
	uint64_t now = clock_boot_ns();
	metrics_tick(m->daemon->metrics, now);
	if (now < m->due)
		return;
	m->due = now + m->daemon->now->settings->metrics.interval_ms * 1000000;
	write_file(m);
}

static bool has(const struct generation *g, const struct instance *instance)
{
	for (size_t i = 0; g && i < g->choices.n; i++)
		if (g->choices.items[i].instance == instance)
			return true;
	return false;
}

/* They count from 0 again. */
static void restart(const struct measured *table, size_t n, struct metric *const *to, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].type == METRIC_COUNTER)
			series_follow(metric_at(to[i], &name), 0, 1);
}

static void restart_others(struct measure *m, const struct generation *now, const struct generation *before)
{
	for (size_t i = 0; i < now->choices.n; i++) {
		const struct plugin *p = now->choices.items[i].plugin;
		if (has(before, now->choices.items[i].instance))
			continue;
		for (uint32_t s = 0; s < p->abi.streams.count; s++)
			if (now->parts[i].loaded & EUN_BIT(s))
				restart(streams, MEASURE_STREAMS, m->streams, p->streams[s].name);
		series_follow(metric_at(m->missed, (const char *[]){p->abi.name}), 0, 1);
	}
	for (size_t i = 0; i < ruleset_scripts(now->rules); i++)
		restart(scripts, MEASURE_SCRIPTS, m->scripts, script_name(ruleset_script(now->rules, i)));
	for (size_t i = 0; i < now->n_outputs; i++) {
		bool same = false;
		for (size_t k = 0; k < before->n_outputs; k++)
			same |= before->outputs[k] == now->outputs[i];
		if (!same)
			restart(outputs, MEASURE_OUTPUTS, m->outputs, now->configs[i].config.name);
	}
	if (now->history.store != before->history.store)
		restart(history, MEASURE_HISTORY, m->history, NULL);
}

void measure_begin(struct measure *m, struct generation *now, const struct generation *before)
{
	if (before)
		metrics_refresh(m->daemon->metrics);
	ruleset_join(now->rules, m->daemon->metrics, before ? before->rules : NULL);
	if (before)
		restart_others(m, now, before);
	measure_programs(m, &now->settings->metrics); /* counts from here on */
	m->due = 0;
}

void measure_end(struct measure *m)
{
	write_file(m);
}

/* ---- from begin to end ---- */

static bool open_families(struct measure *m)
{
	static const char *const stream[] = {"stream", NULL}, *const rule[] = {"rule", "severity", NULL};
	static const char *const script[] = {"script", NULL}, *const output[] = {"output", NULL};
	static const char *const alert[] = {"rule", "severity", "container", NULL}, *const result[] = {"result", NULL};
	static const char *const build[] = {"version", "abi", NULL}, *const state[] = {"state", NULL};
	static const char *const plugin[] = {"plugin", NULL}, *const ring[] = {"ring", NULL};
	const struct {
		struct metric **to;
		const char *name, *help;
		enum metric_type type;
		const char *const *labels;
	} rest[] = {
		{&m->build, "eunomia_build_info", "What runs: its version and that of its plugin ABI.", METRIC_GAUGE,
		 build},
		{&m->reloads, "eunomia_reloads_total", "Reloads of the configuration.", METRIC_COUNTER, result},
		{&m->events, "eunomia_events_total", "Events that rules, scripts, metrics or [events] got.",
		 METRIC_COUNTER, NULL},
		{&m->alerts, "eunomia_alerts_total", "Alerts that were told, by the container of who caused them.",
		 METRIC_COUNTER, alert},
		{&m->loaded, "eunomia_rules", "Rules that there are; skipped: of disabled plugins.", METRIC_GAUGE,
		 state},
		{&m->waiting, "eunomia_output_waiting", "Alerts in the queue of an output.", METRIC_GAUGE, output},
		{&m->missed, "eunomia_program_missed_total",
		 "Runs that the kernel left out as a program was running on that CPU already.", METRIC_COUNTER, plugin},
		{&m->ring_size, "eunomia_ring_size_bytes", "Size of a ring between kernel and host.", METRIC_GAUGE,
		 ring},
		{&m->ring_waiting, "eunomia_ring_waiting_bytes", "Records in a ring that the host has not taken yet.",
		 METRIC_GAUGE, ring},
		{&m->ring_most, "eunomia_ring_most_bytes", "The most that waited in a ring when the host came for it.",
		 METRIC_GAUGE, ring},
	};
	bool done = families(m, streams, MEASURE_STREAMS, stream, m->streams) &&
		    families(m, rules, MEASURE_RULES, rule, m->rules) &&
		    families(m, scripts, MEASURE_SCRIPTS, script, m->scripts) &&
		    families(m, outputs, MEASURE_OUTPUTS, output, m->outputs) &&
		    families(m, history, MEASURE_HISTORY, NULL, m->history);
	for (size_t i = 0; done && i < sizeof(rest) / sizeof(rest[0]); i++) {
		*rest[i].to = measure_family(m, rest[i].name, rest[i].help, rest[i].type, rest[i].labels);
		done = *rest[i].to;
	}
	return done && measure_process_open(m) && measure_programs_open(m);
}

struct measure *measure_new(struct daemon *d)
{
	struct measure *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->daemon = d;
	metrics_tick(d->metrics, clock_boot_ns());
	if (open_families(m) && !metrics_collect(d->metrics, collect, m))
		return m;
	measure_free(m);
	return NULL;
}

void measure_free(struct measure *m)
{
	if (!m)
		return;
	metrics_uncollect(m->daemon->metrics, m);
	costs_destroy(m->costs);
	free(m);
}
