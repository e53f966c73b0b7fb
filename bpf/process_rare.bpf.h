/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Calls that are seldom and tell what a process is up to: their arguments and results. Part of process.bpf.c. */
#ifndef EUNOMIA_PROCESS_RARE_BPF_H
#define EUNOMIA_PROCESS_RARE_BPF_H

/* include/uapi/linux/prctl.h, include/uapi/linux/seccomp.h */
#define PR_SET_NAME 15
#define PR_SET_SECCOMP 22
#define SECCOMP_MODE_FILTER 2
#define SECCOMP_SET_MODE_STRICT 0
#define SECCOMP_SET_MODE_FILTER 1

static __always_inline int prctl_done(s64 ret)
{
	struct eun_slot *s = process_begin(PROCESS_PRCTL, sizeof(struct process_prctl));
	if (!s)
		return 0;
	struct process_prctl *e = eun_record(s);
	e->option = eun_arg(FIRST);
	e->arg2 = eun_arg(SECOND);
	e->arg3 = eun_arg(THIRD);
	e->arg4 = eun_arg(FOURTH);
	e->arg5 = eun_arg(FIFTH);
	e->ret = ret;
	if (e->option == PR_SET_NAME && !e->ret) /* the kernel has it by now */
		eun_add_kernel_string(s, &e->name, e->h.comm);
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_prctl(struct trace_event_raw_sys_exit *ctx)
{
	return prctl_done(ctx->ret);
}

/* seccomp(), and prctl() where it is another name for it. */
static __always_inline int seccomp_done(u32 nr, s64 ret)
{
	u8 call = process_call(nr);
	u64 op = eun_arg(FIRST), filter = eun_arg(THIRD);
	if (call == PROCESS_CALL_prctl) {
		if (op != PR_SET_SECCOMP)
			return 0;
		op = eun_arg(SECOND) == SECCOMP_MODE_FILTER ? SECCOMP_SET_MODE_FILTER : SECCOMP_SET_MODE_STRICT;
	}
	struct eun_slot *s = process_begin(PROCESS_SECCOMP, sizeof(struct process_seccomp));
	if (!s)
		return 0;
	struct process_seccomp *e = eun_record(s);
	struct task_struct *task = (void *)bpf_get_current_task();
	e->call = call;
	e->op = op;
	e->flags = call == PROCESS_CALL_seccomp ? eun_arg(SECOND) : 0;
	if (op == SECCOMP_SET_MODE_FILTER)
		e->instructions = process_user(filter, 0, u16); /* the first member of struct sock_fprog */
	e->mode = BPF_CORE_READ(task, seccomp.mode);
	e->filters = BPF_CORE_READ(task, seccomp.filter_count.counter);
	e->ret = ret;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_seccomp(struct trace_event_raw_sys_exit *ctx)
{
	return seccomp_done(ctx->id, ctx->ret);
}

/* When it went well, the root is the new one; else the path is what the call gave. */
static __always_inline int chroot_done(s64 ret)
{
	struct eun_slot *s = process_begin(PROCESS_CHROOT, sizeof(struct process_chroot));
	if (!s)
		return 0;
	struct process_chroot *e = eun_record(s);
	void *name = (void *)eun_arg(FIRST);
	e->ret = ret;
	if (ret) {
		eun_ref dir = 0;
		e->path_source = PROCESS_FROM_USER;
		eun_add_path_at(s, &e->path, &dir, &e->name, EUN_AT_FDCWD, name, false);
	} else {
		struct path root = {};
		struct fs_struct *fs = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), fs);
		bpf_core_read(&root, sizeof(root), &fs->root);
		eun_add_path(s, &e->path, NULL, &root);
		eun_add_user_string(s, &e->name, name);
	}
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_chroot(struct trace_event_raw_sys_exit *ctx)
{
	return chroot_done(ctx->ret);
}

static __always_inline int keyctl_done(s64 ret)
{
	struct eun_slot *s = process_begin(PROCESS_KEYCTL, sizeof(struct process_keyctl));
	if (!s)
		return 0;
	struct process_keyctl *e = eun_record(s);
	e->operation = eun_arg(FIRST);
	e->arg2 = eun_arg(SECOND);
	e->arg3 = eun_arg(THIRD);
	e->arg4 = eun_arg(FOURTH);
	e->arg5 = eun_arg(FIFTH);
	e->ret = ret;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_keyctl(struct trace_event_raw_sys_exit *ctx)
{
	return keyctl_done(ctx->ret);
}

static __always_inline int personality_done(s64 ret)
{
	struct eun_slot *s = process_begin(PROCESS_PERSONALITY, sizeof(struct process_personality));
	if (!s)
		return 0;
	struct process_personality *e = eun_record(s);
	e->persona = eun_arg(FIRST);
	e->ret = ret;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_personality(struct trace_event_raw_sys_exit *ctx)
{
	return personality_done(ctx->ret);
}

static __always_inline int perf_event_done(s64 ret)
{
	struct eun_slot *s = process_begin(PROCESS_PERF_EVENT, sizeof(struct process_perf_event));
	if (!s)
		return 0;
	struct process_perf_event *e = eun_record(s);
	u64 attr = eun_arg(FIRST);
	e->type = process_user(attr, 0, u32); /* struct perf_event_attr: type, size, config */
	e->config = process_user(attr, 8, u64);
	e->target_nspid = eun_arg(SECOND);
	e->target_cpu = eun_arg(THIRD);
	e->group_fd = eun_arg(FOURTH);
	e->flags = eun_arg(FIFTH);
	e->ret = ret;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_perf_event(struct trace_event_raw_sys_exit *ctx)
{
	return perf_event_done(ctx->ret);
}

static __always_inline int io_uring_done(s64 ret)
{
	struct eun_slot *s = process_begin(PROCESS_IO_URING, sizeof(struct process_io_uring));
	if (!s)
		return 0;
	struct process_io_uring *e = eun_record(s);
	e->entries = eun_arg(FIRST);
	e->flags = process_user(eun_arg(SECOND), 8, u32); /* struct io_uring_params */
	e->ret = ret;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_io_uring(struct trace_event_raw_sys_exit *ctx)
{
	return io_uring_done(ctx->ret);
}

static __always_inline int userfaultfd_done(s64 ret)
{
	struct eun_slot *s = process_begin(PROCESS_USERFAULTFD, sizeof(struct process_userfaultfd));
	if (!s)
		return 0;
	struct process_userfaultfd *e = eun_record(s);
	e->flags = eun_arg(FIRST);
	e->ret = ret;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_userfaultfd(struct trace_event_raw_sys_exit *ctx)
{
	return userfaultfd_done(ctx->ret);
}

#endif
