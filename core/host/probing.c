/* SPDX-License-Identifier: MIT */
#include "probing.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "probe.h"

#define RING_PAGES 16
#define PROBES_MAX 64 /* instances with probes at once */

struct watch {
	int fd;
	struct perf_event_mmap_page *ring;
};

struct probing {
	int epoll;
	struct probes *probes[PROBES_MAX];
	size_t n;
	uint32_t *pids;
	size_t n_pids; /* 0: all */
	struct watch *watches;
	size_t n_watches;
	bool lost; /* the kernel dropped records: everything is looked at anew */
};

struct probing *probing_new(void)
{
	struct probing *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll < 0) {
		free(p);
		return NULL;
	}
	return p;
}

static size_t ring_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE) * (RING_PAGES + 1);
}

static void unwatch(struct probing *p)
{
	for (size_t i = 0; i < p->n_watches; i++) {
		munmap(p->watches[i].ring, ring_bytes());
		close(p->watches[i].fd);
	}
	free(p->watches);
	p->watches = NULL;
	p->n_watches = 0;
}

void probing_destroy(struct probing *p)
{
	if (!p)
		return;
	unwatch(p);
	close(p->epoll);
	free(p->pids);
	free(p);
}

void probing_only(struct probing *p, const uint32_t *pids, size_t n)
{
	uint32_t *copy = malloc(n * sizeof(*copy));
	if (!copy) /* all are meant then: dearer, and not wrong */
		return;
	memcpy(copy, pids, n * sizeof(*copy));
	free(p->pids);
	p->pids = copy;
	p->n_pids = n;
}

static int watch_cpu(struct probing *p, int cpu)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.size = sizeof(attr),
		.mmap = 1, /* of code */
		.mmap2 = 1,
		.watermark = 1,
		.wakeup_watermark = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return errno == ENODEV ? 0 : -errno; /* that CPU is off */
	void *ring = mmap(NULL, ring_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct epoll_event event = {.events = EPOLLIN};
	if (ring == MAP_FAILED || epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &event)) {
		int err = -errno;
		if (ring != MAP_FAILED)
			munmap(ring, ring_bytes());
		close(fd);
		return err;
	}
	p->watches[p->n_watches++] = (struct watch){fd, ring};
	return 0;
}

static int watch_all(struct probing *p)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	if (p->watches)
		return 0;
	p->watches = calloc(cpus > 0 ? (size_t)cpus : 1, sizeof(*p->watches));
	int err = p->watches ? 0 : -ENOMEM;
	for (int cpu = 0; !err && cpu < cpus; cpu++)
		err = watch_cpu(p, cpu);
	if (err)
		unwatch(p);
	return err;
}

static bool meant(const struct probing *p, uint32_t pid)
{
	for (size_t i = 0; i < p->n_pids; i++)
		if (p->pids[i] == pid)
			return true;
	return !p->n_pids && pid != (uint32_t)getpid();
}

static void found(struct probing *p, size_t from, uint32_t pid, const struct mapping *m)
{
	for (size_t i = from; i < p->n; i++)
		if (probes_mean(p->probes[i], m->path))
			probes_put(p->probes[i], pid, m, p->n_pids);
}

struct scan {
	struct probing *probing;
	size_t from; /* the first of the probes that is to be put */
	uint32_t pid;
};

static int on_mapping(void *context, const struct mapping *m)
{
	const struct scan *s = context;
	found(s->probing, s->from, s->pid, m);
	return 0;
}

static void scan(struct probing *p, size_t from)
{
	struct dirent *entry;
	for (size_t i = 0; i < p->n_pids; i++)
		maps_each(p->pids[i], on_mapping, &(struct scan){p, from, p->pids[i]});
	DIR *dir = p->n_pids ? NULL : opendir("/proc");
	while (dir && (entry = readdir(dir))) {
		uint32_t pid = (uint32_t)strtoul(entry->d_name, NULL, 10);
		if (isdigit((unsigned char)*entry->d_name) && meant(p, pid))
			maps_each(pid, on_mapping, &(struct scan){p, from, pid});
	}
	if (dir)
		closedir(dir);
}

int probing_add(struct probing *p, struct probes *probes)
{
	if (p->n == PROBES_MAX)
		return -ENOSPC;
	int err = watch_all(p); /* first: what is mapped while we look is told */
	if (err)
		return err;
	p->probes[p->n++] = probes;
	scan(p, p->n - 1);
	probes_say_missing(probes);
	return 0;
}

void probing_remove(struct probing *p, struct probes *probes)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->probes[i] == probes)
			p->probes[i] = p->probes[--p->n];
	if (!p->n)
		unwatch(p);
}

int probing_fd(const struct probing *p)
{
	return p->epoll;
}

/* As in PERF_RECORD_MMAP2 of perf_event_open(2). */
struct mmap2 {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t address, length, offset;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t protection, flags;
	char path[];
};

static void on_record(struct probing *p, const struct perf_event_header *header)
{
	const struct mmap2 *r = (const void *)header;
	if (header->type == PERF_RECORD_LOST)
		p->lost = true;
	/* with PERF_RECORD_MISC_MMAP_BUILD_ID, which nobody asked for, there would be no inode */
	if (header->type != PERF_RECORD_MMAP2 || header->size <= sizeof(*r) || !meant(p, r->pid) ||
	    !memchr(r->path, 0, header->size - sizeof(*r)))
		return;
	const struct mapping m = {r->address, r->address + r->length, r->offset, makedev(r->major, r->minor), r->inode,
				  r->path};
	found(p, 0, r->pid, &m);
}

static void drain(struct probing *p, struct watch *w)
{
	const char *data = (const char *)w->ring + w->ring->data_offset;
	uint64_t size = w->ring->data_size, tail = w->ring->data_tail;
	uint64_t head = __atomic_load_n(&w->ring->data_head, __ATOMIC_ACQUIRE);
	union {
		struct perf_event_header header;
		char bytes[UINT16_MAX + 1];
	} record;
	while (tail < head) {
		for (size_t i = 0; i < sizeof(record.header); i++)
			record.bytes[i] = data[(tail + i) % size];
		if (record.header.size < sizeof(record.header) || record.header.size > head - tail)
			break;
		for (size_t i = sizeof(record.header); i < record.header.size; i++)
			record.bytes[i] = data[(tail + i) % size];
		tail += record.header.size;
		__atomic_store_n(&w->ring->data_tail, tail, __ATOMIC_RELEASE);
		on_record(p, &record.header);
	}
}

void probing_look(struct probing *p)
{
	for (size_t i = 0; i < p->n_watches; i++)
		drain(p, &p->watches[i]);
	if (p->lost) {
		p->lost = false;
		scan(p, 0);
	}
}
