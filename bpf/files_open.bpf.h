/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* open's family, and close. Part of files.bpf.c. */
#ifndef EUNOMIA_FILES_OPEN_BPF_H
#define EUNOMIA_FILES_OPEN_BPF_H

/* What creat means: O_CREAT | O_WRONLY | O_TRUNC, include/uapi/asm-generic/fcntl.h */
#define FILES_CREAT_FLAGS (0100 | 01 | 01000)

/*
 * The head of a kernel's struct, copied as a whole: one read in place of many. What lies further back on some kernel is
 * read by itself; that is decided when the object is loaded.
 */
#define FILES_HEAD 128

#define files_take(as, head, from, type, member)                                             \
	({                                                                                   \
		as take_ = 0;                                                                \
		u32 off_ = bpf_core_field_offset(type, member);                              \
		if (off_ + sizeof(take_) <= FILES_HEAD)                                      \
			take_ = *(as *)((head) + off_);                                      \
		else                                                                         \
			bpf_probe_read_kernel(&take_, sizeof(take_), (void *)(from) + off_); \
		take_;                                                                       \
	})

/* The heads lie where the path is built later. */
static __always_inline void files_add_inode(struct eun_slot *s, struct files_inode *f, struct inode *inode)
{
	char *head = s->path;
	bpf_probe_read_kernel(head, FILES_HEAD, inode);
	struct super_block *sb = (void *)files_take(u64, head, inode, struct inode, i_sb);
	f->inode = files_take(u64, head, inode, struct inode, i_ino);
	f->nlink = files_take(u32, head, inode, struct inode, i_nlink);
	f->mode = files_take(u16, head, inode, struct inode, i_mode);
	f->type = f->mode >> 12;
	f->rdev = eun_dev(files_take(u32, head, inode, struct inode, i_rdev));
	bpf_probe_read_kernel(head, FILES_HEAD, sb);
	f->dev = eun_dev(files_take(u32, head, sb, struct super_block, s_dev));
	f->fs_magic = files_take(u64, head, sb, struct super_block, s_magic);
}

/* What the file is and where. */
static __always_inline void files_add_file(struct eun_slot *s, struct files_inode *f, eun_ref *path, eun_ref *fs_path,
					   struct file *file)
{
	struct path at;
	char *head = s->path;
	bpf_probe_read_kernel(head, FILES_HEAD, file);
	at.mnt = (void *)files_take(u64, head, file, struct file, f_path.mnt);
	at.dentry = (void *)files_take(u64, head, file, struct file, f_path.dentry);
	files_add_inode(s, f, (void *)files_take(u64, head, file, struct file, f_inode));
	eun_add_path(s, path, fs_path, &at);
}

/* What was opened: the file behind the descriptor that the call returned. False: there is none. */
static __always_inline bool files_add_opened(struct eun_slot *s, struct files_open *e)
{
	struct file *file = eun_fd_file(e->fd);
	if (file)
		files_add_file(s, &e->file, &e->at.path, &e->fs_path, file);
	return file;
}

#define PROC_SUPER_MAGIC 0x9fa0 /* include/uapi/linux/magic.h */

/* Of a descriptor that leads into /proc/PID or /proc/PID/task/TID: that is another process than the current one. */
__noinline int files_is_of_other(int fd)
{
	struct file *file = eun_fd_file(fd);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct proc_inode *proc = (void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);
	struct pid *pid = inode ? BPF_CORE_READ(proc, pid) : NULL;
	struct hlist_node *node = BPF_CORE_READ(pid, tasks[0].first);
	if (!node) /* of no process, or it has ended */
		return 0;
	struct task_struct *task = (void *)node - bpf_core_field_offset(struct task_struct, pid_links);
	return BPF_CORE_READ(task, tgid) != bpf_get_current_pid_tgid() >> 32;
}

#define O_CREAT 0100
#define FMODE_CREATED 0x100000 /* file.f_mode: the open made the file. include/linux/fs.h */

__noinline int files_is_made(int fd)
{
	return !!(BPF_CORE_READ(eun_fd_file(fd), f_mode) & FMODE_CREATED);
}

/* What only few files need to be asked. */
static __always_inline void files_add_rest(struct files_open *e)
{
	if (e->file.fs_magic == PROC_SUPER_MAGIC)
		e->other_process = files_is_of_other(e->fd);
	if (e->flags & O_CREAT)
		e->created = files_is_made(e->fd);
}

/* Of the registers, not by eun_arg(): no call is made that can be saved. */
static __always_inline u32 files_open_flags(const struct files_call *call, const struct pt_regs *regs)
{
	u32 flags = FILES_CREAT_FLAGS;
	if (call->flags_are_how)
		bpf_probe_read_user(&flags, sizeof(flags), (void *)eun_arg_in(regs, THIRD));
	else if (call->flags == THIRD)
		flags = eun_arg_in(regs, THIRD);
	else if (call->flags == SECOND)
		flags = eun_arg_in(regs, SECOND);
	return flags;
}

static __always_inline int files_opened(u32 nr, s64 ret, bool quick)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 sets = eun_enter(FILES_OPEN);
	struct eun_slot *s = sets ? eun_open(FILES_OPEN, sizeof(struct files_open), sets) : NULL;
	if (!s)
		return 0;
	struct task_struct *loaded = quick ? quick_task(task) : task;
	eun_actor((void *)s->rec, loaded);
	const struct files_call *call = files_call(nr);
	struct files_open *e = eun_record(s);
	e->call = call->call;
	e->ret = ret < 0 ? ret : 0;
	e->fd = ret < 0 ? -1 : ret;
	e->flags = files_open_flags(call, (const struct pt_regs *)bpf_task_pt_regs(task));
	if (e->fd >= 0 && ((quick && quick_add_opened(s, e, loaded)) || files_add_opened(s, e))) {
		files_add_rest(e);
		eun_submit(s);
		return 0;
	}
	e->path_source = FILES_FROM_USER;
	if (call->path)
		eun_add_path_at(s, &e->at.path, &e->at.dir, &e->at.name, files_dirfd(call->dirfd),
				(void *)eun_arg(call->path), false);
	eun_submit(s);
	return 0;
}

SEC("?tp")
int open_exit(struct trace_event_raw_sys_exit *ctx)
{
	return files_opened(ctx->id, ctx->ret, EUN_CASTS);
}

/* For kernels before 5.16, which refuse a call that they don't know even where it is never made. */
SEC("?tp")
int open_exit_plain(struct trace_event_raw_sys_exit *ctx)
{
	return files_opened(ctx->id, ctx->ret, false);
}

/* When close ends, the file is gone: taken when it begins. A descriptor that is open never fails to be released. */
static __always_inline int files_closes(int fd)
{
	if (!eun_wanted(FILES_CLOSE))
		return 0;
	struct file *file = eun_fd_file(fd);
	struct eun_slot *s = file ? eun_begin(FILES_CLOSE, sizeof(struct files_close)) : NULL;
	if (!s)
		return 0;
	struct files_close *e = eun_record(s);
	e->fd = fd;
	files_add_file(s, &e->file, &e->path, &e->fs_path, file);
	eun_submit(s);
	return 0;
}

SEC("?tp")
int close_enter(struct trace_event_raw_sys_enter *ctx)
{
	return files_closes(ctx->args[0]);
}

#endif
