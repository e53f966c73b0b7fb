/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* What the process plugin's programs and its tables agree on. */
#ifndef EUNOMIA_PROCESS_H
#define EUNOMIA_PROCESS_H

#include <eunomia/event.h>

enum process_stream { PROCESS_EXEC, PROCESS_EXIT, PROCESS_FORK };

/* Where a record's exe and filename come from. */
enum process_source {
	PROCESS_FROM_KERNEL, /* the file that was run, and the kernel's copy of the name */
	PROCESS_FROM_USER,   /* a failed call: read at its end from the caller's memory */
};

struct process_exec {
	struct eun_event h;
	__u64 inode;
	__u64 cap_effective;
	eun_ref exe;
	eun_ref fs_path;
	eun_ref filename;
	eun_ref interp;
	eun_ref argv;
	eun_ref cwd;
	__u32 argc;
	__u32 dev;
	__u32 fs_magic;
	__u32 nlink;
	__u32 euid;
	__u32 old_tid;
	__s32 ret;
	__u16 mode;
	__u8 path_source; /* enum process_source */
	__u8 upper_layer;
	__u8 secureexec;
	char tty[15];
};

struct process_exit {
	struct eun_event h;
	__u64 duration_ns;
	__u64 user_ns;
	__u64 system_ns;
	__u8 exit_code;
	__u8 signal;
	__u8 core;
	__u8 thread;
	__u8 pad[4];
};

struct process_fork {
	struct eun_event h;
	__u32 child_pid;
	__u32 child_tid;
	__u32 child_nspid;
	__u32 child_pidns;
	__u8 thread;
	__u8 pad[7];
};

#endif
