/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * Unix sockets: who makes one, who is at the other end, what goes through. The calls are those of all sockets, and of
 * all files: what is none of ours is left before it is counted. Part of ipc.bpf.c.
 */
#ifndef EUNOMIA_IPC_UNIX_BPF_H
#define EUNOMIA_IPC_UNIX_BPF_H

/* include/linux/socket.h, include/uapi/linux/stat.h, include/uapi/linux/un.h */
#define AF_UNIX 1
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define UNIX_PATH_MAX 108
#define TCP_LISTEN 10 /* of unix sockets too */

/* Of those that a call sends or receives at once, so many are added up. */
#define HEADERS_MAX 64

struct mmsghdr {
	u8 msg_hdr[56];
	u32 msg_len;
	u32 reserved;
};

/* That of a 32-bit program. */
struct compat_mmsghdr {
	u8 msg_hdr[28];
	u32 msg_len;
};

/* The unix socket behind a descriptor of the current task, 0: it is none. */
__noinline u64 ipc_unix_sock(int fd)
{
	struct file *file = eun_fd_file(fd);
	if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	struct socket *socket = BPF_CORE_READ(file, private_data);
	struct sock *sk = BPF_CORE_READ(socket, sk);
	return sk && BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX ? (u64)sk : 0;
}

/* 0x80 in each byte that is 0. */
static __always_inline u64 ipc_zeros(u64 word)
{
	const u64 low = 0x7f7f7f7f7f7f7f7f;
	return ~(((word & low) + low) | word | low);
}

/*
 * An address as bind() and connect() get it; `len` is that of all of it. One without a name appends nothing. A path
 * ends at the first NUL; an abstract name begins with one and may have more, which become '@' as in /proc/net/unix.
 */
__noinline int ipc_add_address(u32 level, u64 from, u32 len, u32 kernel)
{
	struct eun_slot *s = ipc_slot(level);
	u32 off = s ? eun_room(s) : 0, n = len - sizeof(u16);
	const void *path = (void *)from + sizeof(u16);
	if (!off || off > EUN_RECORD_MAX - EUN_STRING_MAX || len <= sizeof(u16))
		return 0;
	char *name = s->rec + off;
	if (n > UNIX_PATH_MAX)
		n = UNIX_PATH_MAX;
	EUN_HIDE(n);
	n &= 127;
	if (kernel ? bpf_probe_read_kernel(name, n, path) : bpf_probe_read_user(name, n, path))
		return 0;
	if (name[0]) {
		name[n] = 0;
		long end = bpf_probe_read_kernel_str(name + EUN_STRING_MAX / 2, n + 1, name);
		n = end > 0 ? end - 1 : 0;
	} else {
		for (u32 i = 0; i < UNIX_PATH_MAX; i += sizeof(u64)) /* those behind the name don't matter */
			*(u64 *)(name + i) |= ipc_zeros(*(u64 *)(name + i)) >> 1; /* '@' is 0x40 */
	}
	s->len = off + n;
	((struct ipc_op *)s->rec)->name = EUN_REF(off, n);
	return 0;
}

static __always_inline void ipc_add_name_of(struct eun_slot *s, struct sock *sk)
{
	struct unix_address *address = BPF_CORE_READ((struct unix_sock *)sk, addr);
	if (address)
		ipc_add_address(s->level, (u64)address + bpf_core_field_offset(struct unix_address, name),
				BPF_CORE_READ(address, len), true);
}

static __always_inline u64 ipc_sock_inode(struct sock *sk)
{
	return BPF_CORE_READ(sk, sk_socket, file, f_inode, i_ino);
}

/* The socket's other end. */
static __always_inline void ipc_fill_peer(struct ipc_op *e, struct sock *sk)
{
	u32 tid;
	struct sock *peer = BPF_CORE_READ((struct unix_sock *)sk, peer);
	if (BPF_CORE_READ(sk, __sk_common.skc_state) == TCP_LISTEN) /* it keeps its own, for those that connect */
		return;
	ipc_describe(BPF_CORE_READ(sk, sk_peer_pid), &e->peer_pid, &tid, e->peer_comm);
	if (e->peer_pid)
		e->peer_uid = BPF_CORE_READ(sk, sk_peer_cred, euid.val);
	if (peer && BPF_CORE_READ(peer, sk_socket, file))
		e->peer_id = ipc_sock_inode(peer);
}

/* The beginning of struct msghdr. */
struct ipc_msghdr {
	u64 name;
	u32 namelen;
};

/* That of a 32-bit program. */
struct ipc_compat_msghdr {
	u32 name;
	u32 namelen;
};

__noinline u64 ipc_given_in_header(u64 at, u32 *len)
{
	struct ipc_msghdr header = {};
	struct ipc_compat_msghdr compat = {};
	if (!len)
		return 0;
	if (!eun_in_ia32()) {
		bpf_probe_read_user(&header, sizeof(header), (void *)at);
		*len = header.namelen;
		return header.name;
	}
	bpf_probe_read_user(&compat, sizeof(compat), (void *)at);
	*len = compat.namelen;
	return compat.name;
}

/* The address that a call was given; 0: none. */
static __always_inline u64 ipc_given(const struct ipc_call *call, u32 *len)
{
	if (call->header)
		return ipc_given_in_header(ipc_arg(call->header, 0), len);
	*len = call->socket_address ? ipc_arg(call->socket_address + 1, 0) : 0;
	return ipc_arg(call->socket_address, 0);
}

/* The socket whose address a call is about: a server's own, else the peer. */
static __always_inline struct sock *ipc_unix_server(const struct ipc_call *call, struct sock *sk)
{
	if (call->call == IPC_CALL_bind || call->call == IPC_CALL_listen || call->other_fd == RESULT)
		return sk;
	return BPF_CORE_READ((struct unix_sock *)sk, peer);
}

/* Its address: the kernel's where it has one, else the call's. */
static __always_inline void ipc_add_unix_name(struct eun_slot *s, const struct ipc_call *call, struct sock *sk, s64 ret)
{
	u32 len = 0;
	u64 given = ret < 0 || call->stream == IPC_UNIX_MESSAGE ? ipc_given(call, &len) : 0;
	struct sock *server = ipc_unix_server(call, sk);
	if (given)
		ipc_add_address(s->level, given, len, false);
	else if (server)
		ipc_add_name_of(s, server);
}

/* And where its file is: not that of a call which failed, as the address is then what it was given. */
__noinline int ipc_add_unix_path(u32 level, u32 nr, s64 ret, u64 sk)
{
	struct eun_slot *s = ipc_slot(level);
	const struct ipc_call *call = ipc_call(nr);
	struct unix_sock *server = (void *)ipc_unix_server(call, (void *)sk);
	struct path at = {};
	if (!s || !server || (ret < 0 && call->socket_address))
		return 0;
	bpf_core_read(&at, sizeof(at), &server->path);
	if (at.dentry)
		eun_add_path(s, &((struct ipc_op *)s->rec)->path, NULL, &at);
	return 0;
}

/* What sendmmsg() and recvmmsg() moved: the bytes of all messages. */
__noinline int ipc_fill_headers(u32 level, u32 nr, s64 count)
{
	struct eun_slot *s = ipc_slot(level);
	const struct ipc_call *call = ipc_call(nr);
	if (!s || !call->headers)
		return 0;
	bool ia32 = eun_in_ia32();
	u32 size = ia32 ? sizeof(struct compat_mmsghdr) : sizeof(struct mmsghdr);
	u64 bytes = 0, at = ipc_arg(call->headers, 0);
	at += ia32 ? offsetof(struct compat_mmsghdr, msg_len) : offsetof(struct mmsghdr, msg_len);
	for (int i = 0; i < HEADERS_MAX && i < count; i++) {
		u32 len = 0;
		bpf_probe_read_user(&len, sizeof(len), (void *)at + i * size);
		bytes += len;
	}
	((struct ipc_op *)s->rec)->bytes = bytes;
	if (count > HEADERS_MAX)
		eun_flag(s, EUN_TRUNCATED);
	return 0;
}

__noinline int ipc_unix_fill(u32 level, u32 nr, s64 ret, u64 sock)
{
	struct eun_slot *s = ipc_slot(level);
	if (!s)
		return 0;
	struct ipc_op *e = eun_record(s);
	struct sock *sk = (void *)sock;
	ipc_fill(level, nr, ret);
	e->socket_type = BPF_CORE_READ(sk, sk_type);
	e->id = ipc_sock_inode(sk);
	ipc_fill_peer(e, sk);
	ipc_add_unix_name(s, ipc_call(nr), sk, ret);
	return 0;
}

/* The socket that a call made or is about. */
static __always_inline u64 ipc_unix_of(const struct ipc_call *call, s64 ret)
{
	int fd = ipc_arg(call->fd, 0);
	if (call->other_fd == RESULT && ret >= 0) {
		fd = ret;
	} else if (call->fds) {
		if (ret < 0 || bpf_probe_read_user(&fd, sizeof(fd), (void *)ipc_arg(call->fds, 0)))
			return 0;
	}
	return ipc_unix_sock(fd);
}

static __always_inline int ipc_unix_ends(u32 nr, s64 ret)
{
	if (ipc_restarts(ret) || !eun_wanted(IPC_UNIX))
		return 0;
	u64 sk = ipc_unix_of(ipc_call(nr), ret);
	int level = sk ? ipc_begin(IPC_UNIX) : -1;
	if (level < 0)
		return 0;
	ipc_unix_fill(level, nr, ret, sk);
	ipc_add_unix_path(level, nr, ret, sk);
	return ipc_submit(level);
}

SEC("?tp")
int unix_exit(struct trace_event_raw_sys_exit *ctx)
{
	return ipc_unix_ends(ctx->id, ctx->ret);
}

/* Every read and write of the machine comes by: whose it is, is asked first. */
static __always_inline int ipc_unix_message_ends(u32 nr, s64 ret)
{
	if (ipc_restarts(ret) || !eun_meant(IPC_UNIX_MESSAGE))
		return 0;
	u64 sk = ipc_unix_sock(ipc_arg(ipc_call(nr)->fd, 0));
	int level = sk ? ipc_begin(IPC_UNIX_MESSAGE) : -1;
	if (level < 0)
		return 0;
	ipc_unix_fill(level, nr, ret, sk);
	ipc_fill_headers(level, nr, ret);
	return ipc_submit(level);
}

SEC("?tp")
int unix_message_exit(struct trace_event_raw_sys_exit *ctx)
{
	return ipc_unix_message_ends(ctx->id, ctx->ret);
}

#endif
