/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
#ifndef EUNOMIA_SYSCALL_H
#define EUNOMIA_SYSCALL_H

#include <eunomia/event.h>

enum syscall_stream { SYSCALL_COUNT, SYSCALL_CALL };

/* Numbers are below SYSCALL_CALLS; calls that only 32-bit programs have are numbered from SYSCALL_IA32_OWN on. */
#define SYSCALL_CALLS 512
#define SYSCALL_IA32_OWN 1024
#define SYSCALL_NUMBERS (SYSCALL_IA32_OWN + SYSCALL_CALLS)

/* Not the number of any call. */
#define SYSCALL_NONE (~0u)

#define SYSCALL_ARGS 6

/* At most so much is taken of what is no string: data read or written, an address. */
#define SYSCALL_DATA 64
#define SYSCALL_ADDRESS 128

/* What an argument is, in syscall_table.h. */
enum syscall_kind {
	A_NONE,
	/* leads to something that is read when the call ends; what BUF and ADDR lead to has its length behind it */
	A_PATH,
	A_STR,
	A_STRBACK,  /* written by the kernel, as A_RBUF and A_ADDRBACK are: nothing when the call failed */
	A_BUF,      /* data */
	A_RBUF,     /* its length is the call's result */
	A_ADDR,     /* a socket's address */
	A_ADDRBACK, /* its length is where the next argument points to */
	/* numbers */
	A_INT,
	A_LONG,
	A_SIZE,
	A_HEX,
	A_PTR,
	A_FD,
	A_AT, /* a directory's descriptor, or AT_FDCWD */
	A_MODE,
	A_OPENMODE, /* of open: meant where the flags before it make a file */
	/* named: syscall_args.h */
	A_ACCESS,
	A_ARCHPRCTL,
	A_ATFLAGS,
	A_BPF,
	A_CLOCK,
	A_CLONE,
	A_EPOLL,
	A_FAMILY,
	A_FCNTL,
	A_FDFLAGS,
	A_FLOCK,
	A_FUTEX,
	A_GRND,
	A_MADVICE,
	A_MAP,
	A_MEMFD,
	A_MOUNT,
	A_MREMAP,
	A_MSG,
	A_MSYNC,
	A_OPEN,
	A_PRCTL,
	A_PROT,
	A_PTRACE,
	A_RENAME,
	A_RLIMIT,
	A_SCHED,
	A_SECCOMP,
	A_SHUTDOWN,
	A_SIGHOW,
	A_SIGNAL,
	A_SOCKET,
	A_SOLEVEL,
	A_UMOUNT,
	A_UNLINK,
	A_WAIT,
	A_WHENCE,
	A_KINDS, /* how many there are */
};

/* The calls of a process with one number and one result. */
struct syscall_count {
	struct eun_event h;
	__u64 count;
	__u64 time_ns;
	__u32 syscall;
	__s32 ret; /* 0: it succeeded */
};

_Static_assert(sizeof(struct syscall_count) % 8 == 0, "the target sets stand right behind it");

/* The arguments and what they lead to: with the tail behind it, all that their text is made of. */
struct syscall_args {
	__u64 value[SYSCALL_ARGS];
	eun_ref text[SYSCALL_ARGS]; /* 0: leads nowhere, or was not read */
	__u32 syscall;
	__u32 pad;
};

struct syscall_call {
	struct eun_event h;
	__u64 latency_ns; /* 0: it began before the start */
	__s64 result;
	struct eun_sockaddr addr;
	__s32 ret; /* 0: it succeeded */
	eun_ref path[2];
	eun_ref args; /* the rest of the record */
	struct syscall_args in;
};

#endif
