/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The filter before the ring. Its tests are run one a call of a global function, which the verifier looks at once, and
 * only where the host wants filters at all: eun_where_on.
 */
#ifndef EUNOMIA_WHERE_BPF_H
#define EUNOMIA_WHERE_BPF_H

/* Set by the host before it loads: a run without filters pays nothing for them. */
const volatile bool eun_where_on = false;

/* key: number of a filter, written by the host (memory-mapped) while no stream uses it */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, EUN_WHERES);
	__type(key, u32);
	__type(value, struct eun_where);
} eun_wheres SEC(".maps");

/* key: a number and the set it is in, value: nothing; inserted and deleted by the host */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct eun_member_key);
	__type(value, u8);
} eun_members SEC(".maps");

static __always_inline u64 eun_where_number(const char *at, u8 size, u8 sign)
{
	switch (size) {
	case 1:
		return sign ? (u64)(s64) * (const s8 *)at : *(const u8 *)at;
	case 2:
		return sign ? (u64)(s64) * (const s16 *)at : *(const u16 *)at;
	case 4:
		return sign ? (u64)(s64) * (const s32 *)at : *(const u32 *)at;
	default:
		return *(const u64 *)at;
	}
}

/* Word by word; behind the text mask and text are 0. */
static __always_inline bool eun_where_same(const char *at, const struct eun_where_test *t)
{
	u64 differ = (*(const u64 *)at ^ t->text[0]) & t->mask[0];
	if (t->len > 8)
		differ |= (*(const u64 *)(at + 8) ^ t->text[1]) & t->mask[1];
	if (t->len > 16) {
		differ |= (*(const u64 *)(at + 16) ^ t->text[2]) & t->mask[2];
		differ |= (*(const u64 *)(at + 24) ^ t->text[3]) & t->mask[3];
	}
	if (t->len > 32) {
		differ |= (*(const u64 *)(at + 32) ^ t->text[4]) & t->mask[4];
		differ |= (*(const u64 *)(at + 40) ^ t->text[5]) & t->mask[5];
		differ |= (*(const u64 *)(at + 48) ^ t->text[6]) & t->mask[6];
		differ |= (*(const u64 *)(at + 56) ^ t->text[7]) & t->mask[7];
	}
	return !differ;
}

/* lo <= a <= hi, each of two words in network byte order. */
static __always_inline bool eun_where_between(const char *at, const u64 *lo, const u64 *hi)
{
	u64 a = __builtin_bswap64(*(const u64 *)at), b = __builtin_bswap64(*(const u64 *)(at + 8));
	u64 la = __builtin_bswap64(lo[0]), lb = __builtin_bswap64(lo[1]);
	u64 ha = __builtin_bswap64(hi[0]), hb = __builtin_bswap64(hi[1]);
	return (a > la || (a == la && b >= lb)) && (a < ha || (a == ha && b <= hb));
}

/* Runs test `at` of filter `where` on the record in slot `level`; returns what comes next. */
__noinline int eun_where_test(u32 level, u32 where, u32 at)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	struct eun_where *w = bpf_map_lookup_elem(&eun_wheres, &where);
	if (!s || !w)
		return EUN_WHERE_PASS;
	const struct eun_where_test *t = &w->tests[at & (EUN_WHERE_TESTS - 1)];
	u32 offset = t->offset, kind = t->kind, len = t->len;
	bool yes = false;
	EUN_HIDE(offset);
	const char *field = s->rec + (offset & (EUN_RECORD_MAX - 1));
	if (kind <= EUN_WHERE_MEMBER) {
		u64 n = eun_where_number(field, t->size, t->sign);
		struct eun_member_key key = {n, t->lo};
		yes = kind == EUN_WHERE_RANGE  ? n - t->lo <= t->hi
		      : kind == EUN_WHERE_BITS ? (n & t->lo) == t->lo
					       : bpf_map_lookup_elem(&eun_members, &key) != NULL;
	} else if (kind == EUN_WHERE_ADDRESS) {
		yes = eun_where_between(field, t->text, t->text + 2);
	} else if (kind == EUN_WHERE_CHARS) {
		yes = eun_where_same(field, t);
	} else {
		u32 ref = *(const u32 *)field, has = EUN_REF_LEN(ref), from = EUN_REF_OFF(ref);
		if (!from || from + has > s->len)
			return t->missing;
		if (kind == EUN_WHERE_SUFFIX)
			from += has - len;
		EUN_HIDE(from);
		from &= EUN_RECORD_MAX - 1;
		yes = kind == EUN_WHERE_EXISTS ||
		      ((kind == EUN_WHERE_EQUAL ? has == len : has >= len) && eun_where_same(s->rec + from, t));
	}
	return yes ? t->yes : t->no;
}

static __always_inline bool eun_where_pass(struct eun_slot *s, u32 where)
{
	int at = 0;
	for (int i = 0; i < EUN_WHERE_TESTS && at < EUN_WHERE_TESTS; i++)
		at = eun_where_test(s->level, where, at);
	return at != EUN_WHERE_FAIL;
}

#endif
