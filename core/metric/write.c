/* SPDX-License-Identifier: MIT */
/*
 * The text forms. 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
 * OpenMetrics 1.0: https://prometheus.io/docs/specs/om/open_metrics_spec/ - a counter's family is called without its
 * _total, has a unit, and the whole ends in # EOF.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "event/escape.h"
#include "impl.h"

static const char *const types[METRIC_TYPES] = {"counter", "gauge", "histogram"};
static const char *const units[] = {"seconds", "bytes", "ratio"};

static void number(struct buf *out, double n)
{
	char text[40];
	if (isnan(n)) {
		buf_str(out, "NaN");
	} else if (isinf(n)) {
		buf_str(out, n > 0 ? "+Inf" : "-Inf");
	} else if (n == floor(n) && fabs(n) < 1e15) {
		buf_s64(out, (int64_t)n);
	} else {
		for (int digits = 15; digits <= 17; digits++) {
			snprintf(text, sizeof(text), "%.*g", digits, n);
			if (strtod(text, NULL) == n)
				break;
		}
		buf_str(out, text);
	}
}

/* What must not be there as it is, in a text that is clean otherwise. */
static void escaped(struct buf *out, const char *text, size_t len, bool quotes)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\\' || (quotes && text[i] == '"'))
			buf_char(out, '\\');
		if (text[i] == '\n')
			buf_str(out, "\\n");
		else
			buf_char(out, text[i]);
	}
}

static void label(struct buf *out, char before, const char *name, const char *value, size_t len)
{
	struct buf clean = {0};
	escape_text(&clean, value, len);
	out->failed |= clean.failed;
	buf_printf(out, "%c%s=\"", before, name);
	escaped(out, clean.data, clean.len, true);
	buf_char(out, '"');
	buf_free(&clean);
}

/* Name and labels, with `le` where it is not NAN. */
static void sample(struct buf *out, const struct series *s, const char *suffix, double le)
{
	const struct metric_desc *d = &s->metric->desc;
	const struct metrics *metrics = s->metric->metrics;
	char before = '{';
	buf_printf(out, "%s%s", d->name, suffix);
	if (metrics->label) {
		label(out, before, metrics->label, metrics->value, strlen(metrics->value));
		before = ',';
	}
	for (uint32_t i = 0; i < d->n_labels; i++, before = ',')
		label(out, before, d->labels[i], s->values[i].text, s->values[i].len);
	if (!isnan(le)) {
		buf_printf(out, "%cle=\"", before);
		number(out, le);
		buf_char(out, '"');
		before = ',';
	}
	buf_str(out, before == ',' ? "} " : " ");
}

static void series(struct buf *out, const struct series *s)
{
	const struct metric_desc *d = &s->metric->desc;
	uint64_t sum = 0;
	if (d->type != METRIC_HISTOGRAM) {
		sample(out, s, "", NAN);
		number(out, s->value);
		buf_char(out, '\n');
		return;
	}
	for (uint32_t i = 0; i <= d->n_bounds; i++) {
		sum += s->buckets[i];
		sample(out, s, "_bucket", i < d->n_bounds ? d->bounds[i] : INFINITY);
		buf_u64(out, sum);
		buf_char(out, '\n');
	}
	sample(out, s, "_sum", NAN);
	number(out, s->value);
	buf_char(out, '\n');
	sample(out, s, "_count", NAN);
	buf_u64(out, s->count);
	buf_char(out, '\n');
}

static void heading(struct buf *out, const struct metric_desc *d, enum metrics_format format)
{
	size_t len = strlen(d->name);
	bool open = format == METRICS_OPENMETRICS;
	if (open && d->type == METRIC_COUNTER)
		len -= strlen("_total");
	buf_printf(out, "# HELP %.*s ", (int)len, d->name);
	escaped(out, d->help, strlen(d->help), open);
	buf_printf(out, "\n# TYPE %.*s %s\n", (int)len, d->name, types[d->type]);
	for (size_t i = 0; open && i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i]);
		if (len > n + 1 && !strncmp(d->name + len - n, units[i], n) && d->name[len - n - 1] == '_')
			buf_printf(out, "# UNIT %.*s %s\n", (int)len, d->name, units[i]);
	}
}

static const struct metrics *registry(const struct metrics *m, size_t i)
{
	return i ? m->joined[i - 1] : m;
}

static const struct metric *find(const struct metrics *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->items[i]->desc.name, name))
			return m->items[i];
	return NULL;
}

/* A family of registry `first` with what those behind it have of it; nothing if one before it has it. */
static void family(struct buf *out, const struct metrics *m, size_t first, const struct metric *f,
		   enum metrics_format format)
{
	for (size_t i = 0; i < first; i++)
		if (find(registry(m, i), f->desc.name))
			return;
	heading(out, &f->desc, format);
	for (size_t i = first; i <= m->n_joined; i++) {
		const struct metric *more = find(registry(m, i), f->desc.name);
		for (uint32_t k = 0; more && metric_same(&more->desc, &f->desc) && k < more->n; k++)
			series(out, more->series[k]);
	}
}

/* What the registry says of itself. */
static void itself(struct buf *out, const struct metrics *m, enum metrics_format format)
{
	const struct metric_desc folded = {
		.name = "eunomia_metric_folded_total",
		.help = "Updates that went to the series \"other\" as their family was full, by family.",
		.type = METRIC_COUNTER,
	};
	const struct metric_desc n = {
		.name = "eunomia_metric_series",
		.help = "Series that there are, of all families but this one and what was folded.",
		.type = METRIC_GAUGE,
	};
	heading(out, &folded, format);
	for (size_t i = 0; i <= m->n_joined; i++)
		for (size_t k = 0; k < registry(m, i)->n; k++) {
			const struct metric *f = registry(m, i)->items[k];
			if (!f->folded || (i && find(m, f->desc.name)))
				continue;
			buf_str(out, folded.name);
			label(out, '{', "family", f->desc.name, strlen(f->desc.name));
			if (registry(m, i)->label)
				label(out, ',', registry(m, i)->label, registry(m, i)->value,
				      strlen(registry(m, i)->value));
			buf_str(out, "} ");
			buf_u64(out, f->folded);
			buf_char(out, '\n');
		}
	heading(out, &n, format);
	buf_printf(out, "%s %zu\n", n.name, metrics_series(m));
}

int metrics_write(struct metrics *m, enum metrics_format format, struct buf *out)
{
	size_t start = out->len;
	metrics_refresh(m);
	for (size_t i = 0; i <= m->n_joined; i++)
		for (size_t k = 0; k < registry(m, i)->n; k++)
			family(out, m, i, registry(m, i)->items[k], format);
	itself(out, m, format);
	if (format == METRICS_OPENMETRICS)
		buf_str(out, "# EOF\n");
	return buf_commit(out, start);
}

/* ---- which of them ---- */

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPENMETRICS ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
					     : "text/plain; version=0.0.4; charset=utf-8";
}

/* The weight of a media range with its parameters, up to `end`: 1 where none is said. */
static double weight(const char *range, const char *end)
{
	for (const char *p = range; p < end; p++) {
		if (*p != ';')
			continue;
		p++;
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (end - p > 2 && (*p == 'q' || *p == 'Q') && p[1] == '=')
			return strtod(p + 2, NULL);
		p--;
	}
	return 1;
}

enum metrics_format metrics_accept(const char *accept)
{
	static const char *const names[METRICS_FORMATS] = {"text/plain", "application/openmetrics-text"};
	double best[METRICS_FORMATS] = {0};
	for (const char *p = accept; p && *p;) {
		p += strspn(p, " \t,");
		const char *end = p + strcspn(p, ",");
		size_t len = strcspn(p, ",; \t");
		for (size_t i = 0; i < METRICS_FORMATS; i++)
			if (len == strlen(names[i]) && !strncasecmp(p, names[i], len))
				best[i] = fmax(best[i], weight(p, end));
		p = end;
	}
	return best[METRICS_OPENMETRICS] > 0 && best[METRICS_OPENMETRICS] >= best[METRICS_TEXT] ? METRICS_OPENMETRICS
												: METRICS_TEXT;
}
