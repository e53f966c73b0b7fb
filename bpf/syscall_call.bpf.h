/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Calls one by one, when they end, with their arguments and what those lead to. Part of syscall.bpf.c. */
#ifndef EUNOMIA_SYSCALL_CALL_BPF_H
#define EUNOMIA_SYSCALL_CALL_BPF_H

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

struct syscall_kinds {
	u8 of[SYSCALL_ARGS];
};

static const struct syscall_kinds syscall_kinds[SYSCALL_CALLS] = {
#define ROW(name, number, ...) [number] = {{__VA_ARGS__}},
#include "syscall_table.h"
};

struct syscall_choice {
	u8 all;
	u8 of[SYSCALL_NUMBERS];
};

/* key: 0, value: which calls are meant; written by the plugin before the programs are attached. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct syscall_choice);
} syscall_chosen SEC(".maps");

/* A call that a thread is in. */
struct syscall_begun {
	u64 start; /* CLOCK_MONOTONIC, ns */
	u64 sets;  /* that want it; 0: none, it was not seen to begin */
	u64 args[SYSCALL_ARGS];
	u32 number;
	char program[256]; /* of an exec, which leaves no memory to read it from */
};

/* key: thread; made by its first chosen call, gone with it. Bound: one for each thread of the targets. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct syscall_begun);
} syscall_begun SEC(".maps");

static __always_inline bool syscall_is_chosen(u32 number)
{
	u32 zero = 0;
	struct syscall_choice *chosen = bpf_map_lookup_elem(&syscall_chosen, &zero);
	EUN_HIDE(number);
	return chosen && (chosen->all || (number < SYSCALL_NUMBERS && chosen->of[number]));
}

static __always_inline bool syscall_is_exec(u32 number)
{
	return number == NR_execve || number == NR_execveat;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(call_enter, struct pt_regs *regs, long nr)
{
	u32 stream = SYSCALL_CALL;
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	if (!ctl || !ctl->sets)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	u32 number = syscall_number(task, nr, 0);
	if (!syscall_is_chosen(number))
		return 0;
	u64 sets = eun_current_task(ctl->sets, task);
	if (!sets)
		return 0;
	struct syscall_begun *begun = bpf_task_storage_get(&syscall_begun, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!begun)
		return 0;
	begun->sets = sets;
	begun->number = number;
	eun_call_args(begun->args, regs, eun_is_ia32(task));
	if (syscall_is_exec(number)) {
		u64 name = number == NR_execve ? begun->args[0] : begun->args[1];
		bpf_probe_read_user_str(begun->program, sizeof(begun->program), (void *)name);
	}
	begun->start = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void syscall_address(struct eun_sockaddr *to, const void *from, u64 len)
{
	struct {
		u16 family;
		u8 port[2];
		u8 v4[4], v6[16];
		u32 scope;
	} raw = {};
	u32 size = len < sizeof(raw) ? len : sizeof(raw);
	EUN_HIDE(size);
	if (size > sizeof(raw) || bpf_probe_read_user(&raw, size, from) || !raw.family)
		return;
	to->family = raw.family;
	if (raw.family == AF_INET) {
		to->addr.b[10] = to->addr.b[11] = 0xff;
		__builtin_memcpy(to->addr.b + 12, raw.v4, sizeof(raw.v4));
	} else if (raw.family == AF_INET6) {
		__builtin_memcpy(to->addr.b, raw.v6, sizeof(raw.v6));
		to->scope = raw.scope;
	} else {
		return;
	}
	to->port = (u16)raw.port[0] << 8 | raw.port[1];
}

/* How many bytes the argument leads to that is followed by `next`, when it is data. */
static __always_inline u64 syscall_data_len(u32 kind, u64 next, s64 result)
{
	int len = 0;
	switch (kind) {
	case A_BUF:
		return next < SYSCALL_DATA ? next : SYSCALL_DATA;
	case A_RBUF:
		return result < 0 ? 0 : result < SYSCALL_DATA ? result : SYSCALL_DATA;
	case A_ADDR:
		return next < SYSCALL_ADDRESS ? next : SYSCALL_ADDRESS;
	case A_ADDRBACK:
		if (result < 0 || bpf_probe_read_user(&len, sizeof(len), (void *)next) || len < 0)
			return 0;
		return len < SYSCALL_ADDRESS ? len : SYSCALL_ADDRESS;
	}
	return 0;
}

/* A string that an argument leads to. An exec that succeeded has left the memory that it was in. */
static __always_inline void syscall_add_string(struct eun_slot *s, eun_ref *ref, const struct syscall_call *e,
					       const void *from)
{
	struct syscall_begun *begun = NULL;
	if (syscall_is_exec(e->in.syscall) && !e->result)
		begun = bpf_task_storage_get(&syscall_begun, bpf_get_current_task_btf(), NULL, 0);
	if (begun)
		eun_add_kernel_string(s, ref, begun->program);
	else
		eun_add_user_string(s, ref, from);
}

/* Reads what argument `i` leads to. Global functions, here and below: the verifier checks each once. */
__noinline int syscall_follow(struct eun_slot *s, u32 i)
{
	if (!s)
		return 0;
	struct syscall_call *e = eun_record(s);
	u32 number = e->in.syscall < SYSCALL_CALLS ? e->in.syscall : SYSCALL_CALLS - 1; /* no call has the last */
	EUN_HIDE(number);
	EUN_HIDE(i);
	if (i >= SYSCALL_ARGS)
		return 0;
	u32 kind = syscall_kinds[number & (SYSCALL_CALLS - 1)].of[i];
	const void *from = (void *)e->in.value[i];
	eun_ref text = 0;
	if (kind == A_NONE || kind > A_ADDRBACK || !from)
		return 0;
	if (kind == A_PATH || kind == A_STR || kind == A_STRBACK) {
		if (kind == A_STRBACK && e->result < 0)
			return 0;
		syscall_add_string(s, &text, e, from);
	} else {
		u64 len = syscall_data_len(kind, i + 1 < SYSCALL_ARGS ? e->in.value[i + 1] : 0, e->result);
		if (!len)
			return 0;
		if (kind == A_ADDR || kind == A_ADDRBACK)
			syscall_address(&e->addr, from, len);
		eun_add_user_bytes(s, &text, from, len);
	}
	e->in.text[i] = text;
	if (kind == A_PATH)
		e->path[!!e->path[0]] = text;
	return 0;
}

__noinline int syscall_report(u32 number, long ret, u64 sets)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct eun_slot *s = eun_make(SYSCALL_CALL, sizeof(struct syscall_call), sets);
	struct syscall_begun *begun = bpf_task_storage_get(&syscall_begun, task, NULL, 0);
	if (!s)
		return 0;
	struct syscall_call *e = eun_record(s);
	bool ia32 = eun_is_ia32(task);
	e->result = ret;
	e->ret = (u64)ret >= -4095ull ? ret : 0;
	e->in.syscall = number;
	if (ia32)
		eun_flag(s, EUN_IA32);
	if (begun && begun->sets) {
		e->latency_ns = bpf_ktime_get_ns() - begun->start;
		__builtin_memcpy(e->in.value, begun->args, sizeof(e->in.value));
	} else {
		eun_call_args(e->in.value, (struct pt_regs *)bpf_task_pt_regs(task), ia32);
	}
	for (u32 i = 0; i < SYSCALL_ARGS; i++)
		syscall_follow(s, i);
	e->args = EUN_REF(offsetof(struct syscall_call, in), s->len - offsetof(struct syscall_call, in));
	eun_submit(s);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(call_exit, struct pt_regs *regs, long ret)
{
	u32 stream = SYSCALL_CALL;
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	struct task_struct *task = bpf_get_current_task_btf();
	struct syscall_begun *begun = bpf_task_storage_get(&syscall_begun, task, NULL, 0);
	u64 wanting = ctl ? ctl->sets : 0, sets = begun ? begun->sets & wanting : 0;
	u32 number = sets ? begun->number : syscall_number(task, eun_call_number(regs), ret);
	if (wanting && syscall_is_chosen(number) && !syscall_of_child(number, ret)) {
		if (sets)
			eun_count(SYSCALL_CALL, seen, 1);
		else
			sets = eun_enter(SYSCALL_CALL);
		if (sets)
			syscall_report(number, ret, sets);
	}
	if (begun)
		begun->sets = 0;
	return 0;
}

#endif
