# SPDX-License-Identifier: MIT
"""The opens of one process, as others see them: opensnoop of libbpf-tools in the same run, strace in a second one."""
import errno
import os
import re
import shutil
import signal
import sys
import tempfile
import unittest

import eun
from files_calls import *

OPENSNOOP = shutil.which("opensnoop", path="/usr/sbin:/usr/bin")
STRACE = shutil.which("strace")


class Oracles(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="eunomia-oracle."))
        self.addCleanup(shutil.rmtree, self.top)
        os.mkdir(self.top + "/sub")
        for name in ("file", "sub/inner"):
            with open(f"{self.top}/{name}", "w", encoding="ascii") as file:
                file.write("text\n")
        os.symlink("file", self.top + "/soft")

    def act(self):
        """What an ordinary program does: one is run, too, by this process itself."""
        os.chdir(self.top)
        inner = self.top + "/sub/inner"
        for name in ("file", "soft", "sub/../file", "missing", "sub", "/etc/hostname", inner, "no/way"):
            for flags in (os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_EXCL):
                fd = call("openat", CWD, name.encode(), flags, 0o600)
                if fd >= 0:
                    os.close(fd)
        os.unlink("missing")
        os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", "import json, http; open('file').read()"])

    def own(self, events):
        """(path, descriptor or -errno) of what is seen of open and openat."""
        return [(event["path"], event["fd"] if event["fd"] >= 0 else event["ret"]) for event in events]

    def meant(self, text, result):
        """The path that the kernel finds behind a text, or that we say the text means."""
        path = os.path.join(self.top, text)
        return (os.path.realpath(path) if result >= 0 else path), result

    @unittest.skipUnless(OPENSNOOP, "no opensnoop here")
    def test_opensnoop(self):
        child = eun.Child(self.act)
        # it wants tracefs, which need not be mounted: for itself alone
        command = f"mount -t tracefs none /sys/kernel/tracing && exec stdbuf -oL {OPENSNOOP} -p {child.pid}"
        oracle = started_with(["unshare", "-m", "sh", "-c", command], r"\bPATH\b")
        events = eun.watch(child, "--plugin", "files", "--streams", "files.open")
        oracle.send_signal(signal.SIGINT)
        lines, _ = oracle.communicate(timeout=eun.LIMIT)
        theirs = []
        for line in lines.splitlines():
            fields = re.match(rf"{child.pid}\s+(.{{16}})\s*(-?\d+)\s+(\d+)\s+(.*)", line)
            if fields:
                fd, error = int(fields[2]), int(fields[3])
                theirs.append(self.meant(fields[4], fd if fd >= 0 else -error))
        self.assertGreater(len(theirs), 30)
        self.assertEqual(theirs, self.own(events))

    @unittest.skipUnless(STRACE, "no strace here")
    def test_strace(self):
        events = eun.watch(eun.Child(self.act), "--plugin", "files", "--streams", "files.open")
        child, out = eun.Child(self.act), self.top + ".strace"
        self.addCleanup(os.unlink, out)
        theirs = []
        for line in strace(child, "open,openat,openat2,creat", out):
            fields = re.search(r'open(?:at)?\((?:AT_FDCWD, )?"(.*?)", [^)]*\)\s+= (-?\d+)(?: (\w+))?', line)
            if fields:
                result = int(fields[2])
                theirs.append(self.meant(fields[1], -getattr(errno, fields[3]) if result < 0 else result))
        self.assertGreater(len(theirs), 30)
        self.assertEqual(theirs, self.own(events))


class Opensnoop(unittest.TestCase):
    def test_text(self):
        """`run opensnoop` prints the columns of tools.md; -e adds some."""
        child = eun.Child(lambda: [call("open", b"/etc/hostname", os.O_RDWR), call("open", b"/no\x1b[2Jsuch", 0)])
        run = eun.Run("run", "opensnoop", "-e", "-p", child.pid, fmt="text").started()
        child.go()
        (fd, _) = child.wait()
        head, first, second = run.end().splitlines()
        self.assertEqual("TIME UID PID COMM FD ERR FLAGS PATH".split(), head.split()[:8])
        self.assertEqual(["0", str(child.pid), "python3", str(fd), "0", "O_RDWR", "/etc/hostname"], first.split()[1:8])
        self.assertEqual(["0", str(child.pid), "python3", "-1", "ENOENT", "0", r"/no\x1b[2Jsuch"], second.split()[1:8])
        self.assertEqual(["regular", "open", "kernel"], [first.split()[i] for i in (8, 12, 13)])


if __name__ == "__main__":
    eun.main()
