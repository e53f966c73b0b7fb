# SPDX-License-Identifier: MIT
"""A run of eunomia whose outputs and end are what the test is about: test_run.py, test_output.py, test_flood.py."""
import os
import re
import signal
import subprocess
import tempfile
import unittest

import eun

ACCOUNT = re.compile(r"^eunomia: account (\S+) (.*)$", re.M)
SANITIZED = b"libasan" in subprocess.run(["ldd", eun.EUNOMIA], capture_output=True, check=False).stdout
SUMMARY = re.compile(r"^eunomia: (\d+) events, (\d+) lost$")


class Live:
    """As subprocess.Popen; stderr goes to a file, so that nothing waits for its reader."""

    def __init__(self, *args, stdout=None, **how):
        self.out = tempfile.TemporaryFile()
        self.err = tempfile.TemporaryFile()
        self.process = subprocess.Popen([eun.EUNOMIA, *map(str, args)], stdin=subprocess.DEVNULL,
                                        stdout=self.out if stdout is None else stdout, stderr=self.err, **how)

    def said(self):
        return os.pread(self.err.fileno(), 1 << 20, 0).decode()

    def written(self):
        return os.pread(self.out.fileno(), os.fstat(self.out.fileno()).st_size, 0)

    def until(self, condition):
        """Until it holds or the run is over; it is asked for every time."""
        for _ in range(eun.LIMIT * 100):
            if condition():
                return self
            try:
                self.process.wait(0.01)
                break
            except subprocess.TimeoutExpired:
                pass
        if condition():
            return self
        self.process.kill()
        raise AssertionError(f"ended with {self.process.wait()}: {self.said()}")

    def started(self):
        return self.until(lambda: "eunomia: started\n" in self.said())

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.end()

    def end(self):
        """(exit code, stdout, lines of stderr)"""
        status = self.process.wait(eun.LIMIT)
        result = status, self.written(), self.said().splitlines()
        self.close()
        return result

    def close(self):
        self.out.close()
        self.err.close()


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="eunomia-run-")
        self.addCleanup(folder.cleanup)
        self.dir = folder.name

    def path(self, name):
        return os.path.join(self.dir, name)

    def child(self, act, *args):
        """Waits for go(); if that never comes it is taken down at the end."""
        child = eun.Child(act, *args)

        def end():
            if child.status is None:
                os.close(child.said)
                os.kill(child.pid, signal.SIGKILL)
                os.waitpid(child.pid, 0)

        self.addCleanup(end)
        return child

    def target(self):
        """A process that does nothing."""
        return self.child(lambda: None).pid

    def watch(self, child, *args, follow=False):
        """A run on a child from before it acts to its end, which must be a good one. (stdout, lines of stderr)"""
        live = Live(*args, "-p", child.pid, *(["--follow"] if follow else [])).started()
        child.go()
        child.result = child.wait()
        status, out, said = live.end()
        self.assertEqual(status, 0, said)
        return out, said


def accounts(said):
    """{stream: {what: count}} of --stats"""
    return {stream: {key: int(value) for key, value in (word.split("=") for word in rest.split())}
            for stream, rest in ACCOUNT.findall("\n".join(said))}


def summary(said):
    """(events, lost) of the last line"""
    match = SUMMARY.match(said[-1])
    if not match:
        raise AssertionError(said)
    return int(match[1]), int(match[2])
