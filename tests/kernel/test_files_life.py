# SPDX-License-Identifier: MIT
"""files.life: files that a target creates and deletes, whatever their names became in between, and no other."""
import ctypes
import os
import shutil
import stat
import tempfile
import time
import unittest

import eun
from files_calls import *

STREAM = ("--plugin", "files", "--streams", "files.life")
RENAME_EXCHANGE = 2


def now():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class Life(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="eunomia-life."))
        self.addCleanup(shutil.rmtree, self.top)
        os.mkdir(self.top + "/sub")

    def path(self, name):
        return f"{self.top}/{name}"

    def make(self, name):
        """By open: (inode, before, after)."""
        before = now()
        fd = os.open(name, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        inode = os.fstat(fd).st_ino
        os.close(fd)
        return inode, before, now()

    def watch(self, act, *options, follow=False):
        """The events of what act() does in the test's folder; child.result is what it returned."""

        def there():
            os.chdir(self.top)
            return act()

        child = eun.Child(there)
        events = eun.watch(child, *STREAM, *options, follow=follow)
        self.assertEqual({"files.life"}, {event["stream"] for event in events} | {"files.life"})
        return events, child

    def names(self, act):
        """What died, as (call, name below the test's folder)."""
        events, _ = self.watch(act)
        return [(event["call"], event["path"].removeprefix(self.top + "/")) for event in events]

    def test_age(self):
        """Each field, and that the age lies between what the process itself measures."""

        def act():
            made = self.make("file")
            before = now()
            os.unlink("file")
            return *made, before, now()

        (event,), child = self.watch(act)
        inode, before, born, dying, dead = child.result
        want = {"path": self.path("file"), "inode": inode, "dev": os.stat(self.top).st_dev, "creator": child.pid,
                "pid": child.pid, "call": "unlink", "event_flags": []}
        self.assertEqual(want, {key: event[key] for key in want})
        self.assertTrue(dying - born <= event["age_ns"] <= dead - before, (event["age_ns"], child.result))

    def test_ways_to_make_and_to_delete(self):
        def act():
            sub = os.open("sub", os.O_RDONLY | os.O_DIRECTORY)
            top = self.top.encode()
            create = os.O_CREAT | os.O_WRONLY
            for name, args in {"open": (b"a", create, 0o600), "creat": (b"b", 0o600),
                               "openat": (sub, b"c", create, 0o600)}.items():
                os.close(call(name, *args))
            os.close(call("openat2", CWD, b"d", (ctypes.c_uint64 * 3)(create, 0o600, 0), 24))
            call("mknod", b"e", stat.S_IFIFO | 0o600, 0)
            call("mknodat", sub, b"f", stat.S_IFREG | 0o600, 0)
            call("unlink", top + b"/a")
            call("unlinkat", CWD, b"b", 0)
            call("unlink", b"sub/c")
            call("unlink", b"d")
            call("unlinkat", BAD_FD, top + b"/e", 0)
            call("unlinkat", sub, b"f", 0)

        self.assertEqual([("unlink", "a"), ("unlinkat", "b"), ("unlink", "sub/c"), ("unlink", "d"), ("unlinkat", "e"),
                          ("unlinkat", "sub/f")], self.names(act))

    def test_no_life(self):
        """Files that were there before, that were opened and not made, whose deletion fails, or that are no files."""
        for name in ("old", "opened"):
            open(self.path(name), "w").close()

        def act():
            os.close(os.open("opened", os.O_CREAT | os.O_WRONLY))
            os.close(os.open(".", os.O_TMPFILE | os.O_WRONLY))
            os.mkdir("folder")
            os.symlink("x", "soft")
            self.make("stays")
            for name in ("opened", "old", "soft"):
                os.unlink(name)
            os.rmdir("folder")
            return [call("unlink", name) for name in (b"stays/", b"none")]

        self.assertEqual([], self.names(act))

    def test_renamed(self):
        """The name changes, the age goes on; what is renamed over is gone."""

        def act():
            made = [self.make("one"), self.make("two"), self.make("three")]
            os.rename("one", "sub/first")
            os.rename("two", "sub/first")
            call("renameat2", CWD, b"sub/first", CWD, b"three", RENAME_EXCHANGE)
            os.unlink("three")
            os.unlink("sub/first")
            return [inode for inode, _, _ in made]

        events, child = self.watch(act)
        one, two, three = child.result
        self.assertEqual([("rename", "sub/first", one), ("unlink", "three", two), ("unlink", "sub/first", three)],
                         [(event["call"], event["path"].removeprefix(self.top + "/"), event["inode"])
                          for event in events])

    def test_linked(self):
        """A file is gone with the last of its names."""

        def act():
            self.make("one")
            os.link("one", "two")
            os.link("two", "sub/three")
            for name in ("two", "one", "sub/three"):
                os.unlink(name)

        self.assertEqual([("unlink", "sub/three")], self.names(act))

    def test_again(self):
        """The same name many times: each its own life."""

        def act():
            ages = []
            for _ in range(50):
                _, before, born = self.make("again")
                dying = now()
                os.unlink("again")
                ages.append((dying - born, now() - before))
            return ages

        events, child = self.watch(act)
        self.assertEqual(50, len(events))
        for event, (least, most) in zip(events, child.result):
            self.assertTrue(least <= event["age_ns"] <= most, (least, event["age_ns"], most))

    def test_long_names(self):
        """Paths longer than what is kept of them, that differ in their last byte, or in their length."""
        folders = ["/".join(["d" * (120 + extra), "d" * 120, "d" * 120]) for extra in (0, 1)]
        for folder in folders:
            os.makedirs(self.path(folder))

        def act():
            files = [f"{folder}/{'x' * 200}{i}" for folder in folders for i in range(2)]
            inodes = [self.make(name)[0] for name in files]
            for name in reversed(files):
                os.unlink(name)
            return inodes

        events, child = self.watch(act)
        self.assertEqual(child.result[::-1], [event["inode"] for event in events])

    def test_who(self):
        """One process makes it, its child deletes it: both are targets, or nothing is known."""

        def act():
            self.make("file")
            if not os.fork():
                os.unlink("file")
                os._exit(0)
            os.wait()

        (event,), child = self.watch(act, follow=True)
        self.assertEqual((child.pid, True), (event["creator"], event["pid"] != child.pid))
        self.assertEqual([], self.names(act))

    def test_bound(self):
        """More files than are remembered: those known are told, with their own ages, the run goes on."""

        def act():
            inodes = [self.make(f"{i}")[0] for i in range(1000)]
            for i in range(1000):
                os.unlink(f"{i}")
            return inodes

        events, child = self.watch(act, "--set", "files.births=64")
        seen = [int(os.path.basename(event["path"])) for event in events]
        self.assertEqual(sorted(set(seen)), seen)
        self.assertEqual([child.result[i] for i in seen], [event["inode"] for event in events])
        self.assertIn(len(seen), range(1, 500))
        events, child = self.watch(act)
        self.assertEqual(child.result, [event["inode"] for event in events])

    def test_tool(self):
        """`run filelife`: the columns of tools.md, ages in seconds."""

        def act():
            os.chdir(self.top)
            _, before, born = self.make("\x1b[2J")
            dying = now()
            os.unlink("\x1b[2J")
            return before, born, dying, now()

        for fmt in ("text", "json"):
            child = eun.Child(act)
            run = eun.Run("run", "filelife", "-p", child.pid, fmt=fmt).started()
            child.go()
            before, born, dying, dead = child.wait()
            out = run.end()
            if fmt == "json":
                (row,) = out
                self.assertTrue(dying - born <= row["age_ns"] <= dead - before)
                continue
            head, row = rows(out)
            self.assertEqual("TIME PID COMM AGE_S FILE".split(), head)
            self.assertEqual([str(child.pid), "python3", self.path(r"\x1b[2J")], row[1:3] + row[4:])
            self.assertTrue((dying - born) / 1e9 - 0.01 <= float(row[3]) <= (dead - before) / 1e9 + 0.01)


if __name__ == "__main__":
    eun.main()
