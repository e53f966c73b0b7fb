/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* The records of the plugin `ipc`, as its programs make them and its tables describe them. */
#ifndef EUNOMIA_IPC_H
#define EUNOMIA_IPC_H

#include <eunomia/event.h>

/* In the order of the plugin's table of streams. */
enum ipc_stream {
	IPC_SIGNAL,
	IPC_PIPE,
	IPC_UNIX,
	IPC_SHM,
	IPC_SEM,
	IPC_MSG,
	IPC_MQ,
	IPC_EVENTFD,
	IPC_MEMFD,
	IPC_VM,
	IPC_MESSAGE,
	IPC_UNIX_MESSAGE,
	IPC_STREAMS,
};

enum ipc_kind {
	IPC_KIND_pipe,
	IPC_KIND_unix,
	IPC_KIND_shm,
	IPC_KIND_sem,
	IPC_KIND_msg,
	IPC_KIND_mq,
	IPC_KIND_eventfd,
	IPC_KIND_memfd,
	IPC_KIND_vm,
};

/* The calls that are told apart; none: what the kernel does of itself. */
enum ipc_call_id {
	IPC_CALL_none,
	IPC_CALL_kill,
	IPC_CALL_tkill,
	IPC_CALL_tgkill,
	IPC_CALL_rt_sigqueueinfo,
	IPC_CALL_rt_tgsigqueueinfo,
	IPC_CALL_pidfd_send_signal,
	IPC_CALL_pipe,
	IPC_CALL_pipe2,
	IPC_CALL_socketpair,
	IPC_CALL_bind,
	IPC_CALL_listen,
	IPC_CALL_connect,
	IPC_CALL_accept,
	IPC_CALL_accept4,
	IPC_CALL_shmget,
	IPC_CALL_shmat,
	IPC_CALL_shmdt,
	IPC_CALL_shmctl,
	IPC_CALL_semget,
	IPC_CALL_semctl,
	IPC_CALL_semop,
	IPC_CALL_semtimedop,
	IPC_CALL_msgget,
	IPC_CALL_msgctl,
	IPC_CALL_msgsnd,
	IPC_CALL_msgrcv,
	IPC_CALL_mq_open,
	IPC_CALL_mq_unlink,
	IPC_CALL_mq_timedsend,
	IPC_CALL_mq_timedreceive,
	IPC_CALL_eventfd,
	IPC_CALL_eventfd2,
	IPC_CALL_memfd_create,
	IPC_CALL_memfd_secret,
	IPC_CALL_process_vm_readv,
	IPC_CALL_process_vm_writev,
	IPC_CALL_pidfd_getfd,
	IPC_CALL_read,
	IPC_CALL_readv,
	IPC_CALL_recvfrom,
	IPC_CALL_recvmsg,
	IPC_CALL_recvmmsg,
	IPC_CALL_write,
	IPC_CALL_writev,
	IPC_CALL_sendto,
	IPC_CALL_sendmsg,
	IPC_CALL_sendmmsg,
};

/* What became of a signal. The first ones are the kernel's (include/trace/events/signal.h). */
enum ipc_result {
	IPC_DELIVERED,
	IPC_IGNORED,
	IPC_ALREADY_PENDING,
	IPC_OVERFLOW_FAIL,
	IPC_LOSE_INFO,
	IPC_FAILED,  /* the call says why */
	IPC_CHECKED, /* signal 0: nothing is sent */
};

/*
 * Where a signal comes from, as one number: si_code alone says it only for what is not positive, and for SI_KERNEL.
 * Other positive codes mean something else with each signal.
 */
#define IPC_CAUSE_BELOW(code) (0x8000 | (__u32) - (code))
#define IPC_CAUSE_OF(signal, code) ((__u32)(signal) << 8 | (__u32)(code))

struct ipc_signal {
	struct eun_event h;
	__u32 signal;
	__s32 code;
	__u32 cause;
	__u32 target_pid, target_tid;
	__s32 target_id;
	__s32 ret;
	__u8 result, call, group, reserved;
	char target_comm[EUN_COMM_LEN];
};

/* All other streams: each shows what of it has a meaning there. */
struct ipc_op {
	struct eun_event h;
	__s64 id, peer_id;
	__s64 value;
	__u64 bytes;
	__u64 address;
	eun_ref name, path;
	__s32 ret;
	__s32 fd, other_fd;
	__u32 flags;
	__u32 key, cmd;
	__u32 peer_pid, peer_uid;
	__u16 sem_num;
	__s16 sem_op;
	__u8 kind, call, socket_type;
	__u8 other_process;
	char peer_comm[EUN_COMM_LEN];
};

#endif
