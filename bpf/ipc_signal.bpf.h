/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Signals, where the kernel makes them: one event for each target. What a call alone knows (that it failed before a
 * signal was made, or that none was asked for) comes from its end. Part of ipc.bpf.c.
 */
#ifndef EUNOMIA_IPC_SIGNAL_BPF_H
#define EUNOMIA_IPC_SIGNAL_BPF_H

/* asm/signal.h, asm/siginfo.h, asm/errno.h */
#define SIGALRM 14
#define SIGCHLD 17
#define SIGIO 29
#define SIGRTMIN 32
#define SI_USER 0
#define SI_KERNEL 0x80
#define SI_TIMER -2
#define SI_SIGIO -5
#define SI_TKILL -6
#define EBADF 9
#define EAGAIN 11

/* Where info is a pointer to nothing (include/linux/sched/signal.h). */
#define SEND_SIG_NOINFO 0
#define SEND_SIG_PRIV 1

__noinline int ipc_code(u64 info)
{
	if (info == SEND_SIG_NOINFO)
		return SI_USER;
	if (info == SEND_SIG_PRIV)
		return SI_KERNEL;
	return BPF_CORE_READ((struct kernel_siginfo *)info, si_code);
}

static __always_inline u32 ipc_cause(u32 signal, s32 code)
{
	if (code < 0)
		return IPC_CAUSE_BELOW(code);
	if (code == SI_USER || code == SI_KERNEL)
		return code;
	return IPC_CAUSE_OF(signal < SIGRTMIN ? signal : SIGIO, code); /* of a descriptor (F_SETSIG) */
}

/*
 * Made in an interrupt, where the current task is anybody: by a timer, or by a descriptor that is ready. They are
 * caused by the target, which asked for them.
 */
static __always_inline bool ipc_asked_for(u32 signal, s32 code)
{
	if (code == SI_TIMER || code == SI_SIGIO)
		return true;
	if (code == SI_KERNEL)
		return signal == SIGALRM || signal == SIGIO;
	return code > 0 && signal != SIGCHLD;
}

/* The call that a signal from user space comes from: NR_NONE when the task is in no such call. */
static __always_inline u32 ipc_sending(s32 code)
{
	u32 nr = eun_current_call() & (NR_CALLS - 1);
	return code <= 0 && ipc_call(nr)->signal ? nr : NR_NONE;
}

/* As the call names its target. */
static __always_inline s32 ipc_target_id(const struct ipc_call *call)
{
	return ipc_arg(call->pidfd ?: call->pid, 0);
}

static __always_inline struct ipc_signal *ipc_signal_record(int level)
{
	struct eun_slot *s = ipc_slot(level);
	if (!s)
		return NULL;
	s->len = sizeof(struct ipc_signal);
	return eun_record(s);
}

/* Begins a record whose actor is the target. */
__noinline int ipc_signal_asked(u64 target)
{
	struct eun_event who = {};
	eun_actor_of(&who, (void *)target);
	struct eun_slot *s = eun_begin_as(IPC_SIGNAL, sizeof(struct ipc_signal), &who);
	return s ? s->level : -1;
}

__noinline int ipc_signal_fill(u32 level, u32 signal, s32 code, u64 target, u32 nr)
{
	struct ipc_signal *e = ipc_signal_record(level);
	struct task_struct *task = (void *)target;
	if (!e)
		return 0;
	e->signal = signal;
	e->code = code;
	e->cause = ipc_cause(signal, code);
	e->target_pid = BPF_CORE_READ(task, tgid);
	e->target_tid = BPF_CORE_READ(task, pid);
	bpf_core_read(e->target_comm, sizeof(e->target_comm), &task->comm);
	const struct ipc_call *call = ipc_call(nr);
	if (call->signal) {
		e->call = call->call;
		e->target_id = ipc_target_id(call);
	}
	return 0;
}

SEC("?tp_btf/signal_generate")
int signal_generate(u64 *ctx)
{
	if (!eun_wanted(IPC_SIGNAL))
		return 0;
	/* read, they are numbers: a pointer that the verifier knows is no argument for a function of ours */
	u64 args[5], signal, target;
	bpf_probe_read_kernel(args, sizeof(args), ctx);
	signal = args[0];
	target = args[2];
	s32 code = ipc_code(args[1]);
	u32 nr = ipc_sending(code);
	int level = nr == NR_NONE && ipc_asked_for(signal, code) ? ipc_signal_asked(target) : ipc_begin(IPC_SIGNAL);
	ipc_signal_fill(level, signal, code, target, nr);
	struct ipc_signal *e = ipc_signal_record(level);
	if (!e)
		return 0;
	e->group = args[3] != 0;
	e->result = args[4];
	if (e->result == IPC_OVERFLOW_FAIL)
		e->ret = -EAGAIN;
	return ipc_submit(level);
}

/* The end of a call that sends one. A full queue was seen when the signal was made. */
static __always_inline int ipc_signal_ends(u32 nr, s64 ret)
{
	const struct ipc_call *call = ipc_call(nr);
	u32 signal = ipc_arg(call->signal, 0);
	if (ret == -EAGAIN || (signal && ret >= 0))
		return 0;
	int level = ipc_begin(IPC_SIGNAL);
	struct ipc_signal *e = ipc_signal_record(level);
	if (!e)
		return 0;
	e->signal = signal;
	e->call = call->call;
	e->ret = ret;
	e->result = ret < 0 ? IPC_FAILED : IPC_CHECKED;
	e->target_id = ipc_target_id(call);
	struct pid *pid = NULL;
	if (!call->pidfd)
		pid = ipc_find_pid(e->target_id);
	else if (ret != -EBADF)
		pid = ipc_pidfd_pid(e->target_id);
	ipc_describe(pid, &e->target_pid, &e->target_tid, e->target_comm);
	return ipc_submit(level);
}

SEC("?tp")
int signal_exit(struct trace_event_raw_sys_exit *ctx)
{
	return ipc_signal_ends(ctx->id, ctx->ret);
}

#endif
