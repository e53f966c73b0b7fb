/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Strings in a record's tail. Part of common.bpf.h. Each append sets a reference; what does not fit is cut and the
 * record flagged. */
#ifndef EUNOMIA_STRING_BPF_H
#define EUNOMIA_STRING_BPF_H

/* Where the tail grows; 0: less than EUN_STRING_MAX bytes are left. */
static __always_inline u32 eun_room(struct eun_slot *s)
{
	u32 off = s->len;
	EUN_HIDE(off);
	if (off > EUN_RECORD_MAX - EUN_STRING_MAX) {
		eun_flag(s, EUN_TRUNCATED);
		return 0;
	}
	return off;
}

/*
 * n: what bpf_probe_read_*_str returned for a string written at `off`. One byte more than EUN_STRING_MAX is asked for,
 * so that a string of just that length counts as whole. Returns the length without its NUL.
 */
static __always_inline u32 eun_string_done(struct eun_slot *s, u32 off, long n)
{
	if (n <= 0 || n > EUN_STRING_MAX + 1)
		return 0;
	if (n > EUN_STRING_MAX)
		eun_flag(s, EUN_TRUNCATED);
	u32 len = (u32)n - 1;
	s->len = off + len;
	return len;
}

/* A NUL-terminated string of the current task's memory. An unreadable one leaves the reference 0. */
static __always_inline void eun_add_user_string(struct eun_slot *s, eun_ref *ref, const void *from)
{
	u32 off = eun_room(s);
	if (!off || off > EUN_RECORD_MAX - EUN_STRING_MAX)
		return;
	long n = bpf_probe_read_user_str(s->rec + off, EUN_STRING_MAX + 1, from);
	if (n > 0)
		*ref = EUN_REF(off, eun_string_done(s, off, n));
}

/* A NUL-terminated string of the kernel's memory, or of a map. */
static __always_inline void eun_add_kernel_string(struct eun_slot *s, eun_ref *ref, const void *from)
{
	u32 off = eun_room(s);
	if (!off || off > EUN_RECORD_MAX - EUN_STRING_MAX)
		return;
	long n = bpf_probe_read_kernel_str(s->rec + off, EUN_STRING_MAX + 1, from);
	if (n > 0)
		*ref = EUN_REF(off, eun_string_done(s, off, n));
}

/* `len` bytes of the current task's memory (argv: strings that each end in NUL), at most EUN_STRING_MAX - 1. */
static __always_inline void eun_add_user_bytes(struct eun_slot *s, eun_ref *ref, const void *from, u64 len)
{
	u32 off = eun_room(s), n = len;
	if (!off || off > EUN_RECORD_MAX - EUN_STRING_MAX)
		return;
	if (len > EUN_STRING_MAX - 1) {
		n = EUN_STRING_MAX - 1;
		eun_flag(s, EUN_TRUNCATED);
	}
	EUN_HIDE(n);
	n &= EUN_STRING_MAX - 1;
	if (bpf_probe_read_user(s->rec + off, n, from))
		return;
	s->len = off + n;
	*ref = EUN_REF(off, n);
}

#endif
