/* SPDX-License-Identifier: MIT */
/*
 * What the daemon counts about itself, for monitoring: streams and what was lost of them, rings, rules, scripts,
 * outputs, programs, the process. Most of it is only looked at when metrics are written. docs/metrics.md has the list.
 * One thread.
 */
#ifndef CORE_DAEMON_MEASURE_H
#define CORE_DAEMON_MEASURE_H

#include "metric/metric.h"

struct alert;
struct daemon;
struct generation;
struct measure;

/* Adds its families to the registry of the daemon. NULL: no memory. */
struct measure *measure_new(struct daemon *d);
void measure_free(struct measure *measure);

/* An alert that is told. */
void measure_alert(struct measure *measure, const struct alert *alert);
/* Every 100 ms; writes the file when it is due. */
void measure_tick(struct measure *measure);
/* The first generation is at work, or, after a reload, `now` in place of `before`, whose instances are still there. */
void measure_begin(struct measure *measure, struct generation *now, const struct generation *before);
/* The end: all is counted. */
void measure_end(struct measure *measure);

#endif
