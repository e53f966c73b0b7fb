/* SPDX-License-Identifier: (MIT OR GPL-2.0) */
/* Who is killed when memory has run out. Part of process.bpf.c. */
#ifndef EUNOMIA_PROCESS_MEMORY_BPF_H
#define EUNOMIA_PROCESS_MEMORY_BPF_H

/* include/linux/mm_types_task.h */
enum process_pages { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES };

/* What the kernel prints: the sum without what the CPUs have not added yet. */
static __always_inline u64 read_pages(struct mm_struct *mm, u32 kind)
{
	s64 pages = 0;
	if (bpf_core_type_exists(struct mm_rss_stat___6_1)) {
		struct mm_struct___before_6_2 *old = (void *)mm;
		bpf_probe_read_kernel(&pages, sizeof(pages),
				      (void *)old + bpf_core_field_offset(struct mm_struct___before_6_2, rss_stat) +
					      bpf_core_field_offset(struct mm_rss_stat___6_1, count) +
					      kind * sizeof(pages));
	} else { /* elements are not of the same size everywhere */
		bpf_probe_read_kernel(&pages, sizeof(pages),
				      (void *)mm + bpf_core_field_offset(struct mm_struct, rss_stat) +
					      kind * bpf_core_type_size(struct percpu_counter) +
					      bpf_core_field_offset(struct percpu_counter, count));
	}
	return pages > 0 ? pages : 0;
}

/* The current task asked for memory; the number is the victim's in the first pid namespace. */
SEC("?tp")
int process_oom(struct trace_event_raw_mark_victim *ctx)
{
	struct eun_slot *s = process_begin(PROCESS_OOM, sizeof(struct process_oom));
	if (!s)
		return 0;
	struct process_oom *e = eun_record(s);
	struct upid first = {};
	eun_read_upid(&first, BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), thread_pid), 0);
	e->victim_tid = ctx->pid;
	struct task_struct *victim = (void *)process_find((u64)first.ns, e->victim_tid);
	struct mm_struct *mm = NULL;
	if (victim) {
		e->victim_pid = BPF_CORE_READ(victim, tgid);
		e->victim_uid = BPF_CORE_READ(victim, cred, uid.val);
		e->victim_cgroup = BPF_CORE_READ(victim, cgroups, dfl_cgrp, kn, id);
		e->oom_score_adj = BPF_CORE_READ(victim, signal, oom_score_adj);
		bpf_core_read(e->victim_comm, sizeof(e->victim_comm), &victim->comm);
		mm = BPF_CORE_READ(victim, mm);
	}
	if (mm) {
		e->total_vm_pages = BPF_CORE_READ(mm, total_vm);
		e->file_pages = read_pages(mm, MM_FILEPAGES);
		e->anon_pages = read_pages(mm, MM_ANONPAGES);
		e->shmem_pages = read_pages(mm, MM_SHMEMPAGES);
		e->pages = e->file_pages + e->anon_pages + e->shmem_pages;
	}
	eun_submit(s);
	return 0;
}

#endif
