/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The kernel asks whether a task may do something. By its function's end where that can be had, which also tells
 * whether a refusal is to be audited; else by the tracepoint that is there since 6.13. Part of process.bpf.c.
 */
#ifndef EUNOMIA_PROCESS_CAPABLE_BPF_H
#define EUNOMIA_PROCESS_CAPABLE_BPF_H

/* include/linux/security.h */
#define CAP_OPT_NOAUDIT 2

/* A process's capability is reported once. */
const volatile bool unique = false;

struct process_asked {
	u64 start; /* of the process: numbers come again */
	u32 pid;
	u32 cap;
};

/*
 * key: a process and a capability that was asked for, value: nothing. Inserted with its first event, read with each;
 * forgotten as the least used. Bound: 16384, then an old one may be reported again.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct process_asked);
	__type(value, u8);
} process_askeds SEC(".maps");

/* True for all but the first time. Not the event's end: that another one was seen is not told either. */
static __always_inline bool asked_before(u32 cap)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct process_asked key = {.start = BPF_CORE_READ(task, group_leader, start_boottime),
				    .pid = BPF_CORE_READ(task, tgid),
				    .cap = cap};
	u8 nothing = 0;
	return !eun_meant(PROCESS_CAPABLE) || bpf_map_update_elem(&process_askeds, &key, &nothing, BPF_NOEXIST);
}

static __always_inline int capable_done(struct user_namespace *in, u32 cap, int ret, u8 audit)
{
	if (!eun_wanted(PROCESS_CAPABLE) || (unique && asked_before(cap)))
		return 0;
	struct eun_slot *s = process_begin(PROCESS_CAPABLE, sizeof(struct process_capable));
	if (!s)
		return 0;
	struct process_capable *e = eun_record(s);
	e->ret = ret;
	e->verdict = ret != 0;
	e->cap = e->name = cap;
	e->audit = audit;
	e->userns = BPF_CORE_READ(in, ns.inum);
	eun_submit(s);
	return 0;
}

SEC("?fexit/cap_capable")
int BPF_PROG(process_capable_audit, const struct cred *cred, struct user_namespace *target, int cap, unsigned int opts,
	     int ret)
{
	return capable_done(target, cap, ret, opts & CAP_OPT_NOAUDIT ? PROCESS_AUDIT_NO : PROCESS_AUDIT_YES);
}

SEC("?tp_btf/cap_capable")
int BPF_PROG(process_capable, const struct cred *cred, struct user_namespace *target,
	     const struct user_namespace *capable, int cap, int ret)
{
	return capable_done(target, cap, ret, PROCESS_AUDIT_UNKNOWN);
}

#endif
