/* SPDX-License-Identifier: MIT */
#include "rings.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RINGS_MAX 64   /* entries of eun_rings */
#define MANY_CPUS 8    /* more: a ring a CPU, as its lock becomes the bottleneck */
#define ROUND_MAX 2048 /* records of one round; their space is free again after it */

struct ring {
	int fd;
	uint64_t size;
	unsigned long *cons, *prod; /* positions, mapped; cons is ours to write */
	const char *data;           /* mapped twice in a row, so a record never wraps */
	size_t prod_bytes;
	unsigned long end;  /* what was there when the drain began */
	unsigned long next; /* where this round has read to */
	unsigned long most; /* that waited for a drain so far */
};

struct item {
	uint64_t time;
	const char *record;
	uint32_t len;
	uint64_t sets;
};

enum { OUTER, SCRATCH, MAPS };

struct rings {
	struct ring rings[RINGS_MAX];
	size_t n; /* bulk rings and the critical one */
	struct shared_map maps[MAPS];
	struct eun_ctl *ctl;
	struct item items[ROUND_MAX];
	void (*before)(void *context);
	void *before_context;
};

static int ring_open(struct ring *r, const char *name, uint64_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t size = page;
	while (size < bytes)
		size *= 2;
	r->fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, (uint32_t)size, NULL);
	if (r->fd < 0)
		return r->fd;
	r->size = size;
	r->prod_bytes = page + 2 * size;
	void *cons = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (cons == MAP_FAILED)
		return -errno;
	r->cons = cons;
	void *prod = mmap(NULL, r->prod_bytes, PROT_READ, MAP_SHARED, r->fd, (off_t)page);
	if (prod == MAP_FAILED)
		return -errno;
	r->prod = prod;
	r->data = (const char *)prod + page;
	return 0;
}

static void ring_close(struct ring *r)
{
	if (r->cons)
		munmap(r->cons, (size_t)sysconf(_SC_PAGESIZE));
	if (r->prod)
		munmap(r->prod, r->prod_bytes);
	if (r->fd >= 0)
		close(r->fd);
}

static size_t bulk_count(void)
{
	int cpus = libbpf_num_possible_cpus();
	size_t n = 1;
	if (cpus > MANY_CPUS)
		while (n < (size_t)cpus && n < RINGS_MAX / 2)
			n *= 2;
	return n;
}

struct rings *rings_new(uint64_t bulk, struct eun_ctl *ctl, char *why, size_t why_size)
{
	struct rings *r = calloc(1, sizeof(*r));
	if (!r) {
		snprintf(why, why_size, "no memory");
		return NULL;
	}
	r->ctl = ctl;
	r->n = bulk_count() + 1;
	for (size_t i = 0; i < RINGS_MAX; i++)
		r->rings[i].fd = -1;
	r->maps[OUTER] = (struct shared_map){"eun_rings", -1};
	r->maps[SCRATCH] = (struct shared_map){"eun_scratch", -1};
	int err = 0;
	for (size_t i = 0; i < r->n && !err; i++) {
		bool critical = i == r->n - 1;
		err = ring_open(&r->rings[i], critical ? "eun_critical" : "eun_bulk",
				critical ? RINGS_CRITICAL_BYTES : bulk / (r->n - 1));
	}
	if (!err) {
		LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (uint32_t)r->rings[0].fd);
		err = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "eun_rings", 4, 4, RINGS_MAX, &opts);
		r->maps[OUTER].fd = err;
	}
	if (err >= 0) {
		err = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "eun_scratch", 4, EUN_SLOT_BYTES, EUN_SLOTS, NULL);
		r->maps[SCRATCH].fd = err;
	}
	if (err < 0) {
		snprintf(why, why_size, "rings of %llu KiB: %s", (unsigned long long)(bulk >> 10), strerror(-err));
		rings_destroy(r);
		errno = -err;
		return NULL;
	}
	return r;
}

int rings_connect(struct rings *r)
{
	uint32_t keys[RINGS_MAX], count = (uint32_t)r->n;
	int fds[RINGS_MAX], err = 0;
	for (uint32_t i = 0; i < count; i++) {
		keys[i] = i;
		fds[i] = r->rings[i].fd;
	}
	/* each update waits for a grace period, a batch of them for one only (Linux 6.7) */
	if (bpf_map_update_batch(r->maps[OUTER].fd, keys, fds, &count, NULL))
		for (uint32_t i = 0; i < r->n && !err; i++)
			err = bpf_map_update_elem(r->maps[OUTER].fd, &i, &r->rings[i].fd, BPF_ANY);
	return err;
}

void rings_destroy(struct rings *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < RINGS_MAX; i++)
		ring_close(&r->rings[i]);
	for (int i = 0; i < MAPS; i++)
		if (r->maps[i].fd >= 0)
			close(r->maps[i].fd);
	free(r);
}

const struct shared_map *rings_maps(const struct rings *r, size_t *n)
{
	*n = MAPS;
	return r->maps;
}

void rings_choice(const struct rings *r, bool critical, uint32_t *ring, uint32_t *mask)
{
	*ring = critical ? (uint32_t)(r->n - 1) : 0;
	*mask = critical ? 0 : (uint32_t)(r->n - 2);
}

/* Notes the records of one ring as items `n` to `most`, until one is still being written. */
static size_t gather(struct rings *r, struct ring *ring, size_t n, size_t most)
{
	unsigned long pos = *ring->cons;
	while (pos < ring->end && n < most) {
		const char *at = ring->data + (pos & (ring->size - 1));
		uint32_t head = __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE);
		if (head & BPF_RINGBUF_BUSY_BIT)
			break;
		uint32_t len = head & ~(uint32_t)BPF_RINGBUF_DISCARD_BIT;
		pos += (len + BPF_RINGBUF_HDR_SZ + 7) & ~7ul;
		if (head & BPF_RINGBUF_DISCARD_BIT)
			continue; /* a wake without a record */
		struct item *item = &r->items[n++];
		item->record = at + BPF_RINGBUF_HDR_SZ;
		/* what the record says of its length must agree with what was sent: record, padding to 8, sets */
		uint32_t said = len >= sizeof(struct eun_event) + 8 ? ((const struct eun_event *)item->record)->len : 0;
		item->len = said && ((said + 7) & ~7u) + 8 == len ? said : 0;
		item->time = item->len ? ((const struct eun_event *)item->record)->time : 0;
		item->sets = 0;
		if (item->len)
			memcpy(&item->sets, item->record + len - 8, 8);
	}
	ring->next = pos;
	return n;
}

/* Nearly sorted: each ring is in the order of its records' begins, give or take an interrupt. */
static void sort(struct item *items, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct item it = items[i];
		size_t j = i;
		for (; j && items[j - 1].time > it.time; j--)
			items[j] = items[j - 1];
		items[j] = it;
	}
}

static int by_time(const void *a, const void *b)
{
	uint64_t x = ((const struct item *)a)->time, y = ((const struct item *)b)->time;
	return x < y ? -1 : x > y;
}

void rings_before(struct rings *r, void (*before)(void *context), void *context)
{
	r->before = before;
	r->before_context = context;
}

size_t rings_drain(struct rings *r, rings_each each, void *context)
{
	/* each ring has its share of a round, so that a flood in one does not make another wait and overflow */
	size_t total = 0, share = ROUND_MAX / r->n;
	bool more = true;
	/* what comes from now on is for the next drain: in a flood this one would not end */
	bool any = false;
	for (size_t i = 0; i < r->n; i++) {
		struct ring *ring = &r->rings[i];
		ring->end = __atomic_load_n(ring->prod, __ATOMIC_ACQUIRE);
		any |= ring->end != *ring->cons;
		if (ring->end - *ring->cons > ring->most)
			ring->most = ring->end - *ring->cons;
	}
	if (any && r->before)
		r->before(r->before_context);
	while (more) {
		size_t n = 0, sources = 0;
		more = false;
		for (size_t i = 0; i < r->n; i++) {
			size_t before = n;
			n = gather(r, &r->rings[i], n, n + share);
			sources += n != before;
			more |= n - before == share;
		}
		if (sources > 2)
			qsort(r->items, n, sizeof(r->items[0]), by_time);
		else
			sort(r->items, n);
		for (size_t i = 0; i < n; i++)
			each(context, r->items[i].record, r->items[i].len, r->items[i].sets);
		for (size_t i = 0; i < r->n; i++)
			__atomic_store_n(r->rings[i].cons, r->rings[i].next, __ATOMIC_RELEASE);
		total += n;
	}
	return total;
}

bool rings_use(const struct rings *r, size_t i, struct ring_use *out)
{
	if (i >= r->n)
		return false;
	const struct ring *ring = &r->rings[i];
	*out = (struct ring_use){ring->size, __atomic_load_n(ring->prod, __ATOMIC_ACQUIRE) - *ring->cons, ring->most,
				 i + 1 == r->n};
	return true;
}

bool rings_arm(struct rings *r)
{
	__atomic_store_n(&r->ctl->sleeping, 1, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (size_t i = 0; i < r->n; i++)
		if (*r->rings[i].cons != __atomic_load_n(r->rings[i].prod, __ATOMIC_ACQUIRE)) {
			rings_awake(r);
			return false;
		}
	return true;
}

void rings_awake(struct rings *r)
{
	__atomic_store_n(&r->ctl->sleeping, 0, __ATOMIC_RELAXED);
}

int rings_fd(const struct rings *r, size_t i)
{
	return i < r->n ? r->rings[i].fd : -1;
}
