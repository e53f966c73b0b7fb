# SPDX-License-Identifier: MIT
"""The shipped rules of 10-escape.ini, and of 50-network.ini: each on what it is for, and on its near miss."""
import os

import eun
import rules_case

MOUNT = "Mount in a container"
DEVICE = "Host device mounted in a container"
RAW = "Raw device or memory opened"
NONE = ()


class Escape(rules_case.Case):
    def test_kernel_files(self):
        expected = {
            "cgroup_mounted": {MOUNT},
            "release_agent_read": NONE,
            "release_agent": {"Cgroup release agent set"},
            "release_agent_renamed": {"Cgroup release agent set"},
            "notify_on_release_read": NONE,
            "notify_on_release": {"Cgroup notify_on_release set"},
            "core_pattern_read": NONE,
            "core_pattern_elsewhere": NONE,
            "core_pattern": {"Core pattern set in a container"},
            "binfmt_mounted": {MOUNT},
            "binfmt_read": NONE,
            "binfmt_register": {"Kernel helper set in a container"},
        }
        if os.path.exists("/proc/sys/kernel/sysrq"):
            expected["sysrq"] = {"SysRq used in a container"}
        if os.path.exists("/proc/kcore"):
            expected["kcore"] = {"Kernel memory read in a container"}
        self.check(expected)

    def test_mounts_and_devices(self):
        self.check({
            "mount_device": {DEVICE, MOUNT},
            "mount_device_renamed": {DEVICE, MOUNT},
            "mount_tmpfs": {MOUNT},
            "unmount": NONE,
            "fsopen": {MOUNT},
            "device_null": NONE,
            "device": {RAW},
            "device_of_memory": {RAW},
        })

    def test_namespaces_and_others(self):
        expected = {
            "own_namespace": NONE,
            "host_namespace": {"Entered the host's namespaces"},
            "uts_namespace": NONE,
            "user_namespace_of_root": NONE,
            "user_namespace": {"User namespace made in a container"},
            "other_socket": NONE,
            "runtime_socket": {"Runtime socket used in a container"},
            "runtime_socket_renamed": {"Runtime socket used in a container"},
            "name_to_handle": NONE,
            "open_by_handle": {"File opened by handle in a container"},
        }
        if os.path.exists("/proc/modules"):
            expected["init_module"] = {"Kernel module loaded in a container"}
        self.check(expected)

    def test_network(self):
        self.check({
            "other_sockets": NONE,
            "packet_socket": {"Packet or raw socket in a container"},
            "raw_socket": {"Packet or raw socket in a container"},
            "other_address": NONE,
            "metadata": {"Cloud metadata asked in a container"},
            "no_token": NONE,
            "token": {"Cluster token read"},
        })


if __name__ == "__main__":
    eun.main()
