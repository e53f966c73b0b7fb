/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Pipes, System V, message queues, eventfds, memfds, other processes' memory: all by what ipc_calls[] says of a call.
 * Part of ipc.bpf.c.
 */
#ifndef EUNOMIA_IPC_OBJECT_BPF_H
#define EUNOMIA_IPC_OBJECT_BPF_H

/* include/uapi/linux/ipc.h: in 32-bit programs' commands, which struct they mean */
#define IPC_64 0x100

struct sembuf {
	u16 sem_num;
	s16 sem_op;
	s16 sem_flg;
};

/* -1: none. */
static __always_inline int ipc_fd_arg(u32 which, s64 ret)
{
	return which == NONE ? -1 : which == RESULT && ret < 0 ? -1 : (int)ipc_arg(which, ret);
}

/* What is an argument or the result, and no more. */
__noinline int ipc_fill(u32 level, u32 nr, s64 ret)
{
	struct eun_slot *s = ipc_slot(level);
	if (!s)
		return 0;
	struct ipc_op *e = eun_record(s);
	const struct ipc_call *call = ipc_call(nr);
	e->kind = call->kind;
	e->call = call->call;
	e->ret = call->address == RESULT && ret > 0 ? 0 : ret;
	e->fd = ipc_fd_arg(call->fd, ret);
	e->other_fd = ipc_fd_arg(call->other_fd, ret);
	e->id = ipc_fd_arg(call->id, ret);
	e->peer_id = -1;
	e->flags = ipc_arg(call->flags, ret);
	e->cmd = ipc_arg(call->cmd, ret);
	if (eun_in_ia32())
		e->cmd &= ~IPC_64;
	e->value = ipc_arg(call->value, ret);
	if (ret >= 0)
		e->bytes = ipc_arg(call->bytes, ret);
	if (ret >= 0 || call->address != RESULT)
		e->address = ipc_arg(call->address, ret);
	int fds[2];
	if (call->fds && ret == 0 && !bpf_probe_read_user(fds, sizeof(fds), (void *)ipc_arg(call->fds, 0))) {
		e->fd = fds[0];
		e->other_fd = fds[1];
	}
	return 0;
}

/* "0x0000002a", as ipcs(1) shows a key. */
__noinline int ipc_add_key(u32 level)
{
	struct eun_slot *s = bpf_map_lookup_elem(&eun_scratch, &level);
	u32 off = s ? eun_room(s) : 0;
	if (!off || off > EUN_RECORD_MAX - EUN_STRING_MAX)
		return 0;
	struct ipc_op *e = eun_record(s);
	char *to = s->rec + off;
	to[0] = '0';
	to[1] = 'x';
	for (int i = 0; i < 8; i++) {
		u32 digit = e->key >> (28 - 4 * i) & 15;
		to[2 + i] = digit < 10 ? '0' + digit : 'a' - 10 + digit;
	}
	e->name = EUN_REF(off, 10);
	s->len = off + 10;
	return 0;
}

/* The object behind a System V id: its key, its size, who is at the other end. */
static __always_inline void ipc_fill_sysv(struct ipc_op *e, const struct ipc_call *call, bool *keyed)
{
	u32 tid, which = IPC_SHM_IDS;
	struct pid *peer = NULL;
	if (call->kind == IPC_KIND_sem)
		which = IPC_SEM_IDS;
	else if (call->kind == IPC_KIND_msg)
		which = IPC_MSG_IDS;
	struct kern_ipc_perm *perm = ipc_find_sysv(which, e->id);
	if (!perm)
		return;
	*keyed = true;
	e->key = BPF_CORE_READ(perm, key);
	if (which == IPC_SHM_IDS) {
		struct shmid_kernel *shm = (void *)perm;
		e->bytes = BPF_CORE_READ(shm, shm_segsz);
		peer = BPF_CORE_READ(shm, shm_cprid);
	} else if (which == IPC_MSG_IDS) {
		struct msg_queue *queue = (void *)perm;
		peer = call->bytes == RESULT ? BPF_CORE_READ(queue, q_lspid) : BPF_CORE_READ(queue, q_lrpid);
	}
	ipc_describe(peer, &e->peer_pid, &tid, e->peer_comm);
}

static __always_inline void ipc_add_sysv(struct eun_slot *s, struct ipc_op *e, const struct ipc_call *call, s64 ret)
{
	bool keyed = call->key;
	if (call->key)
		e->key = ipc_arg(call->key, ret);
	else if (call->id)
		ipc_fill_sysv(e, call, &keyed);
	if (keyed)
		ipc_add_key(s->level);
}

/* What lies in memory that a call points to: the type of a message, the first operation on a set, a priority. */
static __always_inline void ipc_fill_memory(struct ipc_op *e, const struct ipc_call *call, s64 ret)
{
	if (call->message && ret >= 0) {
		u32 size = eun_in_ia32() ? sizeof(u32) : sizeof(u64); /* of a long */
		bpf_probe_read_user(&e->value, size, (void *)ipc_arg(call->message, 0));
	}
	struct sembuf op = {};
	if (call->semops && !bpf_probe_read_user(&op, sizeof(op), (void *)ipc_arg(call->semops, 0))) {
		e->sem_num = op.sem_num;
		e->sem_op = op.sem_op;
	}
	if (call->value_at && ret >= 0) {
		u32 value = 0;
		bpf_probe_read_user(&value, sizeof(value), (void *)ipc_arg(call->value_at, 0));
		e->value = value;
	}
}

/* What a descriptor's object is called: mq_open()'s name, and memfd_create()'s without "memfd:". */
static __always_inline void ipc_add_file_name(struct eun_slot *s, struct ipc_op *e, struct file *file)
{
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	if (e->kind == IPC_KIND_mq)
		eun_add_kernel_string(s, &e->name, name);
	else if (e->call == IPC_CALL_memfd_create)
		eun_add_kernel_string(s, &e->name, name + sizeof("memfd:") - 1);
}

/* What the kernel calls the object behind a descriptor. */
static __always_inline void ipc_add_file(struct eun_slot *s, struct ipc_op *e, int fd)
{
	struct file *file = eun_fd_file(fd);
	if (!file)
		return;
	if (e->kind == IPC_KIND_eventfd) {
		struct eventfd_ctx *eventfd = BPF_CORE_READ(file, private_data);
		e->id = BPF_CORE_READ(eventfd, id);
		return;
	}
	e->id = BPF_CORE_READ(file, f_inode, i_ino);
	ipc_add_file_name(s, e, file);
}

static __always_inline void ipc_fill_process(struct ipc_op *e, const struct ipc_call *call, s64 ret)
{
	u32 tid;
	struct pid *pid = NULL;
	if (call->pid)
		pid = ipc_find_pid(ipc_arg(call->pid, 0));
	else if (call->pidfd && ret != -EBADF)
		pid = ipc_pidfd_pid(ipc_arg(call->pidfd, 0));
	ipc_describe(pid, &e->peer_pid, &tid, e->peer_comm);
	e->other_process = pid && e->peer_pid != e->h.pid;
}

__noinline int ipc_add_object(u32 level, u32 nr, s64 ret)
{
	struct eun_slot *s = ipc_slot(level);
	if (!s)
		return 0;
	struct ipc_op *e = eun_record(s);
	const struct ipc_call *call = ipc_call(nr);
	ipc_fill_memory(e, call, ret);
	ipc_fill_process(e, call, ret);
	ipc_add_sysv(s, e, call, ret);
	if (e->fd >= 0 && ret != -EBADF) /* it is what the call took it for */
		ipc_add_file(s, e, e->fd);
	if (call->name && !e->name)
		eun_add_user_string(s, &e->name, (void *)ipc_arg(call->name, 0));
	return 0;
}

static __always_inline int ipc_object_ends(u32 nr, s64 ret)
{
	int level = ipc_restarts(ret) ? -1 : ipc_begin(ipc_call(nr)->stream);
	if (level < 0)
		return 0;
	ipc_fill(level, nr, ret);
	ipc_add_object(level, nr, ret);
	return ipc_submit(level);
}

SEC("?tp")
int object_exit(struct trace_event_raw_sys_exit *ctx)
{
	return ipc_object_ends(ctx->id, ctx->ret);
}

#endif
