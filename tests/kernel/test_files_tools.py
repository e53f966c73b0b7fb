# SPDX-License-Identifier: MIT
"""The tools of files that have no stream of their own to be tested with: mountsnoop, filetop, opensnoop's options."""
import ctypes
import errno
import os
import re
import shutil
import signal
import tempfile
import time
import unittest

import eun
from files_calls import *
from userfault import Slow

MOUNTSNOOP = shutil.which("mountsnoop", path="/usr/sbin:/usr/bin")
DELAY = 0.1
MS_NOSUID, MNT_DETACH = 2, 2


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Tool(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="eunomia-tools."))
        self.addCleanup(shutil.rmtree, self.top)

    def run_tool(self, act, tool, *options, fmt="text"):
        """(what act() returned, the child's pid, what the tool wrote)"""
        child = eun.Child(act)
        run = eun.Run("run", tool, *options, "-p", child.pid, fmt=fmt).started()
        child.go()
        result = child.wait()
        return result, child.pid, run.end()


class Mountsnoop(Tool):
    def mounts(self):
        """
        In a namespace of its own, one call after the other: (name, result, ns). The first mount's source is on memory
        that takes DELAY to touch.
        """
        slow = Slow(1, DELAY, b"space")
        call("unshare", CLONE_NEWNS)
        call("mount", b"none", b"/", None, 0x44000, None)
        os.chdir(self.top)
        taken = []
        for name, *args in (("mount", ctypes.c_void_p(slow.page(0)), b".", b"tmpfs", MS_NOSUID, b"size=1m"),
                            ("umount2", self.top.encode(), MNT_DETACH),
                            ("mount", b"x", b"/none", b"tmpfs", 0, None),
                            ("fsopen", b"no_such_type", 0)):
            before = now()
            ret = call(name, *args)
            taken.append((name, ret, now() - before))
        return taken

    def check_times(self, latencies, taken):
        for latency, (name, _, most) in zip(latencies, taken):
            self.assertTrue(0 < latency <= most, (name, latency, most))
        self.assertGreaterEqual(latencies[0], DELAY * 1e9)

    def test_text(self):
        taken, pid, text = self.run_tool(self.mounts, "mountsnoop")
        head, private, *lines = rows(text)
        self.assertEqual("COMM PID TID MNT_NS CALL RET LAT SOURCE TARGET FSTYPE FLAGS".split(), head)
        who, mntns = ["python3", str(pid), str(pid)], private[3]
        self.assertNotEqual(os.stat("/proc/self/ns/mnt").st_ino, int(mntns))
        calls = [["mount", "0", "space", self.top + "/.", "tmpfs", "0x2"], ["umount2", "0", "-", self.top, "-", "0x2"],
                 ["mount", "ENOENT", "x", "/none", "tmpfs", "0x0"],
                 ["fsopen", "ENODEV", "-", "-", "no_such_type", "0x0"]]
        self.assertEqual([who + [mntns, *one] for one in calls],
                         [line[:6] + line[7:] for line in lines])
        self.check_times([int(line[6]) * 1000 for line in lines[:1]], taken)

    def test_fields(self):
        taken, pid, events = self.run_tool(self.mounts, "mountsnoop", fmt="json")
        self.assertEqual([(name, ret) for name, ret, _ in taken],
                         [(event["call"], event["ret"]) for event in events[1:]])
        self.assertEqual([(0, "space"), (0, None), (-errno.ENOENT, "x"), (-errno.ENODEV, None)],
                         [(event["ret"], event["source"]) for event in events[1:]])
        self.assertEqual(["size=1m", None, None, None], [event["data"] for event in events[1:]])
        self.check_times([event["latency_ns"] for event in events[1:]], taken)

    @unittest.skipUnless(MOUNTSNOOP, "no mountsnoop here")
    def test_oracle(self):
        """mount and umount as libbpf-tools' mountsnoop has them in the same run."""
        child = eun.Child(self.mounts)
        # it looks for its tracepoints below debugfs
        command = ("mount -t debugfs none /sys/kernel/debug && mount -t tracefs none /sys/kernel/tracing && "
                   f"exec stdbuf -oL {MOUNTSNOOP} -p {child.pid}")
        oracle = started_with(["unshare", "-m", "sh", "-c", command], r"\bMNT_NS\b")
        events = eun.watch(child, "--plugin", "files", "--streams", "files.mount")
        oracle.send_signal(signal.SIGINT)
        lines, _ = oracle.communicate(timeout=eun.LIMIT)
        theirs = re.findall(r"\s(\d+) +(\d+) +(\d+) +(u?mount)\((.*)\) = (?:-(E\w+)|(\d+))$", lines, re.M)
        texts = [[text for text in re.findall(r'"(.*?)"', args)] for *_, args, _, _ in theirs]
        own = []
        for event in events:
            if event["call"] == "mount":
                given = [event[field] or "" for field in ("source", "name", "fstype", "data")]
            elif event["call"] == "umount2":
                given = [event["name"]]
            else:
                continue
            own.append((event["pid"], event["tid"], event["mntns"], event["call"].rstrip("2"), event["ret"], given))
        self.assertGreater(len(theirs), 3)
        self.assertEqual([(int(pid), int(tid), int(mntns), name, -getattr(errno, error) if error else int(ret), text)
                          for (pid, tid, mntns, name, _, error, ret), text in zip(theirs, texts)], own)


class Filetop(Tool):
    def test_text(self):
        """The bytes are those that were written and read; what is no regular file, with -a alone."""
        with open(self.top + "/file", "wb") as file:
            file.write(b"x" * 50 * 1024)
        pipe = os.pipe()
        for fd in pipe:
            self.addCleanup(os.close, fd)

        def act():
            file = os.open(self.top + "/file", os.O_RDWR)
            for _ in range(3):
                os.pread(file, 7 * 1024, 0)
            os.pwrite(file, b"y" * 12 * 1024, 0)
            os.write(pipe[1], b"z" * 5 * 1024)

        regular = ["python3", "3", "1", "21", "12", "regular", self.top + "/file"]
        for options, wanted in (((), [regular]), (("-a",), [regular, ["python3", "0", "1", "0", "5", "fifo"]])):
            _, pid, text = self.run_tool(act, "filetop", "--interval", "60s", *options)
            lines = [line for line in rows(text) if line and line[0] in ("TID", str(pid))]
            self.assertEqual("TID COMM READS WRITES R_KB W_KB T FILE".split(), lines[0])
            # the test's own pipe, by which the child says that it is done, is one more
            mine = [line[1:] if line[6] == "regular" else line[1:7] for line in lines[1:] if line[4:6] != ["0", "0"]]
            self.assertEqual(wanted, mine)


class Opensnoop(Tool):
    def test_options(self):
        """-F says what is so anyway; -x and -e, alone and together."""
        os.mkdir(self.top + "/sub")

        def act():
            os.chdir(self.top + "/sub")
            return [call("open", b"../file", os.O_CREAT | os.O_RDWR, 0o640), call("open", b"none", 0)]

        made, failed = self.top + "/file", self.top + "/sub/none"
        for options, paths in (((), [made, failed]), (("-F",), [made, failed]), (("-x",), [failed]),
                               (("-F", "-x"), [failed])):
            (fd, _), pid, text = self.run_tool(act, "opensnoop", *options)
            head, *lines = rows(text)
            self.assertEqual("TIME UID PID COMM FD ERR FLAGS PATH".split(), head)
            self.assertEqual(paths, [line[7] for line in lines])
            results = {made: [str(fd), "0"], failed: ["-1", "ENOENT"]}
            self.assertEqual([["0", str(pid), "python3", *results[path]] for path in paths],
                             [line[1:6] for line in lines])
        _, _, text = self.run_tool(act, "opensnoop", "-e")
        head, line, _ = rows(text)
        self.assertEqual("TYPE MODE DEV INODE CALL PATH_SOURCE".split(), head[8:])
        file = os.stat(made)
        self.assertEqual(["regular", f"0{file.st_mode:o}", str(file.st_dev), str(file.st_ino), "open", "kernel"],
                         line[8:])


if __name__ == "__main__":
    eun.main()
