/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * A member of what a pointer without a type leads to: by a plain load where the kernel lets a program give it its type
 * (6.2), else by a helper's call, which costs some 25 ns where the kernel guards its returns. 0 where it would fault.
 * Decided when the object is loaded. Part of tcp.bpf.c.
 */
#ifndef EUNOMIA_TCP_GET_BPF_H
#define EUNOMIA_TCP_GET_BPF_H

#include "cast.bpf.h"

EUN_CAST_TYPE(cgroup);
EUN_CAST_TYPE(cred);
EUN_CAST_TYPE(css_set);
EUN_CAST_TYPE(fdtable);
EUN_CAST_TYPE(file);
EUN_CAST_TYPE(files_struct);
EUN_CAST_TYPE(in6_addr);
EUN_CAST_TYPE(inet_sock);
EUN_CAST_TYPE(io_kiocb);
EUN_CAST_TYPE(kernfs_node);
EUN_CAST_TYPE(mnt_namespace);
EUN_CAST_TYPE(nsproxy);
EUN_CAST_TYPE(pid);
EUN_CAST_TYPE(qstr);
EUN_CAST_TYPE(sock);
EUN_CAST_TYPE(sock_common);
EUN_CAST_TYPE(socket);
EUN_CAST_TYPE(task_struct);
EUN_CAST_TYPE(tcp_sock);

#define tcp_get(type, pointer, member)                                          \
	({                                                                      \
		typeof(((struct type *)0)->member) got_;                        \
		if (EUN_CASTS)                                                  \
			got_ = eun_cast(type, pointer)->member;                 \
		else                                                            \
			got_ = BPF_CORE_READ((struct type *)(pointer), member); \
		got_;                                                           \
	})

/* The open file behind a descriptor of the current task, 0: none. As eun_fd(). */
__noinline u64 tcp_fd(int fd)
{
	struct files_struct *open = tcp_get(task_struct, bpf_get_current_task_btf(), files);
	struct fdtable *table = tcp_get(files_struct, open, fdt);
	struct file **files = tcp_get(fdtable, table, fd);
	u64 file = 0;
	if (fd < 0 || (u32)fd >= tcp_get(fdtable, table, max_fds))
		return 0;
	if (EUN_CASTS) /* eight bytes anywhere: struct qstr begins with a u64 */
		return eun_cast(qstr, &files[fd])->hash_len;
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
}

#endif
