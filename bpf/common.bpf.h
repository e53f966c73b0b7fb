/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * All that a tracer needs: begin a record, append strings and paths, submit it. Include it first, once, in the
 * plugin's .bpf.c.
 *
 *	SEC("?tp_btf/sched_process_exit")
 *	int BPF_PROG(on_exit, struct task_struct *task)
 *	{
 *		struct eun_slot *s = eun_begin(PROCESS_EXIT, sizeof(struct process_exit));
 *		if (!s) // not wanted: switched off, not a target, nowhere to build it
 *			return 0;
 *		struct process_exit *e = eun_record(s); // header filled, the fixed part zeroed
 *		e->exit_code = task->exit_code >> 8;
 *		eun_submit(s);
 *		return 0;
 *	}
 *
 * Every eun_begin() that returns a slot must be followed by exactly one of eun_submit(), eun_row_insert() and
 * eun_drop(): it holds one of four scratch slots of this CPU until then.
 */
#ifndef EUNOMIA_COMMON_BPF_H
#define EUNOMIA_COMMON_BPF_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include <eunomia/event.h>

/* Keeps the compiler from merging a bound check with what it saw before, so that the verifier sees it too. */
#define EUN_HIDE(var) asm volatile("" : "+r"(var))

#include "ia32.bpf.h"

/* A rendezvous for scratch: one record under construction. An interrupt, or on recent kernels another task, may run a
 * program in the middle of another's record, so each CPU has a few. */
struct eun_slot {
	u32 busy;
	u32 level; /* index of the slot */
	u32 stream;
	u32 len;  /* bytes used of rec */
	u64 sets; /* target sets that want this event */
	/* path walk state: in memory, not in registers, or the verifier follows every combination */
	struct dentry *dentry;
	struct mount *mount;
	struct dentry *root_dentry;
	struct mount *root_mount;
	struct {
		struct mount *parent;
		struct dentry *mountpoint;
		struct dentry *root;
	} mnt; /* of `mount` */
	struct {
		struct dentry *parent;
		u64 hash_len;
		const unsigned char *name;
	} name;              /* of `dentry` */
	u32 pos;             /* first byte used in path */
	u32 root_pos;        /* pos where the task's root was met; ~0: not met */
	u32 fs_pos;          /* pos where the first mount's root was met; ~0: not met */
	u32 walk;            /* enum eun_walk */
	eun_ref ref, fs_ref; /* the path that was appended */
	char path[EUN_STRING_MAX + 256];
	char rec[EUN_RECORD_MAX + 64]; /* the slack is for word-wise compares past a string's end */
};

_Static_assert(sizeof(struct eun_slot) == EUN_SLOT_BYTES, "the host makes the map");

/* Owned by the host and shared by all objects, but for eun_streams and eun_counts: one of each an object. */

/* key: ring index; inserted by the host; written to by eun_submit(), read by the host */
struct eun_ring_template {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 64);
	__type(key, u32);
	__array(values, struct eun_ring_template);
} eun_rings SEC(".maps");

/* key: 0; written by the host (memory-mapped) and, `sleeping` and `live`, by programs */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct eun_ctl);
} eun_ctl SEC(".maps");

/* key: slot; private to one record at a time by `busy` */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EUN_SLOTS);
	__type(key, u32);
	__type(value, struct eun_slot);
} eun_scratch SEC(".maps");

/* key: thread group id, value: target sets it is in; inserted by the host and on fork, deleted on exit */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u64);
} eun_pids SEC(".maps");

/* key: real uid, value: target sets; inserted and deleted by the host */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u64);
} eun_uids SEC(".maps");

struct eun_comm {
	char name[EUN_COMM_LEN];
};

/* key: thread name, zero-padded; value: target sets; inserted and deleted by the host */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct eun_comm);
	__type(value, u64);
} eun_comms SEC(".maps");

/*
 * key: cgroup id, value: target sets; inserted by the host and, as a cgroup is made, by the host's own object, which
 * also deletes it with the cgroup
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u64);
	__type(value, u64);
} eun_cgroups SEC(".maps");

/* key: inode number of a mount or pid namespace (no two share one); value: target sets; changed by the host */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, u32);
	__type(value, u64);
} eun_nss SEC(".maps");

/* key: stream of this object; written by the host (memory-mapped) */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, EUN_STREAMS_MAX);
	__type(key, u32);
	__type(value, struct eun_stream_ctl);
} eun_streams SEC(".maps");

/* key: stream of this object; counted up here, read by the host */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EUN_STREAMS_MAX);
	__type(key, u32);
	__type(value, struct eun_counts);
} eun_counts SEC(".maps");

/* Set by the host, in every object alike: no cgroup2 is mounted, containers are told apart by v1's `pids` hierarchy. */
const volatile bool eun_cgroup_v1 = false;

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Atomic, because an interrupt on this CPU may count in the middle of it: the law allows no error. */
#define eun_count(stream, what, n)                                                       \
	do {                                                                             \
		u32 eun_key_ = (stream);                                                 \
		struct eun_counts *eun_c_ = bpf_map_lookup_elem(&eun_counts, &eun_key_); \
		if (eun_c_)                                                              \
			__sync_fetch_and_add(&eun_c_->what, (n));                        \
	} while (0)

/* Which of `sets` contain this actor. The kinds are asked only while a set is left that tests them. */
static __always_inline u64 eun_member(struct eun_ctl *ctl, u64 sets, u32 pid, u32 uid, const struct eun_comm *comm)
{
	if (pid && pid == ctl->self)
		return 0;
	if (sets & ~ctl->any_pid) {
		u64 *in = bpf_map_lookup_elem(&eun_pids, &pid);
		sets &= ctl->any_pid | (in ? *in : 0);
	}
	if (sets & ~ctl->any_uid) {
		u64 *in = bpf_map_lookup_elem(&eun_uids, &uid);
		sets &= ctl->any_uid | (in ? *in : 0);
	}
	if (sets & ~ctl->any_comm) {
		u64 *in = bpf_map_lookup_elem(&eun_comms, comm);
		sets &= ctl->any_comm | (in ? *in : 0);
	}
	return sets;
}

/* The same for where the actor is; to be asked while sets & ~ctl->any_place. */
static __always_inline u64 eun_placed(struct eun_ctl *ctl, u64 sets, u64 cgroup, u32 mntns, u32 pidns)
{
	if (sets & ~ctl->any_cgroup) {
		u64 *in = bpf_map_lookup_elem(&eun_cgroups, &cgroup);
		sets &= ctl->any_cgroup | (in ? *in : 0);
	}
	if (sets & ~ctl->any_mntns) {
		u64 *in = bpf_map_lookup_elem(&eun_nss, &mntns);
		sets &= ctl->any_mntns | (in ? *in : 0);
	}
	if (sets & ~ctl->any_pidns) {
		u64 *in = bpf_map_lookup_elem(&eun_nss, &pidns);
		sets &= ctl->any_pidns | (in ? *in : 0);
	}
	return sets;
}

/* The inode number of init's pid namespace: PROC_PID_INIT_INO, include/linux/proc_ns.h */
#define EUN_FIRST_PIDNS 0xEFFFFFFCu

/*
 * A pid's number and namespace at a level; that of pid->level is the innermost. `pid` must come from a probe read: the
 * verifier of 6.1 adds nothing unknown to a pointer that it has a type for.
 */
static __always_inline void eun_read_upid(struct upid *to, struct pid *pid, u32 level)
{
	level &= 31; /* MAX_PID_NS_LEVEL is 32 */
	bpf_probe_read_kernel(to, bpf_core_type_size(struct upid),
			      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
				      level * bpf_core_type_size(struct upid));
}

/* A task's cgroup in the v1 hierarchy of `pids`. */
static __always_inline u64 eun_read_cgroup_v1(struct task_struct *task)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup_subsys_state *css = NULL;
	u32 pids = bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id);
	bpf_probe_read_kernel(&css, sizeof(css),
			      (void *)set + bpf_core_field_offset(struct css_set, subsys) + pids * sizeof(css));
	return BPF_CORE_READ(css, cgroup, kn, id);
}

static __always_inline u32 eun_read_pidns(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	struct upid in = {};
	if (!level)
		return EUN_FIRST_PIDNS;
	eun_read_upid(&in, pid, level);
	return BPF_CORE_READ(in.ns, ns.inum);
}

/* eun_placed() for the current task; read only for sets that ask. */
static __always_inline u64 eun_placed_now(struct eun_ctl *ctl, u64 sets)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 cgroup = 0;
	u32 mntns = 0, pidns = 0;
	if (sets & ~ctl->any_cgroup)
		cgroup = eun_cgroup_v1 ? eun_read_cgroup_v1(task) : bpf_get_current_cgroup_id();
	if (sets & ~ctl->any_mntns)
		mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	if (sets & ~ctl->any_pidns)
		pidns = eun_read_pidns(task);
	return eun_placed(ctl, sets, cgroup, mntns, pidns);
}

/* True: somebody wants events of the stream. For work that begins before a record does. */
static __always_inline bool eun_wanted(u32 stream)
{
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	return ctl && ctl->sets;
}

/* Of the sets that want the stream, those that contain `task`, which is the current one. */
static __always_inline u64 eun_current_task(u64 sets, struct task_struct *task)
{
	struct eun_comm comm = {};
	u32 zero = 0, uid = 0;
	struct eun_ctl *ctl = bpf_map_lookup_elem(&eun_ctl, &zero);
	if (!ctl)
		return 0;
	if (sets & ~ctl->any_uid)
		uid = bpf_get_current_uid_gid();
	if (sets & ~ctl->any_comm)
		bpf_get_current_comm(&comm, sizeof(comm));
	sets = eun_member(ctl, sets, task->tgid, uid, &comm);
	return sets & ~ctl->any_place ? eun_placed_now(ctl, sets) : sets;
}

static __always_inline u64 eun_current(u64 sets)
{
	return eun_current_task(sets, bpf_get_current_task_btf());
}

/*
 * The target sets that want the stream and contain the current task; 0: none does. Counts what it sees: call it once
 * an event. eun_begin() does.
 */
static __always_inline u64 eun_enter(u32 stream)
{
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	u64 sets = ctl ? ctl->sets : 0;
	if (!sets)
		return 0;
	eun_count(stream, seen, 1);
	sets = eun_current(sets);
	if (!sets)
		eun_count(stream, not_target, 1);
	return sets;
}

/* True: the event that begins here will be wanted when it ends. Counts nothing. */
static __always_inline bool eun_meant(u32 stream)
{
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	return ctl && ctl->sets && eun_current(ctl->sets);
}

static __always_inline void *eun_record(struct eun_slot *s)
{
	return s->rec;
}

static __always_inline void eun_drop(struct eun_slot *s)
{
	*(volatile u32 *)&s->busy = 0;
}

static __always_inline struct eun_slot *eun_slot_take(void)
{
	for (u32 i = 0; i < EUN_SLOTS; i++) {
		u32 key = i;
		struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &key);
		if (!s)
			return NULL;
		if (!__sync_lock_test_and_set(&s->busy, 1)) {
			s->level = i;
			return s;
		}
	}
	return NULL;
}

/* An actor that is in another pid namespace than the first. */
static __always_inline void eun_actor_inside(struct eun_event *h, struct pid *pid, u32 level)
{
	struct upid in = {};
	eun_read_upid(&in, pid, level);
	h->pidns = BPF_CORE_READ(in.ns, ns.inum);
	h->flags |= EUN_CONTAINER;
}

/*
 * Fills what identifies `task`, the current one, as an actor: all of the header but time, stream, cpu, len. By loads,
 * as a helper's call costs some 30 ns where the kernel guards its returns. But each pointer that is loaded from a task
 * costs a search of the whole of vmlinux's BTF, up to 1 ms, in the verifier of recent kernels, in each program: so few
 * are.
 */
static __always_inline void eun_actor(struct eun_event *h, struct task_struct *task)
{
	const struct cred *cred = task->cred;
	h->flags = eun_is_ia32(task) ? EUN_IA32 : 0;
	h->cgroup = eun_cgroup_v1 ? eun_read_cgroup_v1(task) : task->cgroups->dfl_cgrp->kn->id;
	h->pid = task->tgid;
	h->tid = task->pid;
	h->ppid = task->real_parent->tgid;
	h->uid = cred->uid.val;
	h->gid = cred->gid.val;
	h->mntns = task->nsproxy->mnt_ns->ns.inum;
	h->pidns = EUN_FIRST_PIDNS;
	u32 level = task->thread_pid->level;
	if (level)
		eun_actor_inside(h, BPF_CORE_READ(task, thread_pid), level);
	const u64 *comm = __builtin_preserve_access_index((const u64 *)&task->comm);
	((u64 *)h->comm)[0] = comm[0];
	((u64 *)h->comm)[1] = comm[1];
}

/* The same of any task, by reads: they cost some 300 ns more when it runs, and 4 ms less when it is verified. */
static __always_inline void eun_actor_of(struct eun_event *h, struct task_struct *task)
{
	h->flags = eun_read_ia32(task) ? EUN_IA32 : 0;
	h->cgroup = eun_cgroup_v1 ? eun_read_cgroup_v1(task) : BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	h->pid = BPF_CORE_READ(task, tgid);
	h->tid = BPF_CORE_READ(task, pid);
	h->ppid = BPF_CORE_READ(task, real_parent, tgid);
	h->uid = BPF_CORE_READ(task, cred, uid.val);
	h->gid = BPF_CORE_READ(task, cred, gid.val);
	h->mntns = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	h->pidns = EUN_FIRST_PIDNS;
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	u32 level = BPF_CORE_READ(pid, level);
	if (level)
		eun_actor_inside(h, pid, level);
	bpf_core_read(h->comm, sizeof(h->comm), &task->comm);
}

static __always_inline struct eun_slot *eun_open(u32 stream, u32 size, u64 sets)
{
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	struct eun_slot *s = ctl ? eun_slot_take() : NULL;
	if (!s) {
		eun_count(stream, lost, 1);
		return NULL;
	}
	s->stream = stream;
	s->sets = sets;
	s->len = size;
	__builtin_memset(s->rec, 0, size);
	struct eun_event *h = (void *)s->rec;
	h->time = bpf_ktime_get_boot_ns();
	h->stream = ctl->id;
	h->cpu = bpf_get_smp_processor_id();
	return s;
}

/* A record for an event that eun_enter() let pass; the actor is the current task. NULL: no slot, counted as lost. */
static __always_inline struct eun_slot *eun_make(u32 stream, u32 size, u64 sets)
{
	struct eun_slot *s = eun_open(stream, size, sets);
	if (s)
		eun_actor((void *)s->rec, bpf_get_current_task_btf());
	return s;
}

/* The same in a program that runs too seldom for its speed to count. */
static __always_inline struct eun_slot *eun_make_seldom(u32 stream, u32 size, u64 sets)
{
	struct eun_slot *s = eun_open(stream, size, sets);
	if (s)
		eun_actor_of((void *)s->rec, bpf_get_current_task_btf());
	return s;
}

/*
 * Begins a record of `size` bytes (a constant: header and fixed part) whose actor is the current task.
 * NULL: nobody wants it.
 */
static __always_inline struct eun_slot *eun_begin(u32 stream, u32 size)
{
	u64 sets = eun_enter(stream);
	return sets ? eun_make(stream, size, sets) : NULL;
}

/*
 * eun_enter(), eun_make() and eun_begin() for an event whose actor is not the current task (a packet that arrives):
 * `who` is the header of the actor, stored when the object was made by eun_actor(); NULL: unknown.
 */
static __always_inline u64 eun_enter_as(u32 stream, const struct eun_event *who)
{
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	u64 sets = ctl ? ctl->sets : 0;
	struct eun_comm comm = {};
	u32 zero = 0;
	struct eun_ctl *all = bpf_map_lookup_elem(&eun_ctl, &zero);
	if (!sets || !all)
		return 0;
	eun_count(stream, seen, 1);
	if (who && sets & ~who->time) { /* see eun_keep() */
		__builtin_memcpy(&comm, who->comm, sizeof(comm));
		u64 in = eun_member(all, sets, who->pid, who->uid, &comm);
		if (in & ~all->any_place)
			in = eun_placed(all, in, who->cgroup, who->mntns, who->pidns);
		sets &= who->time | in;
	} else if (!who) {
		sets &= all->any_pid & all->any_uid & all->any_comm & all->any_place; /* nobody is not root */
	}
	if (!sets)
		eun_count(stream, not_target, 1);
	return sets;
}

/*
 * For a header that is stored as the actor of what comes later: notes in its `time`, which says nothing there, the
 * target sets that it is in now. Its process may be gone by then, and so its place in eun_pids.
 */
static __always_inline void eun_keep(struct eun_event *h, u32 pid)
{
	u32 zero = 0;
	struct eun_ctl *all = bpf_map_lookup_elem(&eun_ctl, &zero);
	struct eun_comm comm;
	__builtin_memcpy(&comm, h->comm, sizeof(comm));
	u64 in = all ? eun_member(all, ~EUN_DYING, pid, h->uid, &comm) : 0;
	if (all && in & ~all->any_place)
		in = eun_placed(all, in, h->cgroup, h->mntns, h->pidns);
	h->time = in;
}

static __always_inline struct eun_slot *eun_make_as(u32 stream, u32 size, u64 sets, const struct eun_event *who)
{
	struct eun_slot *s = eun_open(stream, size, sets);
	if (!s)
		return NULL;
	struct eun_event *h = (void *)s->rec;
	if (who) {
		h->cgroup = who->cgroup;
		h->flags = who->flags;
		h->pid = who->pid;
		h->tid = who->tid;
		h->ppid = who->ppid;
		h->uid = who->uid;
		h->gid = who->gid;
		h->pidns = who->pidns;
		h->mntns = who->mntns;
		__builtin_memcpy(h->comm, who->comm, sizeof(h->comm));
	} else {
		h->flags = EUN_NOT_ACTOR;
	}
	return s;
}

static __always_inline struct eun_slot *eun_begin_as(u32 stream, u32 size, const struct eun_event *who)
{
	u64 sets = eun_enter_as(stream, who);
	return sets ? eun_make_as(stream, size, sets, who) : NULL;
}

static __always_inline void eun_flag(struct eun_slot *s, u16 flag)
{
	((struct eun_event *)s->rec)->flags |= flag;
}

/* Wakes the reader if it sleeps: once, then the flag is down until it sleeps again. Published first, tested after. */
static __always_inline void eun_wake(void *ring)
{
	u32 zero = 0;
	struct eun_ctl *ctl = bpf_map_lookup_elem(&eun_ctl, &zero);
	if (!ctl || !*(volatile u32 *)&ctl->sleeping || !__sync_lock_test_and_set(&ctl->sleeping, 0))
		return;
	void *nothing = bpf_ringbuf_reserve(ring, 8, 0);
	if (nothing)
		bpf_ringbuf_discard(nothing, BPF_RB_FORCE_WAKEUP);
}

/*
 * Ends the record: its length, and at the next multiple of 8 behind it the target sets that want it, so that the host
 * delivers it to their subscriptions without asking again who was meant. Returns the length of both.
 */
static __always_inline u32 eun_seal(struct eun_slot *s)
{
	u32 len = s->len;
	EUN_HIDE(len);
	if (len > EUN_RECORD_MAX)
		len = EUN_RECORD_MAX;
	((struct eun_event *)s->rec)->len = len;
	u32 end = (len + 7) & ~7u;
	EUN_HIDE(end);
	if (end > EUN_RECORD_MAX)
		end = EUN_RECORD_MAX;
	*(u64 *)(s->rec + end) = s->sets;
	return end + sizeof(u64);
}

#include "where.bpf.h"

/* Sends the record, if it passes the stream's filter, and gives the slot back. */
static __always_inline void eun_submit(struct eun_slot *s)
{
	u32 stream = s->stream;
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	if (eun_where_on && ctl && ctl->where && !eun_where_pass(s, ctl->where)) {
		eun_count(stream, not_where, 1);
		eun_drop(s);
		return;
	}
	u32 ring = ctl ? ctl->ring + (((struct eun_event *)s->rec)->cpu & ctl->mask) : 0;
	u32 size = eun_seal(s);
	void *rb = bpf_map_lookup_elem(&eun_rings, &ring);
	if (rb && !bpf_ringbuf_output(rb, s->rec, size, BPF_RB_NO_WAKEUP)) {
		eun_count(stream, sent, 1);
		eun_drop(s);
		eun_wake(rb);
	} else {
		eun_count(stream, lost, 1);
		eun_drop(s);
	}
}

/* What the keys of an aggregate begin with: the host drains the rows of one epoch while programs fill the other's. */
static __always_inline u32 eun_epoch(u32 stream)
{
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	return ctl ? *(volatile u32 *)&ctl->epoch : 0;
}

/*
 * Puts the record into an aggregate as a new row and gives the slot back. The map's value is the record followed, at
 * the next multiple of 8, by a u64 for the target sets. Returns 0, or what bpf_map_update_elem() says; -EEXIST: another
 * CPU was faster, look it up and add to it. The caller counts: eun_count(stream, aggregated, 1), and also
 * eun_count(stream, full, 1) when the event found no place.
 */
static __always_inline long eun_row_insert(struct eun_slot *s, void *map, const void *key)
{
	eun_seal(s);
	long err = bpf_map_update_elem(map, key, s->rec, BPF_NOEXIST);
	eun_drop(s);
	return err;
}

#include "call.bpf.h"
#include "string.bpf.h"
#ifndef EUN_NO_PATHS /* an object that appends none defines it, and is loaded sooner */
#include "path.bpf.h"
#endif

#endif
