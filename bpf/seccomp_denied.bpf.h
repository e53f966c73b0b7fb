/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * What filters deny. There is no tracepoint for it: seccomp comes before that of a call's begin, so a denied call is an
 * end without begin; what traps or kills makes a signal. Part of seccomp.bpf.c.
 */
#ifndef EUNOMIA_SECCOMP_DENIED_BPF_H
#define EUNOMIA_SECCOMP_DENIED_BPF_H

/* include/uapi/linux/seccomp.h, asm/signal.h, asm/siginfo.h */
/* Past it is only the mode of threads that one kills. */
#define SECCOMP_MODE_FILTER 2
#define SIGSYS 31
#define SYS_SECCOMP 1
/* include/linux/signal_types.h: the kernel has forced the signal on the process for good */
#define SA_IMMUTABLE 0x00800000

struct seccomp_mark {
	u32 began; /* the thread is in a call that was seen to begin */
	u32 pad;
};

/* key: thread under a filter; made by its first call that is seen, gone with it. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct seccomp_mark);
} seccomp_marks SEC(".maps");

static __always_inline u64 seccomp_wanting(u32 stream)
{
	struct eun_stream_ctl *ctl = eun_serves(stream) ? bpf_map_lookup_elem(&eun_streams, &stream) : NULL;
	return ctl ? ctl->sets : 0;
}

/* The sets that want to hear of it, or of what a canary says. */
static __always_inline u64 seccomp_filtered(struct task_struct *task)
{
	u64 sets = seccomp_wanting(SECCOMP_DENIED) | seccomp_wanting(SECCOMP_CANARY);
	if (!sets || task->seccomp.mode < SECCOMP_MODE_FILTER)
		return 0;
	return eun_current_task(sets, task);
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(denied_enter, struct pt_regs *regs, long nr)
{
	struct task_struct *task = bpf_get_current_task_btf();
	if (!seccomp_filtered(task))
		return 0;
	struct seccomp_mark *mark = bpf_task_storage_get(&seccomp_marks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (mark)
		mark->began = 1;
	return 0;
}

/* Tells of the call that the current task is in. */
__noinline int seccomp_refused(u32 action, s32 ret, u64 sets)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct eun_slot *s;
	sets &= seccomp_wanting(SECCOMP_DENIED);
	if (!sets)
		return 0;
	eun_count(SECCOMP_DENIED, seen, 1);
	s = eun_make_seldom(SECCOMP_DENIED, sizeof(struct seccomp_denied), sets);
	if (!s)
		return 0;
	const struct pt_regs *regs = eun_call_regs();
	struct seccomp_denied *e = eun_record(s);
	u32 number = eun_call_number(regs);
	u64 args[6];
	e->abi = seccomp_abi(task, number);
	e->nr = seccomp_nr(e->abi, number);
	e->syscall = seccomp_name(e->abi, e->nr);
	eun_call_args(args, regs, e->abi == SECCOMP_COMPAT);
	for (int i = 0; i < 6; i++)
		e->args[i] = args[i];
	e->action = action;
	e->ret = ret;
	eun_submit(s);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(denied_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 sets = seccomp_filtered(task);
	if (!sets)
		return 0;
	/* the first end that is seen of a thread may be of a call that began before, or its own making */
	struct seccomp_mark *mark = bpf_task_storage_get(&seccomp_marks, task, NULL, 0);
	if (!mark) {
		bpf_task_storage_get(&seccomp_marks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
		return 0;
	}
	if (mark->began) {
		mark->began = 0;
		return 0;
	}
	/* what traps or kills leaves the number there, and is told by its signal */
	if ((u64)ret < -4095ull)
		return 0;
	seccomp_refused(SECCOMP_ERRNO, ret, sets);
	if (eun_serves(SECCOMP_CANARY) && eun_wanted(SECCOMP_CANARY))
		canary_ask(eun_call_number(regs), ret);
	return 0;
}

SEC("?tp_btf/signal_generate")
int denied_signal(u64 *ctx)
{
	/* read, not loaded: the second may be 0 or 1, and no pointer */
	u64 args[2];
	bpf_probe_read_kernel(args, sizeof(args), ctx);
	struct kernel_siginfo *info = (void *)args[1];
	if (args[0] != SIGSYS || args[1] < 4096 || BPF_CORE_READ(info, si_code) != SYS_SECCOMP)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	u64 sets = seccomp_filtered(task);
	if (!sets)
		return 0;
	u64 flags = BPF_CORE_READ(task, sighand, action[SIGSYS - 1].sa.sa_flags);
	seccomp_refused(flags & SA_IMMUTABLE ? SECCOMP_KILL : SECCOMP_TRAP, 0, sets);
	return 0;
}

/* A thread that is killed alone gets no signal. */
SEC("?tp_btf/sched_process_exit")
int BPF_PROG(denied_thread, struct task_struct *task)
{
	u64 sets = seccomp_filtered(bpf_get_current_task_btf());
	if (!sets)
		return 0;
	task = bpf_get_current_task_btf();
	if (task->exit_code == SIGSYS && !BPF_CORE_READ(task, signal, group_exit_code))
		seccomp_refused(SECCOMP_KILL_THREAD, 0, sets);
	return 0;
}

#endif
