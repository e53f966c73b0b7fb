/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Stacks: of what is on a CPU, at a rate, and of what leaves it until it comes back. They travel in the record, not as
 * numbers of a stack map: its slots are taken by hash, two stacks that meet in one are one or none, and which was lost
 * is not known.
 */
#define EUN_NO_PATHS
#include "common.bpf.h"
#include "profile.h"

#define STACK_BYTES (PROFILE_FRAMES * sizeof(u64))
#define BPF_F_USER_STACK (1ull << 8) /* include/uapi/linux/bpf.h */

/* Options. */
const volatile bool user_only = false;
const volatile bool kernel_only = false;
const volatile u64 least_ns = 1000;

const volatile char nothing[STACK_BYTES] = {0};

/* What is not written is of the record before: so all is zero first, by a call, as a loop would take 20 us. */
static __always_inline void stacks(void *ctx, u64 *kernel, u64 *user)
{
	bpf_probe_read_kernel(kernel, STACK_BYTES, (const void *)nothing);
	bpf_probe_read_kernel(user, STACK_BYTES, (const void *)nothing);
	if (!user_only)
		bpf_get_stack(ctx, kernel, STACK_BYTES, 0);
	if (!kernel_only)
		bpf_get_stack(ctx, user, STACK_BYTES, BPF_F_USER_STACK);
}

static __always_inline u64 image_of(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, start_boottime) + BPF_CORE_READ(task, self_exec_id);
}

/* A record with its stacks; its fixed part is longer than what eun_begin() sets to zero. */
static __always_inline struct eun_slot *begin(u32 stream, u64 sets, void *ctx)
{
	u64 start = bpf_ktime_get_ns();
	struct eun_slot *s = eun_make_seldom(stream, offsetof(struct profile_stack, kernel), sets);
	if (!s)
		return NULL;
	struct profile_stack *e = eun_record(s);
	s->len = sizeof(*e);
	stacks(ctx, e->kernel, e->user);
	e->count = 1;
	e->image = image_of(bpf_get_current_task_btf());
	e->cost_ns = bpf_ktime_get_ns() - start;
	return s;
}

SEC("?perf_event")
int profile_sample(void *ctx)
{
	if (!(u32)bpf_get_current_pid_tgid()) /* idle */
		return 0;
	u64 sets = eun_enter(PROFILE_SAMPLE);
	struct eun_slot *s = sets ? begin(PROFILE_SAMPLE, sets, ctx) : NULL;
	if (s)
		eun_submit(s);
	return 0;
}

/* A thread that is off the CPU, as it was when it left. */
struct profile_away {
	struct eun_event who; /* see eun_keep() */
	u64 since;            /* 0: it is back */
	u64 image, cost_ns;
	u64 kernel[PROFILE_FRAMES];
	u64 user[PROFILE_FRAMES];
};

/* key: thread; made and overwritten when it leaves the CPU, read when it comes back, freed with it */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct profile_away);
} profile_aways SEC(".maps");

static __always_inline void leaves(void *ctx, struct task_struct *task, u64 now)
{
	struct profile_away *away = bpf_task_storage_get(&profile_aways, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!away)
		return;
	eun_actor_of(&away->who, task);
	eun_keep(&away->who, away->who.pid);
	away->image = image_of(task);
	stacks(ctx, away->kernel, away->user);
	away->cost_ns = bpf_ktime_get_ns() - now;
	away->since = now;
}

static __always_inline void returns(struct task_struct *task, u64 now)
{
	struct profile_away *away = bpf_task_storage_get(&profile_aways, task, NULL, 0);
	if (!away || !away->since)
		return;
	u64 time = now - away->since;
	away->since = 0;
	if (time < least_ns)
		return;
	u64 sets = eun_enter_as(PROFILE_OFFCPU, &away->who);
	struct eun_slot *s =
		sets ? eun_make_as(PROFILE_OFFCPU, offsetof(struct profile_stack, kernel), sets, &away->who) : NULL;
	if (!s)
		return;
	struct profile_stack *e = eun_record(s);
	s->len = sizeof(*e);
	e->count = 1;
	e->time_ns = time;
	e->image = away->image;
	bpf_probe_read_kernel(e->kernel, 2 * STACK_BYTES, away->kernel);
	e->cost_ns = away->cost_ns + bpf_ktime_get_ns() - now;
	eun_submit(s);
}

/* The current task is the one that leaves. */
SEC("?tp_btf/sched_switch")
int BPF_PROG(profile_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	u64 now = bpf_ktime_get_ns();
	if (prev->pid && eun_meant(PROFILE_OFFCPU))
		leaves(ctx, prev, now);
	if (next->pid)
		returns(next, now);
	return 0;
}
