/* SPDX-License-Identifier: MIT */
/*
 * A registry of metrics. A family has a name, a type and label names; a series is a family's number for one set of
 * label values. A family has at most so many series: what is beyond goes to one whose labels are all "other", and
 * eunomia_metric_folded_total says how many updates did. When a family is full, series that were not touched for an
 * hour make room.
 *
 * An update of a series that is there allocates nothing. One thread.
 */
#ifndef CORE_METRIC_METRIC_H
#define CORE_METRIC_METRIC_H

#include "event/buf.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_TYPES };

#define METRIC_LABELS_MAX 8
#define METRIC_BOUNDS_MAX 64
#define METRIC_VALUE_MAX 128   /* bytes of a label's value that are kept */
#define METRIC_SERIES_MAX 1000 /* of a family that says nothing else */

struct metrics;
struct metric;
struct series;

/* A label's value. Hostile: control bytes and what is not UTF-8 are shown as \xHH. */
struct metric_text {
	const char *text;
	size_t len;
};

struct metric_desc {
	const char *name; /* as Prometheus has it: eunomia_tcp_sent_bytes_total; a counter's ends in _total */
	const char *help;
	enum metric_type type;
	const char *const *labels; /* names; n_labels */
	uint32_t n_labels;
	const double *bounds; /* of a histogram: upper ones, growing, without the infinite one; n_bounds */
	uint32_t n_bounds;
	uint32_t most; /* series, beside "other"; 0: METRIC_SERIES_MAX */
};

/* `prefix` goes before all names, NULL: none; `label` and `value`: one that all series have, NULL: none. */
struct metrics *metrics_new(const char *prefix, const char *label, const char *value);
void metrics_free(struct metrics *metrics);

/*
 * A family; all of `desc` is copied. One that is there with the same shape is given again. NULL and errno, with why:
 * EINVAL (a name, a label or bounds are none), EEXIST (there is one of another shape), ENOMEM.
 */
struct metric *metric_new(struct metrics *metrics, const struct metric_desc *desc, char *why, size_t why_size);

/* Its shape; the name has the prefix. */
const struct metric_desc *metric_describe(const struct metric *metric);
/* True: there is one of this name, without the prefix. How many there are. */
bool metrics_has(const struct metrics *metrics, const char *name);
size_t metrics_families(const struct metrics *metrics);

/*
 * The series of these values, one for each label; made if it isn't there. "other" when there are too many, NULL without
 * memory, which the functions below take. Valid until the next call for the same family.
 */
struct series *metric_series(struct metric *metric, const struct metric_text *values);
/* The same with texts that end in NUL. */
struct series *metric_at(struct metric *metric, const char *const *values);

void series_add(struct series *series, double n);     /* counter, gauge; n >= 0 of a counter */
void series_set(struct series *series, double n);     /* gauge; a counter that somebody else counts */
void series_observe(struct series *series, double n); /* histogram */
/* `times` observations at once, whose sum is `sum`, none over `most`: of a histogram that somebody else kept. */
void series_observe_many(struct series *series, double most, uint64_t times, double sum);
/*
 * A counter that somebody else counts, and that may begin anew at 0 (another instance, a reload): what it grew by since
 * the last time is added, divided.
 */
void series_follow(struct series *series, uint64_t count, double divisor);

/* Drops all series: of things that come and go, before they are set anew. */
void metric_clear(struct metric *metric);

/* Called before each writing: sets what others count. In the order of the calls. -ENOMEM. */
int metrics_collect(struct metrics *metrics, void (*collect)(void *context), void *context);
/* No collecting for this context any more. */
void metrics_uncollect(struct metrics *metrics, const void *context);
/* Calls the collectors: what is about to go away is counted to its end. */
void metrics_refresh(struct metrics *metrics);

/* Series that are touched from here on are as old as `now`, ns. Before the first of them, then every second or so. */
void metrics_tick(struct metrics *metrics, uint64_t now);

/*
 * Another registry's families are written with this one's (a script's). It must leave before it is freed. A family
 * that has the name of one here, and another type or labels, is left out. -EEXIST: one with the same value of `label`
 * is there already; -ENOMEM.
 */
int metrics_join(struct metrics *metrics, struct metrics *other);
void metrics_leave(struct metrics *metrics, const struct metrics *other);
/* Numbers of families of the same shape go on in this one. */
void metrics_inherit(struct metrics *metrics, const struct metrics *before);

/* Series that are there now, and updates that were folded, of all families. */
size_t metrics_series(const struct metrics *metrics);
uint64_t metrics_folded(const struct metrics *metrics);

/* ---- what there is: for tests, lists and scripts ---- */

/* One series; valid during the call. */
struct metric_sample {
	const struct metric_desc *desc; /* its name has the prefix */
	const struct metric_text *values;
	double value;            /* of a histogram: the sum */
	uint64_t count;          /* of a histogram */
	const uint64_t *buckets; /* of a histogram: n_bounds + 1, not added up */
};
void metrics_each(const struct metrics *metrics, void (*each)(void *context, const struct metric_sample *sample),
		  void *context);

/* ---- text (write.c) ---- */

enum metrics_format { METRICS_TEXT, METRICS_OPENMETRICS, METRICS_FORMATS };

/*
 * Which one a client wants, by the value of its Accept header (NULL: none was sent): OpenMetrics only where it says so.
 * Never fails.
 */
enum metrics_format metrics_accept(const char *accept);
/* The Content-Type of an answer. */
const char *metrics_content_type(enum metrics_format format);

/* Collects, then appends all families, those without series too. -ENOMEM: nothing is appended. */
int metrics_write(struct metrics *metrics, enum metrics_format format, struct buf *out);

/* ---- a file (textfile.c) ---- */

/*
 * Writes them as text into `path`, for node_exporter's textfile collector: into a new file beside it that then takes
 * its name, so that readers see all or nothing. -errno: why.
 */
int metrics_textfile(struct metrics *metrics, const char *path, char *why, size_t why_size);

#endif
