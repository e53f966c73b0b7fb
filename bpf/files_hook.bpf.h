/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * What the kernel found for a text: the functions that ask the security modules about a call have it resolved, after
 * symbolic links, `..` and whatever another thread wrote over the text. They are only there where the kernel has
 * CONFIG_SECURITY_PATH, and attached to where it takes programs at functions; else the text counts. A call that fails
 * before it gets there leaves its text too. Part of files.bpf.c.
 */
#ifndef EUNOMIA_FILES_HOOK_BPF_H
#define EUNOMIA_FILES_HOOK_BPF_H

/* As many components as eun_path() takes. */
#define HOOK_STEPS (EUN_WALK_STEP * EUN_WALK_STEPS)

static long hook_step(u32 i, void *level)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, level);
	return !s || eun_step(s) != EUN_WALK_MORE;
}

/*
 * eun_path() without the path in the file system, by bpf_loop (5.17): a component is verified once, not eight times.
 * There are many of these programs, all small but for this.
 */
static __always_inline void hook_add_path(struct eun_slot *s, struct vfsmount *mnt, struct dentry *dentry)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 level = s->level;
	s->dentry = dentry;
	s->mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	eun_path_begin(s, task);
	eun_walk_begin(s);
	bpf_loop(HOOK_STEPS, hook_step, &level, 0);
	eun_walk_end(s);
	eun_path_end(s, task, dentry);
}

#define HOOK_FOR_CALL 1 /* the record of the call itself */
#define HOOK_FOR_LIFE 2 /* files.life */

/* True: the current call is one of `stream` that files.life follows names by. Global, as whom it means is many ways. */
__noinline int hook_is_for_life(u32 stream)
{
	if (!eun_serves(FILES_LIFE) || !eun_meant(FILES_LIFE))
		return 0;
	const struct files_call *call = files_call(eun_current_call());
	return call->stream == stream && files_names(call);
}

/*
 * Notes where `dentry` of `mnt` is as what text `which` of the current call means, if that is a call of `stream` that
 * is meant: opens and sockets come this way too. Global: the verifier checks it apart.
 */
__noinline int files_found_at(u32 stream, u32 which, u64 mnt, u64 dentry)
{
	struct files_key key = {.tid = bpf_get_current_pid_tgid(), .which = which};
	u64 tid = key.tid;
	struct files_begun *b = bpf_map_lookup_elem(&files_begun, &tid);
	u32 wanted = b && b->stream == stream ? HOOK_FOR_CALL : 0;
	if (eun_serves(FILES_LIFE) && hook_is_for_life(stream))
		wanted |= HOOK_FOR_LIFE;
	if (!wanted)
		return 0;
	struct eun_slot *s = eun_slot_take();
	if (!s)
		return 0;
	struct files_found *found = eun_record(s);
	found->h.flags = 0;
	found->wanted = wanted;
	s->len = offsetof(struct files_found, path);
	hook_add_path(s, (void *)mnt, (void *)dentry);
	found->len = EUN_REF_LEN(s->ref);
	wanted = s->ref ? *(volatile u32 *)&found->wanted : 0;
	if (b && wanted & HOOK_FOR_CALL && !bpf_map_update_elem(&files_found, &key, found, BPF_ANY))
		__sync_fetch_and_or(&b->found, 1 << (which & 1));
	key.which += FILES_LIFE_TEXT;
	if (eun_serves(FILES_LIFE) && wanted & HOOK_FOR_LIFE)
		bpf_map_update_elem(&files_found, &key, found, BPF_ANY);
	eun_drop(s);
	return 0;
}

/*
 * Argument `n`, from 0 on, of the function: as a number, since a function that is checked apart takes no pointer of a
 * type.
 */
static __always_inline u64 hook_arg(const u64 *ctx, u32 n)
{
	u64 arg = 0;
	bpf_probe_read_kernel(&arg, sizeof(arg), ctx + n);
	return arg;
}

/* A name in a directory: the arguments that these are. */
static __always_inline int hook_name(const u64 *ctx, u32 stream, u32 which, u32 dir, u32 dentry)
{
	struct path *in = (void *)hook_arg(ctx, dir);
	return files_found_at(stream, which, (u64)BPF_CORE_READ(in, mnt), hook_arg(ctx, dentry));
}

/* Where a path leads to: the argument that it is. */
static __always_inline int hook_path(const u64 *ctx, u32 stream, u32 which, u32 n)
{
	struct path *path = (void *)hook_arg(ctx, n);
	return files_found_at(stream, which, (u64)BPF_CORE_READ(path, mnt), (u64)BPF_CORE_READ(path, dentry));
}

/* dir, dentry */
SEC("?fentry/security_path_unlink")
int hook_unlink(u64 *ctx)
{
	return hook_name(ctx, FILES_UNLINK, 0, 0, 1);
}

/* dir, dentry */
SEC("?fentry/security_path_rmdir")
int hook_rmdir(u64 *ctx)
{
	return hook_name(ctx, FILES_UNLINK, 0, 0, 1);
}

/* old_dir, old_dentry, new_dir, new_dentry, flags */
SEC("?fentry/security_path_rename")
int hook_rename(u64 *ctx)
{
	hook_name(ctx, FILES_RENAME, 0, 0, 1);
	return hook_name(ctx, FILES_RENAME, 1, 2, 3);
}

/* old_dentry, new_dir, new_dentry; both are in one mount */
SEC("?fentry/security_path_link")
int hook_link(u64 *ctx)
{
	hook_name(ctx, FILES_LINK, 1, 1, 0);
	return hook_name(ctx, FILES_LINK, 0, 1, 2);
}

/* dir, dentry, old_name */
SEC("?fentry/security_path_symlink")
int hook_symlink(u64 *ctx)
{
	return hook_name(ctx, FILES_LINK, 0, 0, 1);
}

/* dir, dentry, mode */
SEC("?fentry/security_path_mkdir")
int hook_mkdir(u64 *ctx)
{
	return hook_name(ctx, FILES_MKDIR, 0, 0, 1);
}

/* dir, dentry, mode, dev */
SEC("?fentry/security_path_mknod")
int hook_mknod(u64 *ctx)
{
	return hook_name(ctx, FILES_MKNOD, 0, 0, 1);
}

/* path, mode */
SEC("?fentry/security_path_chmod")
int hook_chmod(u64 *ctx)
{
	return hook_path(ctx, FILES_CHMOD, 0, 0);
}

/* path, uid, gid */
SEC("?fentry/security_path_chown")
int hook_chown(u64 *ctx)
{
	return hook_path(ctx, FILES_CHOWN, 0, 0);
}

/* path */
SEC("?fentry/security_path_truncate")
int hook_truncate(u64 *ctx)
{
	return hook_path(ctx, FILES_TRUNCATE, 0, 0);
}

/* dev_name, path, type, flags, data */
SEC("?fentry/security_sb_mount")
int hook_mount(u64 *ctx)
{
	return hook_path(ctx, FILES_MOUNT, 0, 1);
}

/* mnt, flags */
SEC("?fentry/security_sb_umount")
int hook_umount(u64 *ctx)
{
	struct vfsmount *mnt = (void *)hook_arg(ctx, 0);
	return files_found_at(FILES_MOUNT, 0, (u64)mnt, (u64)BPF_CORE_READ(mnt, mnt_root));
}

/* from_path, to_path */
SEC("?fentry/security_move_mount")
int hook_move_mount(u64 *ctx)
{
	hook_path(ctx, FILES_MOUNT, 1, 0);
	return hook_path(ctx, FILES_MOUNT, 0, 1);
}

/* old_path (where the old root goes), new_path */
SEC("?fentry/security_sb_pivotroot")
int hook_pivot_root(u64 *ctx)
{
	hook_path(ctx, FILES_MOUNT, 1, 0);
	return hook_path(ctx, FILES_MOUNT, 0, 1);
}

#endif
