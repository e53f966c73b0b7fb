# SPDX-License-Identifier: MIT
"""
What the tests of the plugin files share: system calls by number, and scripts of them whose events are known in advance.

A Step is one call with the one event that it must cause; expect() runs steps in a child and compares: the events are
those of the steps, in order, no other, with exactly these fields.
"""
import ctypes
import errno
import os
import re
import signal
import subprocess

import eun

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

# x86-64; those from 424 on are everybody's
NR = dict(
    read=0, write=1, open=2, close=3, stat=4, fstat=5, lstat=6, pread64=17, pwrite64=18, readv=19, writev=20, access=21,
    sendfile=40, fsync=74, fdatasync=75, truncate=76, ftruncate=77, rename=82, mkdir=83, rmdir=84, creat=85, link=86,
    unlink=87, symlink=88, readlink=89, chmod=90, fchmod=91, chown=92, fchown=93, lchown=94, mknod=133, statfs=137,
    fstatfs=138, pivot_root=155, chroot=161, mount=165, umount2=166, openat=257, mkdirat=258, mknodat=259, fchownat=260,
    newfstatat=262, unlinkat=263, renameat=264, linkat=265, symlinkat=266, readlinkat=267, fchmodat=268, faccessat=269,
    unshare=272, sync_file_range=277, preadv=295, pwritev=296, name_to_handle_at=303, open_by_handle_at=304,
    renameat2=316, userfaultfd=323, copy_file_range=326, preadv2=327, pwritev2=328, statx=332, open_tree=428,
    move_mount=429, fsopen=430, fsconfig=431, fsmount=432, fspick=433, openat2=437, faccessat2=439, mount_setattr=442,
    fchmodat2=452,
)

CWD = -100
BAD_FD = 9999
AT_SYMLINK_NOFOLLOW, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH = 0x100, 0x200, 0x400, 0x1000
CLONE_NEWNS = 0x20000

# of every record
HEADER = {"ts", "stream", "event_flags", "cpu", "pid", "tid", "ppid", "uid", "gid", "comm", "cgroup", "pidns", "mntns"}
HEADER |= {"container"}


def call(name, *args):
    """The system call's result, or -errno. bytes are passed as strings, None as NULL."""
    ctypes.set_errno(0)
    ret = libc.syscall(NR[name], *(ctypes.c_long(arg or 0) if isinstance(arg, int | None) else arg for arg in args))
    return -ctypes.get_errno() if ret == -1 else ret


def has(name):
    """Does the kernel know the call?"""
    return call(name, -1, -1, -1, -1, -1) != -errno.ENOSYS


def shown(text):
    """A path as JSON shows it."""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def where(text, directory, prefix=""):
    """The three fields of a path given as text, relative to `directory` when it is not absolute."""
    text, directory = shown(text), shown(directory)
    relative = text is not None and not text.startswith("/") and directory is not None
    path = text
    if relative:
        path = f"{directory.rstrip('/')}/{text}" if text else directory
    return {prefix + "path": path, prefix + "dir": directory if relative else None, prefix + "name": text}


class Step:
    """ret: what the call must return; None: a descriptor, whichever."""

    def __init__(self, stream, name, /, *args, ret=0, event_flags=(), **fields):
        self.name, self.args = name, args
        self.ret = ret
        self.event = {"stream": "files." + stream, "event_flags": list(event_flags), "call": name, "ret": ret, **fields}


def own(event):
    """The stream's own fields, and those of the header that the tests look at."""
    return {key: value for key, value in event.items() if key not in HEADER or key in ("stream", "event_flags")}


def play(steps, directory):
    os.chdir(directory)
    return [call(step.name, *step.args) for step in steps]


def expect(test, steps, *options, act=play, directory="/"):
    """Runs the steps in a child whose working directory is `directory`; the events must be exactly the steps'."""
    child = eun.Child(act, steps, directory)
    events = eun.watch(child, "--plugin", "files", *options)
    wanted = [max(ret, 0) if step.ret is None else step.ret for step, ret in zip(steps, child.result)]
    test.assertEqual(wanted, child.result)
    for step, ret, event in zip(steps, wanted, events):
        test.assertGreater(event.pop("latency_ns", 1), 0)
        test.assertEqual({**step.event, "ret": ret}, own(event), f"{step.name}{step.args}")
        test.assertEqual((child.pid, child.pid, os.getpid()), (event["pid"], event["tid"], event["ppid"]))
    test.assertEqual(len(steps), len(events), events[len(steps) :])
    return events


def rows(text):
    """A tool's lines as lists of words, without the column that is there while the machine has containers."""
    lines = [line.split() for line in text.splitlines()]
    at = next((line.index("CONTAINER") for line in lines if "CONTAINER" in line), None)
    return [line[:at] + line[at + 1 :] for line in lines] if at else lines


def started_with(command, said):
    """An oracle, once it says that it is attached."""
    oracle = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    signal.alarm(eun.LIMIT)
    for line in oracle.stdout:
        if re.search(said, line):
            signal.alarm(0)
            return oracle
    raise AssertionError(f"{command} ended")


def strace(child, calls, out, *options, follow=True):
    """The lines that strace has of the calls of a child that acts now, and of its threads and children."""
    command = ["strace", *(["-f"] if follow else []), "-s", "5000", "-e", f"trace={calls}", "-o", out, *options]
    command += ["-p", str(child.pid)]
    oracle = started_with(command, "attached")
    child.go()
    child.result = child.wait()
    oracle.communicate(timeout=eun.LIMIT)
    return eun.read(out).splitlines()
