/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* The part of the tutorial that runs in the kernel: each return of setpriority(2) becomes a record. */
#include "common.bpf.h" /* first: it brings the kernel's types, libbpf's helpers and eun_*() */
#include "skeleton.h"

/* An option of the plugin. The host writes the user's value before the object is loaded; then it is a constant. */
const volatile bool faster = false;

/*
 * "?": the host loads a program only when somebody wants what it gives. "tp": which tracepoint is said in the plugin's
 * table. At the end of a system call its arguments are still in the registers it was entered with.
 */
SEC("?tp")
int skeleton_nice(struct trace_event_raw_sys_exit *ctx)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());
	int nice = PT_REGS_PARM3_SYSCALL(regs);
	if (faster && nice >= 0)
		return 0;
	/* NULL: nobody wants the stream, or this process isn't a target. Do nothing expensive before. */
	struct eun_slot *s = eun_begin(SKELETON_NICE, sizeof(struct skeleton_nice));
	if (!s)
		return 0;
	struct skeleton_nice *e = eun_record(s);
	e->which = PT_REGS_PARM1_SYSCALL(regs);
	e->who = PT_REGS_PARM2_SYSCALL(regs);
	e->nice = nice;
	e->ret = ctx->ret;
	eun_submit(s); /* or eun_drop(s); one of them always */
	return 0;
}
