/* SPDX-License-Identifier: MIT */
/* A container's cgroup path out of what runtimes and /proc say. Each writes a path of less than `size` bytes. */
#ifndef CORE_TARGET_RUNTIME_CGROUP_H
#define CORE_TARGET_RUNTIME_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/* runc's cgroup_paths: controller to folder below /sys/fs/cgroup, "" is the unified hierarchy's. */
bool runtime_cgroup_of_paths(const json_t *paths, char *path, size_t size);

/* OCI's linux.cgroupsPath: a path, or slice:prefix:name for systemd. */
bool runtime_cgroup_of_oci(const char *text, char *path, size_t size);

/* /proc/PID/cgroup. */
bool runtime_cgroup_of_pid(const char *root, uint32_t pid, char *path, size_t size);

#endif
