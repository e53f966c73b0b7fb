/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * What is remembered of a socket from one event to the next, and the records about it. Part of tcp.bpf.c.
 *
 * The functions that are not inline are global ones: the verifier looks at each once a program, not once for every
 * way that leads to it.
 */
#ifndef EUNOMIA_TCP_LIFE_BPF_H
#define EUNOMIA_TCP_LIFE_BPF_H

struct tcp_life {
	struct eun_event owner; /* header of who connected, accepted or listened; pid 0: not known, or not yet */
	u64 established;        /* when it was connected; 0: never, or before the tracer started */
	u64 start;              /* when its connect began; 0: before the tracer started */
	u64 since;              /* when it entered `state`; while tcp.state is on */
	int state;
	u32 connecting; /* 1: how its connect ends isn't known yet */
};

/*
 * key: struct sock; value: its life. Inserted when it leaves CLOSE or is born by a handshake, and once at the start
 * for those that exist; deleted when it enters CLOSE; read and changed by what happens to it. One whose end was missed
 * is overwritten by the next socket at its address. The bound is the option `sockets`: those over it have no owner.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u64);
	__type(value, struct tcp_life);
} tcp_lives SEC(".maps");

static __always_inline struct tcp_life *tcp_find(const struct sock *sk)
{
	u64 key = (u64)sk;
	return bpf_map_lookup_elem(&tcp_lives, &key);
}

/*
 * Fills the header of the current task. As eun_actor(), but what the task's pointers lead to is not looked up by the
 * verifier. The pid comes last, by which an interrupt on another processor knows that the rest is there.
 */
__noinline int tcp_current(struct eun_event *h)
{
	struct task_struct *task = bpf_get_current_task_btf();
	if (!h)
		return 0;
	struct pid *pid = tcp_get(task_struct, task, thread_pid);
	struct task_struct *parent = tcp_get(task_struct, task, real_parent);
	const struct cred *cred = tcp_get(task_struct, task, cred);
	struct nsproxy *nsproxy = tcp_get(task_struct, task, nsproxy);
	struct mnt_namespace *mntns = tcp_get(nsproxy, nsproxy, mnt_ns);
	struct css_set *cgroups = tcp_get(task_struct, task, cgroups);
	struct cgroup *cgroup = tcp_get(css_set, cgroups, dfl_cgrp);
	struct kernfs_node *node = tcp_get(cgroup, cgroup, kn);
	u32 level = tcp_get(pid, pid, level);
	h->flags = eun_is_ia32(task) ? EUN_IA32 : 0;
	h->cgroup = tcp_get(kernfs_node, node, id);
	h->tid = task->pid;
	h->ppid = tcp_get(task_struct, parent, tgid);
	h->uid = tcp_get(cred, cred, uid.val);
	h->gid = tcp_get(cred, cred, gid.val);
	h->mntns = tcp_get(mnt_namespace, mntns, ns.inum);
	h->pidns = EUN_FIRST_PIDNS;
	if (level)
		eun_actor_inside(h, BPF_CORE_READ(task, thread_pid), level);
	const u64 *comm = __builtin_preserve_access_index((const u64 *)&task->comm);
	((u64 *)h->comm)[0] = comm[0];
	((u64 *)h->comm)[1] = comm[1];
	u32 tgid = task->tgid;
	eun_keep(h, tgid);
	__sync_lock_test_and_set(&h->pid, tgid);
	return 0;
}

/* The largest record of an event. */
union tcp_record {
	struct tcp_connect connect;
	struct tcp_accept accept;
	struct tcp_close close;
	struct tcp_state state;
	struct tcp_retransmit retransmit;
	struct tcp_listen listen;
	struct tcp_bind bind;
	struct tcp_udp_call udp_call;
	struct tcp_dns dns;
};

/* Begins a record whose actor is `who`; NULL or pid 0: not known. The level of its slot; negative: nobody wants it. */
__noinline int tcp_open(u32 stream, u32 size, const struct eun_event *who)
{
	if (who && !who->pid)
		who = NULL;
	struct eun_slot *s = eun_begin_as(stream, sizeof(union tcp_record), who);
	if (!s)
		return -1;
	s->len = size;
	return s->level;
}

__noinline int tcp_submit(u32 level)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	if (s)
		eun_submit(s);
	return 0;
}

/* The record at a level, NULL: none was opened. tcp_submit() ends it. */
static __always_inline void *tcp_record(int level)
{
	u32 key = level;
	struct eun_slot *s = level < 0 ? NULL : bpf_map_lookup_elem(&eun_scratch, &key);
	return s ? eun_record(s) : NULL;
}

#endif
