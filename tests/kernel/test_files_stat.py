# SPDX-License-Identifier: MIT
"""
files.stat: what is asked about files, call by call; and as strace sees it. (libbpf-tools' statsnoop of Debian 12
looks for tracepoints by names that no kernel has, and traces nothing.)
"""
import ctypes
import errno
import os
import re
import shutil
import tempfile
import unittest

import eun
from files_calls import *

STRACE = shutil.which("strace")
CALLS = "stat lstat fstat newfstatat statx statfs fstatfs access faccessat faccessat2 readlink readlinkat".split()
STREAM = ("--streams", "files.stat")
space = ctypes.create_string_buffer(512)


class Stat(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="eunomia-stat."))
        self.addCleanup(shutil.rmtree, self.top)
        os.mkdir(self.top + "/sub")
        for name in ("file", "sub/inner"):
            open(f"{self.top}/{name}", "w").close()
        os.symlink("sub/inner", self.top + "/soft")
        self.dir = os.open(self.top + "/sub", os.O_RDONLY | os.O_DIRECTORY)
        self.file = os.open(self.top + "/file", os.O_RDWR)
        for fd in (self.dir, self.file):
            self.addCleanup(os.close, fd)

    def step(self, name, *args, place, ret=0, fd=-1, access=(), flags=()):
        fields = {"path_source": "user" if fd < 0 else "kernel", "fd": fd, "access": list(access), "flags": list(flags)}
        return Step("stat", name, *args, ret=ret, **place, **fields)

    def steps(self):
        def path(text, directory=self.top):
            return where(text, directory)

        def of(fd):
            return {"path": fd, "dir": None, "name": None}

        file, inner = self.top + "/file", self.top + "/sub"
        step = self.step
        nofollow = ["AT_SYMLINK_NOFOLLOW"]
        return [
            step("stat", b"soft", space, place=path("soft")),
            step("stat", b"missing", space, place=path("missing"), ret=-errno.ENOENT),
            step("stat", b"file/x", space, place=path("file/x"), ret=-errno.ENOTDIR),
            step("stat", None, space, place=of(None), ret=-errno.EFAULT),
            step("lstat", b"soft", space, place=path("soft")),
            step("fstat", self.file, space, place=of(file), fd=self.file),
            step("fstat", BAD_FD, space, place=of(None), fd=BAD_FD, ret=-errno.EBADF),
            step("newfstatat", self.dir, b"inner", space, 0, place=path("inner", inner)),
            step("newfstatat", CWD, b"soft", space, 0x100, place=path("soft"), flags=nofollow),
            step("newfstatat", self.file, b"", space, 0x1000, place=of(file), fd=self.file, flags=["AT_EMPTY_PATH"]),
            step("newfstatat", self.file, b"", space, 0, place=path("", file), ret=-errno.ENOENT),
            step("newfstatat", CWD, b"", space, 0x1000, place=path("", self.top), flags=["AT_EMPTY_PATH"]),
            step("newfstatat", BAD_FD, b"x", space, 0, place=path("x", None), ret=-errno.EBADF),
            step("statx", self.dir, b"../file", 0x2900, 0xFFF, space, place=path("../file", inner),
                 flags=nofollow + ["AT_NO_AUTOMOUNT", "AT_STATX_FORCE_SYNC"]),
            step("statx", self.dir, b"", 0x1000, 0xFFF, space, place=of(inner), fd=self.dir, flags=["AT_EMPTY_PATH"]),
            step("statfs", b"/proc", space, place=path("/proc")),
            step("fstatfs", self.dir, space, place=of(inner), fd=self.dir),
            step("access", b"file", 0, place=path("file")),
            step("access", b"file", 6, place=path("file"), access=["R_OK", "W_OK"]),
            step("access", b"file", 1, place=path("file"), access=["X_OK"], ret=-errno.EACCES),
            step("faccessat", self.dir, b"inner", 4, place=path("inner", inner), access=["R_OK"]),
            step("faccessat2", CWD, b"soft", 4, 0x300, place=path("soft"), access=["R_OK"],
                 flags=["AT_SYMLINK_NOFOLLOW", "AT_EACCESS"]),
            step("readlink", b"soft", space, 100, place=path("soft"), ret=len("sub/inner")),
            step("readlink", b"file", space, 100, place=path("file"), ret=-errno.EINVAL),
            step("readlinkat", CWD, b"/proc/self/fd/9999", space, 100, place=path("/proc/self/fd/9999"),
                 ret=-errno.ENOENT),
            step("stat", b"./" * 2045 + b"file", space, place=path("./" * 2045 + "file")),
        ]

    def test_each(self):
        steps = self.steps()
        self.assertEqual(set(CALLS), {step.name for step in steps})
        expect(self, steps, *STREAM, directory=self.top)

    def test_not_asked(self):
        """Not a default stream."""
        child = eun.Child(play, self.steps(), self.top)
        self.assertEqual([], eun.of(eun.watch(child, "--plugin", "files"), "files.stat"))

    def act(self):
        """An ordinary program."""
        os.chdir(self.top)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.execv("/bin/ls", ["ls", "-lR", "--color=always", ".", "missing"])

    @unittest.skipUnless(STRACE, "no strace here")
    def test_strace(self):
        """The calls, their texts, descriptors and results are those that strace has of a second run."""
        events = eun.watch(eun.Child(self.act), "--plugin", "files", *STREAM)
        lines = strace(eun.Child(self.act), ",".join(CALLS), self.top + "/../strace" + str(os.getpid()))
        self.addCleanup(os.unlink, self.top + "/../strace" + str(os.getpid()))
        pattern = rf'\b({"|".join(CALLS)})\((?:(AT_FDCWD|\d+)(?:, )?)?(?:"(.*?)")?.*= (-?\d+)(?: (E\w+))?'
        theirs = []
        for line in lines:
            match = re.search(pattern, line)
            if match:
                name, fd, text, ret, error = match.groups()
                number = int(fd) if fd and fd != "AT_FDCWD" and not text else -1
                theirs.append((name, text or None, number, -getattr(errno, error) if error else int(ret)))
        mine = [(event["call"], event["name"], event["fd"], event["ret"]) for event in events]
        self.assertGreater(len(theirs), 15)
        self.assertEqual(theirs, mine)

    def test_tool(self):
        """`run statsnoop`: the columns of tools.md."""
        child = eun.Child(play, [Step("stat", "stat", b"/no\x1b[2J", space), Step("stat", "fstat", self.file, space)],
                          self.top)
        run = eun.Run("run", "statsnoop", "-p", child.pid, fmt="text").started()
        child.go()
        child.wait()
        self.assertEqual([["PID", "COMM", "FD", "ERR", "PATH"],
                          [str(child.pid), "python3", "-1", "ENOENT", r"/no\x1b[2J"],
                          [str(child.pid), "python3", str(self.file), "0", self.top + "/file"]], rows(run.end()))


if __name__ == "__main__":
    eun.main()
