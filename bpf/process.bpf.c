/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* The life of processes: fork, exec, exit. And what else they do that concerns their rights. */
#include "common.bpf.h"
#include "process.h"
#include "process_nr.h"
#include "process_call.bpf.h"
#include "process_args.bpf.h"

/* include/uapi/linux/magic.h, include/linux/sched/signal.h, asm/errno.h, include/uapi/linux/fcntl.h */
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define SIGNAL_GROUP_EXIT 4
#define EEXIST 17

/* Threads that leave or join a process are reported too. */
const volatile bool threads = false;

/*
 * True: an overlay file system's inode whose content is in its upper layer, so it was written after the image was
 * made. The pointer to the upper dentry lies right behind the VFS inode in struct ovl_inode, a type that only the
 * module's BTF has.
 */
static __always_inline bool in_upper_layer(struct inode *inode)
{
	struct dentry *upper = NULL;
	bpf_probe_read_kernel(&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode));
	return upper && BPF_CORE_READ(upper, d_inode);
}

/* What is known of the caller in any case. BPF_CORE_READ where a pointer is loaded: see eun_actor(). */
static __always_inline void add_caller(struct process_exec *e, struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	struct tty_struct *tty = BPF_CORE_READ(task, signal, tty);
	e->euid = BPF_CORE_READ(cred, euid.val);
	bpf_core_read(&e->cap_effective, sizeof(e->cap_effective), &cred->cap_effective);
	if (tty)
		bpf_core_read_str(e->tty, sizeof(e->tty), &tty->name);
}

static __always_inline void add_cwd(struct eun_slot *s, eun_ref *ref, struct task_struct *task)
{
	struct path cwd = {};
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	bpf_core_read(&cwd, sizeof(cwd), &fs->pwd);
	eun_add_path(s, ref, NULL, &cwd);
}

static __always_inline void add_file(struct process_exec *e, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct super_block *sb = BPF_CORE_READ(inode, i_sb);
	e->inode = BPF_CORE_READ(inode, i_ino);
	e->mode = BPF_CORE_READ(inode, i_mode);
	e->nlink = BPF_CORE_READ(inode, i_nlink);
	e->dev = eun_dev(BPF_CORE_READ(sb, s_dev));
	e->fs_magic = BPF_CORE_READ(sb, s_magic);
	e->upper_layer = e->fs_magic == OVERLAYFS_SUPER_MAGIC && in_upper_layer(inode);
}

SEC("?tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, pid_t old_tid, struct linux_binprm *bprm)
{
	struct eun_slot *s = process_begin(PROCESS_EXEC, sizeof(struct process_exec));
	if (!s)
		return 0;
	struct process_exec *e = eun_record(s);
	e->old_tid = old_tid;
	e->argc = bprm->argc;
	e->secureexec = BPF_CORE_READ_BITFIELD(bprm, secureexec);
	struct file *file = BPF_CORE_READ(bprm, file);
	add_caller(e, task);
	add_file(e, file);
	eun_add_file_path(s, &e->exe, &e->fs_path, file);
	add_argv(s, &e->argv, BPF_CORE_READ(task, mm));
	if (env)
		add_env(s, &e->env, BPF_CORE_READ(task, mm));
	add_cwd(s, &e->cwd, task);
	eun_add_kernel_string(s, &e->filename, bprm->filename);
	if (bprm->interp != bprm->filename)
		eun_add_kernel_string(s, &e->interp, bprm->interp);
	eun_submit(s);
	return 0;
}

/* The end of execve and execveat. When they fail late, the old memory is gone and the strings with it. */
static __always_inline int exec_failed(u32 nr, s64 ret)
{
	if (ret >= 0 || restarts(ret))
		return 0;
	struct eun_slot *s = process_begin(PROCESS_EXEC, sizeof(struct process_exec));
	if (!s)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	u64 filename = eun_arg(FIRST), argv = eun_arg(SECOND);
	int dirfd = EUN_AT_FDCWD;
	if (nr == NR_execveat) {
		dirfd = filename;
		filename = argv;
		argv = eun_arg(THIRD);
	}
	struct process_exec *e = eun_record(s);
	eun_ref dir = 0;
	e->ret = ret;
	e->old_tid = task->pid;
	e->path_source = PROCESS_FROM_USER;
	add_caller(e, task);
	eun_add_path_at(s, &e->exe, &dir, &e->filename, dirfd, (void *)filename, false);
	e->argc = process_args(s->level, argv);
	e->argv = s->ref;
	if (dir && dirfd == EUN_AT_FDCWD)
		e->cwd = dir;
	else
		add_cwd(s, &e->cwd, task);
	eun_submit(s);
	return 0;
}

SEC("?tp")
int process_failed(struct trace_event_raw_sys_exit *ctx)
{
	return exec_failed(ctx->id, ctx->ret);
}

struct process_id {
	u64 start;
	u64 pid;
};

/*
 * key: a process that has ended, value: nothing; inserted by its last thread, deleted by age, read by none. Bound: 1024
 * ends between those of two threads of one process.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct process_id);
	__type(value, u8);
} process_ended SEC(".maps");

/* True for one thread of each process: the last. Of several that end at once, each may see that none is left. */
static __always_inline bool ends_process(struct task_struct *task)
{
	struct process_id id = {.start = BPF_CORE_READ(task, group_leader, start_boottime), .pid = task->tgid};
	if (BPF_CORE_READ(task, signal, live.counter))
		return false;
	u8 nothing = 0;
	return bpf_map_update_elem(&process_ended, &id, &nothing, BPF_NOEXIST) != -EEXIST;
}

/* What the parent is told, as the kernel's wait_task_zombie() finds it. */
static __always_inline int process_status(struct task_struct *task)
{
	if (BPF_CORE_READ(task, signal, flags) & SIGNAL_GROUP_EXIT)
		return BPF_CORE_READ(task, signal, group_exit_code);
	return BPF_CORE_READ(task, group_leader, exit_code);
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	if (!eun_wanted(PROCESS_EXIT))
		return 0;
	bool last = ends_process(task);
	if (!last && !threads)
		return 0;
	struct eun_slot *s = process_begin(PROCESS_EXIT, sizeof(struct process_exit));
	if (!s)
		return 0;
	struct process_exit *e = eun_record(s);
	int status = task->exit_code;
	u64 start = task->start_boottime;
	e->user_ns = task->utime;
	e->system_ns = task->stime;
	if (last) {
		status = process_status(task);
		start = BPF_CORE_READ(task, group_leader, start_boottime);
		e->user_ns += BPF_CORE_READ(task, signal, utime);
		e->system_ns += BPF_CORE_READ(task, signal, stime);
		if (task->pid != task->tgid) { /* the first thread ended before and is not in the sum yet */
			e->user_ns += BPF_CORE_READ(task, group_leader, utime);
			e->system_ns += BPF_CORE_READ(task, group_leader, stime);
		}
	}
	e->thread = !last;
	e->duration_ns = e->h.time - start;
	e->exit_code = status >> 8;
	e->signal = status & 0x7f;
	e->core = (status & 0x80) != 0;
	eun_submit(s);
	return 0;
}

SEC("?tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	bool thread = child->pid != child->tgid;
	if (thread && !threads)
		return 0;
	struct eun_slot *s = process_begin(PROCESS_FORK, sizeof(struct process_fork));
	if (!s)
		return 0;
	struct process_fork *e = eun_record(s);
	struct pid *pid = BPF_CORE_READ(child, thread_pid);
	struct upid in = {};
	eun_read_upid(&in, pid, BPF_CORE_READ(pid, level));
	e->child_pid = child->tgid;
	e->child_tid = child->pid;
	e->child_nspid = in.nr;
	e->child_pidns = BPF_CORE_READ(in.ns, ns.inum);
	e->thread = thread;
	eun_submit(s);
	return 0;
}

#include "process_cred.bpf.h"
#include "process_ptrace.bpf.h"
#include "process_module.bpf.h"
#include "process_bpf.bpf.h"
#include "process_memory.bpf.h"
#include "process_capable.bpf.h"
#include "process_dup.bpf.h"
#include "process_rare.bpf.h"

/* The end of the calls whose streams are on by default: one program, so that what they share is verified once. */
static __always_inline int process_changed(u32 nr, s64 ret)
{
	u8 call = process_call(nr);
	if (call == PROCESS_CALL_clone || call == PROCESS_CALL_clone3)
		clone_done(call, ret);
	else if (call == PROCESS_CALL_ptrace)
		ptrace_done(ret);
	else if (call == PROCESS_CALL_bpf)
		bpf_done(ret);
	else
		change_done(call, nr, ret);
	return 0;
}

SEC("?tp")
int process_after(struct trace_event_raw_sys_exit *ctx)
{
	return process_changed(ctx->id, ctx->ret);
}

#include "process_ia32.bpf.h"
