/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Who a thread is and which namespaces it is in, before and after the calls that change that. The kernel replaces what
 * they change as a whole and has no hook where it does, so a thread is looked at when it enters such a call and at its
 * end. Part of process.bpf.c.
 */
#ifndef EUNOMIA_PROCESS_CRED_BPF_H
#define EUNOMIA_PROCESS_CRED_BPF_H

/* include/uapi/linux/prctl.h: those that change struct cred */
#define PR_SET_KEEPCAPS 8
#define PR_CAPBSET_DROP 24
#define PR_SET_SECUREBITS 28
#define PR_CAP_AMBIENT 47

struct process_before {
	struct process_ids ids;
	struct process_spaces spaces; /* of calls that change them */
	u64 number;                   /* of the call */
};

/*
 * key: struct task_struct (exec keeps it, a thread's number it may change), value: what was at its call's begin.
 * Inserted there, read at the call's end and deleted there; what is left by calls that fail otherwise is overwritten
 * by the thread's next one or, as the least used, forgotten. Bound: 1024 threads in such a call at once.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct process_before);
} process_befores SEC(".maps");

/* Global functions from here on: the verifier checks each once, not with all that went before. */
__noinline int read_ids(struct process_ids *ids, u64 of)
{
	struct task_struct *task = (void *)of;
	const struct cred *cred = BPF_CORE_READ(task, cred);
	if (!ids)
		return 0;
	bpf_core_read(&ids->cap_inheritable, sizeof(u64), &cred->cap_inheritable);
	bpf_core_read(&ids->cap_permitted, sizeof(u64), &cred->cap_permitted);
	bpf_core_read(&ids->cap_effective, sizeof(u64), &cred->cap_effective);
	bpf_core_read(&ids->cap_bset, sizeof(u64), &cred->cap_bset);
	bpf_core_read(&ids->cap_ambient, sizeof(u64), &cred->cap_ambient);
	ids->uid = BPF_CORE_READ(cred, uid.val);
	ids->euid = BPF_CORE_READ(cred, euid.val);
	ids->suid = BPF_CORE_READ(cred, suid.val);
	ids->fsuid = BPF_CORE_READ(cred, fsuid.val);
	ids->gid = BPF_CORE_READ(cred, gid.val);
	ids->egid = BPF_CORE_READ(cred, egid.val);
	ids->sgid = BPF_CORE_READ(cred, sgid.val);
	ids->fsgid = BPF_CORE_READ(cred, fsgid.val);
	ids->securebits = BPF_CORE_READ(cred, securebits);
	ids->groups = BPF_CORE_READ(cred, group_info, ngroups);
	ids->userns = BPF_CORE_READ(cred, user_ns, ns.inum);
	ids->reserved = 0;
	return 0;
}

static __always_inline u64 read_cap_effective(struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	u64 caps = 0;
	bpf_core_read(&caps, sizeof(caps), &cred->cap_effective);
	return caps;
}

__noinline int read_spaces(struct process_spaces *in, u64 of)
{
	struct task_struct *task = (void *)of;
	struct nsproxy *proxy = BPF_CORE_READ(task, nsproxy);
	if (!in)
		return 0;
	in->mnt = BPF_CORE_READ(proxy, mnt_ns, ns.inum);
	in->uts = BPF_CORE_READ(proxy, uts_ns, ns.inum);
	in->ipc = BPF_CORE_READ(proxy, ipc_ns, ns.inum);
	in->net = BPF_CORE_READ(proxy, net_ns, ns.inum);
	in->pid = BPF_CORE_READ(proxy, pid_ns_for_children, ns.inum);
	in->time = BPF_CORE_READ(proxy, time_ns_for_children, ns.inum);
	in->cgroup = BPF_CORE_READ(proxy, cgroup_ns, ns.inum);
	in->user = BPF_CORE_READ(task, cred, user_ns, ns.inum);
	return 0;
}

/* In words: both are multiples of 8 bytes without holes. */
static __always_inline bool same_ids(const struct process_ids *a, const struct process_ids *b)
{
	const u64 *left = (const void *)a, *right = (const void *)b;
	u64 differ = 0;
	for (u32 i = 0; i < sizeof(*a) / sizeof(u64); i++)
		differ |= left[i] ^ right[i];
	return !differ;
}

/* `flag` where two numbers differ, else 0; without a branch, of which the verifier would follow every combination. */
static __always_inline u32 differs(u32 a, u32 b, u32 flag)
{
	u32 bits = a ^ b, minus = -bits;
	EUN_HIDE(minus); /* or the compiler makes a branch of it */
	return ((bits | minus) >> 31) * flag;
}

/* Which kinds of namespace differ, as CLONE_NEW... */
static __always_inline u32 changed_spaces(const struct process_spaces *a, const struct process_spaces *b)
{
	return differs(a->time, b->time, 0x80) | differs(a->mnt, b->mnt, 0x20000) |
	       differs(a->cgroup, b->cgroup, 0x2000000) | differs(a->uts, b->uts, 0x4000000) |
	       differs(a->ipc, b->ipc, 0x8000000) | differs(a->user, b->user, CLONE_NEWUSER) |
	       differs(a->pid, b->pid, 0x20000000) | differs(a->net, b->net, 0x40000000);
}

/* It is for that alone: reported also where nothing changed. */
static __always_inline bool sets_ids(u8 call)
{
	return call != PROCESS_CALL_unshare && call != PROCESS_CALL_setns;
}

static __always_inline bool changes_cred(u64 option)
{
	return option == PR_SET_KEEPCAPS || option == PR_CAPBSET_DROP || option == PR_SET_SECUREBITS ||
	       option == PR_CAP_AMBIENT;
}

__noinline int change_meant(u32 spaces)
{
	return eun_meant(PROCESS_CRED) || (spaces && eun_meant(PROCESS_NAMESPACE));
}

static __always_inline int change_begins(u32 nr)
{
	u8 call = process_call(nr);
	if (call == PROCESS_CALL_prctl && !changes_cred(eun_arg(FIRST)))
		return 0;
	bool spaces = call == PROCESS_CALL_unshare || call == PROCESS_CALL_setns;
	if (!change_meant(spaces))
		return 0;
	u64 key = bpf_get_current_task();
	struct process_before before = {.number = nr};
	read_ids(&before.ids, key);
	if (spaces)
		read_spaces(&before.spaces, key);
	bpf_map_update_elem(&process_befores, &key, &before, BPF_ANY);
	return 0;
}

SEC("?tp")
int process_before(struct trace_event_raw_sys_enter *ctx)
{
	return change_begins(ctx->id);
}

/* The end of a call that is meant to change credentials, or (not `always`) may do so by the way. */
__noinline int cred_done(u32 call, s32 ret, u32 always)
{
	u64 key = bpf_get_current_task();
	struct process_before *before = bpf_map_lookup_elem(&process_befores, &key);
	struct task_struct *task = (void *)key;
	struct process_ids now = {};
	if (!before)
		return 0;
	read_ids(&now, key);
	if (!always && same_ids(&before->ids, &now))
		return 0;
	struct eun_slot *s = call_slot(call_begin(PROCESS_CRED), sizeof(struct process_cred));
	if (!s)
		return 0;
	struct process_cred *e = eun_record(s);
	e->old = before->ids;
	e->now = now;
	e->call = call;
	e->ret = ret;
	e->exe_mode = BPF_CORE_READ(task, mm, exe_file, f_inode, i_mode);
	eun_submit(s);
	return 0;
}

/* f_type of the file systems that descriptors of namespaces and processes belong to (include/uapi/linux/magic.h) */
#define NSFS_MAGIC 0x6e736673
#define PID_FS_MAGIC 0x50494446
#define ANON_INODE_FS_MAGIC 0x09041934

/* What setns() was to join. A pidfd is of a file system of its own since 6.9. */
static __always_inline void add_target(struct process_namespace *e, int fd)
{
	struct file *file = eun_fd_file(fd);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	u64 magic = BPF_CORE_READ(inode, i_sb, s_magic);
	struct pid *pid = NULL;
	if (magic == NSFS_MAGIC)
		e->target_ns = BPF_CORE_READ(inode, i_ino);
	else if (magic == PID_FS_MAGIC)
		pid = BPF_CORE_READ(inode, i_private);
	else if (magic == ANON_INODE_FS_MAGIC && !e->ret) /* it was one, or the call had failed */
		pid = BPF_CORE_READ(file, private_data);
	struct hlist_node *first = NULL;
	if (pid)
		bpf_core_read(&first, sizeof(first), &pid->tasks);
	if (!first)
		return;
	struct task_struct *task = (void *)first - bpf_core_field_offset(struct task_struct, pid_links);
	e->target_pid = BPF_CORE_READ(task, tgid);
	bpf_core_read(e->target_comm, sizeof(e->target_comm), &task->comm);
}

/* The end of unshare and setns, and of a clone that failed: that has no begin, and nothing has changed. */
__noinline int namespace_done(u32 call, u32 flags, s32 ret)
{
	u64 key = bpf_get_current_task();
	struct process_before *before = bpf_map_lookup_elem(&process_befores, &key);
	struct eun_slot *s = call_slot(call_begin(PROCESS_NAMESPACE), sizeof(struct process_namespace));
	if (!s)
		return 0;
	struct process_namespace *e = eun_record(s);
	read_spaces(&e->now, key);
	e->cap_effective = read_cap_effective((void *)key);
	e->old = e->now;
	if (before && (call == PROCESS_CALL_unshare || call == PROCESS_CALL_setns)) {
		e->old = before->spaces;
		e->cap_effective = before->ids.cap_effective;
	}
	e->call = call;
	e->ret = ret;
	e->flags = flags;
	e->types = (flags & CLONE_NEW) | changed_spaces(&e->old, &e->now);
	e->fd = -1;
	if (call == PROCESS_CALL_setns) {
		e->fd = eun_arg(FIRST);
		add_target(e, e->fd);
	}
	eun_submit(s);
	return 0;
}

/* The end of those of a thread's own calls that change its credentials or namespaces. */
static __always_inline void change_done(u32 call, u64 number, s32 ret)
{
	u64 key = bpf_get_current_task();
	struct process_before *before = bpf_map_lookup_elem(&process_befores, &key);
	if (!before || before->number != number)
		return;
	if (call == PROCESS_CALL_setfsuid || call == PROCESS_CALL_setfsgid)
		ret = 0; /* what it was before; there are no errors */
	cred_done(call, ret, sets_ids(call));
	u64 flags = eun_arg(call == PROCESS_CALL_setns ? SECOND : FIRST);
	if (call == PROCESS_CALL_setns || (call == PROCESS_CALL_unshare && flags & CLONE_NEW))
		namespace_done(call, flags, ret);
	bpf_map_delete_elem(&process_befores, &key);
}

/* An exec that changes them: set-uid files, file capabilities, and what falls away when root's ids or ambient do. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(process_cred_exec)
{
	u64 key = bpf_get_current_task();
	cred_done(PROCESS_CALL_execve, 0, false);
	bpf_map_delete_elem(&process_befores, &key);
	return 0;
}

/* A child that is made in namespaces of its own. */
SEC("?tp_btf/sched_process_fork")
int BPF_PROG(process_namespace_fork, struct task_struct *parent, struct task_struct *child)
{
	if (BPF_CORE_READ(parent, nsproxy) == BPF_CORE_READ(child, nsproxy) &&
	    BPF_CORE_READ(parent, cred, user_ns) == BPF_CORE_READ(child, cred, user_ns))
		return 0;
	struct process_spaces old = {}, now = {};
	u64 address = 0; /* as a number: a global function takes no such pointer */
	bpf_probe_read_kernel(&address, sizeof(address), &ctx[1]);
	read_spaces(&old, bpf_get_current_task());
	read_spaces(&now, address);
	u32 types = changed_spaces(&old, &now);
	if (!types)
		return 0;
	struct eun_slot *s = call_slot(call_begin(PROCESS_NAMESPACE), sizeof(struct process_namespace));
	if (!s)
		return 0;
	struct process_namespace *e = eun_record(s);
	e->cap_effective = read_cap_effective(parent);
	e->old = old;
	e->now = now;
	e->types = e->flags = types;
	e->child_pid = BPF_CORE_READ(child, tgid);
	e->fd = -1;
	e->call = PROCESS_CALL_clone;
	eun_submit(s);
	return 0;
}

/* The end of clone and clone3: a child that was to be made in namespaces of its own, and was not. */
static __always_inline void clone_done(u32 call, s32 ret)
{
	if (ret >= 0 || restarts(ret))
		return;
	u64 flags = eun_arg(FIRST);
	if (call == PROCESS_CALL_clone3)
		flags = process_user(flags, 0, u64); /* the first member of struct clone_args */
	else
		flags &= ~0xfful; /* the signal that the child's end sends; CLONE_NEWTIME is one of clone3 alone */
	if (flags & CLONE_NEW)
		namespace_done(call, flags, ret);
}

#endif
