# SPDX-License-Identifier: MIT
"""files.slow, and the time in files.io_call: calls that last as long as the kernel waits for their memory."""
import ctypes
import os
import re
import shutil
import tempfile
import time
import unittest

import eun
from files_calls import *
from userfault import Slow

STRACE = shutil.which("strace")
DELAY = 0.2
LEAST = ("--set", "files.slow=150ms")  # what is fast takes less, also on a busy machine
DELAYED = ("read", "write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2",
           "sendfile")


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class SlowCalls(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        # in memory: the disk's time plays no part
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="eunomia-slow.", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, self.top)
        self.fds = {}
        for name in ("a", "b"):
            with open(f"{self.top}/{name}", "wb") as file:
                file.write(name.encode() * 100000)
            self.fds[name] = os.open(f"{self.top}/{name}", os.O_RDWR)
            self.addCleanup(os.close, self.fds[name])

    def calls(self, memory):
        """Per call: its name, arguments and records: (file, op, bytes, offset)."""
        a, b = self.fds["a"], self.fds["b"]
        kept, pages = [], iter(range(len(DELAYED)))

        def vector():
            kept.append((ctypes.c_ulong * 2)(memory.page(next(pages)), 500))
            return kept[-1]

        def page():
            return ctypes.c_void_p(memory.page(next(pages)))

        self.kept = kept
        return [
            ("read", (a, page(), 1000), [("a", "read", 1000, 0)]),
            ("write", (b, page(), 2000), [("b", "write", 2000, 0)]),
            ("pread64", (a, page(), 3000, 5000), [("a", "read", 3000, 5000)]),
            ("pwrite64", (b, page(), 4000, 10240), [("b", "write", 4000, 10240)]),
            ("readv", (a, vector(), 1), [("a", "read", 500, 1000)]),
            ("writev", (b, vector(), 1), [("b", "write", 500, 2000)]),
            ("preadv", (a, vector(), 1, 7, 0), [("a", "read", 500, 7)]),
            ("pwritev", (b, vector(), 1, 8, 0), [("b", "write", 500, 8)]),
            ("preadv2", (a, vector(), 1, 9, 0, 0), [("a", "read", 500, 9)]),
            ("pwritev2", (b, vector(), 1, 10, 0, 0), [("b", "write", 500, 10)]),
            ("sendfile", (b, a, page(), 20), [("a", "read", 20, 0), ("b", "write", 20, 2500)]),
        ]

    def act(self):
        """Each call, between two fast ones: (result, ns) of the slow ones."""
        memory, fast = Slow(len(DELAYED), DELAY, b""), ctypes.create_string_buffer(10)
        taken = []
        for name, args, _ in self.calls(memory):
            call("pread64", self.fds["a"], fast, 10, 0)
            before = now()
            ret = call(name, *args)
            taken.append((ret, now() - before))
            call("pwrite64", self.fds["b"], fast, 10, 90000)
            call("fsync", self.fds["b"])
        return taken

    def wanted(self):
        class Nowhere:
            @staticmethod
            def page(_):
                return 0

        return [(name, *record) for name, _, records in self.calls(Nowhere) for record in records]

    def check(self, events, taken):
        """The slow calls' records, of events that hold no other."""
        self.assertEqual(set(DELAYED), {name for name, *_ in self.wanted()})
        mine = [(event["call"], os.path.basename(event["path"]), event["op"], event["bytes"], event["offset"])
                for event in events]
        self.assertEqual(self.wanted(), mine)
        times = dict(zip(DELAYED, taken))
        for event in events:
            ret, most = times[event["call"]]
            self.assertEqual((ret, ret), (event["ret"], event["bytes"]))
            self.assertTrue(DELAY * 1e9 <= event["latency_ns"] <= most, (event, most))

    def test_slow(self):
        """Those that are slow, no other, and how slow."""
        child = eun.Child(self.act)
        self.check(eun.watch(child, "--plugin", "files", "--streams", "files.slow", *LEAST), child.result)

    def test_io_call(self):
        """The same in files.io_call, which has the fast ones too, with their times."""
        child = eun.Child(self.act)
        events = eun.watch(child, "--plugin", "files", "--streams", "files.io_call")
        fast = [event for event in events if event["bytes"] == 10 or event["op"] == "sync"]
        self.assertEqual(["read", "write", "sync"] * len(DELAYED), [event["op"] for event in fast])
        self.check([event for event in events if event not in fast], child.result)
        for event in fast:
            self.assertTrue(0 < event["latency_ns"] < DELAY * 1e9, event)

    def test_both(self):
        child = eun.Child(self.act)
        events = eun.watch(child, "--plugin", "files", "--streams", "files.slow,files.io_call", *LEAST)
        self.check(eun.of(events, "files.slow"), child.result)
        self.assertEqual(len(self.wanted()) + 3 * len(DELAYED), len(eun.of(events, "files.io_call")))

    def test_account(self):
        """What is fast is counted as not meant, and makes no record."""
        child = eun.Child(self.act)
        run = eun.Run("--plugin", "files", "--streams", "files.slow", *LEAST, "--stats", "-p", child.pid).started()
        child.go()
        child.wait()
        slow = len(run.end())
        account = re.search(r"account files.slow (.*)", run.said)[1]
        counts = {key: int(value) for key, value in (word.split("=") for word in account.split())}
        self.assertEqual((slow, 0), (counts["sent"], counts["lost"]))
        self.assertGreaterEqual(counts["not_where"], 3 * len(DELAYED))
        self.assertEqual(counts["seen"], counts["not_target"] + counts["not_where"] + counts["sent"])

    def test_fsync(self):
        """A disk that is asked to sync: the time is what the process sees, not more; strace sees as much."""
        with tempfile.TemporaryDirectory(prefix="eunomia-sync.") as folder:
            fd = os.open(folder + "/file", os.O_CREAT | os.O_RDWR)
            self.addCleanup(os.close, fd)

            def act():
                taken = []
                for name in ("fsync", "fdatasync"):
                    os.pwrite(fd, b"x" * 5000, 0)
                    before = now()
                    call(name, fd)
                    taken.append(now() - before)
                return taken

            child = eun.Child(act)
            events = eun.watch(child, "--plugin", "files", "--streams", "files.slow", "--set", "files.slow=0")
            syncs = [event for event in events if event["op"] == "sync"]
            self.assertEqual(["fsync", "fdatasync"], [event["call"] for event in syncs])
            for event, most in zip(syncs, child.result):
                self.assertEqual((0, -1, folder + "/file"), (event["bytes"], event["offset"], event["path"]))
                self.assertTrue(0 < event["latency_ns"] <= most, (event, most))

    @unittest.skipUnless(STRACE, "no strace here")
    def test_strace(self):
        """The same calls took long for strace -T, in a second run, with the same results."""
        events = eun.watch(eun.Child(self.act), "--plugin", "files", "--streams", "files.slow", *LEAST)
        for name in ("a", "b"):
            os.lseek(self.fds[name], 0, os.SEEK_SET)
        # raw: strace must not touch the memory before the call does; and not stop the thread that serves it
        lines = strace(eun.Child(self.act), ",".join(DELAYED), self.top + "/trace", "-T", "-e", "raw=all", follow=False)
        calls = [re.fullmatch(r"(\w+)\(.*\)\s+= (\w+) <([\d.]+)>", line) for line in lines]
        slow = [(match[1], int(match[2], 0)) for match in calls if match and float(match[3]) >= DELAY]
        mine = [(event["call"], event["ret"]) for event in events]
        mine.remove(("sendfile", 20))  # it has two records
        self.assertEqual(slow, mine)

    def test_tool(self):
        """`run fileslower`: the columns of tools.md."""
        child = eun.Child(self.act)
        run = eun.Run("run", "fileslower", "--min-ms", 150, "-p", child.pid, fmt="text").started()
        child.go()
        taken = dict(zip(DELAYED, child.wait()))
        head, *lines = rows(run.end())
        self.assertEqual("TIME PID COMM OP BYTES OFF_KB LAT_MS FILE".split(), head)
        wanted = [[str(child.pid), "python3", op, str(count), f"{offset / 1024:.0f}", f"{self.top}/{name}"]
                  for _, name, op, count, offset in self.wanted()]
        self.assertEqual(wanted, [line[1:6] + line[7:] for line in lines])
        for line, (name, *_) in zip(lines, self.wanted()):
            self.assertTrue(DELAY * 1e3 <= float(line[6]) <= taken[name][1] / 1e6 + 0.01, line)

    def test_tool_default(self):
        """10 ms, and pipes when asked: a read from one waits for its writer."""
        gate, go = os.pipe()
        for fd in (gate, go):
            self.addCleanup(os.close, fd)

        def act():
            if not os.fork():
                time.sleep(0.3)
                os.write(go, b"g")
                os._exit(0)
            before = now()
            os.read(gate, 1)
            taken = now() - before
            os.wait()
            return taken

        for options, wanted in (((), 0), (("-a",), 1)):
            child = eun.Child(act)
            run = eun.Run("run", "fileslower", *options, "-p", child.pid).started()
            child.go()
            most = child.wait()
            events = [event for event in run.end() if event["fd"] == gate]
            self.assertEqual(wanted, len(events))
            for event in events:
                self.assertEqual(("read", 1, "fifo"), (event["op"], event["bytes"], event["type"]))
                self.assertTrue(10e6 <= event["latency_ns"] <= most)


if __name__ == "__main__":
    eun.main()
