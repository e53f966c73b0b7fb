/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Calls added up by process, number and result. This runs at every call of the targets, so it is short: what it costs
 * is one hook (two with latency) and a look-up each for the target, the row and (latency) the thread's mark.
 * Part of syscall.bpf.c.
 */
#ifndef EUNOMIA_SYSCALL_COUNT_BPF_H
#define EUNOMIA_SYSCALL_COUNT_BPF_H

/* Time in the calls too. */
const volatile bool syscall_latency = false;

struct syscall_row_key {
	u32 epoch;
	u32 tgid;
	u16 syscall; /* SYSCALL_NONE cut */
	s16 ret;
};

/* A row with the target sets behind it, as eun_row_insert() writes it. */
struct syscall_row {
	struct syscall_count calls;
	u64 sets;
};

/*
 * key: epoch, process, number and result; inserted by the first such call of an interval, added to by the others,
 * drained and deleted by the host. Bound: the option `rows`; calls that find no place are counted as full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct syscall_row_key);
	__type(value, struct syscall_row);
} syscall_rows SEC(".maps");

/* The call that a thread is in. */
struct syscall_mark {
	u64 start; /* CLOCK_MONOTONIC, ns */
	u64 sets;  /* that want it; 0: none, it was not seen to begin */
};

/* key: thread; made by its first call, gone with it. Bound: one for each thread of the targets. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct syscall_mark);
} syscall_marks SEC(".maps");

/* Threads are on many CPUs, and may be interrupted by another in the middle. */
static __always_inline void syscall_row_add(struct syscall_row *row, u64 sets, u64 took)
{
	__sync_fetch_and_add(&row->calls.count, 1);
	if (syscall_latency)
		__sync_fetch_and_add(&row->calls.time_ns, took);
	if (sets & ~row->sets)
		__sync_fetch_and_or(&row->sets, sets);
}

/* The first call of its kind. A global function, checked apart: it is the way that is seldom gone. */
__noinline int syscall_row_new(u32 syscall, s32 ret, u64 sets, u64 took)
{
	struct syscall_row_key key = {.epoch = eun_epoch(SYSCALL_COUNT), .syscall = syscall, .ret = ret};
	struct eun_slot *s = eun_make_seldom(SYSCALL_COUNT, sizeof(struct syscall_count), sets);
	if (!s)
		return 0;
	struct syscall_count *e = eun_record(s);
	key.tgid = e->h.pid;
	e->syscall = syscall;
	e->ret = ret;
	e->count = 1;
	e->time_ns = took;
	if (syscall >= SYSCALL_IA32_OWN || eun_is_ia32(bpf_get_current_task_btf()))
		eun_flag(s, EUN_IA32);
	eun_count(SYSCALL_COUNT, aggregated, 1);
	if (!eun_row_insert(s, &syscall_rows, &key))
		return 0;
	struct syscall_row *row = bpf_map_lookup_elem(&syscall_rows, &key); /* another thread was faster, or full */
	if (row)
		syscall_row_add(row, sets, took);
	else
		eun_count(SYSCALL_COUNT, full, 1);
	return 0;
}

/* Adds one call of the current task; sets: who wants it, 0: to be found out. */
static __always_inline int syscall_counted(struct task_struct *task, u32 syscall, long ret, u64 sets, u64 took)
{
	u32 stream = SYSCALL_COUNT;
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	struct eun_counts *counts = bpf_map_lookup_elem(&eun_counts, &stream);
	if (!ctl || !ctl->sets || !counts || syscall_of_child(syscall, ret))
		return 0;
	struct syscall_row_key key = {
		.epoch = *(volatile u32 *)&ctl->epoch,
		.tgid = task->tgid,
		.syscall = syscall,
		.ret = (u64)ret >= -4095ull ? ret : 0,
	};
	__sync_fetch_and_add(&counts->seen, 1);
	sets = sets ? sets & ctl->sets : eun_current_task(ctl->sets, task);
	if (!sets) {
		__sync_fetch_and_add(&counts->not_target, 1);
		return 0;
	}
	struct syscall_row *row = bpf_map_lookup_elem(&syscall_rows, &key);
	if (!row)
		return syscall_row_new(syscall, key.ret, sets, took);
	syscall_row_add(row, sets, took);
	__sync_fetch_and_add(&counts->aggregated, 1);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(count_exit, struct pt_regs *regs, long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 sets = 0, took = 0;
	if (syscall_latency) {
		struct syscall_mark *mark = bpf_task_storage_get(&syscall_marks, task, NULL, 0);
		if (mark && mark->sets) {
			sets = mark->sets;
			took = bpf_ktime_get_ns() - mark->start;
			mark->sets = 0;
		}
	}
	return syscall_counted(task, syscall_number(task, eun_call_number(regs), ret), ret, sets, took);
}

/* With latency alone. */
SEC("?tp_btf/sys_enter")
int BPF_PROG(count_enter, struct pt_regs *regs, long nr)
{
	u32 stream = SYSCALL_COUNT;
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	if (!ctl || !ctl->sets)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	u64 sets = eun_current_task(ctl->sets, task);
	if (!sets)
		return 0;
	struct syscall_mark *mark = bpf_task_storage_get(&syscall_marks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (mark) {
		mark->sets = sets;
		mark->start = bpf_ktime_get_ns();
	}
	return 0;
}

#endif
