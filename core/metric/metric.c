/* SPDX-License-Identifier: MIT */
#include "metric.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "impl.h"

struct metrics *metrics_new(const char *prefix, const char *label, const char *value)
{
	struct metrics *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->prefix = strdup(prefix ? prefix : "");
	m->label = label ? strdup(label) : NULL;
	m->value = value ? strdup(value) : NULL;
	if (getrandom(&m->seed, sizeof(m->seed), GRND_NONBLOCK) < 0)
		m->seed = (uintptr_t)m;
	if (m->prefix && !label == !m->label && !value == !m->value)
		return m;
	metrics_free(m);
	errno = ENOMEM;
	return NULL;
}

void metric_clear(struct metric *m)
{
	for (uint32_t i = 0; i < m->n; i++)
		free(m->series[i]);
	m->n = 0;
	if (m->slots)
		memset(m->slots, 0, m->n_slots * sizeof(*m->slots));
}

static void metric_free(struct metric *m)
{
	if (!m)
		return;
	metric_clear(m);
	for (uint32_t i = 0; m->desc.labels && i < m->desc.n_labels; i++)
		free((char *)m->desc.labels[i]);
	free((void *)m->desc.labels);
	free((void *)m->desc.bounds);
	free((char *)m->desc.name);
	free((char *)m->desc.help);
	free(m->series);
	free(m->slots);
	free(m);
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		metric_free(m->items[i]);
	free(m->items);
	free(m->collectors);
	free(m->joined);
	free(m->prefix);
	free(m->label);
	free(m->value);
	free(m);
}

/* ---- families ---- */

static bool name_valid(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
	size_t len = strlen(name);
	return len && len < 128 && strchr(letters, *name) && strspn(name, all) == len;
}

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);
	return n > m && !strcmp(name + n - m, end);
}

static int refuse(char *why, size_t why_size, int err, const char *name, const char *what)
{
	snprintf(why, why_size, "metric '%.64s': %s", name, what);
	return -err;
}

static int check(const struct metrics *metrics, const struct metric_desc *d, char *why, size_t why_size)
{
	if (!name_valid(d->name))
		return refuse(why, why_size, EINVAL, d->name, "its name is not made of letters, digits and _");
	if (ends_in(d->name, "_total") != (d->type == METRIC_COUNTER))
		return refuse(why, why_size, EINVAL, d->name, "the names of counters end in _total, and only those");
	if (d->n_labels > METRIC_LABELS_MAX)
		return refuse(why, why_size, EINVAL, d->name, "it has more than 8 labels");
	for (uint32_t i = 0; i < d->n_labels; i++) {
		if (!name_valid(d->labels[i]) || !strncmp(d->labels[i], "__", 2) || !strcmp(d->labels[i], "le") ||
		    (metrics->label && !strcmp(d->labels[i], metrics->label)))
			return refuse(why, why_size, EINVAL, d->name, "a label's name is none, or taken");
		for (uint32_t j = 0; j < i; j++)
			if (!strcmp(d->labels[i], d->labels[j]))
				return refuse(why, why_size, EINVAL, d->name, "a label is there twice");
	}
	if ((d->type == METRIC_HISTOGRAM) != (d->n_bounds > 0) || d->n_bounds > METRIC_BOUNDS_MAX)
		return refuse(why, why_size, EINVAL, d->name, "histograms, and only those, have 1 to 64 bounds");
	for (uint32_t i = 0; i < d->n_bounds; i++)
		if (!isfinite(d->bounds[i]) || (i && d->bounds[i] <= d->bounds[i - 1]))
			return refuse(why, why_size, EINVAL, d->name, "its bounds do not grow");
	return 0;
}

bool metric_same(const struct metric_desc *a, const struct metric_desc *b)
{
	if (a->type != b->type || a->n_labels != b->n_labels || a->n_bounds != b->n_bounds)
		return false;
	for (uint32_t i = 0; i < a->n_labels; i++)
		if (strcmp(a->labels[i], b->labels[i]) != 0)
			return false;
	return !a->n_bounds || !memcmp(a->bounds, b->bounds, a->n_bounds * sizeof(*a->bounds));
}

static struct metric *find(const struct metrics *metrics, const char *name)
{
	for (size_t i = 0; i < metrics->n; i++)
		if (!strcmp(metrics->items[i]->desc.name, name))
			return metrics->items[i];
	return NULL;
}

/* False: no memory. */
static bool copy(struct metric *m, const struct metric_desc *d)
{
	char *name = NULL;
	m->desc = *d;
	m->desc.name = asprintf(&name, "%s%s", m->metrics->prefix, d->name) < 0 ? NULL : name;
	m->desc.help = strdup(d->help);
	m->desc.most = d->most ? d->most : METRIC_SERIES_MAX;
	char **labels = calloc(d->n_labels + 1, sizeof(*labels));
	double *bounds = calloc(d->n_bounds + 1, sizeof(*bounds));
	bool done = m->desc.name && m->desc.help && labels && bounds;
	m->desc.labels = (const char *const *)labels;
	m->desc.bounds = bounds;
	if (bounds && d->n_bounds)
		memcpy(bounds, d->bounds, d->n_bounds * sizeof(*bounds));
	for (uint32_t i = 0; labels && i < d->n_labels; i++)
		if (!(labels[i] = strdup(d->labels[i])))
			done = false;
	return done;
}

struct metric *metric_new(struct metrics *metrics, const struct metric_desc *desc, char *why, size_t why_size)
{
	int err = check(metrics, desc, why, why_size);
	if (err) {
		errno = -err;
		return NULL;
	}
	struct metric *m = calloc(1, sizeof(*m));
	struct metric **grown = realloc(metrics->items, (metrics->n + 1) * sizeof(struct metric *));
	metrics->items = grown ? grown : metrics->items;
	if (m)
		m->metrics = metrics;
	if (!m || !grown || !copy(m, desc)) {
		metric_free(m);
		errno = -refuse(why, why_size, ENOMEM, desc->name, "no memory");
		return NULL;
	}
	struct metric *there = find(metrics, m->desc.name);
	if (!there)
		return metrics->items[metrics->n++] = m;
	bool same = metric_same(&there->desc, &m->desc);
	metric_free(m);
	if (same)
		return there;
	errno = -refuse(why, why_size, EEXIST, desc->name, "there is one of this name with another type or labels");
	return NULL;
}

const struct metric_desc *metric_describe(const struct metric *m)
{
	return &m->desc;
}

bool metrics_has(const struct metrics *m, const char *name)
{
	size_t skip = strlen(m->prefix);
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->items[i]->desc.name + skip, name))
			return true;
	return false;
}

size_t metrics_families(const struct metrics *m)
{
	return m->n;
}

/* ---- who else is asked, and who else is written ---- */

int metrics_collect(struct metrics *m, void (*collect)(void *context), void *context)
{
	struct collector *grown = realloc(m->collectors, (m->n_collectors + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	m->collectors = grown;
	grown[m->n_collectors++] = (struct collector){collect, context};
	return 0;
}

void metrics_uncollect(struct metrics *m, const void *context)
{
	size_t kept = 0;
	for (size_t i = 0; i < m->n_collectors; i++)
		if (m->collectors[i].context != context)
			m->collectors[kept++] = m->collectors[i];
	m->n_collectors = kept;
}

void metrics_refresh(struct metrics *m)
{
	for (size_t i = 0; i < m->n_collectors; i++)
		m->collectors[i].collect(m->collectors[i].context);
}

int metrics_join(struct metrics *m, struct metrics *other)
{
	for (size_t i = 0; i < m->n_joined; i++)
		if (other->value && m->joined[i]->value && !strcmp(m->joined[i]->value, other->value))
			return -EEXIST;
	struct metrics **grown = realloc(m->joined, (m->n_joined + 1) * sizeof(struct metrics *));
	if (!grown)
		return -ENOMEM;
	m->joined = grown;
	grown[m->n_joined++] = other;
	if (other->now < m->now)
		other->now = m->now;
	return 0;
}

void metrics_leave(struct metrics *m, const struct metrics *other)
{
	size_t kept = 0;
	for (size_t i = 0; i < m->n_joined; i++)
		if (m->joined[i] != other)
			m->joined[kept++] = m->joined[i];
	m->n_joined = kept;
}

void metrics_tick(struct metrics *m, uint64_t now)
{
	m->now = now;
	for (size_t i = 0; i < m->n_joined; i++)
		m->joined[i]->now = now;
}

void metrics_inherit(struct metrics *metrics, const struct metrics *before)
{
	for (size_t i = 0; i < metrics->n; i++) {
		struct metric *m = metrics->items[i];
		const struct metric *b = find(before, m->desc.name);
		if (!b || !metric_same(&m->desc, &b->desc))
			continue;
		m->folded += b->folded;
		for (uint32_t k = 0; k < b->n; k++) {
			const struct series *from = b->series[k];
			struct series *to = metric_series(m, from->values);
			if (!to)
				continue;
			to->touched = from->touched;
			to->value = m->desc.type == METRIC_GAUGE ? from->value : to->value + from->value;
			to->count += from->count;
			to->followed = from->followed;
			for (uint32_t s = 0; to->buckets && s <= m->desc.n_bounds; s++)
				to->buckets[s] += from->buckets[s];
		}
	}
}

size_t metrics_series(const struct metrics *m)
{
	size_t n = 0;
	for (size_t i = 0; i < m->n; i++)
		n += m->items[i]->n;
	for (size_t i = 0; i < m->n_joined; i++)
		n += metrics_series(m->joined[i]);
	return n;
}

uint64_t metrics_folded(const struct metrics *m)
{
	uint64_t n = 0;
	for (size_t i = 0; i < m->n; i++)
		n += m->items[i]->folded;
	for (size_t i = 0; i < m->n_joined; i++)
		n += metrics_folded(m->joined[i]);
	return n;
}

void metrics_each(const struct metrics *metrics, void (*each)(void *context, const struct metric_sample *sample),
		  void *context)
{
	for (size_t i = 0; i < metrics->n; i++)
		for (uint32_t k = 0; k < metrics->items[i]->n; k++) {
			const struct series *s = metrics->items[i]->series[k];
			const struct metric_sample sample = {&s->metric->desc, s->values, s->value, s->count,
							     s->buckets};
			each(context, &sample);
		}
}
