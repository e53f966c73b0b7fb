/* SPDX-License-Identifier: MIT */
/* What this kernel and these privileges allow, asked once and remembered. Any thread. */
#ifndef CORE_HOST_KERNEL_H
#define CORE_HOST_KERNEL_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kernel;

/* `btf` is a file to use in place of /sys/kernel/btf/vmlinux, or NULL. Cheap: nothing is asked before it is needed.
 * One at a time in a process: libbpf has one table of how to load programs (hook.h). NULL: no memory. */
struct kernel *kernel_new(const char *btf);
void kernel_destroy(struct kernel *kernel);
/*
 * Objects that are loaded from here on, until kernel_forget(), load sooner: against a small BTF that has only what they
 * ask for (btf_compact.h). Where there can't be one they are loaded against the whole.
 */
struct kernel_object {
	const void *bytes;
	size_t size;
};
void kernel_prepare(struct kernel *kernel, const struct kernel_object *objects, size_t n);
/* The BTF file that an object is to be opened with, for bpf_object_open_opts.btf_custom_path; NULL: the kernel's. */
const char *kernel_types(const struct kernel *kernel);
/* The number of a type "PREFIXNAME" in the kernel's own BTF; 0: there is none. */
uint32_t kernel_type_id(struct kernel *kernel, const char *prefix, const char *name, uint32_t kind);
/* Gives back the memory of the kernel's BTF, some MiB; it is read again when it is needed again. */
void kernel_forget(struct kernel *kernel);

/* The file given as BTF, or NULL. */
const char *kernel_btf_path(const struct kernel *kernel);
/* 0, or -errno with why: there is no BTF to relocate against. */
int kernel_btf_check(struct kernel *kernel, char *why, size_t why_size);

/*
 * The id of a tracepoint "category/name" for perf_event_open(); -ENOENT: this kernel does not have it; another -errno:
 * tracefs can't be read, with why. Where tracefs is not mounted it is opened detached, in no one's mount namespace.
 */
int kernel_tracepoint(struct kernel *kernel, const char *at, char *why, size_t why_size);
/* How tracefs is reached: "/sys/kernel/tracing", "detached mount"; NULL: not yet or not at all. */
const char *kernel_tracefs(struct kernel *kernel);

/* Kinds of programs that not every kernel accepts, by a trial of two instructions. */
enum kernel_hook { HOOK_TP_BTF, HOOK_FENTRY, HOOK_LSM, HOOK_KPROBE, HOOK_ITER, HOOKS };
bool kernel_hook(struct kernel *kernel, enum kernel_hook hook);
extern const char *const kernel_hook_names[HOOKS];

/* True: the kernel's BTF has a type for this program's target (tp_btf, fentry, lsm, iter), as its SEC() names it. */
bool kernel_has_target(struct kernel *kernel, const char *section);

/* Linux version as (major << 16 | minor << 8 | patch). */
uint32_t kernel_version(void);
/* The oldest that works: bpf_task_pt_regs() is 5.15's, BPF atomics are 5.12's. */
#define KERNEL_OLDEST (5u << 16 | 15u << 8)

/* A capability of the effective set, by its number (linux/capability.h). */
bool kernel_capable(int cap);
/* "needs CAP_BPF and CAP_PERFMON, or root" with those that are missing, for a message; "" when none is. */
const char *kernel_privileges(void);

#endif
