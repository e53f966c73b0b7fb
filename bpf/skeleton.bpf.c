/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* The part of the tutorial that runs in the kernel: each return of setpriority(2) becomes a record. */
#include "common.bpf.h" /* first: it brings the kernel's types, libbpf's helpers and eun_*() */
#include "skeleton.h"

/* An option of the plugin. The host writes the user's value before the object is loaded; then it is a constant. */
const volatile bool faster = false;

/*
 * "?": the host loads a program only when somebody wants what it gives. "tp": which tracepoint is said in the plugin's
 * table. At the end of a system call its arguments can still be had.
 */
SEC("?tp")
int skeleton_nice(struct trace_event_raw_sys_exit *ctx)
{
	int nice = eun_arg(3);
	if (faster && nice >= 0)
		return 0;
	/* NULL: nobody wants the stream, or this process isn't a target. Do nothing expensive before. */
	struct eun_slot *s = eun_begin(SKELETON_NICE, sizeof(struct skeleton_nice));
	if (!s)
		return 0;
	struct skeleton_nice *e = eun_record(s);
	e->which = eun_arg(1);
	e->who = eun_arg(2);
	e->nice = nice;
	e->ret = ctx->ret;
	eun_submit(s); /* or eun_drop(s); one of them always */
	return 0;
}
