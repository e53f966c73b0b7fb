/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* What the process plugin's programs and its tables agree on. */
#ifndef EUNOMIA_PROCESS_H
#define EUNOMIA_PROCESS_H

#include <eunomia/event.h>

/* In the order of the plugin's table of streams. */
enum process_stream {
	PROCESS_EXEC,
	PROCESS_EXIT,
	PROCESS_FORK,
	PROCESS_CRED,
	PROCESS_NAMESPACE,
	PROCESS_PTRACE,
	PROCESS_MODULE,
	PROCESS_BPF,
	PROCESS_OOM,
	PROCESS_CAPABLE,
	PROCESS_DUP,
	PROCESS_PRCTL,
	PROCESS_SECCOMP,
	PROCESS_CHROOT,
	PROCESS_KEYCTL,
	PROCESS_PERSONALITY,
	PROCESS_PERF_EVENT,
	PROCESS_IO_URING,
	PROCESS_USERFAULTFD,
};

/* The calls that are told apart. */
enum process_call_id {
	PROCESS_CALL_none,
	PROCESS_CALL_execve,
	PROCESS_CALL_setuid,
	PROCESS_CALL_setgid,
	PROCESS_CALL_setreuid,
	PROCESS_CALL_setregid,
	PROCESS_CALL_setresuid,
	PROCESS_CALL_setresgid,
	PROCESS_CALL_setfsuid,
	PROCESS_CALL_setfsgid,
	PROCESS_CALL_setgroups,
	PROCESS_CALL_capset,
	PROCESS_CALL_prctl,
	PROCESS_CALL_seccomp,
	PROCESS_CALL_unshare,
	PROCESS_CALL_setns,
	PROCESS_CALL_clone,
	PROCESS_CALL_clone3,
	PROCESS_CALL_init_module,
	PROCESS_CALL_finit_module,
	PROCESS_CALL_delete_module,
	PROCESS_CALL_dup,
	PROCESS_CALL_dup2,
	PROCESS_CALL_dup3,
	PROCESS_CALL_fcntl,
	PROCESS_CALL_ptrace,
	PROCESS_CALL_bpf,
};

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
	eun_ref env;
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
	__u32 reserved;
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

/* Who a thread is to the kernel: struct cred. */
struct process_ids {
	__u64 cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	__u32 uid, euid, suid, fsuid;
	__u32 gid, egid, sgid, fsgid;
	__u32 securebits, groups, userns, reserved;
};

struct process_cred {
	struct eun_event h;
	struct process_ids old, now;
	__s32 ret;
	__u16 exe_mode;
	__u8 call;
	__u8 reserved;
};

/* Inode numbers of the namespaces it is in; pid and time: that its children will be in. */
struct process_spaces {
	__u32 mnt, uts, ipc, net, pid, time, cgroup, user;
};

struct process_namespace {
	struct eun_event h;
	struct process_spaces old, now;
	__u64 cap_effective; /* before the call */
	__u32 types, flags;  /* CLONE_NEW... */
	__u32 child_pid;
	__u32 target_pid, target_ns;
	__s32 fd, ret;
	__u8 call;
	__u8 reserved[3];
	char target_comm[EUN_COMM_LEN];
};

struct process_ptrace {
	struct eun_event h;
	__u64 addr, data;
	__u32 request;
	__s32 ret;
	__u32 target_pid, target_tid, target_uid;
	__s32 target_nspid; /* as the call gave it */
	char target_comm[EUN_COMM_LEN];
};

#define PROCESS_MODULE_NAME 56

struct process_module {
	struct eun_event h;
	__u64 taints;
	__u64 inode;
	eun_ref path, params;
	__u32 dev;
	__u32 flags;
	__s32 ret;
	__s32 fd;
	__u8 call;
	__u8 name_source; /* enum process_source */
	__u8 reserved[6];
	char name[PROCESS_MODULE_NAME];
};

#define PROCESS_BPF_NAME 16

struct process_bpf {
	struct eun_event h;
	eun_ref target;
	__u32 cmd;
	__s32 ret;
	__u32 prog_type, attach_type, map_type;
	__u32 id;
	__u32 insns;
	__u8 source; /* enum process_source */
	__u8 reserved[7];
	char name[PROCESS_BPF_NAME];
};

struct process_oom {
	struct eun_event h;
	__u64 pages, anon_pages, file_pages, shmem_pages, total_vm_pages;
	__u64 victim_cgroup;
	__u32 victim_pid, victim_tid, victim_uid;
	__s32 oom_score_adj;
	char victim_comm[EUN_COMM_LEN];
};

enum process_audit { PROCESS_AUDIT_UNKNOWN, PROCESS_AUDIT_YES, PROCESS_AUDIT_NO };

struct process_capable {
	struct eun_event h;
	__s32 ret;
	__u32 userns;
	__u8 cap, name; /* the same number, once shown as such */
	__u8 audit;     /* enum process_audit */
	__u8 verdict;
	__u8 reserved[4];
};

struct process_dup {
	struct eun_event h;
	eun_ref path;
	__s32 old_fd, new_fd;
	__u32 reserved;
	__u64 inode;
	struct eun_ip saddr, daddr;
	__u16 sport, dport;
	__u16 family, socket_type;
	__u16 protocol;
	__u8 type; /* the upper four bits of st_mode */
	__u8 call;
	__u32 reserved2;
};

struct process_prctl {
	struct eun_event h;
	__u64 arg2, arg3, arg4, arg5;
	eun_ref name;
	__u32 option;
	__s32 ret;
	__u32 reserved;
};

struct process_seccomp {
	struct eun_event h;
	__u32 op, flags;
	__u32 instructions;
	__u32 filters;
	__s32 ret;
	__u8 call;
	__u8 mode;
	__u8 reserved[2];
};

struct process_chroot {
	struct eun_event h;
	eun_ref path, name;
	__s32 ret;
	__u8 path_source; /* enum process_source */
	__u8 reserved[3];
};

struct process_keyctl {
	struct eun_event h;
	__u64 arg2, arg3, arg4, arg5;
	__u32 operation;
	__s32 ret;
};

struct process_personality {
	struct eun_event h;
	__u32 persona;
	__s32 ret;
};

struct process_perf_event {
	struct eun_event h;
	__u64 config;
	__u32 type, flags;
	__s32 target_nspid, target_cpu, group_fd;
	__s32 ret;
};

struct process_io_uring {
	struct eun_event h;
	__u32 entries, flags;
	__s32 ret;
	__u32 reserved;
};

struct process_userfaultfd {
	struct eun_event h;
	__u32 flags;
	__s32 ret;
};

#endif
