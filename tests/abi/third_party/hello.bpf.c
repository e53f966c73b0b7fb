/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
#include "common.bpf.h"
#include "hello.h"

SEC("tp_btf/sched_process_exit")
int BPF_PROG(hello_exit, struct task_struct *task)
{
	struct eun_slot *s = eun_begin(HELLO_EXIT, sizeof(struct hello_exit));
	if (!s)
		return 0;
	struct hello_exit *e = eun_record(s);
	e->code = task->exit_code;
	eun_submit(s);
	return 0;
}
