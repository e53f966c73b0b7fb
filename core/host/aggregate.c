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

/* Where the values of one key go, and the key itself twice: this one and the next. */
struct drain {
	const struct eun_aggregate *aggregate;
	const struct stream *stream;
	int fd, cpus;
	size_t stride;
	char *values, *key, *next;
	uint64_t now, drained;
};

static int drain_open(struct drain *d, struct instance *in, uint32_t i)
{
	const struct eun_aggregate *a = &in->plugin->aggregates[i];
	d->aggregate = a;
	d->stream = in->streams[a->stream];
	d->fd = bpf_object__find_map_fd_by_name(in->object, a->map);
	d->cpus = a->flags & EUN_AGGREGATE_PERCPU ? libbpf_num_possible_cpus() : 1;
	d->stride = (a->value_size + 7u) & ~7ul;
	d->now = clock_boot_ns();
	if (d->fd < 0 || d->cpus < 1)
		return d->fd < 0 ? d->fd : d->cpus;
	d->values = calloc((size_t)d->cpus, d->stride);
	d->key = calloc(2, a->key_size);
	d->next = d->key ? d->key + a->key_size : NULL;
	return d->values && d->key ? 0 : -ENOMEM;
}

static void drain_close(struct drain *d)
{
	free(d->values);
	free(d->key);
}

/* Delivers the row of d->key. */
static int drain_row(struct drain *d, struct instance *in)
{
	bool keep = d->aggregate->flags & EUN_AGGREGATE_CUMULATIVE;
	int err = bpf_map_lookup_elem(d->fd, d->key, d->values);
	if (!err && !keep)
		err = bpf_map_delete_elem(d->fd, d->key);
	if (err)
		return err == -ENOENT ? 0 : err;
	char *record = merge(d->values, d->stride, d->cpus, d->stream);
	uint64_t sets;
	if (!record)
		return 0;
	memcpy(&sets, record + d->aggregate->value_size - sizeof(sets), sizeof(sets));
	((struct eun_event *)record)->time = d->now;
	d->drained += count_of(record, d->stream);
	return routes_deliver_row(in->host->routes, record, d->stream->record_size, sets);
}

int aggregate_drain(struct instance *in, uint32_t i, uint32_t epoch)
{
	struct drain d = {0};
	int err = drain_open(&d, in, i);
	bool keep = !err && d.aggregate->flags & EUN_AGGREGATE_CUMULATIVE;
	int more = err ? err : bpf_map_get_next_key(d.fd, NULL, d.next);
	while (!more && !err) {
		uint32_t of;
		memcpy(d.key, d.next, d.aggregate->key_size);
		memcpy(&of, d.key, sizeof(of));
		more = bpf_map_get_next_key(d.fd, d.key, d.next); /* before the key is deleted, or it begins anew */
		if (keep || of == epoch || epoch == AGGREGATE_ALL)
			err = drain_row(&d, in);
	}
	if (keep)
		in->aggregates[i].drained = d.drained;
	else
		in->aggregates[i].drained += d.drained;
	drain_close(&d);
	return err;
}
