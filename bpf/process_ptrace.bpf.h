/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* ptrace: what one thread does to another. Part of process.bpf.c. */
#ifndef EUNOMIA_PROCESS_PTRACE_BPF_H
#define EUNOMIA_PROCESS_PTRACE_BPF_H

#define PTRACE_TRACEME 0

__noinline int ptrace_done(s32 ret)
{
	struct eun_slot *s = call_slot(call_begin(PROCESS_PTRACE), sizeof(struct process_ptrace));
	if (!s)
		return 0;
	struct process_ptrace *e = eun_record(s);
	struct task_struct *task = (void *)bpf_get_current_task(), *target = task;
	e->request = eun_arg(FIRST);
	e->target_nspid = eun_arg(SECOND);
	e->addr = eun_arg(THIRD);
	e->data = eun_arg(FOURTH);
	e->ret = ret;
	if (e->request == PTRACE_TRACEME)
		e->target_nspid = 0;
	else
		target = (void *)process_find((u64)process_pidns(task), e->target_nspid);
	if (target) {
		e->target_pid = BPF_CORE_READ(target, tgid);
		e->target_tid = BPF_CORE_READ(target, pid);
		e->target_uid = BPF_CORE_READ(target, cred, uid.val);
		bpf_core_read(e->target_comm, sizeof(e->target_comm), &target->comm);
	}
	eun_submit(s);
	return 0;
}

#endif
