# SPDX-License-Identifier: MIT
"""The shipped rules of 20-process.ini, 30-execution.ini and 40-files.ini: each on what it is for, and on its near miss."""
import eun
import rules_case

NONE = ()
FILELESS = {"Fileless execution"}
NETCAT = {"Remote execution by netcat or the like"}
SHELL = {"Reverse shell"}
WIPED = {"Evidence wiped"}


class Process(rules_case.Case):
    def test_others(self):
        self.check({
            "bpf_map": NONE,
            "bpf_program": {"BPF program loaded by a stranger"},
            "ptrace_by_debugger": NONE,
            "ptrace_attach": {"Process changed by ptrace"},
            "traceme_by_debugger": NONE,
            "traceme": {"Anti-debugging"},
            "memory_of_self": NONE,
            "memory_of_other": {"Memory of another process written"},
            "mem_of_self": NONE,
            "mem_of_other": {"Memory of another process written"},
        })

    def test_rights(self):
        self.check({
            "setuid_bit_taken": NONE,
            "setuid_bit": {"Setuid bit set"},
            "root_for_a_while": NONE,
            "become_root": {"Became root without a setuid program"},
            "io_uring_refused": NONE,
            "io_uring": {"io_uring in a container"},
            "userfaultfd_of_root": NONE,
            "userfaultfd": {"userfaultfd without privileges"},
            "tunables_elsewhere": NONE,
            "tunables": {"GLIBC_TUNABLES for a setuid program"},
            "pkexec_used": NONE,
            "pkexec": {"pkexec without arguments"},
        })

    def test_execution(self):
        self.check({
            "run_file": NONE,
            "run_memfd": FILELESS,
            "run_memfd_as_runc": FILELESS,
            "run_unlinked": FILELESS,
            "run_shm": FILELESS,
            "server_program": NONE,
            "server_shell": {"Server spawned a shell"},
            "server_shell_far": {"Server spawned a shell"},
            "no_miner": NONE,
            "miner": {"Coin miner"},
        })

    def test_remote(self):
        self.check({
            "shell_on_unix_socket": NONE,
            "program_on_socket": NONE,
            "reverse_shell": SHELL,
            "reverse_shell_by_itself": SHELL | NETCAT,
            "netcat_plain": NONE,
            "netcat": NETCAT,
            "dev_tcp": NETCAT,
        })

    def test_files(self):
        self.check({
            "passwd": NONE,
            "shadow_by_its_program": NONE,
            "shadow": {"Credentials read"},
            "ssh_key": {"Credentials read"},
            "cron_job_read": NONE,
            "cron_job": {"Persistence"},
            "authorized_keys": {"Persistence"},
            "no_preload": NONE,
            "preload": {"Library preloaded"},
            "log": NONE,
            "wipe": WIPED,
            "wipe_history": WIPED,
            "wipe_history_by_shell": WIPED,
        })

    def test_allowed(self):
        """What a user says beside the shipped files: a program more in a list, an exception, a rule and a tag off."""
        self.check(dict.fromkeys(("ptrace_attach", "shadow", "miner", "netcat", "setuid_bit"), NONE), more="""
            [list debuggers]
            append = /usr/bin/python3.11
            [exception Credentials read]
            where = container.runtime = runc and path = /etc/shadow
            [exception Setuid bit set]
            where = path startswith /tmp/
            [rules]
            disable = Coin miner, tag:T1095
            """.replace("  ", ""))


if __name__ == "__main__":
    eun.main()
