/* SPDX-License-Identifier: MIT */
/* A row of a plugin's metrics[], checked against its stream and found in it. */
#ifndef CORE_HOST_METRIC_ROW_H
#define CORE_HOST_METRIC_ROW_H

#include <eunomia/plugin.h>

#include "event/schema.h"
#include "metric/metric.h"

struct metric_row {
	enum metric_type type;
	const struct field *field, *sum; /* NULL: 1; none */
	double divisor;                  /* of the field's values */
	uint32_t n_labels;
	struct metric_label {
		char name[32];
		const struct field *field; /* NULL: the stream is in no schema that knows containers */
	} labels[METRIC_LABELS_MAX];
	uint32_t n_bounds;
	double bounds[METRIC_BOUNDS_MAX];
};

/* -EINVAL with why: "metric NAME: reason; remedy". The row's texts and bounds are in order. */
int metric_row_read(struct metric_row *out, const struct eun_metric *row, const struct stream *stream, char *why,
		    size_t why_size);

#endif
