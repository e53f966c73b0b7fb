/* SPDX-License-Identifier: MIT */
/* How processes talk to each other: signals, pipes, sockets, System V, queues, each other's memory. */
#include <fcntl.h>
#include <linux/ipc.h>
#include <linux/memfd.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <eunomia/plugin.h>

#include "ipc.h"
#include "ipc_metrics.h"

EUN_OBJECT(EUN_OBJECT_FILE);

/* clang-format off */
#define NAMED(name) {name, #name}
#define REALTIME(n) {32 + n, "SIGRT_" #n}
#define CALL(call) {IPC_CALL_##call, #call}
#define KIND(kind) {IPC_KIND_##kind, #kind}
#define BELOW(code) {IPC_CAUSE_BELOW(code), #code}
#define OF(signal, n, name) {IPC_CAUSE_OF(signal, n), name}

/* Real-time signals as strace names them: libcs differ in which is the first. */
static const struct eun_label signals[] = {
	NAMED(SIGHUP), NAMED(SIGINT), NAMED(SIGQUIT), NAMED(SIGILL), NAMED(SIGTRAP), NAMED(SIGABRT), NAMED(SIGBUS),
	NAMED(SIGFPE), NAMED(SIGKILL), NAMED(SIGUSR1), NAMED(SIGSEGV), NAMED(SIGUSR2), NAMED(SIGPIPE), NAMED(SIGALRM),
	NAMED(SIGTERM), NAMED(SIGSTKFLT), NAMED(SIGCHLD), NAMED(SIGCONT), NAMED(SIGSTOP), NAMED(SIGTSTP),
	NAMED(SIGTTIN), NAMED(SIGTTOU), NAMED(SIGURG), NAMED(SIGXCPU), NAMED(SIGXFSZ), NAMED(SIGVTALRM),
	NAMED(SIGPROF), NAMED(SIGWINCH), NAMED(SIGIO), NAMED(SIGPWR), NAMED(SIGSYS),
	REALTIME(0), REALTIME(1), REALTIME(2), REALTIME(3), REALTIME(4), REALTIME(5), REALTIME(6), REALTIME(7),
	REALTIME(8), REALTIME(9), REALTIME(10), REALTIME(11), REALTIME(12), REALTIME(13), REALTIME(14), REALTIME(15),
	REALTIME(16), REALTIME(17), REALTIME(18), REALTIME(19), REALTIME(20), REALTIME(21), REALTIME(22), REALTIME(23),
	REALTIME(24), REALTIME(25), REALTIME(26), REALTIME(27), REALTIME(28), REALTIME(29), REALTIME(30), REALTIME(31),
	REALTIME(32),
	{0, NULL},
};

static const struct eun_label causes[] = {
	NAMED(SI_USER), NAMED(SI_KERNEL),
	BELOW(SI_QUEUE), BELOW(SI_TIMER), BELOW(SI_MESGQ), BELOW(SI_ASYNCIO), BELOW(SI_SIGIO), BELOW(SI_TKILL),
	{IPC_CAUSE_BELOW(-7), "SI_DETHREAD"}, {IPC_CAUSE_BELOW(-60), "SI_ASYNCNL"},
	OF(SIGCHLD, 1, "CLD_EXITED"), OF(SIGCHLD, 2, "CLD_KILLED"), OF(SIGCHLD, 3, "CLD_DUMPED"),
	OF(SIGCHLD, 4, "CLD_TRAPPED"), OF(SIGCHLD, 5, "CLD_STOPPED"), OF(SIGCHLD, 6, "CLD_CONTINUED"),
	OF(SIGSEGV, 1, "SEGV_MAPERR"), OF(SIGSEGV, 2, "SEGV_ACCERR"), OF(SIGSEGV, 3, "SEGV_BNDERR"),
	OF(SIGSEGV, 4, "SEGV_PKUERR"),
	OF(SIGBUS, 1, "BUS_ADRALN"), OF(SIGBUS, 2, "BUS_ADRERR"), OF(SIGBUS, 3, "BUS_OBJERR"),
	OF(SIGBUS, 4, "BUS_MCEERR_AR"), OF(SIGBUS, 5, "BUS_MCEERR_AO"),
	OF(SIGILL, 1, "ILL_ILLOPC"), OF(SIGILL, 2, "ILL_ILLOPN"), OF(SIGILL, 3, "ILL_ILLADR"),
	OF(SIGILL, 4, "ILL_ILLTRP"), OF(SIGILL, 5, "ILL_PRVOPC"), OF(SIGILL, 6, "ILL_PRVREG"),
	OF(SIGILL, 7, "ILL_COPROC"), OF(SIGILL, 8, "ILL_BADSTK"),
	OF(SIGFPE, 1, "FPE_INTDIV"), OF(SIGFPE, 2, "FPE_INTOVF"), OF(SIGFPE, 3, "FPE_FLTDIV"),
	OF(SIGFPE, 4, "FPE_FLTOVF"), OF(SIGFPE, 5, "FPE_FLTUND"), OF(SIGFPE, 6, "FPE_FLTRES"),
	OF(SIGFPE, 7, "FPE_FLTINV"), OF(SIGFPE, 8, "FPE_FLTSUB"),
	OF(SIGTRAP, 1, "TRAP_BRKPT"), OF(SIGTRAP, 2, "TRAP_TRACE"), OF(SIGTRAP, 3, "TRAP_BRANCH"),
	OF(SIGTRAP, 4, "TRAP_HWBKPT"), OF(SIGTRAP, 5, "TRAP_UNK"), OF(SIGTRAP, 6, "TRAP_PERF"),
	OF(SIGIO, 1, "POLL_IN"), OF(SIGIO, 2, "POLL_OUT"), OF(SIGIO, 3, "POLL_MSG"), OF(SIGIO, 4, "POLL_ERR"),
	OF(SIGIO, 5, "POLL_PRI"), OF(SIGIO, 6, "POLL_HUP"),
	OF(SIGSYS, 1, "SYS_SECCOMP"), OF(SIGSYS, 2, "SYS_USER_DISPATCH"),
	{0, NULL},
};

static const struct eun_label results[] = {
	{IPC_DELIVERED, "delivered"}, {IPC_IGNORED, "ignored"}, {IPC_ALREADY_PENDING, "already_pending"},
	{IPC_OVERFLOW_FAIL, "overflow_fail"}, {IPC_LOSE_INFO, "lose_info"}, {IPC_FAILED, "failed"},
	{IPC_CHECKED, "checked"},
	{0, NULL},
};

static const struct eun_label calls[] = {
	CALL(none), CALL(kill), CALL(tkill), CALL(tgkill), CALL(rt_sigqueueinfo), CALL(rt_tgsigqueueinfo),
	CALL(pidfd_send_signal), CALL(pipe), CALL(pipe2), CALL(socketpair), CALL(bind), CALL(listen), CALL(connect),
	CALL(accept), CALL(accept4), CALL(shmget), CALL(shmat), CALL(shmdt), CALL(shmctl), CALL(semget), CALL(semctl),
	CALL(semop), CALL(semtimedop), CALL(msgget), CALL(msgctl), CALL(msgsnd), CALL(msgrcv), CALL(mq_open),
	CALL(mq_unlink), CALL(mq_timedsend), CALL(mq_timedreceive), CALL(eventfd), CALL(eventfd2), CALL(memfd_create),
	CALL(memfd_secret), CALL(process_vm_readv), CALL(process_vm_writev), CALL(pidfd_getfd), CALL(read),
	CALL(readv), CALL(recvfrom), CALL(recvmsg), CALL(recvmmsg), CALL(write), CALL(writev), CALL(sendto),
	CALL(sendmsg), CALL(sendmmsg),
	{0, NULL},
};

static const struct eun_label kinds[] = {
	KIND(pipe), KIND(unix), KIND(shm), KIND(sem), KIND(msg), KIND(mq), KIND(eventfd), KIND(memfd), KIND(vm),
	{0, NULL},
};

/* O_EXCL makes a pipe one for notifications. */
static const struct eun_label pipe_flags[] = {
	NAMED(O_NONBLOCK), NAMED(O_DIRECT), NAMED(O_CLOEXEC), {O_EXCL, "O_NOTIFICATION_PIPE"}, {0, NULL},
};
static const struct eun_label open_flags[] = {
	NAMED(O_WRONLY), NAMED(O_RDWR), NAMED(O_CREAT), NAMED(O_EXCL), NAMED(O_NONBLOCK), NAMED(O_CLOEXEC), {0, NULL},
};
static const struct eun_label eventfd_flags[] = {
	NAMED(EFD_SEMAPHORE), NAMED(EFD_NONBLOCK), NAMED(EFD_CLOEXEC), {0, NULL},
};
static const struct eun_label memfd_flags[] = {
	NAMED(MFD_CLOEXEC), NAMED(MFD_ALLOW_SEALING), NAMED(MFD_HUGETLB), {8, "MFD_NOEXEC_SEAL"}, {16, "MFD_EXEC"},
	{O_CLOEXEC, "O_CLOEXEC"}, {0, NULL},
};
/* The lower nine bits are permissions: shown as one number. Those of shmget and shmat don't meet. */
static const struct eun_label sysv_flags[] = {
	{IPC_CREAT, "IPC_CREAT"}, {IPC_EXCL, "IPC_EXCL"}, {0, NULL},
};
static const struct eun_label shm_flags[] = {
	{IPC_CREAT, "IPC_CREAT"}, {IPC_EXCL, "IPC_EXCL"}, {SHM_HUGETLB, "SHM_HUGETLB"}, {SHM_RDONLY, "SHM_RDONLY"},
	{SHM_RND, "SHM_RND"}, {SHM_REMAP, "SHM_REMAP"}, {SHM_EXEC, "SHM_EXEC"}, {0, NULL},
};
static const struct eun_label message_flags[] = {
	{IPC_NOWAIT, "IPC_NOWAIT"}, {MSG_NOERROR, "MSG_NOERROR"}, {MSG_EXCEPT, "MSG_EXCEPT"}, {MSG_COPY, "MSG_COPY"},
	{0, NULL},
};
static const struct eun_label socket_flags[] = {
	NAMED(MSG_OOB), NAMED(MSG_PEEK), NAMED(MSG_DONTROUTE), NAMED(MSG_CTRUNC), NAMED(MSG_TRUNC),
	NAMED(MSG_DONTWAIT), NAMED(MSG_EOR), NAMED(MSG_WAITALL), NAMED(MSG_NOSIGNAL), NAMED(MSG_MORE),
	NAMED(MSG_WAITFORONE), NAMED(MSG_CMSG_CLOEXEC), {0, NULL},
};

static const struct eun_label shm_cmds[] = {
	NAMED(IPC_RMID), NAMED(IPC_SET), NAMED(IPC_STAT), NAMED(IPC_INFO), NAMED(SHM_LOCK), NAMED(SHM_UNLOCK),
	NAMED(SHM_STAT), NAMED(SHM_INFO), {15, "SHM_STAT_ANY"}, {0, NULL},
};
static const struct eun_label sem_cmds[] = {
	NAMED(IPC_RMID), NAMED(IPC_SET), NAMED(IPC_STAT), NAMED(IPC_INFO), NAMED(GETPID), NAMED(GETVAL), NAMED(GETALL),
	NAMED(GETNCNT), NAMED(GETZCNT), NAMED(SETVAL), NAMED(SETALL), NAMED(SEM_STAT), NAMED(SEM_INFO),
	{20, "SEM_STAT_ANY"}, {0, NULL},
};
static const struct eun_label msg_cmds[] = {
	NAMED(IPC_RMID), NAMED(IPC_SET), NAMED(IPC_STAT), NAMED(IPC_INFO), NAMED(MSG_STAT), NAMED(MSG_INFO),
	{13, "MSG_STAT_ANY"}, {0, NULL},
};

static const struct eun_label socket_types[] = {
	{SOCK_STREAM, "stream"}, {SOCK_DGRAM, "dgram"}, {SOCK_SEQPACKET, "seqpacket"}, {0, NULL},
};
/* clang-format on */

#define SIGNAL(member, type, flags, help) EUN_FIELD(struct ipc_signal, member, type, flags, help)
#define SIGNAL_NAMED(member, labels, help) EUN_LABELLED(struct ipc_signal, member, EUN_ENUM, 0, labels, help)

static const struct eun_field signal_fields[] = {
	SIGNAL_NAMED(signal, signals, "the signal; SIGRT_n: real-time, 32 + n"),
	SIGNAL(target_pid, EUN_U32, 0, "process that it is for; 0: none, or many (of a call that failed)"),
	SIGNAL(target_tid, EUN_U32, 0, "thread that it is for; to a process: that which the kernel asked first"),
	SIGNAL(target_comm, EUN_CHARS, 0, "name of that thread"),
	SIGNAL_NAMED(result, results,
		     "what became of it; failed: none was made, see ret; checked: signal 0, none is sent"),
	SIGNAL(ret, EUN_ERRNO, EUN_FIELD_ERROR, "0, or why the call failed"),
	SIGNAL_NAMED(call, calls, "call that sent it; none: the kernel did"),
	SIGNAL(target_id, EUN_S32, 0, "whom the call named: pid, thread, 0 or -group or -1 of kill, descriptor"),
	SIGNAL(group, EUN_BOOL, 0, "for the process, not one thread"),
	SIGNAL_NAMED(cause, causes, "si_code by name"),
	SIGNAL(code, EUN_S32, 0, "si_code: > 0 the kernel's own, 0 kill, < 0 other calls and timers"),
};

#define OP(member, type, flags, help) EUN_FIELD(struct ipc_op, member, type, flags, help)
#define OP_NAMED(name, member, type, flags, labels, help) \
	EUN_NAMED(name, struct ipc_op, member, type, flags, labels, help)

/* What all of them have, so that one table can show them. */
#define COMMON(id_help, name_flags, name_help, peer_help, bytes_help, ret_help)                             \
	OP_NAMED("kind", kind, EUN_ENUM, 0, kinds, "what it is about"),                                     \
		OP_NAMED("call", call, EUN_ENUM, 0, calls, "the system call"),                              \
		OP(id, EUN_S64, 0, id_help "; -1: not known"), OP(name, EUN_STRING, name_flags, name_help), \
		OP(peer_pid, EUN_U32, 0, peer_help "; 0: nobody, or not known"),                            \
		OP(peer_comm, EUN_CHARS, 0, "its name, while it lives"), OP(bytes, EUN_U64, 0, bytes_help), \
		OP(ret, EUN_ERRNO, EUN_FIELD_ERROR, ret_help)

#define NO_PEER "nobody"
#define NO_BYTES "none"
#define NO_NAME "none"
#define FAILS "0, or why it failed"
#define FD_OR_FAILS "the new descriptor, or why there is none"
#define FD(help) OP(fd, EUN_S32, 0, help)
#define OTHER_FD(help) OP(other_fd, EUN_S32, 0, help)
#define FLAGS(labels) OP_NAMED("flags", flags, EUN_FLAGS, 0, labels, "the call's flags")
#define SYSV_NAME "its key, as ipcs shows it"
#define SYSV(cmds)                                                       \
	OP(key, EUN_U32, EUN_FIELD_HEX, "its key; 0: private, or gone"), \
		OP_NAMED("cmd", cmd, EUN_ENUM, 0, cmds, "what a call that controls it is to do")

static const struct eun_field pipe_fields[] = {
	COMMON("inode number", 0, NO_NAME, NO_PEER, NO_BYTES, FAILS),
	OP_NAMED("read_fd", fd, EUN_S32, 0, NULL, "the end to read from"),
	OP_NAMED("write_fd", other_fd, EUN_S32, 0, NULL, "the end to write to"),
	FLAGS(pipe_flags),
};

#define UNIX                                                                                                          \
	OP_NAMED("type", socket_type, EUN_ENUM, 0, socket_types, "type of the socket"),                               \
		OP(peer_id, EUN_S64, 0, "inode number of the peer's socket; -1: not connected, or not accepted yet"), \
		OP(peer_uid, EUN_U32, 0, "effective user of the peer, when it connected or listened"),                \
		FD("the descriptor")

static const struct eun_field unix_fields[] = {
	COMMON("inode number of the socket", EUN_FIELD_USER,
	       "path, or @name of an abstract one: of the server's socket; failed: the text given",
	       "process at the other end, when it connected or listened", NO_BYTES, FAILS),
	UNIX,
	OTHER_FD("accept: the new one; socketpair: the second"),
	OP(path, EUN_PATH, 0, "where that socket's file is, resolved; none: abstract, or failed"),
};

static const struct eun_field unix_message_fields[] = {
	COMMON("inode number of the socket", EUN_FIELD_USER, "path or @name of the peer's socket, if it has one",
	       "process at the other end, when it connected or listened", "sent or received",
	       "bytes or messages, or why it failed"),
	UNIX,
	FLAGS(socket_flags),
};

static const struct eun_field shm_fields[] = {
	COMMON("of the segment", 0, SYSV_NAME, "process that made the segment", "its size",
	       "0 or the id, or why it failed"),
	SYSV(shm_cmds),
	FLAGS(shm_flags),
	OP(address, EUN_U64, EUN_FIELD_HEX, "shmat and shmdt: where it is in memory"),
};

static const struct eun_field sem_fields[] = {
	COMMON("of the set", 0, SYSV_NAME, NO_PEER, NO_BYTES, "0, the id or what was asked for; or why it failed"),
	SYSV(sem_cmds),
	FLAGS(sysv_flags),
	OP(value, EUN_S64, 0, "semget: how many there are; semctl: which one"),
};

static const struct eun_field msg_fields[] = {
	COMMON("of the queue", 0, SYSV_NAME, "process that received last", NO_BYTES, "0 or the id, or why it failed"),
	SYSV(msg_cmds),
	FLAGS(sysv_flags),
};

static const struct eun_field mq_fields[] = {
	COMMON("inode number of the queue", EUN_FIELD_USER, "its name, without the slash", NO_PEER, NO_BYTES,
	       "0 or the descriptor, or why it failed"),
	FD("the new descriptor; -1: none"),
	FLAGS(open_flags),
};

static const struct eun_field eventfd_fields[] = {
	COMMON("eventfd-id of /proc/PID/fdinfo", 0, NO_NAME, NO_PEER, NO_BYTES, FD_OR_FAILS),
	FD("the new descriptor; -1: none"),
	FLAGS(eventfd_flags),
	OP(value, EUN_S64, 0, "what it counts from"),
};

static const struct eun_field memfd_fields[] = {
	COMMON("inode number", EUN_FIELD_USER, "what it was called; it may mean anything", NO_PEER, NO_BYTES,
	       FD_OR_FAILS),
	FD("the new descriptor; -1: none"),
	FLAGS(memfd_flags),
};

static const struct eun_field vm_fields[] = {
	COMMON("pidfd_getfd: inode number of the file", 0, NO_NAME, "process whose memory or descriptor it is",
	       "read or written", "bytes or the new descriptor, or why it failed"),
	FD("pidfd_getfd: the new descriptor; -1: none"),
	OTHER_FD("pidfd_getfd: the descriptor in the other process"),
	OP(other_process, EUN_BOOL, 0, "it is another process than the caller"),
};

static const struct eun_field message_fields[] = {
	COMMON("of the queue or set; inode number of a POSIX queue", 0, "its key, or name without the slash",
	       "System V queues: process that received last; msgrcv: that sent last", "of the message",
	       "0 or bytes, or why it failed"),
	OP(key, EUN_U32, EUN_FIELD_HEX, "System V: its key; 0: private, or gone"),
	FLAGS(message_flags),
	FD("of a POSIX queue"),
	OP(value, EUN_S64, 0, "type of the message, or priority; semop: how many operations"),
	OP(sem_num, EUN_U16, 0, "semop: which semaphore the first operation is on"),
	OP(sem_op, EUN_S16, 0, "semop: what the first operation adds"),
};

#define STREAM(index, name_, record, fields_, flags_, columns_, help_) \
	[index] = {.name = name_,                                      \
		   .version = 1,                                       \
		   .record_size = sizeof(record),                      \
		   .flags = flags_,                                    \
		   .fields = EUN_TABLE(fields_),                       \
		   .columns = columns_,                                \
		   .help = help_}
#define OPS(index, name, fields, flags, columns, help) STREAM(index, name, struct ipc_op, fields, flags, columns, help)

static const struct eun_stream streams[] = {
	STREAM(IPC_SIGNAL, "ipc.signal", struct ipc_signal, signal_fields, EUN_STREAM_DEFAULT,
	       "signal,target_pid,target_comm,result,ret,cause",
	       "a signal for a process or thread, or a call that sends none; of timers and SIGIO the actor is the "
	       "target"),
	OPS(IPC_PIPE, "ipc.pipe", pipe_fields, EUN_STREAM_DEFAULT, "call,id,read_fd,write_fd,flags,ret",
	    "a pipe is made"),
	OPS(IPC_UNIX, "ipc.unix", unix_fields, EUN_STREAM_DEFAULT, "call,type,name,peer_pid,peer_comm,ret",
	    "unix sockets: socketpair, bind, listen, connect, accept; not by io_uring"),
	OPS(IPC_SHM, "ipc.shm", shm_fields, EUN_STREAM_DEFAULT, "call,cmd,id,name,bytes,ret",
	    "System V shared memory; POSIX's is files below /dev/shm: see files.open"),
	OPS(IPC_SEM, "ipc.sem", sem_fields, EUN_STREAM_DEFAULT, "call,cmd,id,name,value,ret",
	    "System V semaphores; semop is in ipc.message"),
	OPS(IPC_MSG, "ipc.msg", msg_fields, EUN_STREAM_DEFAULT, "call,cmd,id,name,ret",
	    "System V message queues; messages are in ipc.message"),
	OPS(IPC_MQ, "ipc.mq", mq_fields, EUN_STREAM_DEFAULT, "call,id,name,flags,ret",
	    "POSIX message queues; messages are in ipc.message"),
	OPS(IPC_EVENTFD, "ipc.eventfd", eventfd_fields, EUN_STREAM_DEFAULT, "id,value,flags,ret", "an eventfd is made"),
	OPS(IPC_MEMFD, "ipc.memfd", memfd_fields, EUN_STREAM_DEFAULT, "call,id,name,flags,ret",
	    "a file without a path is made: memfd_create, memfd_secret"),
	OPS(IPC_VM, "ipc.vm", vm_fields, EUN_STREAM_DEFAULT, "call,peer_pid,peer_comm,bytes,ret",
	    "another process's memory is read or written, or its descriptor taken: process_vm_*, pidfd_getfd"),
	OPS(IPC_MESSAGE, "ipc.message", message_fields, 0, "kind,call,id,name,value,bytes,peer_pid,ret",
	    "each message of a System V or POSIX queue, each semop"),
	OPS(IPC_UNIX_MESSAGE, "ipc.unix_message", unix_message_fields, 0, "call,type,id,name,peer_pid,bytes,ret",
	    "each read, write, send and receive on a unix socket; not by io_uring, sendfile, splice"),
};

#define AT(program, call, stream, flags_)                                                                     \
	{                                                                                                     \
		.name = program, .at = "syscalls/sys_exit_" call, .streams = EUN_BIT(stream), .flags = flags_ \
	}
#define KILL(call) AT("signal_exit", call, IPC_SIGNAL, 0)
#define OBJECT(call, stream, flags) AT("object_exit", call, stream, flags)
#define SOCKET(call) AT("unix_exit", call, IPC_UNIX, 0)
#define TRANSFER(call) AT("unix_message_exit", call, IPC_UNIX_MESSAGE, 0)

/* Calls that only older architectures have, that only newer kernels have, and that a kernel may be built without. */
#define LEGACY EUN_PROGRAM_OPTIONAL
#define RECENT EUN_PROGRAM_OPTIONAL
#define CONFIGURED EUN_PROGRAM_OPTIONAL

static const struct eun_program programs[] = {
	{.name = "signal_generate", .streams = EUN_BIT(IPC_SIGNAL)},
	KILL("kill"),
	KILL("tkill"),
	KILL("tgkill"),
	KILL("rt_sigqueueinfo"),
	KILL("rt_tgsigqueueinfo"),
	KILL("pidfd_send_signal"),
	OBJECT("pipe2", IPC_PIPE, 0),
	OBJECT("pipe", IPC_PIPE, LEGACY),
	SOCKET("socketpair"),
	SOCKET("bind"),
	SOCKET("listen"),
	SOCKET("connect"),
	SOCKET("accept"),
	SOCKET("accept4"),
	OBJECT("shmget", IPC_SHM, CONFIGURED),
	OBJECT("shmat", IPC_SHM, CONFIGURED),
	OBJECT("shmdt", IPC_SHM, CONFIGURED),
	OBJECT("shmctl", IPC_SHM, CONFIGURED),
	OBJECT("semget", IPC_SEM, CONFIGURED),
	OBJECT("semctl", IPC_SEM, CONFIGURED),
	OBJECT("msgget", IPC_MSG, CONFIGURED),
	OBJECT("msgctl", IPC_MSG, CONFIGURED),
	OBJECT("mq_open", IPC_MQ, CONFIGURED),
	OBJECT("mq_unlink", IPC_MQ, CONFIGURED),
	OBJECT("eventfd2", IPC_EVENTFD, 0),
	OBJECT("eventfd", IPC_EVENTFD, LEGACY),
	OBJECT("memfd_create", IPC_MEMFD, 0),
	OBJECT("memfd_secret", IPC_MEMFD, CONFIGURED),
	OBJECT("process_vm_readv", IPC_VM, CONFIGURED),
	OBJECT("process_vm_writev", IPC_VM, CONFIGURED),
	OBJECT("pidfd_getfd", IPC_VM, 0),
	OBJECT("semop", IPC_MESSAGE, CONFIGURED),
	OBJECT("semtimedop", IPC_MESSAGE, CONFIGURED),
	OBJECT("msgsnd", IPC_MESSAGE, CONFIGURED),
	OBJECT("msgrcv", IPC_MESSAGE, CONFIGURED),
	OBJECT("mq_timedsend", IPC_MESSAGE, CONFIGURED),
	OBJECT("mq_timedreceive", IPC_MESSAGE, CONFIGURED),
	TRANSFER("read"),
	TRANSFER("readv"),
	TRANSFER("recvfrom"),
	TRANSFER("recvmsg"),
	TRANSFER("recvmmsg"),
	TRANSFER("write"),
	TRANSFER("writev"),
	TRANSFER("sendto"),
	TRANSFER("sendmsg"),
	TRANSFER("sendmmsg"),
	{.name = "ia32_exit", .streams = EUN_BIT(IPC_STREAMS) - 1, .flags = EUN_PROGRAM_IA32},
};

static const struct eun_column sigsnoop_columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "PID", .field = "pid"},
	{.header = "COMM", .field = "comm"},
	{.header = "SIG", .field = "signal", .width = 9},
	{.header = "TPID", .field = "target_pid", .width = 7},
	{.header = "TCOMM", .field = "target_comm", .width = 15},
	{.header = "RESULT", .field = "result"},
};

static const struct eun_tool_option sigsnoop_options[] = {
	{.name = "signal",
	 .letter = 's',
	 .value = "SIGNALS",
	 .help = "only these: SIGTERM, 15, SIGRT_2",
	 .where = "signal in ($)"},
	{.name = "kill", .letter = 'k', .help = "only those that kill(2) sends", .where = "call = kill"},
};

static const struct eun_column ipcsnoop_columns[] = {
	{.header = "TIME", .field = "time"},
	{.header = "PID", .field = "pid"},
	{.header = "COMM", .field = "comm"},
	{.header = "KIND", .field = "kind", .width = 7},
	{.header = "OP", .field = "call", .width = 13},
	{.header = "ID", .field = "id", .width = 8},
	{.header = "KEY/PATH", .field = "name", .width = 20},
	{.header = "PEER", .field = "peer_pid", .width = 7},
	{.header = "BYTES", .field = "bytes", .width = 8},
	{.header = "RET", .field = "ret"},
};

static const struct eun_tool_option ipcsnoop_options[] = {
	{.name = "kind",
	 .value = "KINDS",
	 .help = "only these: pipe, unix, shm, msg, sem, mq, eventfd, memfd, vm",
	 .where = "kind in ($)"},
};

static const struct eun_tool tools[] = {
	{.name = "sigsnoop",
	 .help = "signals: who sends which to whom, and what becomes of it",
	 .stream = IPC_SIGNAL,
	 .columns = EUN_TABLE(sigsnoop_columns),
	 .options = EUN_TABLE(sigsnoop_options)},
	{.name = "ipcsnoop",
	 .help = "what processes share: pipes, unix sockets, System V, POSIX queues, eventfds, memfds, memory",
	 .stream = IPC_PIPE,
	 .streams = EUN_BIT(IPC_UNIX) | EUN_BIT(IPC_SHM) | EUN_BIT(IPC_SEM) | EUN_BIT(IPC_MSG) | EUN_BIT(IPC_MQ) |
		    EUN_BIT(IPC_EVENTFD) | EUN_BIT(IPC_MEMFD) | EUN_BIT(IPC_VM) | EUN_BIT(IPC_MESSAGE),
	 .columns = EUN_TABLE(ipcsnoop_columns),
	 .options = EUN_TABLE(ipcsnoop_options)},
};

EUN_EXPORT const struct eun_plugin eunomia_plugin = {
	EUN_PLUGIN_HEAD,
	.name = "ipc",
	.version = "1.0",
	.license = "Dual MIT/GPL",
	.help = "how processes talk to each other: signals, pipes, sockets, System V, queues, memory",
	.object = eun_object,
	.object_end = eun_object_end,
	.streams = EUN_TABLE(streams),
	.programs = EUN_TABLE(programs),
	.tools = EUN_TABLE(tools),
	.metrics = EUN_TABLE(metrics),
};
