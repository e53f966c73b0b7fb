# SPDX-License-Identifier: MIT
"""What the tests of `eunomia seccomp` share: profiles, and a program's system calls as strace counts them."""
import json
import os
import re
import subprocess
import tempfile

import eun

ALWAYS = {"exit", "exit_group", "restart_syscall", "rt_sigreturn"}
RUN = os.path.join(eun.HELPERS, "seccomp_run")


def seccomp(*args, status=0, **how):
    """One call; its stderr."""
    run = subprocess.run([eun.EUNOMIA, "seccomp", *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, timeout=eun.LIMIT, check=False, **how)
    if run.returncode != status:
        raise AssertionError(f"seccomp {args}: {run.returncode}: {run.stderr}")
    return run.stderr


def names(profile):
    """What a profile (OCI) allows, whatever the arguments."""
    with open(profile, encoding="utf-8") as file:
        blocks = json.load(file)["syscalls"]
    return {name for block in blocks if block["action"] == "SCMP_ACT_ALLOW" for name in block["names"]}


def compiled(text, to):
    """A profile in the text form as a compiled filter."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text)
        file.flush()
        seccomp("show", file.name, "--format", "bpf", "-o", to)
    return to


def strace(*command):
    """The names in strace's table."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as table:
        subprocess.run(["strace", "-f", "-c", "-o", table.name, *command], stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, check=True, timeout=eun.LIMIT)
        rows = [line.split() for line in table.read().splitlines()[2:]]
    return {row[-1] for row in rows if re.fullmatch(r"[a-z_0-9]+", row[-1]) and row[-1] != "total"}
