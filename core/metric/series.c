/* SPDX-License-Identifier: MIT */
/* The numbers of a family: found by the hash of their label values, bounded in how many there are. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/param.h>

#include "impl.h"

#define IDLE_NS 3600000000000u /* a series that was not touched so long makes room */
#define SWEEP_NS 60000000000u  /* so often one looks for those, at most */

/* FNV-1a, from a seed that those who choose the values don't know. */
static uint64_t hash_of(const struct metric *m, const struct metric_text *values)
{
	uint64_t hash = m->metrics->seed ^ 0xcbf29ce484222325u;
	for (uint32_t i = 0; i < m->desc.n_labels; i++) {
		size_t len = MIN(values[i].len, METRIC_VALUE_MAX);
		for (size_t k = 0; k < len; k++)
			hash = (hash ^ (unsigned char)values[i].text[k]) * 0x100000001b3u;
		hash = (hash ^ 0x100) * 0x100000001b3u;
	}
	return hash;
}

static bool has(const struct series *s, const struct metric_text *values)
{
	for (uint32_t i = 0; i < s->metric->desc.n_labels; i++) {
		size_t len = MIN(values[i].len, METRIC_VALUE_MAX);
		if (s->values[i].len != len || (len && memcmp(s->values[i].text, values[i].text, len) != 0))
			return false;
	}
	return true;
}

static struct series *find(const struct metric *m, uint64_t hash, const struct metric_text *values)
{
	for (uint32_t at = (uint32_t)hash; m->n_slots; at++) {
		uint32_t slot = m->slots[at & (m->n_slots - 1)];
		if (!slot)
			break;
		struct series *s = m->series[slot - 1];
		if (s->hash == hash && has(s, values))
			return s;
	}
	return NULL;
}

static void enter(struct metric *m, uint32_t place)
{
	uint32_t at = (uint32_t)m->series[place]->hash;
	while (m->slots[at & (m->n_slots - 1)])
		at++;
	m->slots[at & (m->n_slots - 1)] = place + 1;
}

static void enter_all(struct metric *m)
{
	memset(m->slots, 0, m->n_slots * sizeof(*m->slots));
	for (uint32_t i = 0; i < m->n; i++)
		enter(m, i);
}

/* Room for one more. */
static bool grow(struct metric *m)
{
	if (m->n < m->cap)
		return true;
	uint32_t cap = m->cap ? 2 * m->cap : 4;
	struct series **series = realloc(m->series, cap * sizeof(struct series *));
	if (!series)
		return false;
	m->series = series;
	uint32_t *slots = realloc(m->slots, 2 * cap * sizeof(*slots));
	if (!slots)
		return false;
	m->slots = slots;
	m->cap = cap;
	m->n_slots = 2 * cap;
	enter_all(m);
	return true;
}

static struct series *make(struct metric *m, uint64_t hash, const struct metric_text *values)
{
	size_t buckets = m->desc.n_bounds ? m->desc.n_bounds + 1 : 0, bytes = 0;
	for (uint32_t i = 0; i < m->desc.n_labels; i++)
		bytes += MIN(values[i].len, METRIC_VALUE_MAX);
	struct series *s = grow(m) ? calloc(1, sizeof(*s) + buckets * sizeof(uint64_t) + bytes) : NULL;
	if (!s)
		return NULL;
	s->metric = m;
	s->hash = hash;
	s->touched = m->metrics->now;
	s->buckets = buckets ? (uint64_t *)(s + 1) : NULL;
	char *to = (char *)((uint64_t *)(s + 1) + buckets);
	for (uint32_t i = 0; i < m->desc.n_labels; i++) {
		s->values[i] = (struct metric_text){to, MIN(values[i].len, METRIC_VALUE_MAX)};
		if (s->values[i].len)
			memcpy(to, values[i].text, s->values[i].len);
		to += s->values[i].len;
	}
	m->series[m->n] = s;
	enter(m, m->n++);
	return s;
}

/* Drops what nobody touches any more, so that a machine whose containers come and go does not fill up. */
static void sweep(struct metric *m)
{
	uint64_t now = m->metrics->now;
	uint32_t kept = 0;
	if (now < m->swept + SWEEP_NS || now < IDLE_NS)
		return;
	m->swept = now;
	for (uint32_t i = 0; i < m->n; i++)
		if (m->series[i]->touched + IDLE_NS < now)
			free(m->series[i]);
		else
			m->series[kept++] = m->series[i];
	m->n = kept;
	enter_all(m);
}

struct series *metric_series(struct metric *m, const struct metric_text *values)
{
	uint64_t hash = hash_of(m, values);
	struct series *s = find(m, hash, values);
	if (!s && m->n >= m->desc.most && m->desc.n_labels) {
		sweep(m);
		if (m->n >= m->desc.most) {
			struct metric_text other[METRIC_LABELS_MAX];
			for (uint32_t i = 0; i < m->desc.n_labels; i++)
				other[i] = (struct metric_text){"other", 5};
			m->folded++;
			hash = hash_of(m, other);
			s = find(m, hash, other);
			return s ? s : make(m, hash, other);
		}
	}
	return s ? s : make(m, hash, values);
}

struct series *metric_at(struct metric *m, const char *const *values)
{
	struct metric_text texts[METRIC_LABELS_MAX];
	for (uint32_t i = 0; i < m->desc.n_labels; i++)
		texts[i] = (struct metric_text){values[i], strlen(values[i])};
	return metric_series(m, texts);
}

void series_add(struct series *s, double n)
{
	if (!s || isnan(n) || (s->metric->desc.type == METRIC_COUNTER && n < 0))
		return;
	s->value += n;
	s->touched = s->metric->metrics->now;
}

void series_set(struct series *s, double n)
{
	if (!s)
		return;
	s->value = n;
	s->touched = s->metric->metrics->now;
}

void series_observe(struct series *s, double n)
{
	series_observe_many(s, n, 1, n);
}

void series_observe_many(struct series *s, double most, uint64_t times, double sum)
{
	if (!s || !s->buckets || isnan(most) || isnan(sum))
		return;
	uint32_t slot = 0;
	while (slot < s->metric->desc.n_bounds && most > s->metric->desc.bounds[slot])
		slot++;
	s->buckets[slot] += times;
	s->count += times;
	s->value += sum;
	s->touched = s->metric->metrics->now;
}

void series_follow(struct series *s, uint64_t count, double divisor)
{
	if (!s)
		return;
	series_add(s, (double)(count >= s->followed ? count - s->followed : count) / divisor);
	s->followed = count;
}
