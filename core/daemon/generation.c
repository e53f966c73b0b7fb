/* SPDX-License-Identifier: MIT */
#include "generation.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/guard.h"
#include "daemon/measure.h"
#include "host/catalogue.h"
#include "host/ia32.h"

/* An error that has no place in a file. */
static int fail(struct config_error *error, int err, const char *text)
{
	config_error_at(error, "", 0, 0, "%s", text);
	return err;
}

/* ---- what is read ---- */

static int on_plugin(void *context, const char *path, struct plugin *plugin, const char *why)
{
	struct generation *g = context;
	const struct choice c = {.plugin = plugin};
	(void)path;
	if (plugin)
		return choices_add(&g->choices, &c);
	if (!g->daemon->now)
		daemon_say(g->daemon, EUN_LOG_WARN, "%s", why);
	return 0;
}

static void on_alert(void *context, const struct rule *rule, const struct alert *alert)
{
	const struct generation *g = context;
	(void)rule;
	measure_alert(g->daemon->measure, alert);
	const struct daemon_guest *guest = g->daemon->options->guest;
	alert_outputs_put(g->outputs, g->n_outputs, alert);
	generation_remember_alert(g, alert);
	if (guest && guest->alert)
		guest->alert(guest->context, alert);
}

static void on_say(void *context, const char *text)
{
	daemon_say(((struct generation *)context)->daemon, EUN_LOG_WARN, "%s", text);
}

static void on_emit(void *context, const char *stream, const char *json, size_t len)
{
	const struct generation *g = context;
	if (g->events)
		event_log_derived(g->events, stream, json, len, clock_boot_ns());
}

static int read_configured(struct generation *g, struct config_error *error)
{
	int err = 0;
	for (size_t i = 0; i < g->settings->n_rules && !err; i++) {
		const struct settings_path *p = &g->settings->rules[i];
		struct stat st;
		err = stat(p->path, &st)
			      ? config_error_at(error, p->file, p->line, p->column, "%s: %s", p->path, strerror(errno))
			      : ruleset_read(g->rules, p->path, error);
	}
	/* the configuration's own sections may add to what the files say */
	for (size_t i = 0; i < g->settings->n_configs && !err; i++)
		err = ruleset_add(g->rules, g->settings->configs[i], error);
	return err;
}

static int read_rules(struct generation *g, struct config_error *error)
{
	const struct daemon *d = g->daemon;
	const struct ruleset_host host = {.context = g, .alert = on_alert, .say = on_say, .emit = on_emit};
	bool shipped = d->rules && !access(d->rules, F_OK);
	int err = 0;
	g->rules = ruleset_new(&host, &d->style, d->lib);
	if (!g->rules)
		return -ENOMEM;
	if (g->settings->builtin && shipped)
		err = ruleset_read(g->rules, d->rules, error);
	else if (g->settings->builtin && !d->now)
		daemon_say(d, EUN_LOG_WARN, "%s: not there; there are no built-in rules",
			   d->rules ? d->rules : "share/eunomia/rules");
	if (!err)
		err = guard_read(&g->guard, g, error);
	if (!err)
		err = read_configured(g, error);
	for (size_t i = 0; i < d->options->n_rules && !err; i++)
		err = ruleset_read(g->rules, d->options->rules[i], error);
	return err;
}

static int check_rules(const struct generation *g, struct config_error *error)
{
	struct catalogue all;
	char why[512];
	int err = catalogue_init(&all, g->daemon->options->plugin_paths, why, sizeof(why));
	err = err ? fail(error, err, why) : ruleset_check(g->rules, &all.schema, error);
	catalogue_free(&all);
	return err;
}

/* What is not of a disabled plugin: named by rules, counted by [metrics], kept by [history], printed by [events]. */
static void choose(struct generation *g)
{
	for (size_t i = 0; i < g->choices.n; i++) {
		struct choice *c = &g->choices.items[i];
		const struct settings_plugin *p = settings_plugin(g->settings, c->plugin->abi.name);
		uint64_t counted = generation_metered(g, c->plugin) | generation_remembered(g, c->plugin);
		for (uint32_t s = 0; s < c->plugin->abi.streams.count && (!p || p->enabled); s++) {
			const char *name = c->plugin->streams[s].name;
			if (ruleset_names(g->rules, name) || counted & EUN_BIT(s))
				c->watched |= EUN_BIT(s);
			for (char **print = p ? p->streams : NULL; print && *print; print++)
				if (!fnmatch(*print, name, 0) || !fnmatch(*print, strchr(name, '.') + 1, 0))
					c->streams |= EUN_BIT(s);
		}
	}
}

/* A name of `streams =` that means nothing is a mistake. */
static int check_printed(const struct generation *g, struct config_error *error)
{
	for (size_t i = 0; i < g->choices.n; i++) {
		const struct plugin *plugin = g->choices.items[i].plugin;
		const struct settings_plugin *p = settings_plugin(g->settings, plugin->abi.name);
		for (size_t k = 0; p && p->streams && p->streams[k]; k++) {
			const char *names[EUN_STREAMS_MAX];
			bool found = false;
			for (uint32_t s = 0; s < plugin->abi.streams.count; s++) {
				names[s] = strchr(plugin->streams[s].name, '.') + 1;
				found |= !fnmatch(p->streams[k], plugin->streams[s].name, 0) ||
					 !fnmatch(p->streams[k], names[s], 0);
			}
			if (found)
				continue;
			const struct config_key *key = config_key(p->section, "streams");
			const char *near = nearest_name(p->streams[k], names, plugin->abi.streams.count);
			uint32_t line, column;
			config_texts_place(key->value, k, &line, &column);
			return config_fail(p->section, key, line, column, error, "plugin %s has no stream '%s'%s%s%s",
					   plugin->abi.name, p->streams[k], near ? ", did you mean '" : "",
					   near ? near : "", near ? "'?" : "");
		}
	}
	return 0;
}

/* A kind of the command line replaces the configuration's. */
static int merge_target(struct generation *g)
{
	const struct daemon_options *o = g->daemon->options;
	const struct settings_target *t = &g->settings->target;
	g->target = (struct target_spec){
		.pids = o->n_pids ? o->pids : t->pids,
		.n_pids = o->n_pids ? o->n_pids : t->n_pids,
		.follow = o->n_pids ? o->follow : t->follow,
		.uids = o->n_uids ? o->uids : t->uids,
		.n_uids = o->n_uids ? o->n_uids : t->n_uids,
		.comms = o->n_comms ? o->comms : (const char *const *)t->comms,
		.n_comms = o->n_comms,
	};
	while (!o->n_comms && t->comms && t->comms[g->target.n_comms])
		g->target.n_comms++;
	g->texts = calloc(o->n_containers + 1, sizeof(*g->texts));
	if (!g->texts)
		return -ENOMEM;
	for (size_t i = 0; i < o->n_containers; i++)
		g->texts[i] = o->containers[i];
	g->containers = o->n_containers ? (char *const *)g->texts : t->containers;
	g->target.containers = g->containers && *g->containers;
	return 0;
}

int generation_read(struct generation **out, struct daemon *d, struct config_error *error)
{
	struct generation *g = calloc(1, sizeof(*g));
	char why[512];
	if (!g)
		return -ENOMEM;
	g->daemon = d;
	g->set = -1;
	int err = plugin_each(d->options->plugin_paths, on_plugin, g, why, sizeof(why));
	if (err)
		fail(error, err, why);
	if (!err)
		err = settings_read(&g->settings, d->config, &g->choices, error);
	if (!err && !d->now)
		d->log = g->settings->log;
	if (!err)
		err = merge_target(g);
	if (!err)
		err = read_rules(g, error);
	if (!err)
		err = check_rules(g, error);
	if (!err)
		err = check_printed(g, error);
	if (!err)
		err = generation_check_history(g, error);
	if (!err)
		err = generation_check_meters(g, error);
	if (err) {
		generation_free(g);
		return err;
	}
	choose(g);
	*out = g;
	return 0;
}

/* ---- what is made of it ---- */

/* Those of which nothing is wanted are closed. Built-in ones stay: they cost nothing and others point to them. */
static void drop_unwanted(struct choices *c)
{
	size_t kept = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct choice *it = &c->items[i];
		if (it->streams || it->watched || it->feeds || !it->plugin->abi.object)
			c->items[kept++] = *it;
		else
			plugin_close(it->plugin);
	}
	c->n = kept;
}

static uint64_t wanted(const struct choice *c)
{
	return c->streams | c->watched | c->feeds;
}

/* With what an instance is made, as one text. */
static char *options_text(const struct generation *g, const struct settings_plugin *p)
{
	struct buf text = {0};
	buf_printf(&text, "ia32=%d", g->daemon->session.host.ia32);
	for (size_t i = 0; p && i < p->n_options; i++)
		buf_printf(&text, "\n%s", p->options[i]);
	buf_char(&text, '\0');
	if (!text.failed)
		return text.data;
	buf_free(&text);
	return NULL;
}

/* True: the generation before has the instance that choice `i` needs, and lends it. */
static bool borrow(struct generation *g, size_t i, const struct generation *before)
{
	struct choice *c = &g->choices.items[i];
	for (size_t k = 0; before && k < before->choices.n; k++) {
		const struct choice *b = &before->choices.items[k];
		bool loaded = !c->plugin->abi.object || !(wanted(c) & ~before->parts[k].loaded);
		if (strcmp(b->plugin->abi.name, c->plugin->abi.name) != 0 || b->plugin->handle != c->plugin->handle ||
		    strcmp(before->parts[k].options, g->parts[i].options) != 0 || !loaded)
			continue;
		plugin_close(c->plugin);
		c->plugin = b->plugin;
		c->instance = b->instance;
		g->parts[i].loaded = before->parts[k].loaded;
		g->parts[i].borrowed = true;
		return true;
	}
	return false;
}

static int make_instances(struct generation *g, const struct generation *before, struct config_error *error)
{
	g->parts = calloc(g->choices.n + 1, sizeof(*g->parts));
	for (size_t i = 0; g->parts && i < g->choices.n; i++) {
		struct choice *c = &g->choices.items[i];
		const struct settings_plugin *p = settings_plugin(g->settings, c->plugin->abi.name);
		char why[512];
		g->parts[i].options = options_text(g, p);
		if (!g->parts[i].options)
			return -ENOMEM;
		if (borrow(g, i, before))
			continue;
		c->instance =
			instance_new(&g->daemon->session.host, c->plugin, p ? (const char *const *)p->options : NULL,
				     p ? p->n_options : 0, why, sizeof(why));
		if (!c->instance)
			return fail(error, -EINVAL, why);
		g->parts[i].loaded = wanted(c);
	}
	return g->parts ? 0 : -ENOMEM;
}

/* Rules see the streams of this generation alone, though the session has those of the one before too. */
static int make_schema(struct generation *g)
{
	const struct schema *all = &g->daemon->session.schema;
	g->schema.streams = calloc(all->n_streams + 1, sizeof(struct stream *));
	if (!g->schema.streams)
		return -ENOMEM;
	g->schema.n_streams = all->n_streams;
	g->schema.computed = all->computed;
	g->schema.n_computed = all->n_computed;
	for (size_t i = 0; i < g->choices.n; i++)
		for (uint32_t s = 0; s < g->choices.items[i].plugin->abi.streams.count; s++) {
			uint16_t id = instance_stream(g->choices.items[i].instance, s)->id;
			if ((g->choices.items[i].streams | g->choices.items[i].watched) & EUN_BIT(s))
				g->schema.streams[id] = all->streams[id];
		}
	return 0;
}

static int make_where(struct generation *g, struct config_error *error)
{
	const struct settings_events *e = &g->settings->events;
	const struct stream **streams = calloc(g->schema.n_streams + 1, sizeof(*streams));
	struct filter_error wrong;
	uint32_t n = 0;
	if (!streams)
		return -ENOMEM;
	for (size_t i = 0; i < g->choices.n; i++)
		for (uint32_t s = 0; s < g->choices.items[i].plugin->abi.streams.count; s++)
			if (g->choices.items[i].streams & EUN_BIT(s))
				streams[n++] = instance_stream(g->choices.items[i].instance, s);
	int err = 0;
	if (e->where && n) {
		const struct config_key *key = config_key(e->section, "where");
		const struct filter_source at = {e->section->file, key->line, key->column};
		err = filter_compile(&g->where, e->where, &at, streams, n, NULL, &wrong);
		if (err == -EINVAL)
			config_error_at(error, e->section->file, wrong.line, wrong.column, "%s", wrong.text);
	}
	free(streams);
	return err;
}

static bool wants_ia32(const struct generation *g)
{
	size_t enabled, skipped;
	ruleset_rules(g->rules, &enabled, &skipped);
	return g->settings->ia32 == SETTINGS_IA32_ON ||
	       (g->settings->ia32 == SETTINGS_IA32_AUTO && ia32_auto(enabled || ruleset_scripts(g->rules)));
}

int generation_make(struct generation *g, struct generation *before, struct config_error *error)
{
	struct session *s = &g->daemon->session;
	char why[512];
	s->host.ia32 = wants_ia32(g);
	int err = who_prepare(&s->who, &g->choices, g->daemon->options->plugin_paths, why, sizeof(why));
	if (err)
		return fail(error, err, why);
	drop_unwanted(&g->choices);
	err = make_instances(g, before, error);
	if (!err)
		err = make_schema(g);
	if (!err)
		err = ruleset_bind(g->rules, &g->schema, error);
	if (!err)
		err = make_where(g, error);
	if (!err)
		err = generation_meter(g, error);
	if (!err)
		err = generation_open(g, before, error);
	return err ? err : generation_open_history(g, before, error);
}

int generation_unloaded(const struct generation *g, struct choices *out)
{
	*out = (struct choices){.items = calloc(g->choices.n + 1, sizeof(struct choice))};
	if (!out->items)
		return -ENOMEM;
	for (size_t i = 0; i < g->choices.n; i++)
		if (!g->parts[i].borrowed)
			out->items[out->n++] = g->choices.items[i];
	return 0;
}

/* ---- the end ---- */

void generation_keep(struct generation *g, struct generation *before)
{
	for (size_t i = 0; i < g->choices.n; i++)
		for (size_t k = 0; g->parts[i].borrowed && k < before->choices.n; k++)
			if (before->choices.items[k].instance == g->choices.items[i].instance) {
				g->parts[i].borrowed = false;
				before->parts[k].borrowed = true;
			}
	for (size_t i = 0; i < g->n_outputs; i++)
		for (size_t k = 0; g->lent[i] && k < before->n_outputs; k++)
			if (before->outputs[k] == g->outputs[i]) {
				g->lent[i] = false;
				before->lent[k] = true;
			}
	generation_keep_history(g, before);
	before->events_lent = g->events_lent;
	before->set_lent = g->set_lent;
	g->events_lent = g->set_lent = false;
}

void generation_free(struct generation *g)
{
	if (!g)
		return;
	ruleset_free(g->rules);
	generation_free_history(g);
	guard_free(g->guard);
	generation_free_meters(g);
	filter_destroy(g->where);
	if (!g->events_lent)
		event_log_close(g->events);
	for (size_t i = 0; i < g->n_outputs; i++)
		if (!g->lent[i])
			alert_output_close(g->outputs[i], 0, NULL);
	free(g->outputs);
	free(g->lent);
	free(g->errors);
	for (size_t i = 0; i < g->choices.n; i++) {
		if (g->parts && g->parts[i].borrowed) {
			g->choices.items[i].plugin = NULL;
			g->choices.items[i].instance = NULL;
		}
		if (g->parts)
			free(g->parts[i].options);
	}
	choices_free(&g->choices);
	free(g->parts);
	free(g->schema.streams);
	free(g->taps);
	free(g->texts);
	settings_free(g->settings);
	free(g);
}
