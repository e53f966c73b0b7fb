/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* The arguments and the environment of a program that is run, or was to be. Part of process.bpf.c. */
#ifndef EUNOMIA_PROCESS_ARGS_BPF_H
#define EUNOMIA_PROCESS_ARGS_BPF_H

#define PAGE 4096ul /* the smallest there is: where memory may stop being readable */

/* At most so many arguments; 0: all there is space for. */
const volatile u32 max_args = 0;

/* The variables that the dynamic loader obeys are reported too. */
const volatile bool env = false;

/* Of a failed call's argv, read string by string. */
#define FAILED_ARGS_MAX 20

/* What max_args may be. */
#define ARGS_MAX 128

/* Variables of an environment that are looked at: turns, and variables a turn. */
#define ENV_TURNS 32
#define ENV_TURN 16

/* Appends a string with its NUL; the length of both, 0: there is none. A global function is verified once. */
__noinline int process_string(u32 level, u64 from)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	eun_ref ref = 0;
	if (!s)
		return 0;
	eun_add_user_string(s, &ref, (void *)from);
	u32 end = s->len;
	EUN_HIDE(end);
	if (!ref || end >= EUN_RECORD_MAX) {
		eun_flag(s, EUN_TRUNCATED);
		return 0;
	}
	s->rec[end] = 0;
	s->len = end + 1;
	return EUN_REF_LEN(ref) + 1;
}

/* What was appended from `from` on, as one reference; the rest of more than fits is cut. */
static __always_inline eun_ref process_strings(struct eun_slot *s, u32 from)
{
	u32 len = s->len - from;
	if (len >= EUN_STRING_MAX) {
		len = EUN_STRING_MAX - 1;
		s->len = from + len;
		eun_flag(s, EUN_TRUNCATED);
	}
	return len ? EUN_REF(from, len) : 0;
}

/* The arguments that a failed call was given. Returns how many were read. */
__noinline int process_args(u32 level, u64 argv)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	u32 count = 0, most = max_args && max_args < FAILED_ARGS_MAX ? max_args : FAILED_ARGS_MAX;
	u32 size = eun_in_ia32() ? sizeof(u32) : sizeof(u64); /* of a pointer */
	u64 arg = 0;
	if (!s)
		return 0;
	u32 from = s->len;
	for (; count < FAILED_ARGS_MAX; count++) {
		if (bpf_probe_read_user(&arg, size, (void *)argv + count * size) || !arg)
			break;
		if (count == most) /* and there are more */
			break;
		if (!process_string(level, arg))
			break;
	}
	if (count == FAILED_ARGS_MAX)
		bpf_probe_read_user(&arg, size, (void *)argv + count * size);
	if (count == most && arg)
		eun_flag(s, EUN_TRUNCATED);
	s->ref = process_strings(s, from);
	return count;
}

/* The first max_args arguments of a new image. */
__noinline int process_few_args(u32 level, u64 from, u64 end)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	if (!s)
		return 0;
	u32 start = s->len;
	for (u32 i = 0; i < ARGS_MAX && i < max_args && from < end; i++) {
		int n = process_string(level, from);
		if (n <= 0)
			break;
		from += n;
	}
	if (from < end)
		eun_flag(s, EUN_TRUNCATED);
	s->ref = process_strings(s, start);
	return 0;
}

/* The argument area of the new image. When a page of it can't be read, what lies before it is better than nothing. */
static __always_inline void add_argv(struct eun_slot *s, eun_ref *ref, struct mm_struct *mm)
{
	u64 from = BPF_CORE_READ(mm, arg_start), end = BPF_CORE_READ(mm, arg_end);
	if (max_args) {
		process_few_args(s->level, from, end);
		*ref = s->ref;
		return;
	}
	eun_add_user_bytes(s, ref, (void *)from, end - from);
	if (*ref)
		return;
	eun_flag(s, EUN_TRUNCATED);
	eun_add_user_bytes(s, ref, (void *)from, PAGE - (from & (PAGE - 1)));
}

/* The string at `at` in the record begins with this text. Not longer than the slack behind a record. */
static __always_inline bool process_begins(const char *rec, u32 at, const char *text, u32 len)
{
	u8 differ = 0;
	EUN_HIDE(at);
	if (at > EUN_RECORD_MAX)
		return false;
	for (u32 i = 0; i < len; i++)
		differ |= rec[at + i] ^ text[i];
	return !differ;
}

#define BEGINS(s, at, text) process_begins((s)->rec, at, text, sizeof(text) - 1)

/* Looks at some variables and keeps those that the loader obeys. Where to go on; `end`: no more. */
__noinline u64 process_env(u32 level, u64 from, u64 end)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	if (!s)
		return end;
	for (int i = 0; i < ENV_TURN && from < end; i++) {
		u32 at = s->len;
		int n = process_string(level, from);
		if (n <= 0)
			return end;
		if (!BEGINS(s, at, "LD_") && !BEGINS(s, at, "GLIBC_TUNABLES="))
			s->len = at;
		from += n;
	}
	return from;
}

static __always_inline void add_env(struct eun_slot *s, eun_ref *ref, struct mm_struct *mm)
{
	u64 from = BPF_CORE_READ(mm, env_start), end = BPF_CORE_READ(mm, env_end);
	u32 start = s->len;
	for (int i = 0; i < ENV_TURNS && from < end; i++)
		from = process_env(s->level, from, end);
	if (from < end)
		eun_flag(s, EUN_TRUNCATED);
	*ref = process_strings(s, start);
}

#endif
