/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/*
 * A member of what a pointer without a type leads to: by a plain load where the kernel lets a program give it its type
 * (6.2), else by a helper's call, which costs some 25 ns where the kernel guards its returns. 0 where it would fault.
 * Decided when the object is loaded. Part of tcp.bpf.c.
 */
#ifndef EUNOMIA_TCP_GET_BPF_H
#define EUNOMIA_TCP_GET_BPF_H

extern void *bpf_rdonly_cast(const void *pointer, __u32 btf_id) __ksym __weak;

/* The kernel's list of such calls: without this one the branch that makes it is dead. */
enum special_kfunc_type {
	KF_bpf_rdonly_cast,
};
#define TCP_LOADS bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast)

#define tcp_cast(type, pointer) ((type *)bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(type)))

#define tcp_get(type, pointer, member)                                   \
	({                                                               \
		typeof(((type *)0)->member) got_;                        \
		if (TCP_LOADS)                                           \
			got_ = tcp_cast(type, pointer)->member;          \
		else                                                     \
			got_ = BPF_CORE_READ((type *)(pointer), member); \
		got_;                                                    \
	})

/* The open file behind a descriptor of the current task, 0: none. As eun_fd(). */
__noinline u64 tcp_fd(int fd)
{
	struct files_struct *open = tcp_get(struct task_struct, bpf_get_current_task_btf(), files);
	struct fdtable *table = tcp_get(struct files_struct, open, fdt);
	struct file **files = tcp_get(struct fdtable, table, fd);
	u64 file = 0;
	if (fd < 0 || (u32)fd >= tcp_get(struct fdtable, table, max_fds))
		return 0;
	if (TCP_LOADS) /* eight bytes anywhere: struct qstr begins with a u64 */
		return tcp_cast(struct qstr, &files[fd])->hash_len;
	bpf_probe_read_kernel(&file, sizeof(file), &files[fd]);
	return file;
}

#endif
