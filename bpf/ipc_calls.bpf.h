/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Which system call keeps what in which argument. Part of ipc.bpf.c. */
#ifndef EUNOMIA_IPC_CALLS_BPF_H
#define EUNOMIA_IPC_CALLS_BPF_H

/* As eun_arg() counts them. */
enum ipc_arg {
	NONE,
	FIRST,
	SECOND,
	THIRD,
	FOURTH,
	FIFTH,
	SIXTH,
	RESULT,
};

/* Its members are enum ipc_arg, but for stream, kind, call. */
struct ipc_call {
	u8 stream, kind, call;
	u8 fd, other_fd, fds; /* fds: where the kernel writes two */
	u8 id, key, cmd;      /* of System V */
	u8 name, bytes, value, address, flags;
	u8 message;         /* struct msgbuf */
	u8 semops;          /* struct sembuf[] */
	u8 value_at;        /* where the kernel writes it */
	u8 socket_address;  /* struct sockaddr, whose length comes next */
	u8 header, headers; /* struct msghdr, struct mmsghdr[] */
	u8 pid, pidfd, signal;
};

#define CALL(name, stream_, kind_, ...) \
	[NR_##name] = {.stream = stream_, .kind = IPC_KIND_##kind_, .call = IPC_CALL_##name, __VA_ARGS__}
#define KILL(name, ...) [NR_##name] = {.stream = IPC_SIGNAL, .call = IPC_CALL_##name, __VA_ARGS__}

static const struct ipc_call ipc_calls[NR_CALLS] = {
	KILL(kill, .pid = FIRST, .signal = SECOND),
	KILL(tkill, .pid = FIRST, .signal = SECOND),
	KILL(tgkill, .pid = SECOND, .signal = THIRD),
	KILL(rt_sigqueueinfo, .pid = FIRST, .signal = SECOND),
	KILL(rt_tgsigqueueinfo, .pid = SECOND, .signal = THIRD),
	KILL(pidfd_send_signal, .pidfd = FIRST, .signal = SECOND),
	CALL(pipe2, IPC_PIPE, pipe, .fds = FIRST, .flags = SECOND),
	CALL(socketpair, IPC_UNIX, unix, .fds = FOURTH),
	CALL(bind, IPC_UNIX, unix, .fd = FIRST, .socket_address = SECOND),
	CALL(listen, IPC_UNIX, unix, .fd = FIRST),
	CALL(connect, IPC_UNIX, unix, .fd = FIRST, .socket_address = SECOND),
	CALL(accept, IPC_UNIX, unix, .fd = FIRST, .other_fd = RESULT),
	CALL(accept4, IPC_UNIX, unix, .fd = FIRST, .other_fd = RESULT),
	CALL(shmget, IPC_SHM, shm, .key = FIRST, .bytes = SECOND, .flags = THIRD, .id = RESULT),
	CALL(shmat, IPC_SHM, shm, .id = FIRST, .flags = THIRD, .address = RESULT),
	CALL(shmdt, IPC_SHM, shm, .address = FIRST),
	CALL(shmctl, IPC_SHM, shm, .id = FIRST, .cmd = SECOND),
	CALL(semget, IPC_SEM, sem, .key = FIRST, .value = SECOND, .flags = THIRD, .id = RESULT),
	CALL(semctl, IPC_SEM, sem, .id = FIRST, .value = SECOND, .cmd = THIRD),
	CALL(semop, IPC_MESSAGE, sem, .id = FIRST, .semops = SECOND, .value = THIRD),
	CALL(semtimedop, IPC_MESSAGE, sem, .id = FIRST, .semops = SECOND, .value = THIRD),
	CALL(msgget, IPC_MSG, msg, .key = FIRST, .flags = SECOND, .id = RESULT),
	CALL(msgctl, IPC_MSG, msg, .id = FIRST, .cmd = SECOND),
	CALL(msgsnd, IPC_MESSAGE, msg, .id = FIRST, .message = SECOND, .bytes = THIRD, .flags = FOURTH),
	CALL(msgrcv, IPC_MESSAGE, msg, .id = FIRST, .message = SECOND, .bytes = RESULT, .flags = FIFTH),
	CALL(mq_open, IPC_MQ, mq, .name = FIRST, .flags = SECOND, .fd = RESULT),
	CALL(mq_unlink, IPC_MQ, mq, .name = FIRST),
	CALL(mq_timedsend, IPC_MESSAGE, mq, .fd = FIRST, .bytes = THIRD, .value = FOURTH),
	CALL(mq_timedreceive, IPC_MESSAGE, mq, .fd = FIRST, .bytes = RESULT, .value_at = FOURTH),
	CALL(eventfd2, IPC_EVENTFD, eventfd, .value = FIRST, .flags = SECOND, .fd = RESULT),
	CALL(memfd_create, IPC_MEMFD, memfd, .name = FIRST, .flags = SECOND, .fd = RESULT),
	CALL(memfd_secret, IPC_MEMFD, memfd, .flags = FIRST, .fd = RESULT),
	CALL(process_vm_readv, IPC_VM, vm, .pid = FIRST, .bytes = RESULT),
	CALL(process_vm_writev, IPC_VM, vm, .pid = FIRST, .bytes = RESULT),
	CALL(pidfd_getfd, IPC_VM, vm, .pidfd = FIRST, .other_fd = SECOND, .fd = RESULT),
	CALL(read, IPC_UNIX_MESSAGE, unix, .fd = FIRST, .bytes = RESULT),
	CALL(readv, IPC_UNIX_MESSAGE, unix, .fd = FIRST, .bytes = RESULT),
	CALL(recvfrom, IPC_UNIX_MESSAGE, unix, .fd = FIRST, .bytes = RESULT, .flags = FOURTH),
	CALL(recvmsg, IPC_UNIX_MESSAGE, unix, .fd = FIRST, .bytes = RESULT, .flags = THIRD),
	CALL(recvmmsg, IPC_UNIX_MESSAGE, unix, .fd = FIRST, .headers = SECOND, .flags = FOURTH),
	CALL(write, IPC_UNIX_MESSAGE, unix, .fd = FIRST, .bytes = RESULT),
	CALL(writev, IPC_UNIX_MESSAGE, unix, .fd = FIRST, .bytes = RESULT),
	CALL(sendto, IPC_UNIX_MESSAGE, unix, .fd = FIRST, .bytes = RESULT, .flags = FOURTH, .socket_address = FIFTH),
	CALL(sendmsg, IPC_UNIX_MESSAGE, unix, .fd = FIRST, .bytes = RESULT, .flags = THIRD, .header = SECOND),
	CALL(sendmmsg, IPC_UNIX_MESSAGE, unix, .fd = FIRST, .headers = SECOND, .flags = FOURTH),
#ifdef IPC_LEGACY_CALLS
	CALL(pipe, IPC_PIPE, pipe, .fds = FIRST),
	CALL(eventfd, IPC_EVENTFD, eventfd, .value = FIRST, .fd = RESULT),
#endif
};

/* The row of a call; call IPC_CALL_none where there is none. */
static __always_inline const struct ipc_call *ipc_call(long nr)
{
	return &ipc_calls[(u64)nr & (NR_CALLS - 1)];
}

/* An argument of the current call, or its result. */
static __always_inline u64 ipc_arg(u32 which, s64 result)
{
	return which == RESULT ? (u64)result : eun_arg(which);
}

/*
 * A record, held by its slot's number: what makes, fills and sends one is in global functions, which the verifier
 * checks once a program and not once for each way that leads there.
 */
static __always_inline struct eun_slot *ipc_slot(int level)
{
	u32 key = level;
	return level < 0 ? NULL : bpf_map_lookup_elem(&eun_scratch, &key);
}

/* -1: nobody wants it. */
__noinline int ipc_begin(u32 stream)
{
	u64 sets = eun_enter(stream);
	struct eun_slot *s = sets ? eun_make_seldom(stream, sizeof(struct ipc_op), sets) : NULL;
	return s ? s->level : -1;
}

__noinline int ipc_submit(int level)
{
	struct eun_slot *s = ipc_slot(level);
	if (s)
		eun_submit(s);
	return 0;
}

/* From here on a result is none: the call is begun again after a signal (include/linux/errno.h). */
#define ERESTARTSYS 512
#define ERESTART_LAST 516

static __always_inline bool ipc_restarts(s64 ret)
{
	return ret <= -ERESTARTSYS && ret >= -ERESTART_LAST;
}

#endif
