/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Learning: a bit for each call of each entry and target set. A call whose bit is set costs one look-up, whoever makes
 * it; the first one is told by an event. Part of seccomp.bpf.c.
 */
#ifndef EUNOMIA_SECCOMP_LEARN_BPF_H
#define EUNOMIA_SECCOMP_LEARN_BPF_H

/* Arguments too. */
const volatile bool seccomp_args = false;

/* key: entry * SECCOMP_CALLS + number, value: the sets that know the call, of those that test no containers; written
 * here */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SECCOMP_ABIS *SECCOMP_CALLS);
	__type(key, u32);
	__type(value, u64);
} seccomp_known SEC(".maps");

/* Of a cgroup: a set that tests containers has new ones in it until it is known whose they are. */
struct seccomp_bits {
	u64 sets; /* that the bits are for */
	u64 words[SECCOMP_ABIS * SECCOMP_CALLS / 64];
};

/* key: cgroup id; inserted by the first call from there, read and changed by the others. Bound: the cgroups that fell
 * asleep first are forgotten, and told anew. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct seccomp_bits);
} seccomp_cgroups SEC(".maps");

/* key: 0; never written: what a cgroup begins with, too large for the stack */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct seccomp_bits);
} seccomp_no_bits SEC(".maps");

struct seccomp_value {
	u64 cgroup; /* 0: sets that test no containers */
	u32 call;   /* key of seccomp_known */
	u32 value;
};

/* key: an argument's value of a call, value: the sets that know it; inserted and read here. Bound: SECCOMP_VALUES of
 * each call whose argument matters, of each entry; past it none is inserted, and there are too many. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct seccomp_value);
	__type(value, u64);
} seccomp_values SEC(".maps");

struct seccomp_argued {
	u64 many;   /* sets that know the argument to have too many values */
	u64 values; /* so many are known, to whichever set */
};

/* key: as of seccomp_values, with value 0; inserted by the first such call. Bound: as there; without a place, too many.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct seccomp_value);
	__type(value, struct seccomp_argued);
} seccomp_argued SEC(".maps");

/* include/linux/sched.h: forked, and has not executed a program since */
#define PF_FORKNOEXEC 0x40

/* Of the whole process: a thread, too, is forked. */
static __always_inline bool seccomp_before_exec(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, flags) & PF_FORKNOEXEC;
}

/* The mount namespace that the program was executed from: where its file's mount is. */
static __always_inline struct mnt_namespace *seccomp_program_ns(struct task_struct *task)
{
	struct vfsmount *mnt = BPF_CORE_READ(task, mm, exe_file, f_path.mnt);
	struct mount *mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	return mnt ? BPF_CORE_READ(mount, mnt_ns) : NULL;
}

static __always_inline u64 seccomp_cgroup(struct task_struct *task)
{
	return eun_cgroup_v1 ? eun_read_cgroup_v1(task) : BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

/*
 * A process in a container's cgroup that is the runtime's, setting it up: nobody in the container made it, and it is
 * still where its maker is, or has left there but not yet executed the container's program.
 */
static __always_inline bool seccomp_runtime(struct task_struct *task, u64 sets)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	u64 cgroup = seccomp_cgroup(parent);
	u64 *in = bpf_map_lookup_elem(&eun_cgroups, &cgroup);
	if (in && *in & sets)
		return false;
	struct mnt_namespace *own = BPF_CORE_READ(task, nsproxy, mnt_ns);
	if (own == BPF_CORE_READ(parent, nsproxy, mnt_ns))
		return true;
	return seccomp_before_exec(task) && seccomp_program_ns(task) != own;
}

/* Of the sets those for which the program that the task runs is the one that is meant: not ours or a runtime's. */
static __always_inline u64 seccomp_own(struct task_struct *task, u64 sets)
{
	u32 zero = 0;
	struct eun_ctl *ctl = bpf_map_lookup_elem(&eun_ctl, &zero);
	if (!ctl)
		return 0;
	if (seccomp_before_exec(task) && (u32)BPF_CORE_READ(task, real_parent, tgid) == ctl->self)
		return 0;
	u64 contained = sets & ~ctl->any_cgroup;
	return contained && seccomp_runtime(task, contained) ? sets & ctl->any_cgroup : sets;
}

/* What is new. A global function: seldom called, and checked apart. */
__noinline int seccomp_tell(u32 call, u32 what, u32 arg, u32 value, u64 sets)
{
	struct eun_slot *s;
	eun_count(SECCOMP_LEARN, seen, 1);
	s = eun_make_seldom(SECCOMP_LEARN, sizeof(struct seccomp_learn), sets);
	if (!s)
		return 0;
	struct seccomp_learn *e = eun_record(s);
	e->abi = call / SECCOMP_CALLS;
	e->nr = call % SECCOMP_CALLS;
	e->syscall = seccomp_name(e->abi, e->nr);
	e->what = what;
	e->arg = arg;
	e->value = value;
	eun_submit(s);
	return 0;
}

/* Which argument of a call matters, and is a number; none: ~0. */
static __always_inline u32 seccomp_argument(u32 syscall)
{
	switch (syscall) {
	case NR_socket:
	case NR_clone:
	case NR_unshare:
	case NR_prctl:
	case NR_personality:
		return 0;
	case NR_ioctl:
		return 1;
	}
	return ~0u;
}

/* The place of a value; NULL: there are too many. */
static __always_inline u64 *seccomp_value_of(struct seccomp_argued *argued, const struct seccomp_value *key)
{
	u64 none = 0, *in = bpf_map_lookup_elem(&seccomp_values, key);
	if (in)
		return in;
	if (*(volatile u64 *)&argued->values >= SECCOMP_VALUES)
		return NULL;
	if (!bpf_map_update_elem(&seccomp_values, key, &none, BPF_NOEXIST)) /* else another thread was faster */
		__sync_fetch_and_add(&argued->values, 1);
	return bpf_map_lookup_elem(&seccomp_values, key);
}

/* An argument's value, for the sets of one kind. */
__noinline int seccomp_argument_is(u32 call, u32 arg, u32 value, u64 sets, u64 cgroup)
{
	struct seccomp_value key = {.cgroup = cgroup, .call = call};
	struct seccomp_argued none = {}, *argued = bpf_map_lookup_elem(&seccomp_argued, &key);
	if (!argued) {
		bpf_map_update_elem(&seccomp_argued, &key, &none, BPF_NOEXIST);
		argued = bpf_map_lookup_elem(&seccomp_argued, &key);
	}
	if (!argued)
		return seccomp_tell(call, SECCOMP_MANY, arg, 0, sets);
	sets &= ~argued->many;
	key.value = value;
	u64 *in = sets ? seccomp_value_of(argued, &key) : NULL;
	if (!sets || (in && !(sets & ~*in)))
		return 0;
	u64 fresh = sets & ~__sync_fetch_and_or(in ? in : &argued->many, sets);
	if (fresh)
		seccomp_tell(call, in ? SECCOMP_VALUE : SECCOMP_MANY, arg, in ? value : 0, fresh);
	return 0;
}

/* The bits of a cgroup; NULL: no memory. They begin anew with each set. */
static __always_inline struct seccomp_bits *seccomp_bits_of(u64 cgroup, u64 sets)
{
	struct seccomp_bits *bits = bpf_map_lookup_elem(&seccomp_cgroups, &cgroup);
	if (bits && !(sets & ~bits->sets))
		return bits;
	u32 zero = 0;
	struct seccomp_bits *none = bpf_map_lookup_elem(&seccomp_no_bits, &zero);
	u64 all = bits ? bits->sets | sets : sets;
	if (none)
		bpf_map_update_elem(&seccomp_cgroups, &cgroup, none, BPF_ANY);
	bits = bpf_map_lookup_elem(&seccomp_cgroups, &cgroup);
	if (bits)
		__sync_fetch_and_or(&bits->sets, all);
	return bits;
}

static __always_inline u64 *seccomp_word_of(u64 cgroup, u64 sets, u32 call)
{
	struct seccomp_bits *bits = seccomp_bits_of(cgroup, sets);
	u32 word = call / 64;
	EUN_HIDE(word);
	return bits && word < SECCOMP_ABIS * SECCOMP_CALLS / 64 ? &bits->words[word] : NULL;
}

/* Sets that test no containers. */
static __always_inline void seccomp_plain(u32 call, u64 *known, u64 sets)
{
	u64 fresh = sets & ~*known;
	if (fresh)
		fresh = sets & ~__sync_fetch_and_or(known, fresh);
	if (fresh)
		seccomp_tell(call, SECCOMP_CALL, 0, 0, fresh);
}

/* Those that do. */
static __always_inline void seccomp_contained(u32 call, u64 *word, u64 sets)
{
	u64 bit = 1ull << (call & 63);
	if (sets && word && !(__sync_fetch_and_or(word, bit) & bit))
		seccomp_tell(call, SECCOMP_CALL, 0, 0, sets);
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(learn_enter, struct pt_regs *regs, long number)
{
	u32 stream = SECCOMP_LEARN, zero = 0;
	struct eun_stream_ctl *streams = bpf_map_lookup_elem(&eun_streams, &stream);
	u64 sets = streams ? streams->sets : 0;
	if (!sets)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	u32 abi = seccomp_abi(task, number), nr = seccomp_nr(abi, number);
	if (nr >= SECCOMP_CALLS)
		return 0;
	u32 call = abi * SECCOMP_CALLS + nr;
	u32 arg = seccomp_args ? seccomp_argument(seccomp_name(abi, nr)) : ~0u;
	struct eun_ctl *ctl = bpf_map_lookup_elem(&eun_ctl, &zero);
	u64 *known = bpf_map_lookup_elem(&seccomp_known, &call);
	if (!known || !ctl || (arg == ~0u && !(sets & ~(*known & ctl->any_cgroup))))
		return 0;
	sets = eun_current_task(sets, task);
	u64 contained = sets & ~ctl->any_cgroup, cgroup = 0, *word = NULL;
	if (contained) {
		cgroup = seccomp_cgroup(task);
		word = seccomp_word_of(cgroup, contained, call);
	}
	bool fresh = sets & ctl->any_cgroup & ~*known || (word && !(*word & 1ull << (call & 63)));
	if (!sets || (!fresh && arg == ~0u))
		return 0;
	sets = seccomp_own(task, sets);
	contained &= sets;
	seccomp_plain(call, known, sets & ~contained);
	seccomp_contained(call, word, contained);
	if (arg == ~0u)
		return 0;
	u64 args[6];
	eun_call_args(args, regs, abi == SECCOMP_COMPAT);
	u32 value = arg ? args[1] : args[0];
	if (sets & ~contained)
		seccomp_argument_is(call, arg, value, sets & ~contained, 0);
	if (contained)
		seccomp_argument_is(call, arg, value, contained, cgroup);
	return 0;
}

#endif
