# SPDX-License-Identifier: MIT
"""files.io and files.io_call: what is counted is what was read and written, to the byte."""
import collections
import ctypes
import errno
import os
import shutil
import socket
import tempfile
import threading
import unittest

import eun
from files_calls import *

SUMS = ("reads", "writes", "syncs", "errors", "read_bytes", "write_bytes")
KINDS = ("read", "write", "sync")


def buffer(size):
    return ctypes.create_string_buffer(b"x" * size, size)


def vector(*buffers):
    """struct iovec[]"""
    pairs = [number for one in buffers for number in (ctypes.addressof(one), len(one))]
    return (ctypes.c_ulong * len(pairs))(*pairs)


class Transfer:
    """A call and its records: per file, what was done to how many bytes, from where."""

    def __init__(self, name, /, *args, ret, files):
        self.name, self.args, self.ret = name, args, ret
        self.files = files  # of (path, fd, op, offset)


def play(transfers):
    return [call(one.name, *one.args) for one in transfers]


class Io(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="eunomia-io."))
        self.addCleanup(shutil.rmtree, self.top)

    def open(self, name, content=b"", flags=os.O_RDWR):
        with open(f"{self.top}/{name}", "wb") as file:
            file.write(content)
        fd = os.open(f"{self.top}/{name}", flags)
        self.addCleanup(os.close, fd)
        return fd

    def transfers(self):
        """Every call that is counted, on two files of which `a` begins with 1000 bytes."""
        a, b, readable = self.open("a", b"a" * 1000), self.open("b"), self.open("readable", b"r", os.O_RDONLY)
        pa, pb, pr = (f"{self.top}/{name}" for name in ("a", "b", "readable"))
        ten, hundred = buffer(10), buffer(100)
        offset = ctypes.c_long(5)
        to = ctypes.c_long(2000)
        self.kept = (ten, hundred)  # a vector holds only their addresses

        def one(name, *args, ret, path=pa, fd=a, op, offset):
            return Transfer(name, *args, ret=ret, files=[(path, fd, op, offset)])

        def two(name, *args, ret, source, target):
            return Transfer(name, *args, ret=ret, files=[source, target])

        return [
            one("read", a, ten, 10, ret=10, op="read", offset=0),
            one("read", a, hundred, 100, ret=100, op="read", offset=10),
            one("pread64", a, hundred, 100, 950, ret=50, op="read", offset=950),
            one("pread64", a, hundred, 100, 5000, ret=0, op="read", offset=5000),
            one("readv", a, vector(ten, hundred), 2, ret=110, op="read", offset=110),
            one("preadv", a, vector(ten, hundred), 2, 7, 0, ret=110, op="read", offset=7),
            one("preadv2", a, vector(ten), 1, 8, 0, 0, ret=10, op="read", offset=8),
            one("preadv2", a, vector(ten), 1, -1, 0, 0, ret=10, op="read", offset=220),
            one("write", b, hundred, 100, ret=100, path=pb, fd=b, op="write", offset=0),
            one("pwrite64", b, ten, 10, 50, ret=10, path=pb, fd=b, op="write", offset=50),
            one("writev", b, vector(ten, ten), 2, ret=20, path=pb, fd=b, op="write", offset=100),
            one("pwritev", b, vector(ten), 1, 3, 0, ret=10, path=pb, fd=b, op="write", offset=3),
            one("pwritev2", b, vector(ten), 1, 4, 0, 0, ret=10, path=pb, fd=b, op="write", offset=4),
            one("fsync", b, ret=0, path=pb, fd=b, op="sync", offset=-1),
            one("fdatasync", b, ret=0, path=pb, fd=b, op="sync", offset=-1),
            one("sync_file_range", b, 0, 10, 0, ret=0, path=pb, fd=b, op="sync", offset=-1),
            two("sendfile", b, a, None, 70, ret=70, source=(pa, a, "read", 230), target=(pb, b, "write", 120)),
            two("sendfile", b, a, ctypes.byref(offset), 20, ret=20, source=(pa, a, "read", 5),
                target=(pb, b, "write", 190)),
            two("copy_file_range", a, None, b, ctypes.byref(to), 30, 0, ret=30, source=(pa, a, "read", 300),
                target=(pb, b, "write", 2000)),
            one("write", readable, ten, 10, ret=-errno.EBADF, path=pr, fd=readable, op="write", offset=0),
            one("read", a, 1, 10, ret=-errno.EFAULT, op="read", offset=330),
        ]

    def test_each(self):
        transfers = self.transfers()
        child = eun.Child(play, transfers)
        events = eun.watch(child, "--plugin", "files", "--streams", "files.io_call")
        self.assertEqual([one.ret for one in transfers], child.result)
        wanted = [(one, *file) for one in transfers for file in one.files]
        for (one, path, fd, op, offset), event in zip(wanted, events):
            file = os.fstat(fd)
            want = {"stream": "files.io_call", "event_flags": [], "call": one.name, "ret": one.ret, "op": op, "fd": fd,
                    "bytes": max(one.ret, 0), "offset": offset, "path": path, "dev": file.st_dev, "type": "regular",
                    "inode": file.st_ino, "mode": file.st_mode, "rdev": 0, "nlink": 1}
            self.assertEqual(want, {key: event[key] for key in want}, one.name)
            self.assertEqual(child.pid, event["pid"])
        self.assertEqual(len(wanted), len(events), events[len(wanted) :])

    def test_sums(self):
        transfers = self.transfers()
        want = collections.defaultdict(collections.Counter)
        for one in transfers:
            for path, _, op, _ in one.files:
                count = want[path]
                count["count"] += 1
                count[op + "s"] += 1
                count["errors"] += one.ret < 0
                for field in ("bytes", op + "_bytes") if op != "sync" else ():
                    count[field] += max(one.ret, 0)
        child = eun.Child(play, transfers)
        rows = eun.watch(child, "--plugin", "files", "--streams", "files.io", "--interval", "60s")
        self.assertEqual(sorted(want), sorted(row["path"] for row in rows))
        for row in rows:
            file = os.stat(row["path"])
            self.assertEqual({field: want[row["path"]][field] for field in ("count", "bytes", *SUMS)},
                             {field: row[field] for field in ("count", "bytes", *SUMS)}, row["path"])
            self.assertEqual((file.st_dev, file.st_ino, "regular", child.pid, child.pid, []),
                             tuple(row[field] for field in ("dev", "inode", "type", "pid", "tid", "event_flags")))

    def test_threads_and_files(self):
        """A row for each thread and file; many calls."""
        fds = [self.open(f"{i}") for i in range(5)]

        def act():
            def work(k):
                for fd in fds:
                    for _ in range(200):
                        os.pwrite(fd, b"y" * (k + 1), 0)
                return threading.get_native_id()

            ids = {}
            threads = [threading.Thread(target=lambda k=k: ids.update({k: work(k)})) for k in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            return [ids[k] for k in range(3)]

        child = eun.Child(act)
        rows = eun.watch(child, "--plugin", "files", "--streams", "files.io", "--interval", "60s")
        want = {(tid, f"{self.top}/{i}"): (200, 200 * (k + 1)) for k, tid in enumerate(child.result) for i in range(5)}
        self.assertEqual(want, {(row["tid"], row["path"]): (row["writes"], row["write_bytes"]) for row in rows})

    def test_intervals(self):
        """What was printed is gone: rows of the next interval start from nothing, and none is lost in between."""
        fd = self.open("f")
        gate, go = os.pipe()

        def act():
            os.pwrite(fd, b"12345", 0)
            os.read(gate, 1)
            os.pwrite(fd, b"123", 0)

        child = eun.Child(act)
        run = eun.Run("--plugin", "files", "--streams", "files.io", "--interval", "100ms", "-p", child.pid).started()
        child.go()
        run.wait_for(lambda row: row["write_bytes"])
        os.write(go, b"g")
        child.wait()
        self.assertEqual([5, 3], [row["write_bytes"] for row in run.end()])

    def test_kinds(self):
        """What is no regular file is counted when asked."""
        fd = self.open("f")
        null = os.open("/dev/null", os.O_RDWR)
        pipe = os.pipe()
        sockets = socket.socketpair()
        for one in sockets:
            self.addCleanup(one.close)
        mine = [fd, null, pipe[1], sockets[0].fileno()]
        inodes = {os.fstat(one).st_ino: kind for one, kind in zip(mine, ("regular", "char", "fifo", "socket"))}

        def act():
            for one in mine:
                os.write(one, b"abc")

        for option, kinds in (("false", ["regular"]), ("true", ["char", "fifo", "regular", "socket"])):
            for stream in ("files.io", "files.io_call"):
                options = ("--streams", stream, "--set", f"files.all={option}")
                events = eun.watch(eun.Child(act), "--plugin", "files", *options)
                events = [event for event in events if event["inode"] in inodes]
                self.assertEqual(kinds, sorted(event["type"] for event in events))
                for event in events:
                    self.assertEqual((inodes[event["inode"]], 3), (event["type"], event["bytes"]))

    def test_bad_descriptor(self):
        child = eun.Child(lambda: call("read", BAD_FD, None, 0))
        events = eun.watch(child, "--plugin", "files", "--streams", "files.io_call", "--set", "files.all=true")
        (event,) = [event for event in events if event["fd"] == BAD_FD]
        self.assertEqual((None, -errno.EBADF, 0, -1), (event["path"], event["ret"], event["bytes"], event["offset"]))

    def test_long_path(self):
        """A row has the end of a path."""
        deep = "/".join(["d" * 100] * 5)
        os.makedirs(f"{self.top}/{deep}")
        fd = self.open(deep + "/end")
        child = eun.Child(lambda: os.pwrite(fd, b"z", 0))
        (row,) = eun.watch(child, "--plugin", "files", "--streams", "files.io")
        self.assertEqual(f"{self.top}/{deep}/end"[-255:], row["path"])
        self.assertEqual(["truncated"], row["event_flags"])

    def test_full(self):
        """More files than there are rows: the others are told as lost."""
        fds = [self.open(f"{i}") for i in range(100)]

        def act():
            for fd in fds:
                os.pwrite(fd, b"1", 0)

        child = eun.Child(act)
        run = eun.Run("--plugin", "files", "--streams", "files.io", "--interval", "60s", "--set", "files.rows=64",
                      "-p", child.pid).started()
        child.go()
        child.wait()
        rows = run.end()
        lost = sum(event["count"] for event in eun.of(rows, "lost"))
        self.assertEqual(64, len(eun.of(rows, "files.io")))
        self.assertEqual(36, lost)

    def test_filetop(self):
        sizes = {"small": 10, "large": 3000, "middle": 200}
        fds = {name: self.open(name) for name in sizes}

        def act():
            for name, size in sizes.items():
                os.pwrite(fds[name], b"s" * size, 0)

        child = eun.Child(act)
        run = eun.Run("run", "filetop", "-p", child.pid, "--interval", "60s").started()
        child.go()
        child.wait()
        rows = [(os.path.basename(row["path"]), row["write_bytes"]) for row in run.end()]
        self.assertEqual([("large", 3000), ("middle", 200), ("small", 10)], rows)


if __name__ == "__main__":
    eun.main()
