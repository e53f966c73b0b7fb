# SPDX-License-Identifier: MIT
"""
`eunomia seccomp apply` ended by SIGKILL: the command's end changes nothing; that of its helper lets the target go on, by
itself, wherever it was. EUNOMIA_APPLIES=100 does it at as many random moments and says what came of it; the helper's
windows (docs/seccomp.md) are a part of these, so that there it is counted, not asserted.
"""
import collections
import errno
import os
import random
import signal
import subprocess
import time
import unittest

import apply_case as case
import eun

# Long enough for seccomp(2) to take some while.
LONG = "@default allow " + " ".join(f"ioctl[1&0xffffffff=0x{i * 7:x}]:errno(EPERM)" for i in range(1, 400))


class Kill(case.Case):
    def waiting(self, name):
        process = self.start(case.WAITS, name)
        self.until(lambda: self.state(process) == "S")
        return process

    def command(self, process, text):
        """Begun; and its helper's pid, as soon as there is one."""
        command = subprocess.Popen([eun.EUNOMIA, "seccomp", "apply", self.profile(text), "-p", str(process.pid), "--yes"],
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(command.wait)
        self.addCleanup(command.stdout.close)
        helper = None
        while not helper and command.poll() is None:
            for child in eun.read(f"/proc/{command.pid}/task/{command.pid}/children").split():
                try:
                    # the one of a session of its own; the other tries the filter
                    if eun.read(f"/proc/{child}/stat").rpartition(")")[2].split()[3] == child:
                        helper = int(child)
                except (FileNotFoundError, ProcessLookupError):
                    pass
        return command, helper

    @staticmethod
    def scratch(process):
        """Memory of ours in the target."""
        return [line for line in eun.read(f"/proc/{process.pid}/maps").splitlines()
                if line.split()[1] == "r-xp" and line.split()[4] == "0" and len(line.split()) == 5]

    @staticmethod
    def ended(pid):
        """Whoever is to reap it."""
        try:
            return case.status(pid)["State"][0] in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return True

    def kill(self, pid):
        try:
            if pid:  # else it was done already
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def result(self, process):
        try:
            out, _ = process.communicate("x", timeout=10)
        except subprocess.TimeoutExpired:
            return "hangs"
        if process.returncode:
            return f"ended with {process.returncode}"
        wrong, error = out.split()[:2]
        return "goes on" if wrong == "0" else "saw EINTR" if error == str(errno.EINTR) else "saw a wrong result"

    def test_command(self):
        """The helper goes on to the end without it."""
        for _ in range(case.APPLIES or 10):
            process = self.waiting("read")
            command, helper = self.command(process, LONG)
            time.sleep(random.random() / 1000)
            self.kill(command.pid)
            command.wait()
            self.until(lambda at=helper: self.ended(at))
            if not helper:  # killed before there was one
                continue
            self.assertEqual((case.filters(process.pid), self.scratch(process)), ([1], []))
            self.assertEqual(self.result(process), "goes on")

    def test_helper(self):
        """While the target is in our memory: it makes the call, and goes back alone."""
        seen = collections.Counter()
        for name in ("read", "epoll", "poll", "semop", "futex_timed") * 3:
            process = self.waiting(name)
            command, helper = self.command(process, LONG)
            while command.poll() is None and not (there := self.scratch(process)):
                pass
            self.kill(helper)
            out = command.communicate(timeout=eun.LIMIT)[0]
            if there and command.returncode:
                self.assertIn("the helper process was ended by signal 9", out)
                seen[self.result(process)] += 1
        # the rest came before the way back was there, or after it was gone; what alone.c does is exact
        self.assertGreater(seen["goes on"], 3, seen)
        self.assertNotIn("hangs", seen)

    @unittest.skipUnless(case.APPLIES, "EUNOMIA_APPLIES")
    def test_helper_anytime(self):
        for name in ("read", "nanosleep", "epoll"):
            seen = collections.Counter()
            for _ in range(case.APPLIES):
                process = self.waiting(name)
                command, helper = self.command(process, "@default allow getpgid:errno(EDOM)")
                time.sleep(random.random() / 500)
                self.kill(helper)
                killed = "ended by signal" in command.communicate(timeout=eun.LIMIT)[0]
                n = case.filters(process.pid)[0]
                seen[("killed" if killed else "done", f"{n} filters", self.result(process))] += 1
            print(name, dict(seen))
            self.assertFalse([key for key in seen if "hangs" in key[2]])


if __name__ == "__main__":
    eun.main()
