/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Files that are created and deleted. No tracepoint has the file that unlink finds, so a creation is remembered by
 * name: by the resolved path where an open made the file, and by the text that mknod was given, behind the directory
 * it is relative to. rename and link carry it to other names. At unlink the text counts, behind its directory: it is
 * the name remembered unless it goes through a symbolic link, `.` or `..`. Where functions can be attached to, what the
 * kernel found for a text counts instead (files_hook.bpf.h). Whether the file is gone, and not just one
 * of its names, its inode tells. Part of files.bpf.c.
 */
#ifndef EUNOMIA_FILES_LIFE_BPF_H
#define EUNOMIA_FILES_LIFE_BPF_H

#define RENAME_EXCHANGE 2

/* Of a name its end and its length: longer ones that differ further left only are taken for each other. */
#define FILES_NAME 256

struct files_name {
	u32 mntns, len;
	char end[FILES_NAME]; /* padded with zeros */
};

struct files_birth {
	u64 time;
	struct inode *memory; /* 0: not known (mknod) */
	u64 inode;
	u32 dev, generation; /* dev as the kernel has it */
	u32 creator;
	u32 reserved; /* no bytes of the stack's become part of a value */
};

/*
 * key: a file's name; inserted when a target creates the file, moved by rename, copied by link, deleted when the name
 * is removed, which is when it is read. Bound: the option `births`; of more those that were made or looked at the
 * longest ago.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct files_name);
	__type(value, struct files_birth);
} files_births SEC(".maps");

/* The key of a path of the record, made in the space where a path is built. */
static __always_inline struct files_name *files_name(struct eun_slot *s, eun_ref path)
{
	struct files_name *name = (void *)s->path;
	u32 len = EUN_REF_LEN(path), off = EUN_REF_OFF(path);
	__builtin_memset(name, 0, sizeof(*name));
	name->mntns = BPF_CORE_READ(bpf_get_current_task_btf(), nsproxy, mnt_ns, ns.inum);
	name->len = len;
	if (len > FILES_NAME) {
		off += len - FILES_NAME;
		len = FILES_NAME;
	}
	EUN_HIDE(len);
	EUN_HIDE(off);
	if (len > FILES_NAME)
		len = FILES_NAME;
	off &= EUN_RECORD_MAX - 1;
	if (off <= EUN_RECORD_MAX - FILES_NAME)
		bpf_probe_read_kernel(name->end, len, s->rec + off);
	return name;
}

/*
 * The name that text `which` of the current call means, as the kernel found it or as it says, becomes the record's
 * path, its only one, and the key in the slot. Global, or it would be verified for each text of each call.
 */
__noinline int files_name_at(u32 level, u32 which, int dirfd, u64 text)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	eun_ref dir = 0, name = 0;
	if (!s)
		return 0;
	struct files_life *e = eun_record(s);
	s->len = sizeof(*e);
	e->path = 0;
	if (files_add_found(level, FILES_LIFE_TEXT + which))
		e->path = s->ref;
	else
		eun_add_path_at(s, &e->path, &dir, &name, dirfd, (void *)text, false);
	files_name(s, e->path);
	return 0;
}

/* Of the current call: its path (0), or its second one (1). */
static __always_inline struct files_name *files_name_of(struct eun_slot *s, const struct files_call *call, u32 second)
{
	if (second)
		files_name_at(s->level, 1, files_dirfd(call->other_dirfd), eun_arg(call->other));
	else
		files_name_at(s->level, 0, files_dirfd(call->dirfd), eun_arg(call->path));
	return (void *)s->path;
}

static __always_inline void files_born(struct eun_slot *s, struct files_name *name, struct inode *inode)
{
	struct files_birth b = {
		.time = bpf_ktime_get_boot_ns(),
		.memory = inode,
		.inode = BPF_CORE_READ(inode, i_ino),
		.dev = BPF_CORE_READ(inode, i_sb, s_dev),
		.generation = BPF_CORE_READ(inode, i_generation),
		.creator = bpf_get_current_pid_tgid() >> 32,
	};
	bpf_map_update_elem(&files_births, name, &b, BPF_ANY);
}

static __always_inline int files_life_begins(s64 ret)
{
	if (ret < 0 || !eun_meant(FILES_LIFE))
		return 0;
	struct file *file = eun_fd_file(ret);
	if (!(BPF_CORE_READ(file, f_mode) & FMODE_CREATED))
		return 0;
	struct eun_slot *s = eun_slot_take();
	if (!s)
		return 0;
	struct files_life *e = eun_record(s);
	s->len = sizeof(*e);
	e->path = 0;
	eun_add_file_path(s, &e->path, NULL, file);
	files_born(s, files_name(s, e->path), BPF_CORE_READ(file, f_inode));
	eun_drop(s);
	return 0;
}

SEC("?tp")
int life_open(struct trace_event_raw_sys_exit *ctx)
{
	return files_life_begins(ctx->ret);
}

/* The inode is still the one that was made, and has a name. */
static __always_inline bool files_is_alive(const struct files_birth *b)
{
	struct inode *inode = b->memory;
	return inode && BPF_CORE_READ(inode, i_ino) == b->inode && BPF_CORE_READ(inode, i_sb, s_dev) == b->dev &&
	       BPF_CORE_READ(inode, i_generation) == b->generation && BPF_CORE_READ(inode, i_nlink);
}

/* What had the record's name has it no more. True: it is gone, and the record says so. */
static __always_inline bool files_died(struct eun_slot *s, const struct files_birth *b)
{
	struct files_life *e = eun_record(s);
	if (files_is_alive(b))
		return false;
	e->age_ns = e->h.time - b->time;
	e->inode = b->inode;
	e->dev = eun_dev(b->dev);
	e->creator = b->creator;
	return true;
}

/* unlink. True: a file is gone. */
static __always_inline bool files_unlinked(struct eun_slot *s, const struct files_call *call)
{
	struct files_name *name = files_name_of(s, call, 0);
	struct files_birth *b = bpf_map_lookup_elem(&files_births, name);
	if (!b)
		return false;
	bool died = files_died(s, b);
	bpf_map_delete_elem(&files_births, name);
	return died;
}

/* rename: what had the new name is gone, or has the old one now. True: a file is gone. */
static __always_inline bool files_renamed(struct eun_slot *s, const struct files_call *call)
{
	struct files_birth moved = {}, other = {};
	bool exchange = call->flags && eun_arg(call->flags) & RENAME_EXCHANGE, died = false;
	struct files_name *name = files_name_of(s, call, 0);
	struct files_birth *b = bpf_map_lookup_elem(&files_births, name);
	if (b) {
		moved = *b;
		bpf_map_delete_elem(&files_births, name);
	}
	name = files_name_of(s, call, 1);
	b = bpf_map_lookup_elem(&files_births, name);
	if (b) {
		other = *b;
		died = !exchange && files_died(s, b);
		bpf_map_delete_elem(&files_births, name);
	}
	if (moved.time)
		bpf_map_update_elem(&files_births, name, &moved, BPF_ANY);
	if (exchange && other.time)
		bpf_map_update_elem(&files_births, files_name_of(s, call, 0), &other, BPF_ANY);
	return died;
}

/* link: the file has one more name. */
static __always_inline void files_linked(struct eun_slot *s, const struct files_call *call)
{
	struct files_birth *b = bpf_map_lookup_elem(&files_births, files_name_of(s, call, 1));
	if (!b)
		return;
	struct files_birth same = *b;
	bpf_map_update_elem(&files_births, files_name_of(s, call, 0), &same, BPF_ANY);
}

/* link, mknod: calls that end no life. No record is made, only its space is needed. */
static __always_inline void files_name_made(const struct files_call *call)
{
	if (!eun_meant(FILES_LIFE))
		return;
	struct eun_slot *s = eun_slot_take();
	if (!s)
		return;
	if (call->stream == FILES_LINK)
		files_linked(s, call);
	else
		files_born(s, files_name_of(s, call, 0), NULL);
	eun_drop(s);
}

static __always_inline void files_name_changes(const struct files_call *call)
{
	if (call->stream == FILES_LINK || call->stream == FILES_MKNOD) {
		files_name_made(call);
		return;
	}
	u64 sets = eun_enter(FILES_LIFE);
	struct eun_slot *s = sets ? eun_make_seldom(FILES_LIFE, sizeof(struct files_life), sets) : NULL;
	if (!s)
		return;
	struct files_life *e = eun_record(s);
	e->call = call->call;
	if (call->stream == FILES_RENAME ? files_renamed(s, call) : files_unlinked(s, call)) {
		eun_submit(s);
	} else {
		eun_count(FILES_LIFE, not_where, 1);
		eun_drop(s);
	}
}

static __always_inline int files_life_changes(u32 nr, s64 ret)
{
	if (ret >= 0)
		files_name_changes(files_call(nr));
	files_forget_found(FILES_LIFE_TEXT);
	files_forget_found(FILES_LIFE_TEXT + 1);
	return 0;
}

SEC("?tp")
int life_exit(struct trace_event_raw_sys_exit *ctx)
{
	return files_life_changes(ctx->id, ctx->ret);
}

#endif
