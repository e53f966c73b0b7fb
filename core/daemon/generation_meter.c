/* SPDX-License-Identifier: MIT */
/* The metrics that plugins declare, as far as [metrics] asks for them. */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "generation.h"

static bool among(char *const *globs, const char *name)
{
	for (; globs && *globs; globs++)
		if (!fnmatch(*globs, name, 0))
			return true;
	return false;
}

static bool kept(const struct generation *g, const struct plugin *p, const struct eun_metric *row)
{
	const struct settings_metrics *m = &g->settings->metrics;
	char full[128];
	meter_name(p, row, full, sizeof(full));
	const char *name = full + strlen("eunomia_");
	if ((!m->section && !g->daemon->options->metrics) || among(m->without, name))
		return false;
	return m->families ? among(m->families, name) : !(row->flags & EUN_METRIC_ASKED);
}

uint64_t generation_metered(const struct generation *g, const struct plugin *p)
{
	uint64_t streams = 0;
	for (uint32_t i = 0; i < p->abi.metrics.count; i++)
		if (kept(g, p, &p->metrics[i]))
			streams |= EUN_BIT(p->metrics[i].stream);
	return streams;
}

/* A glob that no family has is a mistake. */
static int check(const struct generation *g, const char *key, char *const *globs, struct config_error *error)
{
	const struct config_section *section = g->settings->metrics.section;
	for (size_t k = 0; globs && globs[k]; k++) {
		bool found = false;
		for (size_t i = 0; i < g->choices.n && !found; i++) {
			const struct plugin *p = g->choices.items[i].plugin;
			for (uint32_t r = 0; r < p->abi.metrics.count && !found; r++) {
				char full[128];
				meter_name(p, &p->metrics[r], full, sizeof(full));
				found = !fnmatch(globs[k], full + strlen("eunomia_"), 0);
			}
		}
		if (found)
			continue;
		const struct config_key *at = config_key(section, key);
		uint32_t line, column;
		config_texts_place(at->value, k, &line, &column);
		return config_fail(section, at, line, column, error,
				   "no plugin has a metric eunomia_%s (see eunomia list metrics)", globs[k]);
	}
	return 0;
}

int generation_check_meters(const struct generation *g, struct config_error *error)
{
	const struct settings_metrics *m = &g->settings->metrics;
	int err = check(g, "families", m->families, error);
	return err ? err : check(g, "without", m->without, error);
}

static int add(struct generation *g, const struct choice *c, const struct eun_metric *row, char *why, size_t why_size)
{
	struct stream_meter *grown = realloc(g->meters, (g->n_meters + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	g->meters = grown;
	const struct stream *stream = instance_stream(c->instance, row->stream);
	struct meter *meter = meter_new(g->daemon->metrics, c->plugin, row, stream, why, why_size);
	if (!meter)
		return -EINVAL;
	grown[g->n_meters++] = (struct stream_meter){meter, stream->id};
	return 0;
}

static int by_stream(const void *a, const void *b)
{
	const struct stream_meter *x = a, *y = b;
	return (x->stream > y->stream) - (x->stream < y->stream);
}

int generation_meter(struct generation *g, struct config_error *error)
{
	for (size_t i = 0; i < g->choices.n; i++) {
		const struct choice *c = &g->choices.items[i];
		const struct settings_plugin *p = settings_plugin(g->settings, c->plugin->abi.name);
		for (uint32_t r = 0; r < c->plugin->abi.metrics.count && (!p || p->enabled); r++) {
			char why[512];
			int err = kept(g, c->plugin, &c->plugin->metrics[r])
					  ? add(g, c, &c->plugin->metrics[r], why, sizeof(why))
					  : 0;
			if (err)
				return err == -ENOMEM ? err : config_error_at(error, "", 0, 0, "%s", why);
		}
	}
	if (g->n_meters)
		qsort(g->meters, g->n_meters, sizeof(*g->meters), by_stream);
	return 0;
}

void generation_tap_meters(const struct generation *g, struct tap *tap)
{
	for (size_t i = 0; i < g->n_meters; i++)
		if (g->meters[i].stream == tap->id) {
			tap->meters = tap->n_meters ? tap->meters : &g->meters[i];
			tap->n_meters++;
		}
}

size_t generation_meter_filters(const struct tap *tap, const struct filter **out, size_t most)
{
	if (tap->n_meters > most) {
		out[0] = NULL;
		return 1;
	}
	for (size_t i = 0; i < tap->n_meters; i++)
		out[i] = meter_where(tap->meters[i].meter);
	return tap->n_meters;
}

void generation_free_meters(struct generation *g)
{
	for (size_t i = 0; i < g->n_meters; i++)
		meter_free(g->meters[i].meter);
	free(g->meters);
}
