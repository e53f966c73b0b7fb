/* SPDX-License-Identifier: MIT */
/*
 * Other BTF in place of the kernel's: a file given for a kernel that has it and does not show it (a container without
 * sysfs), or a copy made to be read fast. BTF tracepoints are found by libbpf in /sys/kernel/btf/vmlinux and nowhere
 * else, so it is mounted there, in a mount namespace of our own; what is mounted elsewhere later still arrives there.
 */
#ifndef CORE_HOST_BTF_MOUNT_H
#define CORE_HOST_BTF_MOUNT_H

#include <stddef.h>

/*
 * `file` (raw BTF) at `place`, whose folder must exist: a kernel without BTF has none. Seen by this thread and those it
 * starts afterwards. -errno: why.
 */
int btf_mount(const char *file, const char *place, char *why, size_t why_size);

/*
 * Bytes at `place`, in a namespace that only threads see which btf_enter() it. Returns its fd, or -errno: no
 * privileges, no /proc; nothing has changed then.
 */
int btf_mount_bytes(const void *bytes, size_t size, const char *place);

/* This thread alone goes there; 0 or -errno. Its working directory is / then. */
int btf_enter(int ns);

#endif
