/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * What a filter that is not installed would say: its very program, run here for each call of the targets as the kernel
 * would run it. What it said without a look at arguments is remembered a number, as the kernel does, so that calls
 * which are allowed cost a look-up. The others are added up. Part of seccomp.bpf.c.
 */
#ifndef EUNOMIA_SECCOMP_CANARY_BPF_H
#define EUNOMIA_SECCOMP_CANARY_BPF_H

/* include/uapi/linux/bpf_common.h: what libseccomp makes programs of; the plugin takes no others */
#define CANARY_LOAD 0x20
#define CANARY_AND 0x54
#define CANARY_JUMP 0x05
#define CANARY_EQUAL 0x15
#define CANARY_GREATER 0x25
#define CANARY_NOT_LESS 0x35
#define CANARY_ANY_BIT 0x45
#define CANARY_RETURN 0x06

/* include/uapi/linux/seccomp.h */
#define CANARY_RET_ACTION 0xffff0000u
#define CANARY_RET_KILL_PROCESS 0x80000000u
#define CANARY_RET_ERRNO 0x00050000u
#define CANARY_RET_ALLOW 0x7fff0000u

/* include/uapi/linux/audit.h */
#ifdef __TARGET_ARCH_x86
#define CANARY_ARCH 0xc000003eu
#define CANARY_ARCH_COMPAT 0x40000003u
#else
#define CANARY_ARCH 0xc00000b7u
#define CANARY_ARCH_COMPAT 0x40000028u
#endif

/* key: place in the program; written by the plugin before anything is attached (memory-mapped), read here */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SECCOMP_INSTRUCTIONS);
	__type(key, u32);
	__type(value, struct seccomp_instruction);
} seccomp_filter SEC(".maps");

/* key: entry * SECCOMP_CALLS + number, value: what the filter says whatever the arguments; 0: not known; written here
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SECCOMP_ABIS *SECCOMP_CALLS);
	__type(key, u32);
	__type(value, u32);
} seccomp_verdicts SEC(".maps");

struct canary_key {
	u32 epoch;
	u32 tgid;
	u32 nr;
	u32 verdict;
	u32 abi;
	u32 already; /* a filter denies it, too */
	u64 args[6]; /* that were looked at */
};

/* A row with the target sets behind it, as eun_row_insert() writes it. */
struct canary_row {
	struct seccomp_canary calls;
	u64 sets;
};

/*
 * key: epoch, process, call, what would become of it; inserted by the first such call of an interval, added to by the
 * others, drained and deleted by the host. Calls that find no place are counted as full.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct canary_key);
	__type(value, struct canary_row);
} seccomp_canary_calls SEC(".maps");

/* The same where the filter looked at arguments, with their values. Bound: those that find no place go there instead.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct canary_key);
	__type(value, struct canary_row);
} seccomp_canary_values SEC(".maps");

/* The machine that the program is written for: struct seccomp_data is its memory. */
struct canary_machine {
	u32 data[16];
	u32 at, a;
	u32 loaded; /* words of data, a bit each */
	u32 verdict;
};

/* 1: it is not 0. */
static __always_inline u64 canary_is(u32 x)
{
	return -(u64)x >> 63;
}

/* Whether a jump is taken. By arithmetic: each branch here is a way more for the verifier, in each of its turns. */
static __always_inline u64 canary_jumps(u16 code, u32 a, u32 k)
{
	switch (code) {
	case CANARY_EQUAL:
		return canary_is(a ^ k) ^ 1;
	case CANARY_GREATER:
		return ((u64)k - a) >> 63;
	case CANARY_NOT_LESS:
		return (((u64)a - k) >> 63) ^ 1;
	}
	return canary_is(a & k); /* CANARY_ANY_BIT */
}

static long canary_step(u32 i, void *context)
{
	struct canary_machine *m = context;
	u32 at = m->at, k, word;
	const struct seccomp_instruction *f = bpf_map_lookup_elem(&seccomp_filter, &at);
	if (!f)
		return 1;
	k = f->k;
	switch (f->code) {
	case CANARY_LOAD:
		word = k / 4 & 15;
		m->a = m->data[word];
		m->loaded |= 1u << word;
		m->at = at + 1;
		return 0;
	case CANARY_AND:
		m->a &= k;
		m->at = at + 1;
		return 0;
	case CANARY_JUMP:
		m->at = at + 1 + k;
		return 0;
	case CANARY_RETURN:
		m->verdict = k;
		return 1;
	}
	u64 jumps = -canary_jumps(f->code, m->a, k);
	EUN_HIDE(jumps);
	m->at = at + 1 + f->jf + ((f->jt - f->jf) & jumps);
	return 0;
}

/* The error that the call would fail with. */
static __always_inline s32 canary_error(u32 verdict)
{
	u32 error = verdict & 0xffff;
	return (verdict & CANARY_RET_ACTION) != CANARY_RET_ERRNO ? 0 : -(s32)error;
}

static __always_inline void canary_add(struct canary_row *row, u64 sets)
{
	__sync_fetch_and_add(&row->calls.count, 1);
	row->calls.last = bpf_ktime_get_boot_ns();
	if (sets & ~row->sets)
		__sync_fetch_and_or(&row->sets, sets);
}

/* The first call of its kind. Without a place: -E2BIG. */
static __always_inline long canary_new(const struct canary_key *key, u32 tested, bool many, u64 sets)
{
	struct eun_slot *s = eun_make_seldom(SECCOMP_CANARY, sizeof(struct seccomp_canary), sets);
	if (!s)
		return 0; /* counted as lost */
	struct seccomp_canary *e = eun_record(s);
	for (int i = 0; i < 6; i++)
		e->args[i] = key->args[i];
	e->count = 1;
	e->first = e->last = e->h.time;
	e->abi = key->abi;
	e->nr = key->nr;
	e->syscall = seccomp_name(e->abi, e->nr);
	e->action = key->verdict & CANARY_RET_ACTION;
	e->error = canary_error(key->verdict);
	e->already = key->already;
	e->tested = tested;
	e->many = many;
	void *rows = &seccomp_canary_calls;
	if (tested && !many)
		rows = &seccomp_canary_values;
	long err = eun_row_insert(s, rows, key);
	if (!err)
		eun_count(SECCOMP_CANARY, aggregated, 1);
	return err;
}

static __always_inline struct canary_row *canary_find(const struct canary_key *key, bool values)
{
	return values ? bpf_map_lookup_elem(&seccomp_canary_values, key)
		      : bpf_map_lookup_elem(&seccomp_canary_calls, key);
}

/* Beside the entry: a filter that is there denies the call; its row is that of all values. */
#define CANARY_ALREADY 0x100
#define CANARY_MANY 0x200

/*
 * Adds one call to the row that it belongs to; 0: it has no place. A global function, checked apart; the key is made in
 * it, as before 6.2 it can't be what a global function was given.
 */
__noinline int canary_count(u32 verdict, u32 nr, u32 how, u32 tested, u64 sets)
{
	struct task_struct *task = bpf_get_current_task_btf();
	bool many = how & CANARY_MANY, values = tested && !many;
	struct canary_key key = {
		.epoch = eun_epoch(SECCOMP_CANARY),
		.tgid = task->tgid,
		.nr = nr,
		.verdict = verdict,
		.abi = how & 0xff,
		.already = !!(how & CANARY_ALREADY),
	};
	if (values) {
		eun_call_args(key.args, eun_call_regs(), key.abi == SECCOMP_COMPAT);
		for (int i = 0; i < 6; i++) {
			u64 all = -(u64)(tested >> i & 1);
			EUN_HIDE(all);
			key.args[i] &= all;
		}
	}
	struct canary_row *row = canary_find(&key, values);
	if (!row) {
		if (!canary_new(&key, tested, many, sets))
			return 1;
		row = canary_find(&key, values); /* another thread was faster, or full */
	}
	if (!row)
		return 0;
	canary_add(row, sets);
	eun_count(SECCOMP_CANARY, aggregated, 1);
	return 1;
}

/* What would not have been let through. A global function: seldom called, and checked apart. */
__noinline int canary_tell(u32 verdict, u32 nr, u32 how, u32 tested, u64 sets)
{
	eun_count(SECCOMP_CANARY, seen, 1);
	if (tested && canary_count(verdict, nr, how, tested, sets))
		return 0;
	if (!canary_count(verdict, nr, how | CANARY_MANY, tested, sets)) {
		eun_count(SECCOMP_CANARY, aggregated, 1);
		eun_count(SECCOMP_CANARY, full, 1);
	}
	return 0;
}

/* The arguments whose words were loaded, two each behind the first four. Without branches: there would be 64 ways. */
static __always_inline u32 canary_tested(u32 loaded)
{
	u32 x = loaded >> 4;
	x = (x | x >> 1) & 0x555;
	x = (x | x >> 1) & 0x333;
	x = (x | x >> 2) & 0xf0f;
	return (x | x >> 4) & 0x3f;
}

/* What the filter says of the call that the current task is in; *tested: the arguments that it looked at. */
static __always_inline u32 canary_run(u32 abi, u32 number, u32 *tested, bool *constant)
{
	const struct pt_regs *regs = eun_call_regs();
	struct canary_machine m = {
		.data = {number, abi == SECCOMP_COMPAT ? CANARY_ARCH_COMPAT : CANARY_ARCH},
		.verdict = CANARY_RET_KILL_PROCESS,
	};
	u64 args[6];
	eun_call_args(args, regs, abi == SECCOMP_COMPAT);
	for (int i = 0; i < 6; i++) {
		m.data[4 + 2 * i] = args[i];
		m.data[5 + 2 * i] = args[i] >> 32;
	}
	bpf_loop(SECCOMP_INSTRUCTIONS, canary_step, &m, 0);
	*tested = canary_tested(m.loaded);
	*constant = !(m.loaded & ~3u);
	return m.verdict;
}

/* The sets that want to hear of a call of the current task. */
static __always_inline u64 canary_sets(struct task_struct *task)
{
	u32 stream = SECCOMP_CANARY;
	struct eun_stream_ctl *ctl = bpf_map_lookup_elem(&eun_streams, &stream);
	return ctl && ctl->sets ? eun_current_task(ctl->sets, task) : 0;
}

/* Asks the filter; `ret`: the call was denied with this by a filter that is there, 0: it was not. Global, as above. */
__noinline int canary_ask(u32 number, s32 ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 abi = seccomp_abi(task, number), nr = seccomp_nr(abi, number), tested = 0;
	u32 call = abi * SECCOMP_CALLS + nr;
	bool constant = false;
	u32 *known = nr < SECCOMP_CALLS ? bpf_map_lookup_elem(&seccomp_verdicts, &call) : NULL;
	u32 verdict = known ? *known : 0;
	if (verdict == CANARY_RET_ALLOW)
		return 0;
	u64 sets = canary_sets(task);
	if (!sets)
		return 0;
	sets = seccomp_own(task, sets);
	if (!sets)
		return 0;
	if (!verdict)
		verdict = canary_run(abi, number, &tested, &constant);
	if (known && constant)
		*known = verdict;
	if ((verdict & CANARY_RET_ACTION) == CANARY_RET_ALLOW || (ret && canary_error(verdict) == ret))
		return 0;
	canary_tell(verdict, nr, abi | (ret ? CANARY_ALREADY : 0), tested, sets);
	return 0;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(canary_enter, struct pt_regs *regs, long number)
{
	if (eun_wanted(SECCOMP_CANARY))
		canary_ask(number, 0);
	return 0;
}

#endif
