/* SPDX-License-Identifier: MIT */
#include "record_facts.h"

#include <stdlib.h>

#include "record_format.h"

#define TOLD_MAX 65536 /* cgroups whose last fact is remembered; of others it is written with each event */
#define TEXT_MAX 4095  /* of a container; what is longer is cut */
#define HOST 0xff      /* as a container's state: there is none */

struct told {
	uint64_t cgroup;
	uint32_t sum; /* of the chunk; 0: the slot is free */
};

struct facts {
	struct procs *procs;
	const struct containers *containers;
	struct buf *out;
	struct told *told; /* by hash of the cgroup; open addressing, at most half full */
	size_t n, cap;
};

struct facts *facts_new(struct procs *procs, const struct containers *containers, struct buf *out)
{
	struct facts *f = calloc(1, sizeof(*f));
	if (f)
		*f = (struct facts){.procs = procs, .containers = containers, .out = out};
	return f;
}

void facts_destroy(struct facts *f)
{
	if (!f)
		return;
	if (f->procs)
		procs_tell_of(f->procs, 0, 0, NULL, NULL, NULL); /* no more */
	free(f->told);
	free(f);
}

/* ---- processes ---- */

static void tell(void *context, const struct proc *p)
{
	struct facts *f = context;
	size_t begin = wire_chunk_begin(f->out, CHUNK_PROCESS);
	wire_put_u64(f->out, p->serial);
	wire_put_u32(f->out, p->pid);
	wire_put_u32(f->out, p->ppid);
	wire_put_u64(f->out, p->start);
	wire_put_u64(f->out, p->parent ? p->parent->serial : 0);
	wire_put_u32(f->out, p->parent ? p->parent->pid : 0);
	buf_add(f->out, p->comm, sizeof(p->comm));
	wire_put_text(f->out, p->exe);
	wire_put_u32(f->out, p->argv ? p->argv_len + 1 : 0);
	buf_add(f->out, p->argv, p->argv ? p->argv_len : 0);
	wire_chunk_end(f->out, begin);
}

static void forgot(void *context, const struct proc *p)
{
	struct facts *f = context;
	size_t begin = wire_chunk_begin(f->out, CHUNK_FORGOT);
	wire_put_u64(f->out, p->serial);
	wire_put_u32(f->out, p->pid);
	wire_chunk_end(f->out, begin);
}

void facts_get_process(struct wire *in, struct fact_process *out)
{
	*out = (struct fact_process){.proc.serial = wire_get_u64(in)};
	struct proc *p = &out->proc;
	p->pid = wire_get_u32(in);
	p->ppid = wire_get_u32(in);
	p->start = wire_get_u64(in);
	out->parent = wire_get_u64(in);
	out->parent_pid = wire_get_u32(in);
	const char *comm = wire_get_bytes(in, sizeof(p->comm));
	if (comm)
		memcpy(p->comm, comm, sizeof(p->comm));
	p->exe = wire_get_text(in);
	uint32_t argv = wire_get_u32(in);
	if (argv) {
		p->argv_len = argv - 1;
		p->argv = wire_get_bytes(in, p->argv_len);
	}
}

void facts_get_forgot(struct wire *in, struct fact_process *out)
{
	*out = (struct fact_process){.proc.serial = wire_get_u64(in)};
	out->proc.pid = wire_get_u32(in);
}

/* ---- containers ---- */

static void put_text(struct buf *out, const char *text)
{
	char cut[TEXT_MAX + 1];
	if (text && strlen(text) > TEXT_MAX) {
		memcpy(cut, text, TEXT_MAX);
		cut[TEXT_MAX] = '\0';
		text = cut;
	}
	wire_put_text(out, text);
}

static void put_container(struct buf *out, uint64_t cgroup, const struct container *c)
{
	static const struct container_info none;
	const struct container_info *info = c ? &c->info : &none;
	wire_put_u64(out, cgroup);
	wire_put_u32(out, c ? c->state : HOST);
	put_text(out, info->id);
	put_text(out, info->name);
	put_text(out, info->image);
	put_text(out, info->runtime);
	put_text(out, info->pod);
	put_text(out, info->pod_namespace);
}

void facts_get_container(struct wire *in, struct fact_container *out)
{
	*out = (struct fact_container){.container.cgroup = wire_get_u64(in)};
	struct container_info *info = &out->container.info;
	uint32_t state = wire_get_u32(in);
	in->bad |= state != HOST && state > CONTAINER_ENDED;
	out->known = state != HOST;
	out->container.state = out->known ? (enum container_state)state : CONTAINER_PENDING;
	info->id = wire_get_text(in);
	info->name = wire_get_text(in);
	info->image = wire_get_text(in);
	info->runtime = wire_get_text(in);
	info->pod = wire_get_text(in);
	info->pod_namespace = wire_get_text(in);
}

static struct told *slot_of(struct told *told, size_t cap, uint64_t cgroup)
{
	size_t at = cgroup * 0x9e3779b97f4a7c15ull >> 32 & (cap - 1);
	while (told[at].sum && told[at].cgroup != cgroup)
		at = (at + 1) & (cap - 1);
	return &told[at];
}

/* Room for one more, as far as memory and TOLD_MAX go. */
static bool told_grow(struct facts *f)
{
	if (2 * (f->n + 1) <= f->cap)
		return true;
	size_t cap = f->cap ? 2 * f->cap : 64;
	struct told *told = cap <= 2 * TOLD_MAX ? calloc(cap, sizeof(*told)) : NULL;
	if (!told)
		return false;
	for (size_t i = 0; i < f->cap; i++)
		if (f->told[i].sum)
			*slot_of(told, cap, f->told[i].cgroup) = f->told[i];
	free(f->told);
	f->told = told;
	f->cap = cap;
	return true;
}

/* Of the host nothing is written, unless something else was written before. */
static void container_put(struct facts *f, const struct eun_event *event)
{
	const struct container *c = containers_of(f->containers, event);
	struct told *told = f->cap ? slot_of(f->told, f->cap, event->cgroup) : NULL;
	bool known = told && told->sum;
	if (!c && !known && f->n < TOLD_MAX)
		return;
	size_t begin = wire_chunk_begin(f->out, CHUNK_CONTAINER);
	put_container(f->out, event->cgroup, c);
	wire_chunk_end(f->out, begin);
	if (f->out->failed)
		return;
	const char *chunk = f->out->data + begin;
	uint32_t sum = wire_chunk_sum(chunk, chunk + CHUNK_HEAD_LEN, f->out->len - begin - CHUNK_HEAD_LEN);
	sum += !sum;
	if (known && told->sum == sum) {
		f->out->len = begin;
		return;
	}
	if (!known && !told_grow(f))
		return;
	told = slot_of(f->told, f->cap, event->cgroup);
	f->n += !told->sum;
	*told = (struct told){event->cgroup, sum};
}

void facts_put(struct facts *f, const struct view *view)
{
	if (f->procs)
		procs_tell_of(f->procs, view->rec->pid, view->rec->time, tell, forgot, f);
	if (f->containers)
		container_put(f, view->rec);
}
