/* SPDX-License-Identifier: MIT */
#include "meter.h"

#include <stdio.h>
#include <stdlib.h>

#include "event/names.h"
#include "metric_row.h"

#define NOBODY "-" /* of a label that the event has no value of: the host's container */

struct meter {
	struct metric *metric;
	struct metric_row row;
	struct filter *where;
};

void meter_name(const struct plugin *plugin, const struct eun_metric *row, char *name, size_t size)
{
	snprintf(name, size, "eunomia_%s_%s", plugin->abi.name, row->name);
	for (char *p = name; *p; p++)
		if (*p == '-')
			*p = '_';
}

struct meter *meter_new(struct metrics *metrics, const struct plugin *plugin, const struct eun_metric *row,
			const struct stream *stream, char *why, size_t why_size)
{
	struct meter *m = calloc(1, sizeof(*m));
	const char *labels[METRIC_LABELS_MAX];
	char name[128];
	snprintf(why, why_size, "no memory");
	if (!m || metric_row_read(&m->row, row, stream, why, why_size))
		goto failed;
	for (uint32_t i = 0; i < m->row.n_labels; i++)
		labels[i] = m->row.labels[i].name;
	meter_name(plugin, row, name, sizeof(name));
	const struct metric_desc desc = {
		name, row->help, m->row.type, labels, m->row.n_labels, m->row.bounds, m->row.n_bounds, 0};
	m->metric = metric_new(metrics, &desc, why, why_size);
	if (!m->metric || (row->where && filter_compile(&m->where, row->where, NULL, &stream, 1, NULL, NULL)))
		goto failed;
	return m;
failed:
	meter_free(m);
	return NULL;
}

void meter_free(struct meter *m)
{
	if (!m)
		return;
	filter_destroy(m->where);
	free(m);
}

const struct filter *meter_where(const struct meter *m)
{
	return m->where;
}

bool meter_reads(const struct meter *m, bool (*is)(const struct field *field))
{
	for (uint32_t i = 0; i < m->row.n_labels; i++)
		if (m->row.labels[i].field && is(m->row.labels[i].field))
			return true;
	return false;
}

/* ---- events ---- */

static struct metric_text of_text(const char *text)
{
	return (struct metric_text){text, strlen(text)};
}

/* `number` is room for what has no name. */
static struct metric_text label_of(const struct view *view, const struct field *field, char *number, size_t size)
{
	struct value v;
	const char *name = NULL;
	if (!field || !view_read(view, field, &v))
		return of_text(NOBODY);
	switch (field->type) {
	case EUN_ENUM:
		for (const struct eun_label *l = field->labels; l && l->name && !name; l++)
			name = l->value == v.u ? l->name : NULL;
		break;
	case EUN_ERRNO:
		name = v.s >= 0 ? "ok" : v.s > -4096 ? errno_name((int)-v.s) : NULL;
		v.u = (uint64_t)-v.s;
		break;
	case EUN_BOOL:
		name = v.u ? "true" : "false";
		break;
	case EUN_U8:
		break;
	default:
		return (struct metric_text){v.ptr, v.len};
	}
	if (!name) {
		snprintf(number, size, "%llu", (unsigned long long)v.u);
		name = number;
	}
	return of_text(name);
}

static double number_of(const struct view *view, const struct field *field)
{
	struct value v;
	if (!view_read(view, field, &v))
		return 0;
	return field->type >= EUN_S8 && field->type <= EUN_S64 ? (double)v.s
	       : field->type == EUN_ERRNO                      ? (double)v.s
							       : (double)v.u;
}

/* What a row of an aggregate counted, slot by slot. */
static void observe_slots(const struct meter *m, struct series *series, const struct view *view)
{
	double sum = number_of(view, m->row.sum) / m->row.divisor;
	struct value v;
	uint32_t n = view_read(view, m->row.field, &v) ? u64s_count(&v) : 0;
	for (uint32_t i = 0; i < n && i < 64; i++) {
		uint64_t times = u64s_at(&v, i);
		if (!times)
			continue;
		series_observe_many(series, (double)hist_high(i) / m->row.divisor, times, sum);
		sum = 0;
	}
}

void meter_event(struct meter *m, const struct view *view)
{
	struct metric_text labels[METRIC_LABELS_MAX];
	char numbers[METRIC_LABELS_MAX][24];
	if (m->where && !filter_match(m->where, view))
		return;
	double n = m->row.field && !m->row.sum ? number_of(view, m->row.field) / m->row.divisor : 1;
	if (n == 0 && m->row.type == METRIC_COUNTER)
		return; /* no series for what was not done */
	for (uint32_t i = 0; i < m->row.n_labels; i++)
		labels[i] = label_of(view, m->row.labels[i].field, numbers[i], sizeof(numbers[i]));
	struct series *series = metric_series(m->metric, labels);
	if (m->row.sum)
		observe_slots(m, series, view);
	else if (m->row.type == METRIC_COUNTER)
		series_add(series, n);
	else if (m->row.type == METRIC_GAUGE)
		series_set(series, n);
	else
		series_observe(series, n);
}
