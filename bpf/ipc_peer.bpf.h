/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* From what a call names (a pid, a pidfd, a System V id) to what the kernel has behind it. Part of ipc.bpf.c. */
#ifndef EUNOMIA_IPC_PEER_BPF_H
#define EUNOMIA_IPC_PEER_BPF_H

/* include/linux/xarray.h, include/uapi/linux/magic.h, ipc/util.h */
#define XA_INTERNAL 2
#define XA_INTERNAL_MASK 3
#define XA_NODES_FROM 4096
#define ANON_INODE_FS_MAGIC 0x09041934
#define PID_FS_MAGIC 0x50494446
#define IPCMNI_MASK 0x7fff

enum ipc_ids_index {
	IPC_SEM_IDS,
	IPC_MSG_IDS,
	IPC_SHM_IDS,
};

/* Levels of a tree that has a slot for every positive int, of 6 bits each. */
#define XA_LEVELS 6

/* What the kernel's xa_load() finds in the tree that begins with the entry `head`; 0: nothing. */
__noinline u64 ipc_xa_load(u64 head, u64 index)
{
	u64 entry = head, slots = bpf_core_field_size(struct xa_node, slots) / sizeof(void *);
	for (int i = 0; i < XA_LEVELS; i++) {
		if ((entry & XA_INTERNAL_MASK) != XA_INTERNAL || entry <= XA_NODES_FROM)
			break;
		struct xa_node *node = (void *)(entry - XA_INTERNAL);
		u64 at = index >> (BPF_CORE_READ(node, shift) & 63);
		if (!i && at >= slots)
			return 0;
		bpf_probe_read_kernel(&entry, sizeof(entry),
				      (void *)node + bpf_core_field_offset(struct xa_node, slots) +
					      (at & (slots - 1)) * sizeof(void *));
	}
	if ((entry & XA_INTERNAL_MASK) || (entry == head && index))
		return 0;
	return entry;
}

/* The pid that the current task knows by a number. */
static __always_inline struct pid *ipc_find_pid(int nr)
{
	struct pid *own = BPF_CORE_READ(bpf_get_current_task_btf(), thread_pid);
	struct upid in = {};
	eun_read_upid(&in, own, BPF_CORE_READ(own, level));
	struct pid_namespace *ns = in.ns;
	return nr > 0 ? (void *)ipc_xa_load((u64)BPF_CORE_READ(ns, idr.idr_rt.xa_head), nr) : NULL;
}

/* The pid behind a descriptor that the kernel took for a pidfd. Since 6.9 they have a file system. */
static __always_inline struct pid *ipc_pidfd_pid(int fd)
{
	struct file *file = eun_fd_file(fd);
	u64 magic = BPF_CORE_READ(file, f_inode, i_sb, s_magic);
	if (magic == PID_FS_MAGIC)
		return BPF_CORE_READ(file, f_inode, i_private);
	return magic == ANON_INODE_FS_MAGIC ? BPF_CORE_READ(file, private_data) : NULL;
}

/* Who that is, in the first pid namespace. Of one that has ended only the number is left. */
static __always_inline void ipc_describe(struct pid *pid, u32 *tgid, u32 *tid, char comm[EUN_COMM_LEN])
{
	if (!pid)
		return;
	struct upid first = {};
	eun_read_upid(&first, pid, 0);
	*tgid = *tid = first.nr;
	struct hlist_node *node = BPF_CORE_READ(pid, tasks[0].first);
	if (!node)
		return;
	struct task_struct *task = (void *)node - bpf_core_field_offset(struct task_struct, pid_links);
	*tgid = BPF_CORE_READ(task, tgid);
	bpf_core_read(comm, EUN_COMM_LEN, &task->comm);
}

/* A System V object of the current task's namespace. */
static __always_inline struct kern_ipc_perm *ipc_find_sysv(u32 which, int id)
{
	struct ipc_namespace *ns = BPF_CORE_READ(bpf_get_current_task_btf(), nsproxy, ipc_ns);
	struct ipc_ids *ids = (void *)ns + bpf_core_field_offset(struct ipc_namespace, ids) +
			      which * bpf_core_type_size(struct ipc_ids);
	struct kern_ipc_perm *perm =
		(void *)ipc_xa_load((u64)BPF_CORE_READ(ids, ipcs_idr.idr_rt.xa_head), id & IPCMNI_MASK);
	return id >= 0 && perm && BPF_CORE_READ(perm, id) == id ? perm : NULL;
}

#endif
