# SPDX-License-Identifier: MIT
"""
What the tests of `eunomia seccomp apply` share. Only processes that a test started itself are given a filter, by pid or
by container.
"""
import itertools
import os
import re
import subprocess
import time

import eun
import live

WAITS = os.path.join(eun.HELPERS, "seccomp_waits")
THREADS = os.path.join(eun.HELPERS, "seccomp_threads")
APPLIES = int(os.environ.get("EUNOMIA_APPLIES", "0"))
LINE = re.compile(r"^(\d+) \((.*)\): (would get it|has it now|had it already|not touched|failed): (.*)$", re.M)


def status(pid, tid=None):
    """{key: value} of /proc/PID/task/TID/status."""
    text = eun.read(f"/proc/{pid}/task/{tid or pid}/status")
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def threads(pid):
    return [int(tid) for tid in os.listdir(f"/proc/{pid}/task")]


def filters(pid):
    """How many filters each of its threads has."""
    return [int(status(pid, tid)["Seccomp_filters"]) for tid in threads(pid)]


def descendants(pid):
    found = []
    try:
        for tid in threads(pid):
            for child in eun.read(f"/proc/{pid}/task/{tid}/children").split():
                found += [int(child)] + descendants(int(child))
    except (FileNotFoundError, ProcessLookupError):
        pass  # it ended meanwhile
    return found


class Case(live.Case):
    def setUp(self):
        super().setUp()
        self.errors = itertools.count(100)

    def profile(self, text=None):
        """In a file; without a text one that denies getpgid alone, with an error that no other has."""
        text = text or f"@default allow getpgid:errno({next(self.errors)})"
        path = self.path(f"{abs(hash(text))}.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def apply(self, *args, profile=None, code=0, yes=True):
        """One call of it: [(pid, state, the rest)], and all that it said."""
        run = subprocess.run([eun.EUNOMIA, "seccomp", "apply", profile or self.profile(), *map(str, args),
                              *(["--yes"] if yes else [])], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             timeout=eun.LIMIT, check=False)
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        return [(int(pid), state, rest) for pid, _, state, rest in LINE.findall(run.stdout)], run.stdout + run.stderr

    def start(self, *command, wait="ready\n", **how):
        """A process that says when it is where it is to be; it is taken down at the end."""
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **how)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(self.close, process)
        if wait:
            self.assertEqual(process.stdout.readline(), wait)
        return process

    @staticmethod
    def close(process):
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass

    def until(self, condition):
        for _ in range(eun.LIMIT * 1000):
            if condition():
                return
            time.sleep(0.001)
        self.fail("it does not come to be")

    def state(self, process):
        return status(process.pid)["State"][0]
