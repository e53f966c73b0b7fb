/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* What is kept of a call from its begin to its end. Part of files.bpf.c. */
#ifndef EUNOMIA_FILES_BEGUN_BPF_H
#define EUNOMIA_FILES_BEGUN_BPF_H

/* So much of a text is kept, with its NUL. */
#define FILES_TEXT 256

/* A call that has begun. Texts are padded with zeros; one that was not readable then (not paged in) has no bit. */
struct files_begun {
	u32 read;     /* bit per text */
	u32 stream;   /* of the call */
	u32 found;    /* bit per text: files_found has its path */
	int dirfd;    /* io_uring's opens only, as what follows */
	u32 flags;    /* of the open */
	u32 reported; /* has its record already */
	u64 time;     /* when a call of mount's family began */
	char text[2][FILES_TEXT];
};

/*
 * key: thread id, or the address of a request of io_uring (io_kiocb); inserted when a call of a target begins, read
 * and deleted when it ends. Bound: 1024 calls under way at once; of more the oldest, which are then judged by their end
 * alone. So go those whose end is never seen.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, struct files_begun);
} files_begun SEC(".maps");

/* Texts of a call are 0 and 1; files.life has them apart, as its programs end a call by themselves. */
#define FILES_LIFE_TEXT 2

struct files_key {
	u32 tid, which;
};

/* A path that the kernel found, with the flags that its walk set in the header. */
struct files_found {
	struct eun_event h;
	u32 len;
	u32 wanted; /* by whom: in memory, not in a register, or the verifier follows the walk for each */
	char path[EUN_STRING_MAX];
};

/*
 * key: a text of a thread's call; inserted when the kernel has found what it means (files_hook.bpf.h), read and deleted
 * when the call ends. Bound: 512 paths at once, of which a call has at most two (four with files.life); of more the
 * text counts. Takes memory for those that are there.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 512);
	__type(key, struct files_key);
	__type(value, struct files_found);
} files_found SEC(".maps");

/* The path that the kernel found for a text of the current call; 0: none. Global, as eun_path() is. */
__noinline int files_add_found(u32 level, u32 which)
{
	struct files_key key = {.tid = bpf_get_current_pid_tgid(), .which = which};
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	struct files_found *found = bpf_map_lookup_elem(&files_found, &key);
	if (!s || !found)
		return 0;
	u32 off = eun_room(s), len = found->len;
	EUN_HIDE(len);
	if (!off || off > EUN_RECORD_MAX - EUN_STRING_MAX || len > EUN_STRING_MAX)
		return 0;
	bpf_probe_read_kernel(s->rec + off, len, found->path);
	s->len = off + len;
	s->ref = EUN_REF(off, len);
	eun_flag(s, found->h.flags);
	return 1;
}

static __always_inline void files_forget_found(u32 which)
{
	struct files_key key = {.tid = bpf_get_current_pid_tgid(), .which = which};
	bpf_map_delete_elem(&files_found, &key);
}

#endif
