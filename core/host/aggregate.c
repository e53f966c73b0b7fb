/* SPDX-License-Identifier: MIT */
#include "aggregate.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/loop.h"

/* Adds the summing fields of one CPU's record to another's. */
static void add(char *to, const char *from, const struct stream *s)
{
	for (uint32_t i = 0; i < s->n_fields; i++) {
		const struct field *f = &s->fields[i];
		if (!(f->flags & EUN_FIELD_SUM))
			continue;
		for (uint32_t at = f->offset; at + 8 <= f->offset + f->size; at += 8) {
			uint64_t a, b;
			memcpy(&a, to + at, 8);
			memcpy(&b, from + at, 8);
			a += b;
			memcpy(to + at, &a, 8);
		}
	}
}

static uint64_t count_of(const char *record, const struct stream *s)
{
	const struct field *f = stream_field(s, "count");
	uint64_t n = 0;
	if (f)
		memcpy(&n, record + f->offset, sizeof(n));
	return n;
}

/* The value of a per-CPU map: the record of the first CPU that has one, with the others' added. */
static char *merge(char *values, size_t stride, int cpus, const struct stream *s)
{
	char *first = NULL;
	for (int c = 0; c < cpus; c++) {
		char *v = values + (size_t)c * stride;
		if (!((const struct eun_event *)v)->len)
			continue;
		if (first)
			add(first, v, s);
		else
			first = v;
	}
	return first;
}

int aggregate_drain(struct instance *in, uint32_t i)
{
	const struct eun_aggregate *a = &in->plugin->aggregates[i];
	const struct stream *s = in->streams[a->stream];
	bool percpu = a->flags & EUN_AGGREGATE_PERCPU, keep = a->flags & EUN_AGGREGATE_CUMULATIVE;
	int fd = bpf_object__find_map_fd_by_name(in->object, a->map), err = 0;
	int cpus = percpu ? libbpf_num_possible_cpus() : 1;
	size_t stride = (a->value_size + 7u) & ~7ul;
	if (fd < 0 || cpus < 1)
		return fd < 0 ? fd : cpus;
	char *values = calloc((size_t)cpus, stride), *keys = calloc(2, a->key_size);
	if (!values || !keys) {
		free(values);
		free(keys);
		return -ENOMEM;
	}
	char *key = keys, *next = keys + a->key_size;
	uint64_t now = clock_boot_ns(), drained = 0;
	int more = bpf_map_get_next_key(fd, NULL, next);
	while (!more) {
		memcpy(key, next, a->key_size);
		more = bpf_map_get_next_key(fd, key, next); /* before the key is deleted, or it begins anew */
		int got = keep ? bpf_map_lookup_elem(fd, key, values) : bpf_map_lookup_and_delete_elem(fd, key, values);
		if (got) {
			if (got != -ENOENT)
				err = got;
			continue;
		}
		char *record = merge(values, stride, cpus, s);
		if (!record)
			continue;
		struct eun_event *head = (struct eun_event *)record;
		uint64_t sets;
		memcpy(&sets, record + a->value_size - sizeof(sets), sizeof(sets));
		head->time = now;
		drained += count_of(record, s);
		routes_deliver_row(in->host->routes, record, s->record_size, sets);
	}
	if (keep)
		in->aggregates[i].drained = drained;
	else
		in->aggregates[i].drained += drained;
	free(values);
	free(keys);
	return err;
}
