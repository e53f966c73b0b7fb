/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
#ifndef EUNOMIA_SECCOMP_H
#define EUNOMIA_SECCOMP_H

#include <eunomia/event.h>

enum seccomp_stream { SECCOMP_LEARN, SECCOMP_DENIED, SECCOMP_CANARY };

/* The entries into the kernel, each with numbers of its own. */
enum seccomp_abi { SECCOMP_NATIVE, SECCOMP_COMPAT, SECCOMP_X32, SECCOMP_ABIS };

/* Numbers of an entry are below it. */
#define SECCOMP_CALLS 1024

/* Of an argument so many values are told one by one. */
#define SECCOMP_VALUES 16

enum seccomp_what {
	SECCOMP_CALL,  /* a call was made for the first time */
	SECCOMP_VALUE, /* its argument had this value for the first time */
	SECCOMP_MANY,  /* and has too many */
};

struct seccomp_learn {
	struct eun_event h;
	__u32 syscall; /* by the numbers of the native entry, as in syscall.h */
	__u32 nr;      /* of its own entry */
	__u32 value;
	__u8 abi;
	__u8 what;
	__u8 arg;
	__u8 pad;
};

enum seccomp_action { SECCOMP_ERRNO, SECCOMP_TRAP, SECCOMP_KILL, SECCOMP_KILL_THREAD };

struct seccomp_denied {
	struct eun_event h;
	__u64 args[6];
	__u32 syscall;
	__u32 nr;
	__s32 ret;
	__u8 abi;
	__u8 action;
	__u16 pad;
};

/* Calls of one process with the same number and fate, and the same values of what the filter looked at. */
struct seccomp_canary {
	struct eun_event h; /* of the first one in the interval */
	__u64 count;
	__u64 first, last; /* boot clock, ns */
	__u64 args[6];     /* 0 where not tested, and where there were too many values */
	__u32 syscall;
	__u32 nr;
	__s32 error;
	__u32 action; /* SECCOMP_RET_... */
	__u8 abi;
	__u8 tested; /* the arguments that the filter looked at, a bit each */
	__u8 already;
	__u8 many;
	__u32 pad;
};

/* Of a filter's program, at most: BPF_MAXINSNS */
#define SECCOMP_INSTRUCTIONS 4096

/* struct sock_filter */
struct seccomp_instruction {
	__u16 code;
	__u8 jt, jf;
	__u32 k;
};

#endif
