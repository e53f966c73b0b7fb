/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The calls that name a file by text: rename, unlink, link, chmod, chown, truncate, mkdir, mknod, mount and their
 * variants. No tracepoint has the file that the kernel found, so the text is read when the call begins and again when
 * it ends: two readings that differ betray a thread that changes it in between. Where functions can be attached to,
 * what the kernel found is known from in between (files_hook.bpf.h). Part of files.bpf.c.
 */
#ifndef EUNOMIA_FILES_PATH_BPF_H
#define EUNOMIA_FILES_PATH_BPF_H

/* S_ISUID | S_ISGID | S_ISVTX */
#define FILES_SPECIAL 07000

/* S_IFREG >> 12: what mknod makes when it is told no type */
#define FILES_REGULAR 010

/* In place of a directory: the text is no path. */
#define FILES_NO_DIR -200

static __always_inline void files_path_begins(u32 nr)
{
	const struct files_call *call = files_call(nr);
	if (!eun_meant(call->stream))
		return;
	struct eun_slot *s = eun_slot_take();
	if (!s)
		return;
	struct files_begun *b = eun_record(s);
	u64 tid = (u32)bpf_get_current_pid_tgid();
	__builtin_memset(b, 0, sizeof(*b));
	b->stream = call->stream;
	if (call->stream == FILES_MOUNT)
		b->time = bpf_ktime_get_boot_ns();
	if (call->path && bpf_probe_read_user_str(b->text[0], FILES_TEXT, (void *)eun_arg(call->path)) > 0)
		b->read |= 1;
	if (call->other && bpf_probe_read_user_str(b->text[1], FILES_TEXT, (void *)eun_arg(call->other)) > 0)
		b->read |= 2;
	bpf_map_update_elem(&files_begun, &tid, b, BPF_ANY);
	eun_drop(s);
}

SEC("?tp")
int path_enter(struct trace_event_raw_sys_enter *ctx)
{
	files_path_begins(ctx->id);
	return 0;
}

/* The text now, against what it was; compared in the space where a path is built. Both have their padding. */
static __always_inline bool files_changed(struct eun_slot *s, const char *then, const char *now)
{
	u64 *a = (u64 *)s->path, *b = (u64 *)then, differ = 0;
	__builtin_memset(s->path, 0, FILES_TEXT);
	bpf_probe_read_user_str(s->path, FILES_TEXT, now);
	for (u32 i = 0; i < FILES_TEXT / sizeof(u64); i++)
		differ |= a[i] ^ b[i];
	return differ;
}

/*
 * Appends a text of the current call to the record in slot `level`. What counts is what it is now, but where that is
 * not what it was when the call began, the latter. Joined with `dirfd`, or by itself (FILES_NO_DIR: not a path). A path
 * that the kernel found stays. which: 0, the record's `p.at`, 1, its `other`.
 */
__noinline int files_add_text(u32 level, u32 which, int dirfd, u64 now)
{
	u64 tid = (u32)bpf_get_current_pid_tgid();
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	struct files_begun *b = bpf_map_lookup_elem(&files_begun, &tid);
	if (!s)
		return 0;
	struct files_pair *e = eun_record(s);
	struct files_where *at = which ? &e->other : &e->p.at;
	eun_ref path = 0;
	const char *text = (void *)now;
	bool changed = false;
	if (b && b->read >> which & 1) {
		const char *then = b->text[which & 1];
		changed = files_changed(s, then, text);
		if (changed) {
			eun_flag(s, EUN_ARGS_CHANGED);
			if (then[FILES_TEXT - 2])
				eun_flag(s, EUN_TRUNCATED);
			text = then;
		}
	}
	if (dirfd != FILES_NO_DIR)
		eun_add_path_at(s, &path, &at->dir, &at->name, dirfd, text, changed);
	else if (changed)
		eun_add_kernel_string(s, &path, text);
	else
		eun_add_user_string(s, &path, text);
	if (!at->path)
		at->path = path;
	return 0;
}

/* The fixed part of each record, by stream; struct files_mount is the largest. */
static const u32 files_sizes[16] = {
	[FILES_RENAME] = sizeof(struct files_pair), [FILES_UNLINK] = sizeof(struct files_path),
	[FILES_LINK] = sizeof(struct files_pair),   [FILES_CHMOD] = sizeof(struct files_value),
	[FILES_CHOWN] = sizeof(struct files_value), [FILES_TRUNCATE] = sizeof(struct files_value),
	[FILES_MKDIR] = sizeof(struct files_value), [FILES_MKNOD] = sizeof(struct files_value),
	[FILES_MOUNT] = sizeof(struct files_mount),
};

/* The paths that the kernel found, first: they are whole, whatever the texts are. */
static __always_inline void files_add_kernel_paths(struct eun_slot *s, const struct files_begun *b)
{
	struct files_pair *e = eun_record(s);
	if (b->found & 1 && files_add_found(s->level, 0))
		e->p.at.path = s->ref;
	if (b->found & 2 && files_add_found(s->level, 1))
		e->other.path = s->ref;
}

/* What the call is about: a text, or a descriptor's file. */
static __always_inline void files_add_path(struct eun_slot *s, struct files_path *e, const struct files_call *call)
{
	if (call->path) {
		bool found = e->at.path;
		files_add_text(s->level, 0, files_dirfd(call->dirfd), eun_arg(call->path));
		/* AT_EMPTY_PATH: an empty text names the directory's descriptor itself */
		if (found)
			return;
		if (!e->at.dir || !e->at.name || EUN_REF_LEN(e->at.name))
			e->path_source = FILES_FROM_USER;
	} else if (call->dirfd) {
		struct file *file = eun_fd_file(eun_arg(call->dirfd));
		if (file)
			eun_add_file_path(s, &e->at.path, NULL, file);
	}
}

/* The second path, or the text, of rename, link and mount. */
static __always_inline void files_add_other(struct eun_slot *s, struct files_path *e, const struct files_call *call)
{
	if (call->call == FILES_CALL_fsconfig && e->flags == FSCONFIG_SET_BINARY)
		return;
	files_add_text(s->level, 1, call->other_is_text ? FILES_NO_DIR : files_dirfd(call->other_dirfd),
		       eun_arg(call->other));
}

static __always_inline void files_add_mount(struct eun_slot *s, struct files_mount *e, const struct files_call *call)
{
	if (call->fstype)
		eun_add_user_string(s, &e->fstype, (void *)eun_arg(call->fstype));
	if (call->key)
		eun_add_user_string(s, &e->key, (void *)eun_arg(call->key));
	if (call->call == FILES_CALL_mount)
		e->mount_flags = e->pair.p.flags;
	if (call->call == FILES_CALL_umount2)
		e->umount_flags = e->pair.p.flags;
	if (call->data)
		eun_add_user_string(s, &e->data, (void *)eun_arg(call->data));
	u64 tid = (u32)bpf_get_current_pid_tgid();
	struct files_begun *b = bpf_map_lookup_elem(&files_begun, &tid);
	if (b)
		e->latency_ns = e->pair.p.h.time - b->time;
}

/* The length that a file is to have. The older calls of 32-bit programs have one that is not in two registers. */
static __always_inline u64 files_length(u32 which)
{
	if (eun_in_ia32_call(EUN_IA32_NR_truncate) || eun_in_ia32_call(EUN_IA32_NR_ftruncate))
		return (s32)eun_arg(which);
	return eun_arg_64(which);
}

/* A user or a group. The older calls of 32-bit programs have numbers of 16 bits, where ~0 is none, too. */
static __always_inline u32 files_owner(u32 which)
{
	u32 id = eun_arg(which);
	if (eun_in_ia32_call(EUN_IA32_NR_chown) || eun_in_ia32_call(EUN_IA32_NR_lchown) ||
	    eun_in_ia32_call(EUN_IA32_NR_fchown))
		return (u16)id == 0xffff ? ~0u : (u16)id;
	return id;
}

static __always_inline void files_add_value(struct files_value *e, const struct files_call *call)
{
	if (call->value_is_64) {
		e->length = files_length(call->value[0]);
	} else if (call->stream == FILES_CHOWN) {
		e->owner_uid = files_owner(call->value[0]);
		e->owner_gid = files_owner(call->value[1]);
	} else {
		e->value[0] = eun_arg(call->value[0]);
		e->value[1] = eun_arg(call->value[1]);
	}
	if (call->stream == FILES_CHMOD)
		e->special = e->mode & FILES_SPECIAL;
	if (call->stream == FILES_MKNOD)
		e->type = e->mode >> 12 & 15 ?: FILES_REGULAR;
}

static __always_inline void files_describe(struct eun_slot *s, const struct files_call *call, long ret,
					   const struct files_begun *b)
{
	struct files_path *e = eun_record(s);
	s->len = files_sizes[call->stream & 15];
	e->ret = ret;
	e->call = call->call;
	if (!eun_in_ia32_call(EUN_IA32_NR_umount)) /* the older umount has none */
		e->flags = eun_arg(call->flags);
	e->symbolic = call->call == FILES_CALL_symlink || call->call == FILES_CALL_symlinkat;
	e->is_dir = call->call == FILES_CALL_rmdir || (call->call == FILES_CALL_unlinkat && e->flags & AT_REMOVEDIR);
	if (b)
		files_add_kernel_paths(s, b);
	files_add_path(s, e, call);
	if (call->other)
		files_add_other(s, e, call);
	else if (call->value[0])
		files_add_value((void *)e, call);
	if (call->stream == FILES_MOUNT)
		files_add_mount(s, (void *)e, call);
}

static __always_inline void files_path_ends(u32 nr, s64 ret)
{
	const struct files_call *call = files_call(nr);
	u64 tid = (u32)bpf_get_current_pid_tgid();
	struct files_begun *b = bpf_map_lookup_elem(&files_begun, &tid);
	u64 sets = eun_enter(call->stream);
	struct eun_slot *s = sets ? eun_make_seldom(call->stream, sizeof(struct files_mount), sets) : NULL;
	if (s) {
		files_describe(s, call, ret, b);
		eun_submit(s);
	}
	if (b) {
		if (b->found & 1)
			files_forget_found(0);
		if (b->found & 2)
			files_forget_found(1);
		bpf_map_delete_elem(&files_begun, &tid);
	}
}

SEC("?tp")
int path_exit(struct trace_event_raw_sys_exit *ctx)
{
	files_path_ends(ctx->id, ctx->ret);
	return 0;
}

#endif
