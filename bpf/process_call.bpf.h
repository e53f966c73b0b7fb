/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* What the programs at the ends of system calls have in common. Part of process.bpf.c. */
#ifndef EUNOMIA_PROCESS_CALL_BPF_H
#define EUNOMIA_PROCESS_CALL_BPF_H

/* include/uapi/linux/sched.h */
#define CLONE_NEWUSER 0x10000000
/* time, mount, cgroup, uts, ipc, user, pid, network */
#define CLONE_NEW (0x80 | 0x20000 | 0x2000000 | 0x4000000 | 0x8000000 | CLONE_NEWUSER | 0x20000000 | 0x40000000)

/* Results that are none: the call is begun again after a signal (include/linux/errno.h). */
#define ERESTARTSYS 512
#define ERESTART_LAST 516

static __always_inline bool restarts(long ret)
{
	return ret <= -ERESTARTSYS && ret >= -ERESTART_LAST;
}

#define CALL(name) [NR_##name] = PROCESS_CALL_##name

static const u8 process_calls[NR_CALLS] = {
	CALL(setuid),        CALL(setgid),   CALL(setreuid),  CALL(setregid), CALL(setresuid),   CALL(setresgid),
	CALL(setfsuid),      CALL(setfsgid), CALL(setgroups), CALL(capset),   CALL(prctl),       CALL(seccomp),
	CALL(unshare),       CALL(setns),    CALL(clone),     CALL(clone3),   CALL(init_module), CALL(finit_module),
	CALL(delete_module), CALL(dup),      CALL(dup3),      CALL(ptrace),   CALL(bpf),         CALL(fcntl),
#ifdef PROCESS_LEGACY_CALLS
	CALL(dup2),
#endif
};

/* Which call it is. Programs are attached only where there is a row. */
static __always_inline u8 process_call(long nr)
{
	return process_calls[(u64)nr & (NR_CALLS - 1)];
}

/* As eun_arg() counts them. */
enum process_argument {
	FIRST = 1,
	SECOND,
	THIRD,
	FOURTH,
	FIFTH,
};

/* Of a structure in the caller's memory: so many bytes at an offset. What can't be read is 0. */
#define process_user(address, offset, type)                                                        \
	({                                                                                         \
		type value_ = 0;                                                                   \
		bpf_probe_read_user(&value_, sizeof(value_), (void *)((u64)(address) + (offset))); \
		value_;                                                                            \
	})

/* eun_begin() of what happens seldom. */
static __always_inline struct eun_slot *process_begin(u32 stream, u32 size)
{
	u64 sets = eun_enter(stream);
	return sets ? eun_make_seldom(stream, size, sets) : NULL;
}

/* At least as large as the records of the streams that call_begin() makes. */
#define CALL_SIZE 256
_Static_assert(sizeof(struct process_cred) <= CALL_SIZE && sizeof(struct process_namespace) <= CALL_SIZE &&
		       sizeof(struct process_ptrace) <= CALL_SIZE && sizeof(struct process_bpf) <= CALL_SIZE,
	       "call_begin() clears the records");

/* The same for programs that serve several streams: verified once. Its slot's level; -1: nobody wants it. */
__noinline int call_begin(u32 stream)
{
	struct eun_slot *s = process_begin(stream, CALL_SIZE);
	return s ? (int)s->level : -1;
}

/* The slot of a level, for a record of `size` bytes. */
static __always_inline struct eun_slot *call_slot(int level, u32 size)
{
	struct eun_slot *s = level < 0 ? NULL : bpf_map_lookup_elem(&eun_scratch, &level);
	if (s)
		s->len = size;
	return s;
}

/* The pid namespace of the current task: what numbers mean in its calls. */
static __always_inline struct pid_namespace *process_pidns(struct task_struct *task)
{
	struct upid in = {};
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	eun_read_upid(&in, pid, BPF_CORE_READ(pid, level));
	return in.ns;
}

/* Levels of a radix tree that has all numbers of processes. */
#define TREE_DEPTH 6

/* The thread that a number belongs to in a pid namespace, as find_task_by_pid_ns() finds it. 0: none. */
__noinline u64 process_find(u64 pidns, u32 number)
{
	struct pid_namespace *ns = (void *)pidns;
	u64 entry = (u64)BPF_CORE_READ(ns, idr.idr_rt.xa_head);
	u32 mask = bpf_core_field_size(struct xa_node, slots) / sizeof(void *) - 1;
	for (int i = 0; i < TREE_DEPTH && (entry & 3) == 2; i++) { /* include/linux/xarray.h: a node of the tree */
		struct xa_node *node = (void *)(entry - 2);
		u32 slot = number >> (BPF_CORE_READ(node, shift) & 31);
		if (!i && slot > mask)
			return 0;
		entry = 0;
		bpf_probe_read_kernel(&entry, sizeof(entry),
				      (void *)node + bpf_core_field_offset(struct xa_node, slots) +
					      (slot & mask) * sizeof(void *));
	}
	struct pid *pid = (void *)entry;
	struct hlist_node *first = NULL;
	if (pid)
		bpf_core_read(&first, sizeof(first), &pid->tasks);
	return first ? (u64)first - bpf_core_field_offset(struct task_struct, pid_links) : 0;
}

#endif
