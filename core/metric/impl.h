/* SPDX-License-Identifier: MIT */
/* Inside of core/metric: what a registry holds. */
#ifndef CORE_METRIC_IMPL_H
#define CORE_METRIC_IMPL_H

#include "metric.h"

/* One allocation: the buckets and the values' bytes lie behind it. */
struct series {
	struct metric *metric;
	uint64_t hash;
	uint64_t touched; /* the registry's time then */
	double value;
	uint64_t count;
	uint64_t followed;
	uint64_t *buckets; /* of a histogram: n_bounds + 1 */
	struct metric_text values[METRIC_LABELS_MAX];
};

struct metric {
	struct metrics *metrics;
	struct metric_desc desc; /* owned */
	struct series **series;  /* in the order in which they were made */
	uint32_t n, cap;
	uint32_t *slots; /* by hash: place in series + 1; 0: free. A power of two, at least 2 * n */
	uint32_t n_slots;
	uint64_t folded;
	uint64_t swept; /* when idle series were last looked for */
};

struct metrics {
	char *prefix, *label, *value;
	uint64_t seed, now;
	struct metric **items;
	size_t n;
	struct collector {
		void (*collect)(void *context);
		void *context;
	} * collectors;
	size_t n_collectors;
	struct metrics **joined;
	size_t n_joined;
};

/* True: one family can be written under the other's heading. */
bool metric_same(const struct metric_desc *a, const struct metric_desc *b);

#endif
