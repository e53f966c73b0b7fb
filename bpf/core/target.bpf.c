/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The host's own object: keeps eun_pids true while processes come and go. Children of members of a set that follows
 * become members before they run; the dead leave when the kernel frees them, so that what they still cause (sockets
 * closed by their exit) is theirs, and a process that gets their pid is not.
 */
#define EUN_NO_PATHS
#include "common.bpf.h"

SEC("tp_btf/sched_process_fork")
int BPF_PROG(target_fork, struct task_struct *parent, struct task_struct *child)
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

SEC("tp_btf/sched_process_exit")
int BPF_PROG(target_exit, struct task_struct *task)
{
	u32 tgid = task->tgid;
	u64 *in = bpf_map_lookup_elem(&eun_pids, &tgid);
	if (in && task->signal->live.counter == 0)
		*in |= EUN_DYING;
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(target_free, struct task_struct *task)
{
	u32 tgid = task->tgid;
	if (task->pid != task->tgid)
		return 0;
	u64 *in = bpf_map_lookup_elem(&eun_pids, &tgid);
	if (in && *in & EUN_DYING)
		bpf_map_delete_elem(&eun_pids, &tgid);
	return 0;
}
