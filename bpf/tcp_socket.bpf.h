/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* TCP sockets: which files are one, and their addresses. Part of tcp.bpf.c. */
#ifndef EUNOMIA_TCP_SOCKET_BPF_H
#define EUNOMIA_TCP_SOCKET_BPF_H

#include <bpf/bpf_endian.h>

#include "tcp_get.bpf.h"

#define AF_UNSPEC 0
#define AF_INET 2
#define AF_INET6 10
#define SOCK_STREAM 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define SOCK_DONE 1 /* bit of sk_flags: the peer's FIN is in (enum sock_flags) */

static __always_inline bool tcp_is_inet(const struct sock *sk)
{
	u16 family = tcp_get(sock, sk, __sk_common.skc_family);
	return family == AF_INET || family == AF_INET6;
}

static __always_inline bool tcp_is(const struct sock *sk)
{
	return tcp_is_inet(sk) && tcp_get(sock, sk, sk_type) == SOCK_STREAM &&
	       tcp_get(sock, sk, sk_protocol) == IPPROTO_TCP;
}

/* The socket that a file is; NULL: it is something else. A socket knows its file, so what points back is one. */
static __always_inline struct sock *tcp_any_of_file(struct file *file)
{
	struct socket *socket = tcp_get(file, file, private_data);
	if (!file || tcp_get(socket, socket, file) != file)
		return NULL;
	return tcp_get(socket, socket, sk);
}

/* If it is one of TCP. */
static __always_inline struct sock *tcp_of_file(struct file *file)
{
	struct sock *sk = tcp_any_of_file(file);
	return sk && tcp_is(sk) ? sk : NULL;
}

/* If it is one of IPv4 or IPv6. */
static __always_inline struct sock *tcp_inet_of_file(struct file *file)
{
	struct sock *sk = tcp_any_of_file(file);
	return sk && tcp_is_inet(sk) ? sk : NULL;
}

static __always_inline void tcp_map_v4(struct eun_ip *to, __be32 from)
{
	u32 *words = (u32 *)to->b;
	words[0] = words[1] = 0;
	words[2] = bpf_htonl(0xffff);
	words[3] = from;
}

/* Without branches: the verifier follows each. */
static __always_inline int tcp_is_mapped(const struct eun_ip *ip)
{
	const u32 *words = (const u32 *)ip->b;
	return !(words[0] | words[1] | (words[2] ^ bpf_htonl(0xffff)));
}

static __always_inline int tcp_is_any(const struct eun_ip *ip)
{
	const u32 *words = (const u32 *)ip->b;
	return !(words[0] | words[1] | words[2] | words[3]);
}

/* The head of struct sock_common. */
struct tcp_head {
	__be32 daddr, saddr;
	u32 hash;
	__be16 dport;
	u16 num;
	u16 family;
	u16 rest;
};

#define TCP_HEAD_AT(member, kernels)                                                                                  \
	(bpf_core_field_offset(struct sock_common, kernels) - bpf_core_field_offset(struct sock_common, skc_daddr) == \
	 offsetof(struct tcp_head, member))

/* The members are neighbours on every kernel so far: without loads, one read. Decided when the object is loaded. */
static __always_inline void tcp_read_head(struct tcp_head *to, const struct sock *sk)
{
	const struct sock_common *from = (const void *)sk + bpf_core_field_offset(struct sock, __sk_common);
	if (!EUN_CASTS && TCP_HEAD_AT(saddr, skc_rcv_saddr) && TCP_HEAD_AT(dport, skc_dport) &&
	    TCP_HEAD_AT(family, skc_family)) {
		bpf_core_read(to, sizeof(*to), &from->skc_daddr);
		return;
	}
	to->daddr = tcp_get(sock_common, from, skc_daddr);
	to->saddr = tcp_get(sock_common, from, skc_rcv_saddr);
	to->dport = tcp_get(sock_common, from, skc_dport);
	to->family = tcp_get(sock_common, from, skc_family);
}

static __always_inline void tcp_copy_v6(struct eun_ip *to, const struct in6_addr *from)
{
	if (!EUN_CASTS) {
		bpf_core_read(to, sizeof(*to), from);
		return;
	}
	const struct in6_addr *loaded = eun_cast(in6_addr, from);
	u32 *words = (u32 *)to->b;
	for (int i = 0; i < 4; i++)
		words[i] = loaded->in6_u.u6_addr32[i];
}

static __always_inline void tcp_addresses(struct eun_ip *saddr, struct eun_ip *daddr, const struct tcp_head *head,
					  const struct sock *sk)
{
	if (head->family == AF_INET6) {
		tcp_copy_v6(saddr, (const void *)sk + bpf_core_field_offset(sk->__sk_common.skc_v6_rcv_saddr));
		tcp_copy_v6(daddr, (const void *)sk + bpf_core_field_offset(sk->__sk_common.skc_v6_daddr));
	} else {
		tcp_map_v4(saddr, head->saddr);
		tcp_map_v4(daddr, head->daddr);
	}
}

/* An IPv6 socket with a mapped peer speaks IPv4; one without a peer does when its own address is mapped. */
static __always_inline void tcp_fill(struct tcp_socket *to, const struct sock *sk)
{
	struct tcp_head head = {};
	tcp_read_head(&head, sk);
	to->sock = (u64)sk;
	tcp_addresses(&to->saddr, &to->daddr, &head, sk);
	to->sport = bpf_ntohs(tcp_get(inet_sock, sk, inet_sport));
	to->dport = bpf_ntohs(head.dport);
	to->ip = 6 - 2 * (tcp_is_mapped(&to->daddr) | (tcp_is_any(&to->daddr) & tcp_is_mapped(&to->saddr)));
}

/* struct sockaddr_in or sockaddr_in6, as far as both are read. */
struct tcp_sockaddr {
	u16 family;
	__be16 port;
	__be32 v4;
	struct eun_ip v6;
};

/* The first bytes of the address that the current task gave to a call; family AF_UNSPEC: it can't be read. */
static __always_inline void tcp_read_sockaddr(struct tcp_sockaddr *to, const void *from)
{
	u32 v4_size = offsetof(struct tcp_sockaddr, v6);
	if (bpf_probe_read_user(to, v4_size, from))
		to->family = AF_UNSPEC;
	if (to->family == AF_INET6 && bpf_probe_read_user(&to->v6, sizeof(to->v6), from + v4_size))
		to->family = AF_UNSPEC;
}

/* One end of the socket, `addr` and `port` of `to`, as the call gave it. */
static __always_inline void tcp_fill_user(struct tcp_socket *to, struct eun_ip *addr, u16 *port,
					  const struct tcp_sockaddr *from)
{
	struct eun_ip none = {};
	to->addr_source = TCP_FROM_USER;
	if (from->family != AF_INET && from->family != AF_INET6) {
		*addr = none;
		*port = 0;
		to->ip = 0;
		return;
	}
	*port = bpf_ntohs(from->port);
	*addr = from->v6;
	if (from->family == AF_INET)
		tcp_map_v4(addr, from->v4);
	to->ip = 6 - 2 * tcp_is_mapped(addr);
}

#endif
