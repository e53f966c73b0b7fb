# SPDX-License-Identifier: MIT
"""
Container engines for the tests: what test_container.py shows of runc's own containers, for what podman and containerd
run. All of it, eunomia too, is in a mount namespace of the test's with empty folders for the engines' state: they find
nothing of the machine's and leave nothing behind.
"""
import ctypes
import errno
import glob
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import unittest

import eun
import oci
from test_container import STREAMS, WORK, WORK_EXECS, WORK_OPENS, execs, opens

CLONE_NEWNS, MS_BIND, MS_REC, MS_PRIVATE, MNT_DETACH = 0x20000, 0x1000, 0x4000, 0x40000, 2
LIBC = ctypes.CDLL(None, use_errno=True)


def mount(source, where, kind=None, flags=0):
    os.makedirs(where, exist_ok=True)
    if LIBC.mount(source.encode(), where.encode(), kind and kind.encode(), flags, None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), where)


def own_state(*folders):
    """Until the file that is returned, the namespace from before, is gone back to."""
    before = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    if LIBC.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for folder in folders:
        mount("tmpfs", folder, "tmpfs")
    return before


def go_back(before):
    if LIBC.setns(before, CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(before)


def without_cgroup2(folder):
    """On a machine with both: v1's hierarchies only, which is what some runtimes can do."""
    unified = "/sys/fs/cgroup/unified"
    if not os.path.isdir(unified):
        return
    LIBC.umount2(unified.encode(), MNT_DETACH)
    mount("tmpfs", folder, "tmpfs")
    for name in os.listdir("/sys/fs/cgroup"):
        if name != "unified":
            mount("/sys/fs/cgroup/" + name, os.path.join(folder, name), None, MS_BIND)
    mount(folder, "/sys/fs/cgroup", None, MS_BIND | MS_REC)
    LIBC.umount2(folder.encode(), MNT_DETACH)  # nobody shall clear what is below it


def call(*command, check=True):
    """Its output, from a file, as what it leaves running would keep a pipe open."""
    with tempfile.TemporaryFile() as out:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False,
                             timeout=eun.LIMIT)
        out.seek(0)
        said = out.read().decode().strip()
    if check and run.returncode:
        raise AssertionError(f"{' '.join(command)}: {run.returncode}: {said}")
    return said


def cgroup_folders(name):
    return [path for path in glob.glob(f"/sys/fs/cgroup/*/{name}") + [f"/sys/fs/cgroup/{name}"] if os.path.isdir(path)]


class Case(unittest.TestCase):
    """
    The engine's test says RUNTIME, IMAGE, PROGRAMS, the FOLDERS of its state and the CGROUP that its containers' are
    in, and has begin(folder, root.tar), end(), run_one(name, command, gate), which returns a container's id, and
    remove(name). The tests are in the mixin below.
    """
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        missing = [program for program in cls.PROGRAMS if not shutil.which(program)]
        if missing:
            raise unittest.SkipTest("needs " + " ".join(missing))
        cls.dir = tempfile.mkdtemp(prefix="eun-engine-")
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        oci.busybox_root(cls.dir + "/root")
        with tarfile.open(cls.dir + "/root.tar", "w") as tar:
            tar.add(cls.dir + "/root", ".")
        cls.addClassCleanup(cls.remove_cgroups, cgroup_folders(cls.CGROUP))
        cls.addClassCleanup(go_back, own_state(*cls.FOLDERS))
        cls.addClassCleanup(cls.end)
        cls.begin(cls.dir, cls.dir + "/root.tar")

    @classmethod
    def remove_cgroups(cls, before):
        """What the engine left, if there was none; the last of its processes may still be about to end."""
        left = [path for top in set(cgroup_folders(cls.CGROUP)) - set(before)
                for path, _, _ in os.walk(top, topdown=False)]
        for path in left:
            for _ in range(eun.LIMIT * 10):
                try:
                    os.rmdir(path)
                    break
                except OSError as error:
                    if error.errno != errno.EBUSY:
                        break
                time.sleep(0.1)

    def start(self, script, waits=False):
        """A container's name and id; with `waits` it goes on when the file says so."""
        self.made = getattr(self, "made", 0) + 1
        name = f"eun{os.getpid()}-{self.id().rsplit('.', 1)[1][5:]}-{self.made}"
        gate = os.path.join(self.dir, name)
        os.mkfifo(gate)
        self.addCleanup(self.remove, name)
        return name, self.run_one(name, ["/bin/sh", "-c", (oci.WAIT if waits else "") + script], gate)

    def go(self, name):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as gate:
            gate.write("go\n")


class Tests:
    def check_work(self, events, name, number, first=True):
        self.assertEqual(eun.of(events, "lost"), [])
        programs = execs(events)
        if first:
            while programs and programs[0][1:] == ["init"]:  # runc executes itself again, perhaps when it is inside
                programs.pop(0)
            self.assertEqual(programs.pop(0), ["/bin/sh", "-c", WORK])
        self.assertEqual(programs, WORK_EXECS)
        self.assertEqual(opens(events), WORK_OPENS)
        for event in events:
            container = event["container"]
            self.assertEqual((container["id"], container["name"], container["image"], container["runtime"]),
                             (number, name, self.IMAGE, self.RUNTIME))

    def test_comes_during_the_run(self):
        expected = f"eun{os.getpid()}-comes_during_the_run-2"
        run = eun.Run(*STREAMS, "-c", expected).started()
        with subprocess.Popen(["/bin/busybox", "sh", "-c", WORK]):
            self.start(WORK)
            name, number = self.start(WORK)
            events = run.end()
        self.assertEqual(name, expected)
        self.check_work(events, name, number)

    def test_there_before_the_run(self):
        a, number = self.start(WORK, waits=True)
        b, _ = self.start(WORK, waits=True)
        run = eun.Run(*STREAMS, "-c", a).started()
        with subprocess.Popen(["/bin/busybox", "sh", "-c", WORK]):
            self.go(b)
            self.go(a)
            events = run.end()
        self.check_work(events, a, number, first=False)

    def test_start_and_stop(self):
        run = eun.Run("--plugin", "container", "-c", f"eun{os.getpid()}-start_and_stop-1").started()
        name, number = self.start(WORK)
        events = run.end()
        self.assertEqual([(event["stream"], event["id"], event["name"], event["image"], event["runtime"])
                          for event in events],
                         [(stream, number, name, self.IMAGE, self.RUNTIME)
                          for stream in ("container.start", "container.stop")])
