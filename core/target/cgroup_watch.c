/* SPDX-License-Identifier: MIT */
#include "cgroup_watch.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/core/target.h"
#include "object.h"
#include "rodata.h"

struct cgroup_watch {
	struct object object;
	int counts; /* fd of eun_counts */
};

/* The object's only stream: it goes to the ring that was chosen. */
static int connect(struct cgroup_watch *w, const struct cgroup_ring *ring)
{
	const struct eun_stream_ctl ctl = {.id = EUN_STREAM_HOST, .ring = ring->ring, .mask = ring->mask};
	const uint32_t first = 0;
	int streams = bpf_object__find_map_fd_by_name(w->object.bpf, "eun_streams");
	w->counts = bpf_object__find_map_fd_by_name(w->object.bpf, "eun_counts");
	if (streams < 0 || w->counts < 0)
		return -ENOENT;
	return bpf_map_update_elem(streams, &first, &ctl, BPF_ANY);
}

struct cgroup_watch *cgroup_watch_new(struct targets *targets, const struct hierarchy *hierarchy,
				      const struct cgroup_ring *ring, const char *types, char *why, size_t why_size)
{
	struct cgroup_watch *w = calloc(1, sizeof(*w));
	const int32_t number = (int32_t)hierarchy->id;
	size_t n;
	const struct shared_map *maps = targets_maps(targets, &n);
	int err = w ? object_open(&w->object, NULL, types) : -ENOMEM;
	if (!err)
		err = rodata_set(w->object.bpf, "target_hierarchy", &number, sizeof(number));
	if (!err) {
		object_share(&w->object, maps, n);
		object_share(&w->object, ring->maps, ring->n_maps);
		err = object_load(&w->object);
	}
	if (!err)
		err = connect(w, ring);
	if (err) {
		snprintf(why, why_size, "target: the host's own BPF object: %s", strerror(-err));
		cgroup_watch_destroy(w);
		errno = -err;
		return NULL;
	}
	targets_lend(targets, &w->object);
	return w;
}

int cgroup_watch_start(struct cgroup_watch *w, char *why, size_t why_size)
{
	int err = object_attach(&w->object, "cgroup_");
	if (err)
		snprintf(why, why_size, "target: watching cgroups failed: %s", strerror(-err));
	return err;
}

void cgroup_watch_destroy(struct cgroup_watch *w)
{
	if (!w)
		return;
	object_close(&w->object);
	free(w);
}

void cgroup_watch_record(struct containers *containers, const void *record, uint32_t len)
{
	struct target_cgroup r;
	char path[EUN_STRING_MAX + 1];
	if (len < sizeof(r))
		return;
	memcpy(&r, record, sizeof(r));
	size_t off = EUN_REF_OFF(r.path), n = EUN_REF_LEN(r.path);
	if (off + n > len || n >= sizeof(path))
		return;
	memcpy(path, (const char *)record + off, n);
	path[n] = '\0';
	if (r.parent)
		containers_made(containers, r.h.cgroup, r.parent, path, r.h.time);
	else
		containers_removed(containers, r.h.cgroup);
}

uint64_t cgroup_watch_lost(const struct cgroup_watch *w)
{
	const uint32_t first = 0;
	int cpus = libbpf_num_possible_cpus();
	struct eun_counts *counts = cpus > 0 ? calloc((size_t)cpus, sizeof(*counts)) : NULL;
	uint64_t lost = 0;
	if (counts && !bpf_map_lookup_elem(w->counts, &first, counts))
		for (int i = 0; i < cpus; i++)
			lost += counts[i].lost;
	free(counts);
	return lost;
}
