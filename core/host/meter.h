/* SPDX-License-Identifier: MIT */
/*
 * A metric of a plugin at work: what it is made of the events of its stream. Once a series is there, an event costs a
 * few field reads and a look in a hash table; nothing is allocated. One thread.
 */
#ifndef CORE_HOST_METER_H
#define CORE_HOST_METER_H

#include "event/view.h"
#include "filter/filter.h"
#include "host/plugin.h"
#include "metric/metric.h"

struct meter;

/* The family's name: eunomia_PLUGIN_NAME. */
void meter_name(const struct plugin *plugin, const struct eun_metric *row, char *name, size_t size);

/* `stream` is the row's, in a schema; it and the registry outlive the meter. NULL: why. */
struct meter *meter_new(struct metrics *metrics, const struct plugin *plugin, const struct eun_metric *row,
			const struct stream *stream, char *why, size_t why_size);
void meter_free(struct meter *meter);

void meter_event(struct meter *meter, const struct view *view);
/* Which events it counts: for the kernel. NULL: all. */
const struct filter *meter_where(const struct meter *meter);
/* True: it has a label that the process table or the containers know. */
bool meter_reads(const struct meter *meter, bool (*is)(const struct field *field));

#endif
