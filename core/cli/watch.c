/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ruleset_stats.h"
#include "event/escape.h"
#include "event/stamp.h"
#include "host/catalogue.h"
#include "pipeline/loop.h"
#include "rules.h"
#include "say.h"

#define FILTERS_MAX 256

struct watch {
	struct ruleset *set;
	struct outputs *outputs;
	bool json, stats;
	struct alert_style style;
	struct stamp stamp;
	char hostname[256];
};

static void ended(struct watch *w, size_t start)
{
	struct output *out = &w->outputs->output;
	if (buf_commit(&out->buf, start))
		out->error = ENOMEM;
	if (output_full(out))
		output_flush(out);
}

static void on_alert(void *context, const struct rule *rule, const struct alert *alert)
{
	struct watch *w = context;
	struct buf *out = &w->outputs->output.buf;
	size_t start = out->len;
	(void)rule;
	if ((w->json ? alert_json : alert_text)(alert, &w->style, out))
		out->failed = true;
	ended(w, start);
}

static void on_say(void *context, const char *text)
{
	(void)context;
	say("%s", text);
}

/* A record that a script made, as an event is printed. */
static void on_emit(void *context, const char *stream, const char *json, size_t len)
{
	struct watch *w = context;
	struct buf *out = &w->outputs->output.buf;
	size_t start = out->len;
	uint64_t now = clock_boot_ns();
	if (w->json) {
		buf_str(out, "{\"ts\":\"");
		stamp_utc(&w->stamp, now, out);
		buf_str(out, "\",\"stream\":");
		escape_json(out, stream, strlen(stream));
		if (len > 2)
			buf_char(out, ',');
		buf_add(out, json + 1, len - 1);
	} else {
		stamp_local(&w->stamp, now, 3, out);
		buf_char(out, ' ');
		escape_text(out, stream, strlen(stream));
		buf_char(out, ' ');
		escape_text(out, json, len);
	}
	buf_char(out, '\n');
	ended(w, start);
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	ruleset_free(w->set);
	free(w);
}

static int read_all(struct watch *w, const struct request *request, char *const *paths)
{
	const struct ruleset_host host = {w, on_alert, on_say, on_emit};
	struct config_error error;
	struct catalogue all;
	char why[512];
	w->stats = request->stats;
	int err, status = rules_load(&w->set, &host, &w->style, request->rules.items, request->rules.n);
	if (status)
		return status;
	if (catalogue_init(&all, paths, why, sizeof(why))) {
		say("%s", why);
		status = EXIT_RUN;
	} else if ((err = ruleset_check(w->set, &all.schema, &error))) {
		status = rules_wrong(err, &error);
	}
	catalogue_free(&all);
	return status;
}

/* ---- the plugins ---- */

struct search {
	struct choices *choices;
	const struct ruleset *set;
};

static uint64_t named(const struct ruleset *set, const struct plugin *plugin)
{
	uint64_t streams = 0;
	for (uint32_t i = 0; i < plugin->abi.streams.count; i++)
		if (ruleset_names(set, plugin->streams[i].name))
			streams |= EUN_BIT(i);
	return streams;
}

static int look(void *context, const char *path, struct plugin *plugin, const char *why)
{
	struct search *s = context;
	struct choice choice = {.plugin = plugin, .watched = plugin ? named(s->set, plugin) : 0};
	bool chosen = false;
	(void)path, (void)why;
	for (size_t i = 0; choice.watched && i < s->choices->n; i++)
		if (!strcmp(s->choices->items[i].plugin->abi.name, plugin->abi.name)) {
			s->choices->items[i].watched = named(s->set, s->choices->items[i].plugin);
			chosen = true;
		}
	if (choice.watched && !chosen)
		return choices_add(s->choices, &choice);
	plugin_close(plugin);
	return 0;
}

int watch_open(struct watch **out, const struct request *request, struct choices *choices, char *const *paths,
	       struct outputs *outputs)
{
	char why[512] = "no memory";
	*out = NULL;
	if (!request->rules.n)
		return EXIT_OK;
	struct watch *w = calloc(1, sizeof(*w));
	if (!w)
		return EXIT_RUN;
	w->outputs = outputs;
	w->json = request->format == FORMAT_JSON;
	gethostname(w->hostname, sizeof(w->hostname) - 1);
	w->style = (struct alert_style){clock_offset_ns(), w->hostname};
	stamp_init(&w->stamp, w->style.clock_offset);
	int status = read_all(w, request, paths);
	struct search s = {choices, w->set};
	if (!status && plugin_each(paths, look, &s, why, sizeof(why))) {
		say("%s", why);
		status = EXIT_RUN;
	}
	if (!status && !choices->n) {
		say("no rule is enabled, and there is no --plugin");
		status = EXIT_CONFIG;
	}
	if (status)
		watch_free(w);
	else
		*out = w;
	return status;
}

int watch_bind(struct watch *w, const struct schema *schema)
{
	struct config_error error;
	int err = ruleset_bind(w->set, schema, &error);
	return err ? rules_wrong(err, &error) : EXIT_OK;
}

bool watch_reads_processes(const struct watch *w, const struct schema *schema)
{
	return w && ruleset_reads(w->set, schema, computed_of_process);
}

/* ---- events ---- */

static void on_event(void *context, const struct view *view)
{
	ruleset_event(((struct watch *)context)->set, view);
}

int watch_stream(struct watch *w, const struct host *host, const struct choice *choice, uint32_t stream, int set)
{
	const struct consumer consumer = {1ull << set, NULL, on_event, w};
	uint16_t id = instance_stream(choice->instance, stream)->id;
	return ruleset_wants(w->set, id) ? routes_add(host->routes, id, &consumer) : 0;
}

void watch_where(const struct watch *w, const struct choice *choice, uint32_t stream, bool printed,
		 const struct filter *where)
{
	const struct filter *filters[FILTERS_MAX + 1];
	size_t n = ruleset_filters(w->set, instance_stream(choice->instance, stream)->id, filters, FILTERS_MAX);
	if (printed)
		filters[n++] = where;
	if (n)
		instance_where(choice->instance, stream, filters, n);
}

void watch_tick(struct watch *w, uint64_t now)
{
	if (w)
		ruleset_tick(w->set, now);
}

void watch_end(struct watch *w)
{
	if (!w)
		return;
	ruleset_flush(w->set);
	if (w->stats)
		ruleset_stats(w->set, on_say, w);
	say("%llu alerts", (unsigned long long)ruleset_alerts(w->set));
}
