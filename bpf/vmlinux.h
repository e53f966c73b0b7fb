/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * The kernel's types as far as the tracers read them, kept by hand: names and members are the kernel's, order and
 * size are not. Every access is relocated at load (CO-RE), so one object runs on all kernels; a member that was renamed
 * has a second struct here with a ___suffix. Add what you read, nothing else.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;
typedef __u8 u8;
typedef __s8 s8;
typedef __u16 u16;
typedef __s16 s16;
typedef __u32 u32;
typedef __s32 s32;
typedef __u64 u64;
typedef __s64 s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
typedef int pid_t;
typedef long long loff_t;
typedef unsigned short umode_t;
typedef __u32 dev_t;
#define true 1
#define false 0
#define NULL ((void *)0)

/* The parts of include/uapi/linux/bpf.h that bpf_helpers.h and the tracers use. */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_EXIST = 2,
	BPF_F_NO_PREALLOC = 1,
	BPF_F_MMAPABLE = 1024,
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1,
};
enum {
	BPF_RB_NO_WAKEUP = 1,
	BPF_RB_FORCE_WAKEUP = 2,
};
enum {
	BPF_TCP_ESTABLISHED = 1,
	BPF_TCP_SYN_SENT,
	BPF_TCP_SYN_RECV,
	BPF_TCP_FIN_WAIT1,
	BPF_TCP_FIN_WAIT2,
	BPF_TCP_TIME_WAIT,
	BPF_TCP_CLOSE,
	BPF_TCP_CLOSE_WAIT,
	BPF_TCP_LAST_ACK,
	BPF_TCP_LISTEN,
	BPF_TCP_CLOSING,
	BPF_TCP_NEW_SYN_RECV,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	u32 val;
} kuid_t;
typedef struct {
	u32 val;
} kgid_t;
typedef struct {
	u64 val;
} kernel_cap_t;

struct ns_common {
	unsigned int inum;
};

struct hlist_node {
	struct hlist_node *next;
};
struct hlist_head {
	struct hlist_node *first;
};
struct xarray {
	void *xa_head;
};
struct xa_node {
	unsigned char shift;
	void *slots[64];
};
struct idr {
	struct xarray idr_rt;
};

struct pid_namespace {
	struct idr idr;
	struct ns_common ns;
	unsigned int level;
};
struct upid {
	int nr;
	struct pid_namespace *ns;
};
struct pid {
	unsigned int level;
	struct hlist_head tasks[4];
	struct upid numbers[1];
};

struct mount;
struct mnt_namespace {
	struct ns_common ns;
	struct mount *root;
};
struct ipc_namespace;
struct uts_namespace {
	struct ns_common ns;
};
struct net {
	struct ns_common ns;
};
struct time_namespace {
	struct ns_common ns;
};
struct cgroup_namespace {
	struct ns_common ns;
};
struct user_namespace {
	struct ns_common ns;
};
struct nsproxy {
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
	struct time_namespace *time_ns_for_children;
	struct cgroup_namespace *cgroup_ns;
};

struct kernfs_node {
	u64 id;
};
struct cgroup;
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};
struct cgroup_root {
	int hierarchy_id;
};
struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};
enum cgroup_subsys_id { pids_cgrp_id = 11 };
struct css_set {
	struct cgroup_subsys_state *subsys[12];
	struct cgroup *dfl_cgrp;
};

struct group_info {
	int ngroups;
};
struct cred {
	kuid_t uid, euid, suid, fsuid;
	kgid_t gid, egid, sgid, fsgid;
	unsigned int securebits;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	struct user_namespace *user_ns;
	struct group_info *group_info;
};

struct tty_struct {
	char name[64];
};
struct signal_struct {
	atomic_t live;
	short oom_score_adj;
	int nr_threads;
	int group_exit_code;
	unsigned int flags;
	struct tty_struct *tty;
	u64 utime, stime;
};

struct file;
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};
struct files_struct {
	struct fdtable *fdt;
};

struct dentry;
struct super_block;
struct inode;
struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};
struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};
struct fs_struct {
	struct path root, pwd;
};
struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
};
struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
		u64 hash_len;
	};
	const unsigned char *name;
};
struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};
struct file_system_type {
	const char *name;
};
struct super_block {
	dev_t s_dev;
	unsigned long s_magic;
	struct dentry *s_root;
	struct file_system_type *s_type;
};
struct inode {
	umode_t i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	union {
		const unsigned int i_nlink;
	};
	dev_t i_rdev;
	u32 i_generation;
	loff_t i_size;
	kuid_t i_uid;
	kgid_t i_gid;
	void *i_private;
};
struct proc_inode {
	struct pid *pid;
	struct inode vfs_inode;
};
struct file {
	unsigned int f_mode;
	unsigned int f_flags;
	loff_t f_pos;
	struct path f_path;
	struct inode *f_inode;
	void *private_data;
};
struct filename {
	const char *name;
};

struct percpu_counter {
	s64 count;
};
struct mm_struct {
	unsigned long arg_start, arg_end, env_start, env_end;
	unsigned long total_vm;
	struct percpu_counter rss_stat[4]; /* from 6.2 on */
	struct file *exe_file;
};
typedef struct {
	s64 counter;
} atomic64_t;
struct mm_rss_stat___6_1 {
	atomic64_t count[4];
};
struct mm_struct___before_6_2 {
	struct mm_rss_stat___6_1 rss_stat;
};

struct thread_info {
	unsigned long flags;
	u32 status;
};
struct seccomp {
	int mode;
	atomic_t filter_count;
};

struct sigaction {
	unsigned long sa_flags;
};
struct k_sigaction {
	struct sigaction sa;
};
struct sighand_struct {
	struct k_sigaction action[64];
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	int exit_code;
	int exit_signal;
	pid_t pid, tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct hlist_node pid_links[4];
	struct seccomp seccomp;
	const struct cred *real_cred;
	const struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	struct sighand_struct *sighand;
	struct css_set *cgroups;
	struct mm_struct *mm;
	u64 start_boottime;
	u64 self_exec_id;
	u64 utime, stime;
};

struct linux_binprm {
	unsigned int secureexec : 1;
	struct file *file;
	int argc;
	const char *filename, *interp;
};

struct bpf_prog_aux {
	u32 id;
	char name[16];
};
enum bpf_prog_type {
	BPF_PROG_TYPE_UNSPEC,
};
enum bpf_attach_type {
	BPF_CGROUP_INET_INGRESS,
};
struct bpf_prog {
	enum bpf_prog_type type;
	enum bpf_attach_type expected_attach_type;
	struct bpf_prog_aux *aux;
};
struct bpf_map {
	enum bpf_map_type map_type;
	u32 id;
	char name[16];
};
struct bpf_link {
	u32 id;
	struct bpf_prog *prog;
};

/* Sockets */
struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};
struct sock_common {
	union {
		struct {
			__be32 skc_daddr;
			__be32 skc_rcv_saddr;
		};
	};
	union {
		struct {
			__be16 skc_dport;
			__u16 skc_num;
		};
	};
	unsigned short skc_family;
	volatile unsigned char skc_state;
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	int skc_bound_dev_if;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
	union {
		unsigned long skc_flags;
	};
};
struct sock {
	struct sock_common __sk_common;
	u16 sk_type;
	u16 sk_protocol;
	int sk_err;
	u32 sk_max_ack_backlog;
	struct socket *sk_socket;
	struct pid *sk_peer_pid;
	const struct cred *sk_peer_cred;
};
struct inet_sock {
	struct sock sk;
	__be32 inet_saddr;
	__be16 inet_sport;
	unsigned long inet_flags; /* since 6.6 */
};
struct inet_sock___bits {
	__u8 freebind : 1, transparent : 1, bind_address_no_port : 1;
};
enum { /* it has no name, so its values can't be relocated: the same since 6.6 */
	INET_FLAGS_FREEBIND = 11,
	INET_FLAGS_TRANSPARENT = 15,
	INET_FLAGS_BIND_ADDRESS_NO_PORT = 18,
};
struct inet_connection_sock {
	struct inet_sock icsk_inet;
};
struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u32 srtt_us;
	u64 bytes_received;
	u64 bytes_acked;
	u64 bytes_sent;
	u64 bytes_retrans;
	u32 total_retrans;
};
struct socket {
	short type;
	struct file *file;
	struct sock *sk;
};

/* Unix sockets, System V, eventfd, signals */
struct sockaddr_un {
	u16 sun_family;
	char sun_path[108];
};
struct unix_address {
	int len;
	struct sockaddr_un name[0];
};
struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};
struct kern_ipc_perm {
	int id;
	int key;
};
struct shmid_kernel {
	struct kern_ipc_perm shm_perm;
	unsigned long shm_segsz;
	struct pid *shm_cprid;
};
struct msg_queue {
	struct kern_ipc_perm q_perm;
	struct pid *q_lspid, *q_lrpid;
};
struct ipc_ids {
	struct idr ipcs_idr;
};
struct ipc_namespace {
	struct ns_common ns;
	struct ipc_ids ids[3];
};
struct eventfd_ctx {
	int id;
};
struct kernel_siginfo {
	struct {
		int si_code;
	};
};

/* io_uring: struct open_how and what the two ends of a request show */
struct open_how {
	__u64 flags, mode, resolve;
};
struct io_open {
	int dfd;
	u32 file_slot;
	struct filename *filename;
	struct open_how how;
};
struct io_accept {
	u32 file_slot;
};
struct io_connect {
	void *addr;
};
struct io_socket {
	int domain;
	int type;
	int protocol;
};
struct io_kiocb {
	union {
		struct file *file;
	};
	u8 opcode;
	u64 flags; /* of 32 bits on some kernels: the low ones are the same */
};

/* Tracepoint records (perf's layout) */
struct trace_entry {
	unsigned short type;
	unsigned char flags;
	unsigned char preempt_count;
	int pid;
};
struct trace_event_raw_sys_enter {
	struct trace_entry ent;
	long id;
	unsigned long args[6];
};
struct trace_event_raw_sys_exit {
	struct trace_entry ent;
	long id;
	long ret;
};
struct trace_event_raw_io_uring_submit_sqe___6_2 {
	struct trace_entry ent;
	void *req;
};
struct trace_event_raw_io_uring_submit_req___6_3 {
	struct trace_entry ent;
	void *req;
};
struct trace_event_raw_io_uring_complete {
	struct trace_entry ent;
	void *ctx;
	void *req;
	u64 user_data;
	int res;
};
struct trace_event_raw_module_load___modules {
	struct trace_entry ent;
	unsigned int taints;
	u32 __data_loc_name;
};
struct trace_event_raw_module_free___modules {
	struct trace_entry ent;
	u32 __data_loc_name;
};
struct trace_event_raw_mark_victim {
	struct trace_entry ent;
	int pid;
};
struct trace_event_raw_tcp_retransmit_skb {
	struct trace_entry ent;
	int err; /* not on older kernels */
};

#pragma clang attribute pop

/* bpf_iter contexts: the members are typed pointers that the verifier knows, their order is the ABI. */
struct seq_file;
struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id;
	u64 seq_num;
};
struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

#endif
