/* SPDX-License-Identifier: MIT */
/*
 * BTF for a kernel that has it and does not show it (a container without sysfs). BTF tracepoints are found by libbpf in
 * /sys/kernel/btf/vmlinux and nowhere else, so the file is mounted there, in a mount namespace that only this thread
 * and those it starts afterwards see; what is mounted elsewhere later still arrives there.
 */
#ifndef CORE_HOST_BTF_MOUNT_H
#define CORE_HOST_BTF_MOUNT_H

#include <stddef.h>

/* `file` (raw BTF) at `place`, whose folder must exist: a kernel without BTF has none. -errno: why. */
int btf_mount(const char *file, const char *place, char *why, size_t why_size);

#endif
