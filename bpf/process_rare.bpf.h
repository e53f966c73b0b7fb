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

SEC("?tp")
int process_prctl(struct trace_event_raw_sys_exit *ctx)
{
	struct eun_slot *s = process_begin(PROCESS_PRCTL, sizeof(struct process_prctl));
	if (!s)
		return 0;
	struct process_prctl *e = eun_record(s);
	e->option = process_argument(FIRST);
	e->arg2 = process_argument(SECOND);
	e->arg3 = process_argument(THIRD);
	e->arg4 = process_argument(FOURTH);
	e->arg5 = process_argument(FIFTH);
	e->ret = ctx->ret;
	if (e->option == PR_SET_NAME && !e->ret) /* the kernel has it by now */
		eun_add_kernel_string(s, &e->name, e->h.comm);
	eun_submit(s);
	return 0;
}

/* seccomp(), and prctl() where it is another name for it. */
SEC("?tp")
int process_seccomp(struct trace_event_raw_sys_exit *ctx)
{
	u8 call = process_call(ctx->id);
	u64 op = process_argument(FIRST), filter = process_argument(THIRD);
	if (call == PROCESS_CALL_prctl) {
		if (op != PR_SET_SECCOMP)
			return 0;
		op = process_argument(SECOND) == SECCOMP_MODE_FILTER ? SECCOMP_SET_MODE_FILTER
								     : SECCOMP_SET_MODE_STRICT;
	}
	struct eun_slot *s = process_begin(PROCESS_SECCOMP, sizeof(struct process_seccomp));
	if (!s)
		return 0;
	struct process_seccomp *e = eun_record(s);
	struct task_struct *task = (void *)bpf_get_current_task();
	e->call = call;
	e->op = op;
	e->flags = call == PROCESS_CALL_seccomp ? process_argument(SECOND) : 0;
	if (op == SECCOMP_SET_MODE_FILTER)
		e->instructions = process_user(filter, 0, u16); /* the first member of struct sock_fprog */
	e->mode = BPF_CORE_READ(task, seccomp.mode);
	e->filters = BPF_CORE_READ(task, seccomp.filter_count.counter);
	e->ret = ctx->ret;
	eun_submit(s);
	return 0;
}

/* When it went well, the root is the new one; else the path is what the call gave. */
SEC("?tp")
int process_chroot(struct trace_event_raw_sys_exit *ctx)
{
	struct eun_slot *s = process_begin(PROCESS_CHROOT, sizeof(struct process_chroot));
	if (!s)
		return 0;
	struct process_chroot *e = eun_record(s);
	void *name = (void *)process_argument(FIRST);
	e->ret = ctx->ret;
	if (ctx->ret) {
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
int process_keyctl(struct trace_event_raw_sys_exit *ctx)
{
	struct eun_slot *s = process_begin(PROCESS_KEYCTL, sizeof(struct process_keyctl));
	if (!s)
		return 0;
	struct process_keyctl *e = eun_record(s);
	e->operation = process_argument(FIRST);
	e->arg2 = process_argument(SECOND);
	e->arg3 = process_argument(THIRD);
	e->arg4 = process_argument(FOURTH);
	e->arg5 = process_argument(FIFTH);
	e->ret = ctx->ret;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_personality(struct trace_event_raw_sys_exit *ctx)
{
	struct eun_slot *s = process_begin(PROCESS_PERSONALITY, sizeof(struct process_personality));
	if (!s)
		return 0;
	struct process_personality *e = eun_record(s);
	e->persona = process_argument(FIRST);
	e->ret = ctx->ret;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_perf_event(struct trace_event_raw_sys_exit *ctx)
{
	struct eun_slot *s = process_begin(PROCESS_PERF_EVENT, sizeof(struct process_perf_event));
	if (!s)
		return 0;
	struct process_perf_event *e = eun_record(s);
	u64 attr = process_argument(FIRST);
	e->type = process_user(attr, 0, u32); /* struct perf_event_attr: type, size, config */
	e->config = process_user(attr, 8, u64);
	e->target_nspid = process_argument(SECOND);
	e->target_cpu = process_argument(THIRD);
	e->group_fd = process_argument(FOURTH);
	e->flags = process_argument(FIFTH);
	e->ret = ctx->ret;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_io_uring(struct trace_event_raw_sys_exit *ctx)
{
	struct eun_slot *s = process_begin(PROCESS_IO_URING, sizeof(struct process_io_uring));
	if (!s)
		return 0;
	struct process_io_uring *e = eun_record(s);
	e->entries = process_argument(FIRST);
	e->flags = process_user(process_argument(SECOND), 8, u32); /* struct io_uring_params */
	e->ret = ctx->ret;
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_userfaultfd(struct trace_event_raw_sys_exit *ctx)
{
	struct eun_slot *s = process_begin(PROCESS_USERFAULTFD, sizeof(struct process_userfaultfd));
	if (!s)
		return 0;
	struct process_userfaultfd *e = eun_record(s);
	e->flags = process_argument(FIRST);
	e->ret = ctx->ret;
	eun_submit(s);
	return 0;
}

#endif
