# SPDX-License-Identifier: MIT
"""Ways around the shipped rules that must not work: other names, other calls, other places for the same thing."""
import os
import shutil

import eun
import rules_case

SHADOW = {"Credentials read"}
JOB = {"Persistence"}
BIT = {"Setuid bit set"}
MOUNT = {"Mount in a container"}
PATTERN = {"Core pattern set in a container"}
FILELESS = {"Fileless execution"}
RING = {"io_uring in a container"}


def evader(made, _spec):
    shutil.copy(os.path.join(eun.HELPERS, "rules_evade_static"), made.path("/evade"))


class Evasion(rules_case.Case):
    def test_names(self):
        self.check({
            "by_symlink": JOB,
            "by_root": JOB,
            "by_cwd": JOB,
            "by_relative": JOB,
            "by_hard_link": SHADOW,
            "by_long_path": JOB,
            "by_strange_name": JOB,
            "by_thread_that_rewrites": SHADOW,
            "by_mount": SHADOW | MOUNT,
            "by_mount_moved_over": JOB | MOUNT,
            "by_proc_elsewhere": PATTERN | MOUNT,
            "by_core_pattern_bound": PATTERN | MOUNT,
        })

    def test_calls(self):
        self.check({
            "by_openat2": JOB,
            "by_creat": JOB,
            "by_renameat2": JOB,
            "by_handle": SHADOW | {"File opened by handle in a container"},
            "by_fchmod": BIT,
            "by_fchmodat2": BIT,
            "by_passed_descriptor": SHADOW,
            "by_io_uring": SHADOW | RING,
            "by_int80": SHADOW,
            "metadata": {"Cloud metadata asked in a container"},
            "connect_by_io_uring": {"Cloud metadata asked in a container"} | RING,
        }, evader)

    def test_who(self):
        self.check({
            "by_name_of_thread": SHADOW,
            "by_argv0": SHADOW,
            "by_renamed_program": SHADOW,
        })

    def test_programs(self):
        self.check({
            "exec_execveat": FILELESS,
            "exec_memfd_execveat": FILELESS,
            "exec_symlink": FILELESS,
            "exec_root": FILELESS,
            "exec_relative": FILELESS,
            "exec_clone3": FILELESS,
            "exec_argv0": {"Reverse shell"},
            "exec_shell_renamed": {"Reverse shell"},
        })


if __name__ == "__main__":
    eun.main()
