/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The host's own object. follow_*: keep eun_pids true while processes come and go. Children of members of a set that
 * follows become members before they run; the dead leave when the kernel frees them, so that what they still cause
 * (sockets closed by their exit) is theirs, and a process that gets their pid is not. cgroup_*: do the same for
 * eun_cgroups, and tell the host.
 */
#define EUN_NO_PATHS
#include "common.bpf.h"
#include "target.h"

/* As the kernel numbers hierarchies; cgroup2 is 0. */
const volatile int target_hierarchy = 0;

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(follow_fork, struct task_struct *parent, struct task_struct *child)
{
	u32 zero = 0, tgid = child->tgid, from = parent->tgid;
	struct eun_ctl *ctl = bpf_map_lookup_elem(&eun_ctl, &zero);
	if (!ctl || child->pid != child->tgid)
		return 0;
	u64 *in = bpf_map_lookup_elem(&eun_pids, &from);
	u64 sets = in ? *in & ctl->follow : 0;
	if (sets && bpf_map_update_elem(&eun_pids, &tgid, &sets, BPF_ANY))
		__sync_fetch_and_add(&ctl->unfollowed, 1);
	else if (!sets && bpf_map_lookup_elem(&eun_pids, &tgid))
		bpf_map_delete_elem(&eun_pids, &tgid);
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(follow_exit, struct task_struct *task)
{
	u32 tgid = task->tgid;
	u64 *in = bpf_map_lookup_elem(&eun_pids, &tgid);
	if (in && task->signal->live.counter == 0)
		*in |= EUN_DYING;
	return 0;
}

SEC("?tp_btf/sched_process_free")
int BPF_PROG(follow_free, struct task_struct *task)
{
	u32 tgid = task->tgid;
	if (task->pid != task->tgid)
		return 0;
	u64 *in = bpf_map_lookup_elem(&eun_pids, &tgid);
	if (in && *in & EUN_DYING)
		bpf_map_delete_elem(&eun_pids, &tgid);
	return 0;
}

static __always_inline void cgroup_tell(u64 id, u64 parent, const char *path)
{
	struct eun_slot *s = eun_open(0, sizeof(struct target_cgroup), 0);
	if (!s)
		return;
	struct target_cgroup *r = eun_record(s);
	r->h.cgroup = id;
	r->parent = parent;
	if (parent)
		eun_add_kernel_string(s, &r->path, path);
	eun_submit(s);
}

/* Before anything can be in it. One below a member is a member; any other may be, for the sets that hope for it. */
SEC("?tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgrp, const char *path)
{
	u32 zero = 0;
	struct eun_ctl *ctl = bpf_map_lookup_elem(&eun_ctl, &zero);
	if (!ctl || BPF_CORE_READ(cgrp, root, hierarchy_id) != target_hierarchy)
		return 0;
	u64 id = BPF_CORE_READ(cgrp, kn, id), parent = BPF_CORE_READ(cgrp, self.parent, cgroup, kn, id);
	u64 *in = bpf_map_lookup_elem(&eun_cgroups, &parent);
	u64 sets = (in ? *in : 0) | ctl->hopeful;
	if (sets && bpf_map_update_elem(&eun_cgroups, &id, &sets, BPF_ANY))
		__sync_fetch_and_add(&ctl->unplaced, 1);
	cgroup_tell(id, parent, path);
	return 0;
}

SEC("?tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_removed, struct cgroup *cgrp, const char *path)
{
	if (BPF_CORE_READ(cgrp, root, hierarchy_id) != target_hierarchy)
		return 0;
	u64 id = BPF_CORE_READ(cgrp, kn, id);
	bpf_map_delete_elem(&eun_cgroups, &id);
	cgroup_tell(id, 0, NULL);
	return 0;
}
