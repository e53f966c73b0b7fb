/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* What stands on standard input, output and error. Part of process.bpf.c. */
#ifndef EUNOMIA_PROCESS_DUP_BPF_H
#define EUNOMIA_PROCESS_DUP_BPF_H

/* include/uapi/linux/fcntl.h, include/uapi/linux/stat.h, include/linux/socket.h */
#define F_DUPFD 0
#define F_DUPFD_CLOEXEC 1030
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define AF_INET 2
#define AF_INET6 10

#define STDERR 2

static __always_inline void add_v4(struct eun_ip *to, u32 address)
{
	to->b[10] = to->b[11] = 0xff;
	__builtin_memcpy(to->b + 12, &address, sizeof(address));
}

/* Of a socket: whose it is at both ends. */
static __always_inline void add_socket(struct process_dup *e, struct file *file)
{
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	e->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	e->socket_type = BPF_CORE_READ(socket, type);
	e->protocol = BPF_CORE_READ(sk, sk_protocol);
	if (e->family == AF_INET) {
		add_v4(&e->saddr, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
		add_v4(&e->daddr, BPF_CORE_READ(sk, __sk_common.skc_daddr));
	} else if (e->family == AF_INET6) {
		bpf_core_read(&e->saddr, sizeof(e->saddr), &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(&e->daddr, sizeof(e->daddr), &sk->__sk_common.skc_v6_daddr);
	} else {
		return;
	}
	e->sport = BPF_CORE_READ(sk, __sk_common.skc_num);
	e->dport = __builtin_bswap16(BPF_CORE_READ(sk, __sk_common.skc_dport));
}

__noinline int process_dup_done(s32 old_fd, s32 new_fd, u32 call)
{
	struct file *file = eun_fd_file(new_fd);
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	bool socket = (BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFSOCK;
	if (!inode || (call == PROCESS_CALL_execve && !socket))
		return 0;
	struct eun_slot *s = process_begin(PROCESS_DUP, sizeof(struct process_dup));
	if (!s)
		return 0;
	struct process_dup *e = eun_record(s);
	e->old_fd = old_fd;
	e->new_fd = new_fd;
	e->call = call;
	e->type = BPF_CORE_READ(inode, i_mode) >> 12;
	e->inode = BPF_CORE_READ(inode, i_ino);
	if (socket)
		add_socket(e, file);
	else
		eun_add_file_path(s, &e->path, NULL, file);
	eun_submit(s);
	return 0;
}

/* The end of dup, dup2, dup3 and fcntl. */
static __always_inline int dup_done(u32 nr, s64 ret)
{
	u8 call = process_call(nr);
	u32 cmd = eun_arg(SECOND);
	if (ret < 0 || ret > STDERR)
		return 0;
	if (call != PROCESS_CALL_fcntl || cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
		process_dup_done(eun_arg(FIRST), ret, call);
	return 0;
}

SEC("?tp")
int process_dup(struct trace_event_raw_sys_exit *ctx)
{
	return dup_done(ctx->id, ctx->ret);
}

/* A program that begins with a socket there, however it came to be there. */
SEC("?tp_btf/sched_process_exec")
int BPF_PROG(process_dup_exec)
{
	if (!eun_wanted(PROCESS_DUP))
		return 0;
	for (int fd = 0; fd <= STDERR; fd++)
		process_dup_done(fd, fd, PROCESS_CALL_execve);
	return 0;
}

#endif
