# SPDX-License-Identifier: MIT
"""What the tests of the plugin process share."""
import ctypes
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

import eun

libc = ctypes.CDLL(None, use_errno=True)
EXECVEAT = {"x86_64": 322}.get(os.uname().machine, 281)
AT_FDCWD, AT_EMPTY_PATH = -100, 0x1000
CLONE_NEWNS, CLONE_NEWPID = 0x20000, 0x20000000
CLONE_FILES, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWUSER = 0x400, 0x4000000, 0x8000000, 0x10000000
NOBODY = 65534
EPERM, ENOENT, ESRCH, ENOEXEC, EBADF, EACCES, EFAULT, ENOTDIR, EINVAL = 1, 2, 3, 8, 9, 13, 14, 20, 22

EXEC, EXIT, FORK = "process.exec", "process.exit", "process.fork"


def watch(act, *args, follow=True, sets=()):
    """Runs act() in a child under all streams of the plugin. (child, exec events, exit events, fork events)"""
    child = eun.Child(act, *args)
    options = [option for value in sets for option in ("--set", value)]
    events = eun.watch(child, "--plugin", "process", *options, follow=follow)
    return child, *(eun.of(events, stream) for stream in (EXEC, EXIT, FORK))


def of_stream(name, act, *args, sets=(), more=()):
    """Runs act() in a child under one stream of the plugin. (child, events)"""
    child = eun.Child(act, *args)
    options = [option for value in sets for option in ("--set", value)]
    return child, eun.watch(child, "--plugin", "process", "--streams", "process." + name, *options, *more, follow=True)


def fork(act, *args):
    """Forks and waits. (pid, wait status)"""
    pid = os.fork()
    if not pid:
        try:
            act(*args)
        finally:
            os._exit(99)
    return os.waitpid(pid, 0)


def raw(number, *args):
    """A system call that fails: its errno."""
    ctypes.set_errno(0)
    libc.syscall(number, *args)
    return ctypes.get_errno()


def c_array(strings):
    return (ctypes.c_char_p * (len(strings) + 1))(*strings, None)


def execveat(dirfd, path, argv, flags=0):
    environ = c_array([])
    return raw(EXECVEAT, dirfd, ctypes.c_char_p(path), c_array(argv), environ, flags)


def cgroup_id():
    """Of the test's own cgroup v2."""
    path = re.search("^0::(.*)$", eun.read("/proc/self/cgroup"), re.M)
    root = re.search(r"^\S+ (\S+) cgroup2 ", eun.read("/proc/self/mounts"), re.M)
    return os.stat(root[1] + path[1]).st_ino


def ns(kind, pid="self"):
    return os.stat(f"/proc/{pid}/ns/{kind}").st_ino


def fs_magic(path):
    return int(subprocess.run(["stat", "-f", "-c", "%t", path], check=True, capture_output=True).stdout, 16)


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = os.path.realpath(tempfile.mkdtemp(prefix="eun-process-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def path(self, name, text=None, mode=0o755):
        path = os.path.join(self.dir, name)
        if text is not None:
            with open(path, "wb") as file:
                file.write(text)
            os.chmod(path, mode)
        return path

    def check(self, event, **fields):
        self.assertEqual({name: event[name] for name in fields}, fields)

    def check_file(self, event, path):
        """exe and what is known of it, against stat(2)."""
        at = os.stat(path)
        self.check(event, exe=os.path.realpath(path), dev=at.st_dev, inode=at.st_ino, mode=at.st_mode,
                   nlink=at.st_nlink, fs_magic=fs_magic(path), upper_layer=False)

    def one(self, events):
        self.assertEqual(len(events), 1, events)
        return events[0]

    def run_tool(self, *args):
        """A tool's view of a program that is run, of one that is not there, and of a violent end, in this order."""
        def act():
            fork(os.execv, "/bin/echo", ["echo", "$needle"])
            fork(os.execv, "/no/such", ["lost needle"])
            fork(lambda: os.kill(os.getpid(), signal.SIGTERM))

        return eun.watch(eun.Child(act), "run", *args, follow=True)
